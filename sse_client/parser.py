"""Bytes to events (WHATWG HTML 9.2.5 "Parsing an event stream", 9.2.6 "Interpreting an event stream")."""

from __future__ import annotations

import re
import sys
from itertools import repeat
from typing import TYPE_CHECKING

from sse_client.errors import EventTooLarge
from sse_client.events import Comment, Event

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DEFAULT_MAX_EVENT_SIZE", "Parser"]

DEFAULT_MAX_EVENT_SIZE = 64 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_FIELDS = frozenset({"data", "event", "id", "retry"})
_FIELDS_IN_BYTES = frozenset(name.encode() for name in _FIELDS)
_LINE = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n)")
_LF, _CR = b"\n\r"
_SHORT = 4096  # an unfinished line is bytes, which is quickest, up to here; then a bytearray, which is linear

# `int` refuses more digits than a limit that can be lowered to 640. A reconnection time with more of them is
# as good as for ever, and this stands for it.
_MAX_DIGITS = 600
_FOR_EVER = 10**_MAX_DIGITS


class Parser:
    """The event stream grammar without I/O: bytes in, events out.

    One parser reads one connection. What outlives it is passed in and read back: `last_event_id`, and
    `reconnection_time`.

    Args:
        last_event_id: the last event ID to begin with; it is the `id` of the events before the first `id` field.
        comments: also return comment lines, as `Comment` objects in their place among the events.
        max_event_size: the most bytes that one block may have, its unfinished line included (complete comments
            and unknown fields do not count); None for no limit.

    Attributes:
        last_event_id: the last event ID string; a block sets it when it ends, even one that dispatches nothing.
        reconnection_time: milliseconds; None until a `retry` field sets it.
        comment_count: comment lines so far, returned or not.
        failed: whether the next call of `feed` raises.
    """

    __slots__ = (
        "_after_cr",
        "_bare",
        "_comments",
        "_data",
        "_id",
        "_idle",
        "_limit",
        "_mark",
        "_open",
        "_partial",
        "_retry",
        "_room",
        "_size",
        "_soft",
        "_special",
        "_start",
        "_type",
        "comment_count",
        "failed",
        "last_event_id",
        "reconnection_time",
    )

    def __init__(
        self,
        *,
        last_event_id: str = "",
        comments: bool = False,
        max_event_size: int | None = DEFAULT_MAX_EVENT_SIZE,
    ) -> None:
        self.last_event_id = last_event_id
        self.reconnection_time: int | None = None
        self.comment_count = 0
        self._comments = comments
        self._limit = sys.maxsize if max_event_size is None else max_event_size
        self._start = True  # a BOM may still come
        self._after_cr = False  # a LF would belong to the CR before it
        self.failed = False
        self._special = True  # one of these three
        self._partial: bytes | bytearray = b""  # the line that has not ended,
        self._bare = False  # without the "data: " that it began with
        self._open = False  # the block has begun: the next five are its state
        self._size = 0
        self._data: list[str] = []
        self._type = ""
        self._id = last_event_id
        self._retry: int | None = None
        self._room = self._limit  # for the unfinished line
        self._mark = min(self._room, _SHORT)  # where it is too long, or no longer short
        self._soft = min(self._limit - 6, _SHORT)
        self._idle = False  # none of all that: a block begins with the next byte

    def feed(self, data: bytes) -> list[Event]:  # noqa: C901  (the hot path; a call of its own costs 60 ns)
        """Return the events that `data` completes, in order; `Comment`s among them where they were asked for.

        Raises:
            EventTooLarge: a block, unfinished ones included, is longer than `max_event_size`. Where `data` completes
                events before it, these are returned, and the next call raises. It is final: every later call raises.
        """
        if self._bare:
            # Inside a data line that comes in pieces: 0.2 µs a piece, 0.5 µs in general.
            partial = self._partial
            if _LF not in data:
                if _CR not in data:
                    self._partial += data
                    if len(self._partial) > self._mark:
                        self._lengthen()
                    return []
            elif _CR not in data:
                end, between, rest = data.partition(b"\n\ndata: ")
                if between and len(partial) + len(data) <= self._soft and _LF not in end and _LF not in rest:
                    self._partial = rest
                    return [Event((partial + end).decode("utf-8", "replace"), "message", self.last_event_id)]
                end, blank, rest = data.partition(b"\n\n")
                if blank and len(partial) + len(data) <= self._room and _LF not in end:
                    partial += end
                    event = Event(partial.decode("utf-8", "replace"), "message", self.last_event_id)
                    self._begin_line(b"")
                    return [event, *self.feed(rest)] if rest else [event]
        elif self._idle:
            # Live streams bring one event a read, nearly always of this shape: 0.3 µs here, 1 µs in general.
            text = data.removeprefix(b"data: ").removesuffix(b"\n\n")
            if len(text) + 8 == len(data) <= self._limit and _LF not in text and _CR not in text:
                return [Event(text.decode("utf-8", "replace"), "message", self.last_event_id)]
            if len(data) <= self._limit and data.endswith((b"\n\n", b"\r\n\r\n")):
                return self._interpret_block(data) or self._interpret(data)
        elif self._special:
            data = self._begin(data)
        if _LF in data or _CR in data:
            return self._complete(data)
        if self._idle or (len(self._partial) < 6 and not self._open and not self._start):
            self._begin_line(bytes(self._partial) + data)
        else:
            self._partial += data
        if len(self._partial) > self._mark:
            self._lengthen()
        return []

    @property
    def tail(self) -> str:
        r"""What has arrived and is not dispatched.

        `tail + "\n\n"`, given to a fresh parser, dispatches the event that is pending, with its type and its id.
        """
        partial = "data: " * self._bare + self._partial.decode("utf-8", "replace")
        if not self._open and not partial:
            return ""
        lines = [f"event: {self._type}"] if self._type else []
        if self._id:
            lines.append(f"id: {self._id}")
        if self._retry is not None:
            lines.append(f"retry: {self._retry}")
        lines += [f"data: {line}" for line in self._data]
        if partial:
            lines.append(partial)
        tail = "\n".join(lines)
        # At the start of a stream, where it did not stand here, a BOM would be taken away.
        return "\n" + tail if tail.startswith("\ufeff") else tail

    def _ignored_field(self, name: str, value: str, line: str) -> Event | None:  # noqa: ARG002  (for subclasses)
        """Return the event that a field outside of the standard stands for: none.

        A subclass may know a dialect that puts content there.
        """
        return None

    def _begin(self, data: bytes) -> bytes:
        """Return `data` without the BOM, and without a LF that belongs to the CR before it."""
        if self.failed:
            self._fail([])
        if self._start:
            # 9.2.5: "the UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any".
            data = bytes(self._partial) + data
            self._partial = b""
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._partial = data
                return b""
            self._start = self._special = False
            data = data.removeprefix(_BOM)
            self._idle = True
            return data
        if data:
            self._after_cr = self._special = False
            data = data.removeprefix(b"\n")
            self._idle = not self._open
        return data

    def _begin_line(self, data: bytes) -> None:
        """Take `data` as the beginning of a block's first line, and set aside the `data: ` that nearly all have."""
        self._idle = not data
        self._bare = data.startswith(b"data: ")
        self._room = self._limit - 6 if self._bare else self._limit
        self._mark = min(self._room, _SHORT)
        self._partial = data[6:] if self._bare else data

    def _lengthen(self) -> None:
        """Make a long line ready to grow, or refuse it."""
        if len(self._partial) > self._room:
            self._fail([])
        self._partial = bytearray(self._partial)
        self._mark = self._room

    def _complete(self, data: bytes) -> list[Event]:
        """Return the events of data in which at least one line ends."""
        partial = self._partial
        if self._bare:
            self._bare = False
            self._room += 6
            self._partial = partial = b"data: " + partial
        if len(partial) + len(data) > self._room:
            return self._complete_within_limit(data)
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        events = self._interpret(bytes(partial) + data[:end])
        self._rest(data, end)
        return events

    def _complete_within_limit(self, data: bytes) -> list[Event]:
        """Return the events of data in which a line ends, up to the block that is too large."""
        data = bytes(self._partial) + data
        size, end = self._size, 0
        # Not beyond the last line end: there the pattern would try every offset, to the end each time.
        for match in _LINE.finditer(data, 0, max(data.rfind(b"\n"), data.rfind(b"\r")) + 1):
            line: bytes = match[1]
            if not line:
                size = 0
            elif size + len(line) + 1 > self._limit:
                size = self._limit
                break
            elif line.partition(b":")[0] in _FIELDS_IN_BYTES:
                size += len(line) + 1
            end = match.end()
        events = self._interpret(data[:end]) if end else []
        self._rest(data, end)
        if size + len(data) - end > self._limit:
            self._fail(events)
        return events

    def _rest(self, data: bytes, end: int) -> None:
        """Keep what comes behind the last line end of `data`."""
        # A line that ends in CR is complete at once: held back until the next byte shows whether a LF follows, its
        # event would wait for the one after it.
        self._special = self._after_cr = end == len(data) and data.endswith(b"\r")
        if self._open or self._after_cr:
            self._idle = False
            self._partial = data[end:]
            self._room = self._limit - self._size
            self._mark = min(self._room, _SHORT)
        else:
            self._begin_line(data[end:])

    def _interpret_block(self, block: bytes) -> list[Event]:
        """Return the event of a read that is one block: a data line, perhaps behind an event line; else nothing."""
        eol = b"\r\n" if block.endswith(b"\r\n") else b"\n"
        event_type = "message"
        name, _, value = block[: -2 * len(eol)].partition(b":")
        if name == b"event":
            line, _, value = value.partition(eol)
            event_type = line.removeprefix(b" ").decode("utf-8", "replace") or event_type
            name, _, value = value.partition(b":")
            if _LF in line or _CR in line:
                return []
        if name != b"data" or _LF in value or _CR in value:
            return []
        return [Event(value.removeprefix(b" ").decode("utf-8", "replace"), event_type, self.last_event_id)]

    def _interpret(self, lines: bytes) -> list[Event]:
        """Return the events of complete lines, in bulk where each block is one data line."""
        if self._open or not lines.startswith(b"data:"):
            return self._interpret_lines(lines)
        eol = b"\r\n" if _CR in lines else b"\n"
        blank = eol + eol
        first = lines.find(eol)
        end = lines.rfind(blank)
        prefix = b"data: " if lines.startswith(b"data: ") else b"data:"
        if not lines.startswith(blank, first):
            return self._interpret_lines(lines)
        # Cut between one-line blocks, then prove that it was right: no piece holds a line end, or the space that
        # is not part of a value.
        between = (blank + prefix).decode()
        pieces = lines[len(prefix) : end].decode("utf-8", "replace").split(between)
        text = "".join(pieces)
        if "\n" in text or "\r" in text or (prefix == b"data:" and any(piece.startswith(" ") for piece in pieces)):
            return self._interpret_lines(lines)
        events = list(map(Event, pieces, repeat("message"), repeat(self.last_event_id)))
        end += len(blank)
        return events if end == len(lines) else events + self._interpret_lines(lines[end:])

    def _interpret_lines(self, raw: bytes) -> list[Event]:  # noqa: C901  (one loop, for speed: a call a line costs 20 %)
        """Return the events of complete lines, line by line."""
        text = raw.decode("utf-8", "replace")
        # 9.2.5: "lines must be separated by either a U+000D U+000A pair, a single U+000A, or a single U+000D".
        regular = "\r" not in text
        if not regular:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        events: list[Event] = []
        data, event_type, event_id, retry = self._data, self._type, self._id, self._retry
        seen_field, seen_blank = self._open, False
        for line in text[:-1].split("\n"):
            name, _, value = line.partition(": ")
            if name == "data":
                data.append(value)
                seen_field = True
                continue
            if not line:
                # "Dispatch the event": the id is set in any case, and without data nothing else happens.
                self.last_event_id = event_id
                if data:
                    value = data[0] if len(data) == 1 else "\n".join(data)
                    events.append(Event(value, event_type or "message", event_id, retry))
                    data = []
                event_type, retry = "", None
                seen_field, seen_blank = False, True
                continue
            if name not in _FIELDS:
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name == "event":
                event_type = value
            elif name == "id":
                # "If the field value does not contain U+0000 NULL, then set the last event ID buffer".
                if "\0" not in value:
                    event_id = value
            elif name == "retry":
                # "If the field value consists of only ASCII digits, then interpret the field value as an integer".
                if value.isascii() and value.isdigit():
                    retry = self.reconnection_time = _milliseconds(value)
            else:
                events += self._beside(name, value, line)
                regular = False
                continue
            seen_field = True
        self._data, self._type, self._id, self._retry = data, event_type, event_id, retry
        self._open = seen_field
        if seen_blank:
            self._size = 0
        if seen_field:
            self._measure(raw, fresh=seen_blank, regular=regular)
        return events

    def _beside(self, name: str, value: str, line: str) -> Iterable[Event]:
        """Return what a comment (its name is empty) or a field outside of the standard adds to the events."""
        if name:
            event = self._ignored_field(name, value, line)
            return () if event is None else (event,)
        self.comment_count += 1
        # A comment is no event; the list holds one only if the caller asked for it.
        return (Comment(value),) if self._comments else ()  # type: ignore[return-value]

    def _measure(self, raw: bytes, *, fresh: bool, regular: bool) -> None:
        """Add to the size of the open block.

        Args:
            raw: lines, the last ones of them the block's.
            fresh: the block began in them, behind a blank line.
            regular: all of them end in LF, and count.
        """
        if fresh:
            # A blank line is a line end behind another one; "\r\n" is a single one.
            ends = (b"\n\n",) if regular else (b"\n\n", b"\n\r", b"\r\r")
            raw = raw[max(map(raw.rfind, ends)) + 2 :]
        if regular:
            self._size += len(raw)
            return
        for line in _LINE.findall(raw):
            if line.partition(b":")[0] in _FIELDS_IN_BYTES:
                self._size += len(line) + 1

    def _fail(self, events: list[Event]) -> None:
        """Refuse all further calls, and this one too where it has no events to return."""
        self.failed = self._special = True
        self._idle = False
        if not events:
            raise EventTooLarge(
                f"expected events of at most {self._limit:,} bytes (max_event_size), but a block is longer"
            )


def _milliseconds(digits: str) -> int:
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= _MAX_DIGITS else _FOR_EVER
