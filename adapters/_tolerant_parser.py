"""Parses the events of a reply, including errors that old llama.cpp sends in a field of their own."""

from __future__ import annotations

from sse_client.events import Event
from sse_client.extension import ExtensibleParser
from sse_client.parser import DEFAULT_MAX_EVENT_SIZE

__all__ = ["TolerantParser"]

_KEPT = 64 * 1024  # characters of stray lines that are kept; the line that exceeds this is kept whole


class TolerantParser(ExtensibleParser):
    """A parser that turns a line `error: {...}` into an event of type `error`, and keeps stray lines.

    By the standard, a parser ignores unknown fields. Until September 2025, llama.cpp reported every error in such a
    field, so its clients saw a stream that ended for no reason.

    A line `data` after a byte order mark, which some writers put before each event, is an event, too; by the standard,
    only the one before the first event is removed.

    Stray lines are all other lines that do not belong to an event stream, such as those of an HTML page or of JSON that
    is sent as an event stream.

    Attributes:
        stray: the first of the stray lines.
    """

    __slots__ = ("_strays", "_strays_size")

    def __init__(
        self,
        *,
        last_event_id: str = "",
        comments: bool = False,
        max_event_size: int | None = DEFAULT_MAX_EVENT_SIZE,
    ) -> None:
        super().__init__(last_event_id=last_event_id, comments=comments, max_event_size=max_event_size)
        self._strays: list[str] | None = None  # most streams have none
        self._strays_size = 0

    @property
    def stray(self) -> str:
        return "\n".join(self._strays or ())

    @property
    def tail(self) -> str:
        """The stray lines, and then the text that has not been dispatched."""
        return "\n".join(filter(None, (self.stray, super().tail)))

    def unknown_field(self, name: str, value: str, line: str) -> Event | None:
        """Return the event of an `error` field, or of `data` after a byte order mark; keep any other line."""
        if name == "error":
            return Event(value, "error")
        if name == "\ufeffdata":
            return Event(value)
        if self._strays_size < _KEPT:
            self._strays = self._strays or []
            self._strays.append(line)
            self._strays_size += len(line) + 1
        return None
