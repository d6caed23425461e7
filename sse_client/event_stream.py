"""A stream of events over blocking connections: the loop of `Stream`, in the thread that reads."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sse_client._dialect import EVENT_STREAM, Dialect
from sse_client._drive import drive
from sse_client._interrupt import Interrupt, Watchdog
from sse_client._stream import Stream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType

    import requests

    from sse_client._incoming import Incoming
    from sse_client.events import Event
    from sse_client.observer import Reason
    from sse_client.options import Options
    from sse_client.request import Request

__all__ = ["EventStream"]

_T = TypeVar("_T")


class EventStream(Stream["requests.Session", Interrupt]):
    """The events of one stream, as an iterator and a context manager. Made by `Client.stream` and its like.

    Entering it, or the first `next`, connects. The iteration ends at `until`, at a 204, at `close`, and, where it is
    not to reconnect, at the end of the body; it can go on in another thread than it began in, but only one thread may
    be in it at a time.

    Raises:
        SSEError: when entered or iterated over; see `sse_client.errors` for which, and which are retried before.
        ValueError: the request cannot be sent as it is. So is it for what `prepare` or the checkpoint returned.
        RuntimeError: two threads iterate at once.
    """

    __slots__ = ("_finished", "_turn", "_watchdog")

    def __init__(
        self,
        http: Callable[[], requests.Session],
        request: Request,
        options: Options,
        dialect: Dialect = EVENT_STREAM,
        finished: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(http, request, options, dialect, Interrupt())
        self._finished = finished
        self._turn = threading.Lock()
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
        self._end("closed")

    def _run(self, *, until_open: bool) -> Event | None:
        """Advance as the one thread that is in it."""
        if not self._turn.acquire(blocking=False):
            if self._interrupt.closed:
                return None  # another thread is closing it
            raise RuntimeError("this stream is being read by another thread")
        try:
            event = drive(self._advance(until_open=until_open))
        except BaseException as error:
            # What was interrupted in the middle, by whatever it was, cannot be gone on with.
            drive(self._finish("error", error))
            raise
        finally:
            self._turn.release()
        if self._interrupt.closed:
            # Whoever closed it in the meantime left the rest to this thread.
            self._end("closed")
            return None
        return event

    def _end(self, reason: Reason) -> None:
        """Finish from outside of `_run`; if a reader is in it, that one does it, and tells the observer."""
        if self._turn.acquire(blocking=False):
            try:
                drive(self._finish(reason))
            finally:
                self._turn.release()

    def _headers(self, http: requests.Session) -> Mapping[str, Any]:
        return http.headers

    async def _open(self, http: requests.Session, request: Request) -> Incoming:
        # Loaded with the first connection, so that importing the package does not cost what importing requests does.
        from sse_client._http import connect

        timeout = (self._clocks.to_connect, self._options.timeout.read)
        return connect(http, request, self._replay, self._interrupt, timeout)

    async def _within(self, deadline: float | None, work: Awaitable[_T], url: str) -> _T:  # noqa: ARG002  (the transport's errors name it)
        if deadline is None:
            return await work
        if self._watchdog is None:
            self._watchdog = Watchdog(self._interrupt)
            weakref.finalize(self, self._watchdog.stop)  # of a stream that is dropped, not closed
        self._watchdog.expect(deadline)
        try:
            return await work
        finally:
            if self._watchdog.call_off():
                self._clocks.reached()

    async def _sleep(self, seconds: float) -> None:
        self._interrupt.sleep(seconds)

    def _disconnect(self) -> None:
        super()._disconnect()
        self._interrupt.forget()

    async def _release(self) -> None:
        if self._watchdog is not None:
            self._watchdog.stop()
        if self._finished is not None:
            self._finished()
