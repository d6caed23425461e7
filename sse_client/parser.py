"""Bytes to events (WHATWG HTML 9.2.5 "Parsing an event stream", 9.2.6 "Interpreting an event stream")."""

from __future__ import annotations

import re
import sys

from sse_client._blocks import SHORT, Blocks
from sse_client._interpreter import FIELDS_IN_BYTES, LINE
from sse_client.errors import EventTooLarge
from sse_client.events import Event

__all__ = ["DEFAULT_MAX_EVENT_SIZE", "Parser"]

DEFAULT_MAX_EVENT_SIZE = 64 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
# Lines that need not be interpreted before their block is whole: they have no effect of their own, and end in no CR
# that might be the end of the block. The first pattern is for data without CR.
_QUIET = re.compile(rb"(?:(?:data|event|id):.*+\n)*+.*+").fullmatch
_QUIET_CRLF = re.compile(
    rb"(?:(?:data|event|id):[^\r\n]*+\r?\n)*+(?:(?:data|event|id):[^\r\n]*+\r|[^\r\n]*+)"
).fullmatch
_LF, _CR = b"\n\r"
_NONE = -1


class Parser(Blocks):
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
        "_cut",
        "_idle",
        "_limit",
        "_mark",
        "_most",
        "_partial",
        "_special",
        "failed",
    )

    def __init__(
        self,
        *,
        last_event_id: str = "",
        comments: bool = False,
        max_event_size: int | None = DEFAULT_MAX_EVENT_SIZE,
    ) -> None:
        super().__init__(last_event_id, comments=comments)
        self._limit = sys.maxsize if max_event_size is None else max_event_size
        self._special = True  # the stream begins, where a BOM may come, or one of the next two
        self._after_cr = False  # a LF would belong to the CR before it
        self.failed = False
        # What has come of the block that has begun, or where lines of it had to be interpreted at once, of the line
        # behind them. It is bytes, which is quickest, while it is short; then a bytearray, which is linear.
        self._partial: bytes = b""
        self._cut = b""  # what a long value was cut off from
        self._mark = min(self._limit, SHORT)  # how long it may grow before it must be looked at
        self._most = self._mark  # how long it may be, if it is a block, with what ends it
        self._idle = False  # nothing of all that: a block begins with the next byte

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that `data` completes, in order; `Comment`s among them where they were asked for.

        Raises:
            EventTooLarge: a block, unfinished ones included, is longer than `max_event_size`. Where `data` completes
                events before it, these are returned, and the next call raises. It is final: every later call raises.
        """
        # All in one function, for speed: a call costs 60 ns.
        partial = self._partial
        if partial:
            if _LF not in data and _CR not in data:
                partial += data
                if len(partial) <= self._mark:
                    self._partial = partial
                    return []
                return self._lengthen(partial)
            if len(partial) + len(data) > self._most:
                return self._go_on(data)
            # The end of a short block, and perhaps the beginning of the next one.
            data = partial + data
            if self._varied:
                event = self._matched(data) if data.endswith(b"\n\n") else None
                if event is not None:
                    self._partial = b""
                    self._idle = True
                    return [event]
            else:
                shape = self._shape
                block, _, rest = data.rpartition(shape.blank)  # `partition` takes 170 ns more
                text = block.removeprefix(shape.prefix)
                if (
                    len(text) + len(rest) + shape.around == len(data)
                    and _LF not in text
                    and _CR not in text
                    and _LF not in rest
                    and _CR not in rest
                    and not (shape.spaceless and text.startswith(b" "))
                ):
                    try:
                        events = [Event(text.decode(), shape.event_type, self.last_event_id)]
                    except UnicodeDecodeError:
                        return self._begin(data)
                    self._partial = rest
                    self._idle = not rest
                    return events
            return self._begin(data)
        if self._idle:
            if self._varied and len(data) <= self._most:
                event = self._matched(data)
                return self._begin(data) if event is None else [event]
            # Live streams bring one event a read, nearly always of the same shape: 0.3 µs here, 1 µs in general.
            shape = self._shape
            text = data.removeprefix(shape.prefix).removesuffix(shape.blank)
            if (
                len(text) + shape.around == len(data) <= self._limit
                and _LF not in text
                and _CR not in text
                and not (shape.spaceless and text.startswith(b" "))
            ):
                try:
                    return [Event(text.decode(), shape.event_type, self.last_event_id)]
                except UnicodeDecodeError:
                    return self._begin(data)
            return self._begin(data)
        return self._go_on(data)

    @property
    def tail(self) -> str:
        r"""What has arrived and is not dispatched.

        `tail + "\n\n"`, given to a fresh parser, dispatches the event that is pending, with its type and its id.
        """
        if not (self._open or self.failed) and (_LF in self._partial or _CR in self._partial):
            self._interpret_lines(bytes(self._partial))
        partial = (self._cut + self._partial).decode("utf-8", "replace")
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

    @property
    def _room(self) -> int:
        """Bytes that what is held may have."""
        return self._limit - (self._shape.size if self._cut else self._size)

    def _go_on(self, data: bytes) -> list[Event]:
        """Return the events of data in a state that is not the usual one."""
        if self._special:
            return self._settle(data)
        partial = self._partial
        if not self._open:
            return self._end_long(partial, data)
        data = bytes(partial) + data
        if len(data) > self._room:
            return self._within_limit(data)
        if _LF not in data and _CR not in data:
            self._partial = data
            return []
        end = _end_of_block(data)
        if not end:
            return self._interpret_lines(data)
        events = self._interpret(data[:end])
        return events + self._begin_anew(data[end:])

    def _settle(self, data: bytes) -> list[Event]:
        """Return the events of data that follows a CR, or begins the stream; or raise what there is to raise."""
        if self.failed:
            self._fail([])
        if self._after_cr:
            if not data:
                return []
            self._after_cr = self._special = False
            data = data.removeprefix(b"\n")
            return self._go_on(data) if self._open else self._begin_anew(data)
        # 9.2.5: "the UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any".
        data = bytes(self._partial) + data
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._partial = data
            self._mark = self._most = _NONE
            return []
        self._special = False
        return self._begin_anew(data.removeprefix(_BOM))

    def _begin_anew(self, data: bytes) -> list[Event]:
        """As `_begin`, where the state was another one."""
        self._cut = b""
        self._mark = self._most = min(self._limit, SHORT)
        return self._begin(data)

    def _begin(self, data: bytes) -> list[Event]:
        """Return the events of data that begins with a block, and hold what is left."""
        if len(data) > self._limit:
            return self._within_limit(data)
        blank = b"\r\n\r\n" if _CR in data else b"\n\n"
        if data.endswith(blank):
            self._partial = b""
            self._idle = True
            if data == self._beat:
                self.comment_count += 1
                return []
            return self._whole(data, blank)
        end = data.rfind(blank)
        if end < 0:
            return self._hold(data)
        end += len(blank)
        events = self._whole(data[:end], blank)
        return events + self._hold(data[end:])

    def _hold(self, data: bytes) -> list[Event]:
        """Take the beginning of a block; return the comments in it, where it had to be interpreted at once."""
        if _CR in data or _LF in data:
            quiet = _QUIET_CRLF if _CR in data else _QUIET
            if len(data) > self._most or not quiet(data):
                return self._interpret_lines(data)
        self._partial = bytes(data)
        self._idle = not data
        return []

    def _interpret_lines(self, data: bytes) -> list[Event]:
        """Return the events of the lines that end in data, and hold what is left."""
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        events = self._interpret(data[:end])
        self._rest(data, end)
        return events

    def _rest(self, data: bytes, end: int) -> None:
        """Hold what comes behind the last line end of `data`."""
        # A line that ends in CR is complete at once: held back until the next byte shows whether a LF follows, its
        # event would wait for the one after it.
        self._special = self._after_cr = end == len(data) and data.endswith(b"\r")
        self._partial = bytes(data[end:])
        self._idle = not (self._open or self._special or self._partial)
        self._mark = min(self._room, SHORT)
        self._most = _NONE if self._open else self._mark

    def _end_long(self, partial: bytes, data: bytes) -> list[Event]:
        """Return the events of data in which a line ends, inside a block that is not short, or not any more."""
        if self._cut:
            # One value. Joined once and decoded in place, 4 MB take a half of the time.
            shape = self._shape
            end, blank, rest = data.partition(shape.blank)
            if blank and len(partial) + len(data) <= self._room and _LF not in end and _CR not in end:
                partial += end
                event = Event(partial.decode("utf-8", "replace"), shape.event_type, self.last_event_id)
                return [event, *self._begin_anew(rest)]
        return self._begin_anew(self._cut + partial + data)

    def _lengthen(self, partial: bytes) -> list[Event]:
        """Hold what has become too long to be held as before; or refuse it."""
        if self._special:
            if not self.failed:
                self._partial = b""
            return self._settle(partial)
        self._partial = partial
        if self._most != _NONE:
            shape = self._shape
            value = partial.removeprefix(shape.prefix)
            ended = _LF in value or _CR in value
            if ended:
                self._interpret_lines(partial)
            elif len(value) < len(partial) and not (shape.spaceless and value.startswith(b" ")):
                self._cut, self._partial = shape.prefix, value
        if len(self._partial) > self._room:
            self._fail([])
        self._partial = bytearray(self._partial)  # type: ignore[assignment]  # it is used as bytes are
        self._mark, self._most = self._room, _NONE
        return []

    def _within_limit(self, data: bytes) -> list[Event]:
        """Return the events of data that may hold too long a block, up to that, and hold what is left."""
        size, end = self._size, 0
        # Not beyond the last line end: there the pattern would try every offset, to the end each time.
        for match in LINE.finditer(data, 0, max(data.rfind(b"\n"), data.rfind(b"\r")) + 1):
            line: bytes = match[1]
            if not line:
                size = 0
            elif size + len(line) + 1 > self._limit:
                size = self._limit
                break
            elif line.partition(b":")[0] in FIELDS_IN_BYTES:
                size += len(line) + 1
            end = match.end()
        events = self._interpret(data[:end]) if end else []
        self._rest(data, end)
        if size + len(data) - end > self._limit:
            self._fail(events)
        return events

    def _fail(self, events: list[Event]) -> None:
        """Refuse all further calls, and this one too where it has no events to return."""
        self.failed = self._special = True
        self._idle = False
        self._mark = self._most = _NONE
        self._partial = bytes(self._partial)
        if not events:
            raise EventTooLarge(
                f"expected events of at most {self._limit:,} bytes (max_event_size), but a block is longer"
            )


def _end_of_block(data: bytes) -> int:
    """Return where the block ends that a line end closes; 0 if it does not, as far as LF and CRLF go."""
    if data.startswith((b"\n", b"\r\n")):
        return data.index(b"\n") + 1
    ends = [at + len(blank) for blank in (b"\n\n", b"\r\n\r\n") if (at := data.find(blank)) >= 0]
    return min(ends, default=0)
