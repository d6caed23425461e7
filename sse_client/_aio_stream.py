"""A stream of events over aiohttp: the loop of `Stream`, in the task that reads."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sse_client._aio_interrupt import Interrupt
from sse_client._dialect import EVENT_STREAM, Dialect
from sse_client._stream import Stream
from sse_client._translate import broken
from sse_client.errors import SSEError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType

    import aiohttp

    from sse_client._aio_body import Connection
    from sse_client._incoming import Incoming
    from sse_client.events import Event
    from sse_client.observer import Reason
    from sse_client.options import Options
    from sse_client.request import Request

__all__ = ["AsyncEventStream"]

_T = TypeVar("_T")


class AsyncEventStream(Stream["aiohttp.ClientSession", Interrupt]):
    """The events of one stream, as an asynchronous iterator and context manager. Made by `AsyncClient.stream`.

    Entering it, or the first `anext`, connects. The iteration ends at `until`, at a 204, at `aclose`, and, where it is
    not to reconnect, at the end of the body; it can go on in another task than it began in, but only one task may be
    in it at a time. A cancellation inside it closes it.

    Raises:
        SSEError: when entered or iterated over; see `sse_client.errors` for which, and which are retried before.
        ValueError: the request cannot be sent as it is. So is it for what `prepare` or the checkpoint returned.
        RuntimeError: two tasks iterate at once, there is no running event loop, or the client's session is closed.
    """

    __slots__ = ("_abandon", "_direct", "_finished")

    def __init__(
        self,
        http: Callable[[], aiohttp.ClientSession],
        request: Request,
        options: Options,
        dialect: Dialect = EVENT_STREAM,
        finished: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._abandon: Callable[[], None] | None = None
        self._direct: Connection | None = None  # where nothing but its bytes is to be waited for
        super().__init__(http, request, options, dialect, Interrupt())
        self._finished = finished

    def __del__(self) -> None:
        # aiohttp itself keeps a response that nobody closes for as long as the server keeps the connection.
        if self._abandon is not None and self._connection is not None:
            self._abandon()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        # The cheapest way to the next item of an iterator that may be at its end.
        for event in self._batch:
            return event
        found = None
        if self._direct is not None and not self._interrupt.busy:
            found = await self._arriving(self._direct)
        if found is None:
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

    async def _arriving(self, connection: Connection) -> Event | None:
        """Return the next event, if nothing but its bytes is to be waited for; None: `_run` is to see what else it is.

        Live streams spend their time here, at two thirds of what `_run` costs: what wakes this is a future, so that
        nothing is to be known of the task.
        """
        session, interrupt = self._session, self._interrupt
        try:
            session.exhausted()
            while connection.direct and session.over is None:
                waiter = interrupt.waiter = connection.more()
                if waiter is not None:
                    try:
                        await waiter
                    except Exception as error:  # noqa: BLE001  (the connection's: its next `read` raises it in our words)
                        error.__traceback__ = None  # aiohttp keeps it, and it this frame, with the stream in it
                        break
                if interrupt.closed:
                    break
                data = connection.take()
                if not data:
                    break
                self._batch = session.feed(data)
                for event in self._batch:
                    interrupt.waiter = None
                    return event
                session.exhausted()
        except SSEError:
            pass  # the parser raises it again
        except BaseException as error:
            try:
                await self._finish("error", error)
            finally:
                interrupt.leave()
            raise
        interrupt.waiter = None
        return None

    async def _run(self, *, until_open: bool) -> Event | None:
        """Advance as the one task that is in it."""
        self._interrupt.enter()
        try:
            event = await self._advance(until_open=until_open)
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

    async def _end(self, reason: Reason) -> None:
        """Finish from outside of `_run`; if another task is in it, that one goes on."""
        if self._interrupt.busy:
            return
        self._interrupt.enter()
        try:
            await self._finish(reason)
        except asyncio.CancelledError:
            if not self._interrupt.caught():
                raise
        finally:
            self._interrupt.leave()

    def _headers(self, http: aiohttp.ClientSession) -> Mapping[str, Any]:
        return http.headers

    async def _asked(self, prepared: object) -> object:
        return await prepared if inspect.isawaitable(prepared) else prepared

    async def _open(self, http: aiohttp.ClientSession, request: Request) -> Incoming:
        # What is loaded with the first connection need not be with the package.
        from sse_client._aio_http import connect

        timeout = (self._clocks.to_connect, self._options.timeout.read)
        connection = await connect(http, request, self._replay, timeout)
        self._abandon = connection.abandon
        if connection.direct and not self._clocks.used and not self._session.watched:
            self._direct = connection
        return connection

    async def _within(self, deadline: float | None, work: Awaitable[_T], url: str) -> _T:
        if deadline is not None:
            self._interrupt.expect(deadline)
        try:
            return await work
        except asyncio.CancelledError:
            if self._interrupt.closed or not self._interrupt.caught():
                raise
            timed_out = TimeoutError("timed out")
            raise broken(timed_out, url) from timed_out
        finally:
            self._interrupt.deadline = None

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, threading.TIMEOUT_MAX))

    def _disconnect(self) -> None:
        self._direct = None
        super()._disconnect()

    async def _release(self) -> None:
        self._interrupt.stop()
        if self._finished is not None:
            await self._finished()
