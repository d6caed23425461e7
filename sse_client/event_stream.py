"""A stream of events over blocking connections: one loop that connects, reads, hands out, and waits."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Self

from sse_client._interrupt import Interrupt, Watchdog
from sse_client._session import EVENT_STREAM, Dialect
from sse_client._stream import Stream
from sse_client.errors import DeadlineExceeded, SSEError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    import requests

    from sse_client._body import Connection
    from sse_client.events import Event
    from sse_client.observer import Reason
    from sse_client.options import Options
    from sse_client.request import Request

__all__ = ["EventStream"]


class EventStream(Stream):
    """The events of one stream, as an iterator and a context manager. Made by `Client.stream` and its like.

    Entering it, or the first `next`, connects. The iteration ends at `until`, at a 204, at `close`, and, where it is
    not to reconnect, at the end of the body; it can go on in another thread than it began in, but only one thread may
    be in it at a time.

    Raises:
        SSEError: when entered or iterated over; see `sse_client.errors` for which, and which are retried before.
        ValueError: the request cannot be sent as it is. So is it for what `prepare` or the checkpoint returned.
        RuntimeError: two threads iterate at once.
    """

    def __init__(
        self,
        session: Callable[[], requests.Session],
        request: Request,
        options: Options,
        dialect: Dialect = EVENT_STREAM,
        finished: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(request, options, dialect)
        self._http_session = session
        self._finished = finished
        self._interrupt = Interrupt()
        self._turn = threading.Lock()
        self._connection: Connection | None = None
        self._watchdog: Watchdog | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        # The cheapest way to the next item of an iterator that may be at its end.
        for event in self._batch:
            return event
        found = self._run(until_open=False)
        if found is None:
            raise StopIteration
        return found

    def __enter__(self) -> Self:
        self._run(until_open=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the stream, from any thread: a reader that waits or sleeps in it wakes at once; nothing is sent after.

        Only a look-up of a name and the making of a connection cannot be woken; they end by themselves, in `connect`
        seconds at most, and the reader then.
        """
        self._interrupt.close()
        self._abort()

    def _run(self, *, until_open: bool) -> Event | None:
        """Go on until there is an event, or until the connection is open, or until it is over."""
        if not self._turn.acquire(blocking=False):
            if self._interrupt.closed:
                return None  # another thread is closing it
            raise RuntimeError("this stream is being read by another thread")
        event: Event | None = None
        try:
            while event is None and self._state != "closed" and not (until_open and self._state == "open"):
                event = self._step()
        except BaseException as error:
            # What was interrupted in the middle, by whatever it was, cannot be gone on with.
            self._finish("error", error)
            raise
        finally:
            self._turn.release()
        if self._interrupt.closed:
            # Whoever closed it in the meantime left the rest to this thread.
            self._abort()
            return None
        return event

    def _abort(self) -> None:
        """Close from outside of `_run`; if a reader is in it, that one does it, and tells the observer."""
        if self._turn.acquire(blocking=False):
            try:
                self._finish("closed")
            finally:
                self._turn.release()

    def _step(self) -> Event | None:
        """Hand out an event, or connect, or read once."""
        if self._interrupt.closed:
            self._finish("closed")
        elif self._session.over is not None:
            self._finish(self._session.over)
        elif self._connection is None:
            self._connect()
        else:
            for event in self._watched:
                return event
            return self._read(self._connection)
        return None

    def _connect(self) -> None:
        # Loaded with the first connection, so that importing the package does not cost what importing requests does.
        from sse_client._http import connect

        self._state = "connecting"
        session = self._http_session()
        request = self._session.request(session.headers)
        self._clocks.attempt()
        connection: Connection | None = None
        self._interrupt.forget()
        try:
            self._watch()
            timeout = (self._clocks.to_connect, self._options.timeout.read)
            connection = connect(session, request, self._replay, self._interrupt, timeout)
            self._response = connection.response
            refusal = self._session.opened(connection.response)
            if refusal is not None:
                refusal.body = connection.excerpt(self._session.body_limit)
                raise refusal
        except SSEError as error:
            self._lose(error)
            return
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        finally:
            self._unwatch()
        self._connection = connection
        if not self._session.over:
            self._state = "open"

    def _read(self, connection: Connection) -> Event | None:
        """Read once, and take what came, be it the end; return the first event of it."""
        try:
            self._session.exhausted()
            if self._session.over is not None:
                return None
            self._clocks.wait()
            self._watch()
            data = connection.read()
            if self._interrupt.closed:
                return None
            events = self._session.feed(data)
        except SSEError as error:
            self._lose(error)
            return None
        finally:
            self._unwatch()
        event = self._hand_out(events)
        if not data:
            loss = self._end()
            if loss is not None:
                self._lose(loss)
        return event

    def _lose(self, error: SSEError) -> None:
        """Let go of the connection, and wait until it is time for the next."""
        self._unwatch()
        self._disconnect()
        if self._interrupt.closed:
            return
        self._interrupt.sleep(self._delay(error))
        late = self._clocks.overdue()
        if isinstance(late, DeadlineExceeded):
            raise late from error

    def _watch(self) -> None:
        """Have the wait that follows broken off when a clock runs out."""
        if self._clocks.used:
            if self._watchdog is None:
                self._watchdog = Watchdog(self._interrupt)
                weakref.finalize(self, self._watchdog.stop)  # of a stream that is dropped, not closed
            self._watchdog.expect(self._clocks.deadline)

    def _unwatch(self) -> None:
        if self._watchdog is not None:
            self._watchdog.expect(None)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self._interrupt.forget()

    def _finish(self, reason: Reason, error: BaseException | None = None) -> None:
        """Close, once, and say why."""
        if not self._leave(reason):
            return
        if self._watchdog is not None:
            self._watchdog.stop()
        if self._connection is not None and reason in {"until", "no content"}:
            self._connection.drain()
        self._disconnect()
        if self._finished is not None:
            self._finished()
        self._session.closed(reason, error)
