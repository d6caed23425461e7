"""Bytes to the events of a chat stream, where old llama.cpp reports an error as a field of its own."""

from __future__ import annotations

from sse_client.events import Event
from sse_client.parser import DEFAULT_MAX_EVENT_SIZE, Parser

__all__ = ["ChatParser"]

_KEPT = 64 * 1024  # characters of stray lines, and the line that they end in


class ChatParser(Parser):
    """The parser of a chat stream: an `error: {...}` line is an event of the type `error`.

    The standard has a parser ignore a field that it does not know. llama.cpp until September 2025 reported
    every error that way, so that its clients saw a stream that ended for no reason.

    What else is no line of an event stream, of a page or an error in JSON that is sent as one, stands in `tail`.

    Attributes:
        stray: the beginning of that.
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
        """As a parser's, behind `stray`, which no parser makes an event of."""
        return "\n".join(filter(None, (self.stray, super().tail)))

    def _ignored_field(self, name: str, value: str, line: str) -> Event | None:
        if name == "error":
            return Event(value, "error")
        if self._strays_size < _KEPT:
            self._strays = self._strays or []
            self._strays.append(line)
            self._strays_size += len(line) + 1
        return None
