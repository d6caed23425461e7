"""Bytes to events (WHATWG HTML 9.2.5 "Parsing an event stream", 9.2.6 "Interpreting an event stream")."""

from __future__ import annotations

import re
import sys
from itertools import compress, count, repeat

from sse_client._interpreter import FIELDS_IN_BYTES, LINE, Interpreter
from sse_client._shape import DATA, LONGEST, Shape, shape_at, shape_of
from sse_client.errors import EventTooLarge
from sse_client.events import Event

__all__ = ["DEFAULT_MAX_EVENT_SIZE", "Parser"]

DEFAULT_MAX_EVENT_SIZE = 64 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_BLANK = re.compile(rb"\n\n|\r\n\r\n")
_LF, _CR, _E = b"\n\re"
_SHORT = 4096  # an unfinished line is bytes, which is quickest, up to here; then a bytearray, which is linear


class Parser(Interpreter):
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
        "_idle",
        "_limit",
        "_mark",
        "_partial",
        "_room",
        "_shape",
        "_short",
        "_soft",
        "_special",
        "_start",
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
        self._short = min(self._limit, _SHORT)
        self._special = True  # one of these three, or the partial line may become a prefix
        self._start = True  # a BOM may still come
        self._after_cr = False  # a LF would belong to the CR before it
        self.failed = False
        self._shape = DATA  # what stands around the values of late
        self._partial: bytes | bytearray = b""  # the line that has not ended,
        self._bare = False  # without the shape's prefix, which it began with
        self._room = self._limit  # for the unfinished line
        self._soft = self._short - DATA.size
        self._mark = self._short  # where it is too long, or no longer short
        self._idle = False  # none of all that: a block begins with the next byte

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that `data` completes, in order; `Comment`s among them where they were asked for.

        Raises:
            EventTooLarge: a block, unfinished ones included, is longer than `max_event_size`. Where `data` completes
                events before it, these are returned, and the next call raises. It is final: every later call raises.
        """
        # All in one function, for speed: a call costs 60 ns.
        if self._bare:
            # Inside a value that comes in pieces: 0.2 µs a piece, 0.5 µs in general.
            partial = self._partial
            if _LF not in data and _CR not in data:
                partial += data
                self._partial = partial
                if len(partial) > self._mark:
                    self._lengthen()
                return []
            shape = self._shape
            end, found, rest = data.partition(shape.between)
            if (
                found
                and len(partial) + len(data) <= self._soft
                and _LF not in end
                and _CR not in end
                and _LF not in rest
                and _CR not in rest
                and not (shape.spaceless and rest[:1] in b" ")
            ):
                try:
                    events = [Event((partial + end).decode(), shape.event_type, self.last_event_id)]
                except UnicodeDecodeError:
                    return self._end_value(data)
                self._partial = rest
                return events
            return self._end_value(data)
        if self._idle:
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
        if self._special:
            return self._settle(data)
        if _LF in data or _CR in data:
            return self._complete(data)
        self._partial += data
        if len(self._partial) > self._mark:
            self._lengthen()
        return []

    @property
    def tail(self) -> str:
        r"""What has arrived and is not dispatched.

        `tail + "\n\n"`, given to a fresh parser, dispatches the event that is pending, with its type and its id.
        """
        partial = (self._shape.prefix * self._bare + self._partial).decode("utf-8", "replace")
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

    def _settle(self, data: bytes) -> list[Event]:
        """Return the events of data that follows a CR, the beginning of a block, or nothing: a BOM may come."""
        if self.failed:
            self._fail([])
        if self._after_cr:
            if not data:
                return []
            self._after_cr = self._special = False
            self._idle = not self._open
            return self.feed(data.removeprefix(b"\n"))
        data = bytes(self._partial) + data
        if self._start:
            # 9.2.5: "the UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any".
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._partial = data
                return []
            data = data.removeprefix(_BOM)
        self._partial = b""
        self._start = self._special = False
        self._idle = True
        return self._begin(data)

    def _begin(self, data: bytes) -> list[Event]:
        """Return the events of data that begins with a block."""
        before = self._shape
        if len(data) <= self._short and data.endswith((b"\n\n", b"\r\n\r\n")):
            # One block, or several, of another shape: 0.6 µs more than of the same, as bulk 1.3 µs.
            blank = b"\r\n\r\n" if data[-2] == _CR else b"\n\n"
            at = data.find(b"\n", 0, LONGEST) + 1 if data[0] == _E else 0
            if not data.startswith(b"data:", at) or not self._adopt(shape_of(bytes(data[: at + 6]), blank)):
                return self._interpret(data)
        else:
            if _LF not in data and self._hold(data):
                if len(self._partial) > self._mark:
                    self._lengthen()
                return []
            line_end = data.find(b"\n")
            blank = b"\r\n\r\n" if line_end > 0 and data[line_end - 1] == _CR else b"\n\n"
            if len(data) > self._limit or not self._adopt(shape_at(data, 0, blank)):
                return self._complete(data)
        if self._shape is not before:
            return self.feed(data)
        end = data.rfind(blank)
        if end < 0:
            return [] if self._hold(data) else self._complete(data)
        events = self._in_bulk(data[len(before.prefix) : end])
        return self._go_on(events, data[end + len(blank) :])

    def _end_value(self, data: bytes) -> list[Event]:
        """Return the events of data in which a line ends, behind the beginning of a value."""
        shape, partial = self._shape, self._partial
        if len(partial) + len(data) > self._room:
            return self._complete(data)
        end, blank, rest = data.partition(shape.blank)
        if not blank:
            self._bare = False
            self._partial = b""
            data = shape.prefix + partial + data
            return [] if self._hold(data) else self._complete(data)
        if _LF in end or _CR in end:
            return self._complete(data)
        if len(partial) > _SHORT or shape.blank not in rest:
            partial += end  # in place, if it is long
            value = partial.decode("utf-8", "replace")
            return self._go_on([Event(value, shape.event_type, self.last_event_id)], rest)
        at = data.rfind(blank)
        return self._go_on(self._in_bulk(bytes(partial) + data[:at]), data[at + len(blank) :])

    def _go_on(self, events: list[Event], data: bytes) -> list[Event]:
        """Return `events`, and behind them those of data that begins with a block, and is within the limit."""
        self._bare = False
        self._idle = True
        self._partial = b""
        return events if not data or self._hold(data) else events + self._begin(data)

    def _hold(self, data: bytes) -> bool:
        """Take the beginning of a block, if there is nothing in it that would have to be interpreted at once."""
        shape = self._shape
        value = data.removeprefix(shape.prefix)
        text = value.rstrip(b"\r\n")
        unbroken = _LF not in text and _CR not in text
        usual = unbroken and len(value) < len(data) and not (shape.spaceless and value[:1] in b" ")
        self._room = self._mark = self._limit
        self._bare = usual and len(text) == len(value)
        if self._bare:
            self._partial = value
            self._room -= shape.size
            self._mark = self._soft
        elif len(data) <= self._soft and (
            shape.prefix.startswith(data) or (usual and shape.line_end.startswith(value[len(text) :]))
        ):
            self._partial = bytes(data)
            self._special = bool(data)
        elif unbroken and len(text) == len(value):
            self._partial = bytes(data)
            self._mark = self._short
        else:
            return False
        self._idle = not data
        return True

    def _lengthen(self) -> None:
        """Make a long line ready to grow, or refuse it."""
        if len(self._partial) > self._room:
            self._fail([])
        self._partial = bytearray(self._partial)
        self._mark = self._room

    def _in_bulk(self, values: bytes) -> list[Event]:
        """Return the events of blocks in the usual shape, without the first one's prefix and the last one's blank line.

        What the shape does not fit is cut out and interpreted by itself.
        """
        shape = self._shape
        prefix, blank, between, event_type = shape.prefix, shape.blank, shape.between, shape.event_type
        if shape.spaceless and (values.startswith(b" ") or between + b" " in values):
            return self._interpret(prefix + values + blank)
        # `rsplit` looks for the LF first, which is rare, and `split` for the last character: 50 ns a chat event, and
        # 110. With ASCII, decoding once beforehand saves another 30.
        try:
            pieces = values.decode("ascii").rsplit(between.decode("ascii"))
        except UnicodeDecodeError:
            pieces = [piece.decode("utf-8", "replace") for piece in values.rsplit(between)]
        text = "".join(pieces)
        if "\n" not in text and "\r" not in text:
            return list(map(Event, pieces, repeat(event_type), repeat(self.last_event_id)))
        line_end = shape.line_end.decode()
        odd = list(map(str.__contains__, pieces, repeat(line_end)))
        rest = text.replace(line_end, "")
        if 4 * sum(odd) > len(odd) or "\n" in rest or "\r" in rest:
            return self._interpret(prefix + values + blank)
        events: list[Event] = []
        start = 0
        for at in compress(count(), odd):
            events += map(Event, pieces[start:at], repeat(event_type), repeat(self.last_event_id))
            events += self._interpret(prefix + pieces[at].encode() + blank)
            start = at + 1
        events += map(Event, pieces[start:], repeat(event_type), repeat(self.last_event_id))
        return events

    def _complete(self, data: bytes) -> list[Event]:
        """Return the events of data in which at least one line ends, whatever it is."""
        if self._bare:
            self._bare = False
            self._partial = self._shape.prefix + self._partial
        within = len(self._partial) + len(data) <= self._limit - self._size
        data = bytes(self._partial) + data
        if not within:
            return self._complete_within_limit(data)
        start = self._usual_from(data)
        if start:
            return self._go_on(self._interpret(data[:start]), data[start:])
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        events = self._interpret(data[:end])
        self._rest(data, end)
        return events

    def _usual_from(self, data: bytes) -> int:
        """Return where in data a block begins that seems to have the usual shape; 0 if none is near."""
        at = 0
        for _ in range(1 if len(data) < _SHORT else 2):
            blank = _BLANK.search(data, at, at + _SHORT)
            if blank is None:
                break
            at = blank.end()
            if self._adopt(shape_at(data, at, blank[0])):
                return at
        return 0

    def _adopt(self, shape: Shape | None) -> bool:
        """Take a shape for that of the blocks to come; tell whether there is one."""
        if shape is None:
            return False
        if shape.between != self._shape.between:
            self._shape = shape
            self._soft = self._short - shape.size
        return True

    def _complete_within_limit(self, data: bytes) -> list[Event]:
        """Return the events of data in which a line ends, up to the block that is too large."""
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

    def _rest(self, data: bytes, end: int) -> None:
        """Keep what comes behind the last line end of `data`."""
        # A line that ends in CR is complete at once: held back until the next byte shows whether a LF follows, its
        # event would wait for the one after it.
        self._special = self._after_cr = end == len(data) and data.endswith(b"\r")
        self._idle = False
        if self._open or self._after_cr:
            self._partial = data[end:]
            self._room = self._limit - self._size
            self._mark = min(self._room, _SHORT)
        else:
            self._hold(data[end:])

    def _fail(self, events: list[Event]) -> None:
        """Refuse all further calls, and this one too where it has no events to return."""
        self.failed = self._special = True
        self._idle = self._bare = False
        if not events:
            raise EventTooLarge(
                f"expected events of at most {self._limit:,} bytes (max_event_size), but a block is longer"
            )
