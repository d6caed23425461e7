"""A stream of events over aiohttp: the loop of `EventStream`, with awaits."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Self, TypeVar

from sse_client._aio_interrupt import Interrupt
from sse_client._session import EVENT_STREAM, Dialect
from sse_client._stream import Stream
from sse_client._translate import broken
from sse_client.errors import DeadlineExceeded, SSEError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    import aiohttp

    from sse_client._aio_body import Connection
    from sse_client.events import Event
    from sse_client.observer import Reason
    from sse_client.options import Options
    from sse_client.request import Request

__all__ = ["AsyncEventStream"]

_T = TypeVar("_T")


class AsyncEventStream(Stream):
    """The events of one stream, as an asynchronous iterator and context manager. Made by `AsyncClient.stream`.

    Entering it, or the first `anext`, connects. The iteration ends at `until`, at a 204, at `aclose`, and, where it is
    not to reconnect, at the end of the body; it can go on in another task than it began in, but only one task may be
    in it at a time. A cancellation inside it closes it.

    Raises:
        SSEError: when entered or iterated over; see `sse_client.errors` for which, and which are retried before.
        ValueError: the request cannot be sent as it is. So is it for what `prepare` or the checkpoint returned.
        RuntimeError: two tasks iterate at once, there is no running event loop, or the client's session is closed.
    """

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        request: Request,
        options: Options,
        dialect: Dialect = EVENT_STREAM,
        finished: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._connection: Connection | None = None
        super().__init__(request, options, dialect)
        self._http_session = session
        self._finished = finished
        self._interrupt = Interrupt()

    def __del__(self) -> None:
        # aiohttp itself keeps a response that nobody closes for as long as the server keeps the connection.
        if self._connection is not None:
            self._connection.abandon()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        # The cheapest way to the next item of an iterator that may be at its end.
        for event in self._batch:
            return event
        found = await self._run(until_open=False)
        if found is None:
            raise StopAsyncIteration
        return found

    async def __aenter__(self) -> Self:
        await self._run(until_open=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the stream, from any task: a reader that waits in it wakes at once; nothing is sent after."""
        self._interrupt.close()
        if self._interrupt.busy:
            # That one does it, and tells the observer.
            await self._interrupt.left()
        else:
            await self._run(until_open=False)

    async def _run(self, *, until_open: bool) -> Event | None:
        """Go on until there is an event, or until the connection is open, or until it is over."""
        self._interrupt.enter()
        event: Event | None = None
        try:
            while event is None and self._state != "closed" and not (until_open and self._state == "open"):
                event = await self._step()
            if self._interrupt.closed:
                # Whoever closed it in the meantime left the rest to this task.
                await self._finish("closed")
                return None
            return event
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and self._interrupt.caught():
                await self._finish("closed")
                return None
            # What was interrupted in the middle, by whatever it was, cannot be gone on with.
            await self._finish("error", error)
            raise
        finally:
            self._interrupt.leave()

    async def _step(self) -> Event | None:
        """Hand out an event, or connect, or read once."""
        if self._interrupt.closed:
            await self._finish("closed")
        elif self._session.over is not None:
            await self._finish(self._session.over)
        elif self._connection is None:
            await self._connect()
        else:
            for event in self._watched:
                return event
            return await self._read(self._connection)
        return None

    async def _connect(self) -> None:
        # What is loaded with the first connection need not be with the package.
        from sse_client._aio_http import connect

        self._state = "connecting"
        session = self._http_session()
        request = self._session.request(session.headers)
        self._clocks.attempt()
        connection: Connection | None = None
        try:
            timeout = (self._clocks.to_connect, self._options.timeout.read)
            deadline = self._clocks.deadline
            connection = await self._within(deadline, connect(session, request, self._replay, timeout), request.url)
            self._response = connection.response
            refusal = self._session.opened(connection.response)
            if refusal is not None:
                refusal.body = await self._within(deadline, connection.excerpt(self._session.body_limit), request.url)
                raise refusal
        except SSEError as error:
            await self._lose(error)
            return
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        self._connection = connection
        if not self._session.over:
            self._state = "open"

    async def _read(self, connection: Connection) -> Event | None:
        """Read once, and take what came, be it the end; return the first event of it."""
        try:
            self._session.exhausted()
            if self._session.over is not None:
                return None
            self._clocks.wait()
            data = await self._within(self._read_deadline, connection.read(), connection.response.url)
            events = self._session.feed(data)
        except SSEError as error:
            await self._lose(error)
            return None
        event = self._hand_out(events)
        if event is None and not data:
            loss = self._end()
            if loss is not None:
                await self._lose(loss)
        return event

    async def _lose(self, error: SSEError) -> None:
        """Let go of the connection, and wait until it is time for the next."""
        self._disconnect()
        delay = self._delay(error)
        if self._interrupt.closed:
            return  # by the caller's own code, which has just run in this task
        await asyncio.sleep(min(delay, threading.TIMEOUT_MAX))
        late = self._clocks.overdue()
        if isinstance(late, DeadlineExceeded):
            raise late from error

    @property
    def _read_deadline(self) -> float | None:
        silence, deadline = self._options.timeout.read, self._clocks.deadline
        if silence is None:
            return deadline
        limit = time.monotonic() + silence
        return limit if deadline is None else min(limit, deadline)

    async def _within(self, deadline: float | None, work: Awaitable[_T], url: str) -> _T:
        """Await `work`, until the deadline.

        Raises:
            IdleTimeout: it was reached.
        """
        self._interrupt.expect(deadline)
        try:
            return await work
        except asyncio.CancelledError:
            if self._interrupt.closed or not self._interrupt.caught():
                raise
            timed_out = TimeoutError("timed out")
            raise broken(timed_out, url) from timed_out
        finally:
            self._interrupt.expect(None)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def _finish(self, reason: Reason, error: BaseException | None = None) -> None:
        """Close, once, and say why."""
        if not self._leave(reason):
            return
        self._interrupt.stop()
        try:
            if self._connection is not None and reason in {"until", "no content"}:
                await self._connection.drain()
        finally:
            self._disconnect()
            try:
                if self._finished is not None:
                    await self._finished()
            finally:
                self._session.closed(reason, error)
