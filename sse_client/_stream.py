"""A stream of events, whatever brings its bytes: what can be asked of it, and what follows from what comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sse_client._clocks import Clocks
from sse_client._replay import Replay
from sse_client._session import Dialect, Session, Stats

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.errors import SSEError
    from sse_client.events import Event
    from sse_client.observer import Reason, Response
    from sse_client.options import Options
    from sse_client.request import Request

__all__ = ["Stream"]


class Stream:
    """The part of an event stream that does not wait for anything."""

    def __init__(self, request: Request, options: Options, dialect: Dialect) -> None:
        self._options = options
        self._replay = Replay()
        self._session = Session(request, options, dialect)
        self._clocks = Clocks(options.timeout)
        self._batch: Iterator[Event] = iter(())
        self._watched: Iterator[Event] = iter(())
        self._response: Response | None = None
        self._state: Literal["connecting", "open", "closed"] = "connecting"
        self._reason: Reason | None = None

    @property
    def response(self) -> Response | None:
        """The head of the current connection's response, or of the last one's; None before the first."""
        return self._response

    @property
    def last_event_id(self) -> str:
        """The last event ID of the last event that was yielded, not of what lies parsed behind it."""
        return self._session.last_event_id

    @property
    def reconnection_time(self) -> int | None:
        """Milliseconds that the server asked for with `retry`; None if it did not."""
        return self._session.reconnection_time

    @property
    def tail(self) -> str:
        """What has arrived on this connection and is not dispatched; see `Parser.tail`."""
        return self._session.tail

    @property
    def state(self) -> Literal["connecting", "open", "closed"]:
        """`connecting` until a response is there, and again from a loss to the next one; `open`; `closed`."""
        return self._state

    @property
    def reason(self) -> Reason | None:
        """Why it is closed, in the words of `Closed`; None if it is not."""
        return self._reason

    @property
    def stats(self) -> Stats:
        """Counts up to now."""
        return self._session.stats

    def _hand_out(self, events: Iterator[Event]) -> Event | None:
        """Keep what a read brought, and return the first event of it."""
        if self._session.watched:
            # The caller's own code runs in it: inside the shell, as one reader.
            self._watched = events
        else:
            self._batch = events
        for event in events:
            self._clocks.pause(event=self._session.progressed)
            return event
        return None

    def _end(self) -> SSEError | None:
        """Take the end of the body; return the loss that it is, if it is one. It may be that of a clock's."""
        return self._clocks.overdue() or self._session.ended()

    def _delay(self, error: SSEError) -> float:
        """Take the loss of the connection; return the seconds to wait before the next.

        Raises:
            SSEError: the error itself, or that of a clock that ran out, where it is final.
        """
        late = self._clocks.overdue()
        if late is not None:
            late.__cause__, error = error, late
        self._state = "connecting"
        return self._clocks.within_total(self._session.lost(error))

    def _leave(self, reason: Reason) -> bool:
        """Be closed from now on; return whether it was not."""
        if self._state == "closed":
            return False
        self._state = "closed"
        self._reason = reason
        self._batch = self._watched = iter(())
        return True
