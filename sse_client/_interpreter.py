"""Lines to events (WHATWG HTML 9.2.6, "Interpreting an event stream")."""

from __future__ import annotations

import re

from sse_client.events import Comment, Event

__all__ = ["FIELDS_IN_BYTES", "LINE", "Interpreter"]

_FIELDS = frozenset({"data", "event", "id", "retry"})
FIELDS_IN_BYTES = frozenset(name.encode() for name in _FIELDS)
LINE = re.compile(rb"([^\r\n]*)(?:\r\n|\r|\n)")

# `int` refuses more digits than a limit that can be lowered to 640. A reconnection time with more of them is
# as good as for ever, and this stands for it.
_MAX_DIGITS = 600
_FOR_EVER = 10**_MAX_DIGITS


class Interpreter:
    """The block that has begun, and what outlives it.

    Args:
        last_event_id: the last event ID to begin with; it is the `id` of the events before the first `id` field.
        comments: also return comment lines, as `Comment` objects in their place among the events.

    Attributes:
        last_event_id: the last event ID string; a block sets it when it ends, even one that dispatches nothing.
        reconnection_time: milliseconds; None until a `retry` field sets it.
        comment_count: comment lines so far, returned or not.
    """

    __slots__ = (
        "_comments",
        "_data",
        "_id",
        "_open",
        "_retry",
        "_size",
        "_type",
        "comment_count",
        "last_event_id",
        "reconnection_time",
    )

    def __init__(self, last_event_id: str, *, comments: bool) -> None:
        self.last_event_id = last_event_id
        self.reconnection_time: int | None = None
        self.comment_count: int = 0
        self._comments = comments
        self._open = False  # the block has begun: the next five are its state
        self._size = 0
        self._data: list[str] = []
        self._type = ""
        self._id = last_event_id
        self._retry: int | None = None

    def _interpret(self, raw: bytes) -> list[Event]:  # noqa: C901  (one loop, for speed: a call a line costs 20 %)
        """Return the events of complete lines, line by line."""
        text = raw.decode("utf-8", "replace")
        # 9.2.5: "lines must be separated by either a U+000D U+000A pair, a single U+000A, or a single U+000D".
        regular = "\r" not in text
        if not regular:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        events: list[Event] = []
        data, event_type, event_id, retry = self._data, self._type, self._id, self._retry
        seen_field, seen_blank = self._open, False
        lines = text.split("\n")
        lines.pop()  # what is behind the last line end: nothing
        for line in lines:
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
                if name:
                    name, _, value = line.partition(":")
                    value = value.removeprefix(" ")
                if not name:
                    self.comment_count += 1
                    if self._comments:
                        # A comment is no event; the list holds one only if the caller asked for it.
                        events.append(Comment(value))  # type: ignore[arg-type]
                    regular = False
                    continue
            if name == "id":
                # "If the field value does not contain U+0000 NULL, then set the last event ID buffer".
                if "\0" not in value:
                    event_id = value
            elif name == "event":
                event_type = value
            elif name == "data":
                data.append(value)
            elif name == "retry":
                # "If the field value consists of only ASCII digits, then interpret the field value as an integer".
                if value.isascii() and value.isdigit():
                    retry = self.reconnection_time = _milliseconds(value)
            else:
                event = self._ignored_field(name, value, line)
                if event is not None:
                    events.append(event)
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

    def _ignored_field(self, name: str, value: str, line: str) -> Event | None:  # noqa: ARG002  (for subclasses)
        """Return the event that a field outside of the standard stands for: none.

        A subclass may know a dialect that puts content there.
        """
        return None

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
        for line in LINE.findall(raw):
            if line.partition(b":")[0] in FIELDS_IN_BYTES:
                self._size += len(line) + 1


def _milliseconds(digits: str) -> int:
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= _MAX_DIGITS else _FOR_EVER
