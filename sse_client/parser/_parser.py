"""Parses bytes into events (WHATWG HTML 9.2.6, "Interpreting an event stream"): fast paths, and the pending input."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Generic, Literal, overload

from sse_client.errors import EventTooLarge
from sse_client.events import Comment, Event
from sse_client.parser._blocks import match_block, match_deferrable, match_prefix, whole_blocks
from sse_client.parser._line_ends import BOM, CR, LF, blank_line, split_lines

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    Item = TypeVar("Item", bound=Event | Comment, default=Event, covariant=True)  # `Parser` is `Parser[Event]`
else:
    from typing import TypeVar

    Item = TypeVar("Item")

__all__ = ["DEFAULT_MAX_EVENT_SIZE", "Parser"]

DEFAULT_MAX_EVENT_SIZE = 64 * 1024 * 1024

_COLON = b":"[0]
_SHORT = 1024  # bytes; up to this size, pending input is scanned again with each read that adds to it
_MAX_DIGITS = 600  # `int` has a limit on digits that can be lowered to 640; these milliseconds are forever anyway


class Parser(Generic[Item]):
    """The event stream grammar without I/O: bytes in, events out.

    A parser reads one connection. `last_event_id` and `reconnection_time` outlive it: pass the former to the next
    parser, and keep the latter.

    Args:
        last_event_id: the last event ID to begin with: the `id` of the events before the first `id` field.
        comments: also return comment lines, as `Comment` objects in their place among the events.
        max_event_size: the most bytes that one block may have, its unfinished line included (complete comments
            and unknown fields do not count); None for no limit.

    Attributes:
        last_event_id: the last event ID string; a block sets it when it ends, even one that dispatches nothing.
        reconnection_time: milliseconds; None until a `retry` field sets it.
        comment_count: comment lines so far, returned or not.
        interpreted_lines: the lines of blocks that were interpreted line by line so far.
        failed: whether the next call of `feed` raises.
    """

    __slots__ = (
        "_affix_size", "_at_block_start", "_comments", "_data", "_event_type", "_heartbeat", "_held", "_held_limit",
        "_id", "_limit", "_prefix", "_previous_type", "_retry", "_size", "_skip", "_spaceless", "_suffix", "_type",
        "comment_count", "failed", "interpreted_lines", "last_event_id", "reconnection_time",
    )  # fmt: skip

    @overload
    def __init__(
        self, *, last_event_id: str = ..., comments: Literal[False] = ..., max_event_size: int | None = ...
    ) -> None: ...
    @overload
    def __init__(
        self: Parser[Event | Comment], *, last_event_id: str = ..., comments: bool, max_event_size: int | None = ...
    ) -> None: ...
    def __init__(
        self, *, last_event_id: str = "", comments: bool = False, max_event_size: int | None = DEFAULT_MAX_EVENT_SIZE
    ) -> None:
        self.last_event_id = last_event_id
        self.reconnection_time: int | None = None
        self.comment_count, self.interpreted_lines, self.failed = 0, 0, False
        self._comments = comments
        self._limit = sys.maxsize if max_event_size is None else max_event_size
        self._skip = BOM  # a BOM, or the LF of a CRLF; dropped if the next read begins with it
        # Pending input: the start of a block, or the unfinished line of a block that is interpreted line by line.
        self._held: bytes = b""
        self._held_limit = -1  # up to this length, further bytes without a line end are just appended
        self._at_block_start = False  # whether the pending input, or else the next byte, begins a block
        # The buffers of the standard, as the lines of the block have set them so far, and the size of these lines.
        self._data: list[str] = []
        self._type, self._size = "", 0
        self._id: str | None = None
        self._retry: int | None = None
        # The bytes expected around the value of the next block, if it has one data line and at most an event line
        # before it.
        self._prefix, self._suffix, self._affix_size = b"data: ", b"\n\n", 8  # size of both; 0: nothing expected
        self._spaceless = False  # whether the prefix ends in a colon, so that a space after it is not part of the value
        self._event_type = "message"  # the type in the prefix
        self._previous_type: str | None = None  # the type of the last block with another prefix
        self._heartbeat: bytes | None = None  # the last block that was a single comment, unless comments are returned

    def feed(self, data: bytes) -> list[Item]:  # noqa: C901  (one function: a call costs 60 ns, a live event 230)
        """Return the events that `data` completes, in order; `Comment`s among them if they were asked for.

        Raises:
            EventTooLarge: a block, unfinished ones included, is longer than `max_event_size`. If `data` completes
                events before it, these are returned first, and the next call raises. After that, every call raises.
        """
        held = self._held
        try:
            if held:
                if LF not in data and CR not in data:
                    held += data
                    self._held = held
                    if len(held) <= self._held_limit:
                        return []
                    data = b""
                elif self._at_block_start and len(data) <= self._held_limit:
                    # The end of a block and, perhaps, the start of the next one.
                    data = held + data
                    self._held = b""
                    block, _, rest = data.rpartition(self._suffix)  # `partition` costs 170 ns more
                    value = block.removeprefix(self._prefix)
                    if (
                        len(value) + len(rest) + self._affix_size == len(data) <= self._limit
                        and LF not in value
                        and CR not in value
                        and LF not in rest
                        and CR not in rest
                        and not (self._spaceless and value.startswith(b" "))
                    ):
                        event = Event(value.decode(), self._event_type, self.last_event_id)
                        self._held = rest
                        return [event]  # type: ignore[list-item]  # an item may be an `Event`
            elif self._at_block_start:
                # Live streams bring one event a read, nearly always with the same bytes around its value.
                if self._affix_size:
                    value = data.removeprefix(self._prefix).removesuffix(self._suffix)
                    if (
                        len(value) + self._affix_size == len(data) <= self._limit
                        and LF not in value
                        and CR not in value
                        and not (self._spaceless and value.startswith(b" "))
                    ):
                        return [Event(value.decode(), self._event_type, self.last_event_id)]  # type: ignore[list-item]
                if data == self._heartbeat:
                    self.comment_count += 1
                    return []
            if self._at_block_start and len(data) <= self._held_limit:
                text = data.decode()
                if CR in data:
                    text = text.replace("\r\n", "\n")
                match = match_block()(text)
                if match is not None and "\r" not in text:
                    text, event_type, event_id, rest_of_text = match.groups()
                    if rest_of_text:
                        self._held = rest_of_text.encode()
                    self._affix_size = 0
                    if event_id:
                        self.last_event_id, self._previous_type = event_id, ""
                    elif event_type != self._previous_type:
                        self._previous_type = event_type
                    elif "\n" not in text:
                        self._learn_affixes(data.removesuffix(self._held))
                    if "\n" in text:
                        text = text.replace("\ndata: ", "\n")
                    return [Event(text, event_type or "message", self.last_event_id)]  # type: ignore[list-item]
        except UnicodeDecodeError:
            pass  # malformed bytes are replaced below
        return self._advance(data)

    @property
    def tail(self) -> str:
        r"""The text that has arrived and has not been dispatched.

        A fresh parser that is fed `tail + "\n\n"` dispatches the pending event, with its type and its id.
        """
        if self._at_block_start and LF in self._held:
            block, self._held = self._held, b""
            self._interpret(block)  # only changes the buffers
        held = self._held.decode("utf-8", "replace")
        if not (self._size or held):
            return ""
        event_id = self.last_event_id if self._id is None else self._id
        lines = [f"event: {self._type}"] if self._type else []
        lines += [f"id: {event_id}"] if event_id else []
        lines += [f"retry: {self._retry}"] if self._retry is not None else []
        lines += [f"data: {line}" for line in self._data]
        tail = "\n".join([*lines, held] if held else lines)
        return "\n" + tail if tail.startswith("\ufeff") else tail  # a fresh parser strips a BOM from the first line

    def _ignored_field(self, name: str, value: str, line: str) -> Event | None:  # noqa: ARG002  (for subclasses)
        """Return the event that a line with an unknown field stands for, or None; for the parser of a dialect.

        Called when the line is complete. `value` comes without one leading space, and `line` without its line end.
        """
        return None

    def _learn_affixes(self, block: bytes) -> None:
        """Remember the bytes around a block's value, which are expected around the next block's value, too."""
        match = match_prefix()(block)
        if match is not None:
            self._prefix = self._prefix if match[1] == self._prefix else match[1]  # usually all parsers share it
            self._suffix = blank_line(block)
            self._affix_size = len(self._prefix) + len(self._suffix)
            self._spaceless = not match[3]
            self._event_type = (match[2] or b"").decode("utf-8", "replace") or "message"

    def _advance(self, data: bytes) -> list[Any]:
        """Return the events that `data` completes; for all input that has no fast path in `feed`."""
        if self.failed:
            raise EventTooLarge(f"expected at most {self._limit:,} bytes in an event (max_event_size), got more")
        if self._skip:
            data, self._held = self._held + data, b""
            if len(data) < len(self._skip) and self._skip.startswith(data):
                self._held = data
                return []
            data, self._skip = data.removeprefix(self._skip), b""
            if not self._size:
                self._at_block_start, self._held_limit = True, min(_SHORT, self._limit)
            if self._at_block_start and len(data) <= _SHORT:
                return self.feed(data)  # the rest may be one event, for which `feed` is faster
        if self._at_block_start:
            data, self._held = self._held + data, b""
        if len(self._held) + len(data) + self._size > self._limit:
            return self._interpret(data)
        events, blank = list[Any](), blank_line(data)
        if not self._at_block_start:
            block, found, data = data.partition(blank)
            events += self._interpret(block + found)
        end = data.rfind(blank) + len(blank)
        if end >= len(blank):
            blocks, data = data[:end], data[end:]
            if blocks.startswith(b":") and len(blocks) <= _SHORT and not self._comments:
                self._heartbeat = blocks if len(blocks[: -len(blank)].splitlines()) == 1 else None
            events += whole_blocks(blocks, blank, self, self._interpret)
            if not data:
                self._learn_affixes(blocks)
        if data and (len(data) > _SHORT or data.count(b"\r") > data.count(b"\r\n") or not match_deferrable()(data)):
            events += self._interpret(data)
        elif data:
            self._held = data
        return events

    def _interpret(self, data: bytes) -> list[Any]:
        """Return the events of the lines that end in `data`, and hold the unfinished line."""
        lines, unfinished, self._skip = split_lines(data)
        if lines:
            self._held += lines[0]
            lines[0] = self._held
        else:
            unfinished = self._held + unfinished
        self.interpreted_lines += len(lines)
        events, comments = list[Any](), self._comments
        item: Event | Comment | None
        for number, line in enumerate(lines):
            if not line:
                if not self._size:  # outside of a block; 16 KiB of blank lines take 1.4 ms instead of 4.7
                    continue
                item = self._dispatch()
            elif self._size + len(line) + 1 > self._limit:
                rest = data.splitlines(keepends=True)[number:]
                unfinished = line + b"".join(rest)[len(rest[0].rstrip(b"\r\n")) :]  # the held bytes are in `line`
                break
            elif line[0] == _COLON and not comments:  # 16 KiB of the shortest comments take 1.2 ms instead of 8.2
                self.comment_count += 1
                continue
            else:
                item = self._interpret_line(line)
            if item is not None:
                events.append(item)
        self._at_block_start = not (self._size or self._skip or len(unfinished) > _SHORT)
        self._held_limit = min(_SHORT, self._limit) if self._at_block_start else self._limit - self._size
        # A bytearray grows in place; a bytes object would be copied with each read.
        self._held = unfinished if self._at_block_start else bytearray(unfinished)  # type: ignore[assignment]
        if len(unfinished) + self._size > self._limit:
            self.failed, self._at_block_start, self._held_limit = True, False, -1
            if not events:
                self._advance(b"")
        return events

    def _interpret_line(self, line: bytes) -> Event | Comment | None:
        """Interpret a line, neither blank nor an unwanted comment; return the items that it adds to the events."""
        name, colon, _ = line[:6].partition(b":")  # no field name is longer
        start = len(name) + len(colon)
        value = str(memoryview(line)[start + line.startswith(b" ", start) :], "utf-8", "replace")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._type = value
        elif name == b"id":
            # "If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value."
            self._id = self._id if "\0" in value else value
        elif name == b"retry":
            # "If the field value consists of only ASCII digits, then interpret the field value as an integer".
            if value.isascii() and value.isdigit():
                self.reconnection_time = self._retry = int(value.lstrip("0")[:_MAX_DIGITS] or "0")
        elif name:
            text = line.decode("utf-8", "replace")
            other, _, value = text.partition(":")
            return self._ignored_field(other, value.removeprefix(" "), text)
        else:
            self.comment_count += 1
            return Comment(value)
        self._size += len(line) + 1
        return None

    def _dispatch(self) -> Event | None:
        """End the block at its blank line: set the last event ID, and return the event if there is any data."""
        self.last_event_id = self.last_event_id if self._id is None else self._id
        data = self._data[0] if len(self._data) == 1 else "\n".join(self._data)
        event = Event(data, self._type or "message", self.last_event_id, self._retry) if self._data else None
        self._data, self._type, self._id, self._retry, self._size = [], "", None, None, 0
        return event
