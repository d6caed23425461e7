"""The public properties of a stream, the same for both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sse_client._core.stream import StreamLoop
    from sse_client.observer import Reason, Response, Stats

__all__ = ["StreamStatus"]


class StreamStatus:
    """The public properties of one stream, for a class that holds its loop."""

    __slots__ = ("__weakref__", "_loop")

    _loop: StreamLoop

    def __repr__(self) -> str:
        state = self.state if self.reason is None else f"closed ({self.reason})"
        return f"<{type(self).__name__} {state}: {self._loop.session.name}>"

    @property
    def response(self) -> Response | None:
        """The head of the current response, or of the last one; None before the first."""
        return self._loop.response

    @property
    def last_event_id(self) -> str:
        """The last event ID of the last event that was yielded; events that are parsed but buffered do not count."""
        return self._loop.delivery.last_event_id

    @property
    def reconnection_time(self) -> int | None:
        """Milliseconds that the server asked for with `retry`; None if it did not."""
        return self._loop.delivery.reconnection_time

    @property
    def tail(self) -> str:
        """The text that has arrived on this connection and has not been dispatched; see `Parser.tail`."""
        return self._loop.delivery.parser.tail

    @property
    def state(self) -> Literal["connecting", "open", "closed"]:
        """`connecting` until there is a response, and again from a loss to the next response; `open`; `closed`."""
        return self._loop.state

    @property
    def reason(self) -> Reason | None:
        """Why the stream is closed, as in `Closed.reason`; None while it is not closed."""
        return self._loop.reason

    @property
    def stats(self) -> Stats:
        """The current counts."""
        return self._loop.session.stats
