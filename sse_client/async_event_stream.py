"""An asyncio event stream, read in the task that iterates over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from sse_client._core.failures import forget_context
from sse_client._core.status import StreamStatus

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType

    from sse_client._core.stream import StreamLoop
    from sse_client._core.transport import AsyncWakeup
    from sse_client.events import Event
    from sse_client.observer import Reason

__all__ = ["AsyncEventStream"]


class AsyncEventStream(StreamStatus):
    """The events of one stream, as an asynchronous iterator and context manager; `AsyncClient.stream` returns it.

    Entering the stream, or the first `anext`, connects. The iteration ends at the event that `until` names, at a 204,
    when `aclose` is called, and, if the stream is not resumed, at the end of the body. A task may continue an iteration
    that another one began, but only one task may read at a time. Cancelling a task that reads closes the stream.

    Raises:
        SSEError: when entered or iterated over; `sse_client.errors` lists the errors, and which ones are retried first.
        ValueError: the request cannot be sent, or `prepare` or the checkpoint returned a value that cannot.
        TypeError: `prepare` or the checkpoint returned a value of a wrong type.
        RuntimeError: two tasks iterate at once, there is no running event loop, or the client's session is closed.
    """

    __slots__ = ("_wakeup",)

    def __init__(self, loop: StreamLoop, wakeup: AsyncWakeup) -> None:
        self._loop = loop
        self._wakeup = wakeup

    def __del__(self) -> None:
        # If nobody closes a response, aiohttp and httpx keep it for as long as the server keeps the connection.
        body = self._wakeup.body
        if body is not None and self._loop.state != "closed":
            body.abandon()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        # The cheapest way to get the next item of an iterator that may be exhausted.
        for event in self._loop.batch:
            return event
        # Does what `__aenter__` does, inlined: a live event costs a tenth less.
        wakeup = self._wakeup
        task = None
        try:
            task = wakeup.current_task()
        finally:
            if task is None or wakeup.task is not None:
                wakeup.enter()  # raises
        assert task is not None
        wakeup.task = task
        wakeup.cancelling = task.cancelling()
        try:
            found = await self._loop.advance()
            if found is not None and not wakeup.closed:
                return found
            if self._loop.state != "closed":
                await self._loop.finish("closed")
        except BaseException as error:
            if not await self._ended_by(error):
                raise
        finally:
            if wakeup.unsettled:
                wakeup.leave()
            wakeup.task = None
        raise StopAsyncIteration

    async def __aenter__(self) -> Self:
        wakeup = self._wakeup
        wakeup.enter()
        try:
            await self._loop.advance(until_open=True)
            if wakeup.closed:
                # Another task has closed the stream meanwhile. It leaves the finishing to this task, which was reading.
                await self._loop.finish("closed")
        except BaseException as error:
            if not await self._ended_by(error):
                raise
        finally:
            if wakeup.unsettled:
                wakeup.leave()
            wakeup.task = None
        return self

    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Coroutine[Any, Any, None]:
        return self._end("closed", wake=True)

    async def aclose(self) -> None:
        """End the stream, from any task: a waiting reader wakes at once, and nothing is sent afterwards."""
        await self._end("closed", wake=True)

    async def _ended_by(self, error: BaseException) -> bool:
        """End the stream after `error`; return whether it is only the cancellation that `aclose` wakes a task with."""
        try:
            return await self._finished_after(error)
        except StopAsyncIteration as stop:  # if it left `__anext__`, the loop would end silently
            raise RuntimeError("prepare, until, the checkpoint or the observer raised StopAsyncIteration") from stop

    async def _finished_after(self, error: BaseException) -> bool:
        if not self._wakeup.is_cancellation(error):
            forget_context(error)
            # After an exception in the middle of a step, the stream cannot be resumed.
            await self._loop.finish("error", error)
            if isinstance(error, StopAsyncIteration):
                raise error
            return False
        own = self._wakeup.caught()
        await (self._loop.finish("closed") if own else self._loop.finish("cancelled", error))
        return own

    async def _end(self, reason: Reason, *, wake: bool = False) -> None:
        """Finish from outside; a task that is reading continues, or, if it has to wake, is waited for."""
        wakeup = self._wakeup
        if wake:
            wakeup.close()
        if wakeup.task is not None:
            # That task finishes the stream, and reports to the observer.
            if wake:
                await wakeup.left()
            return
        if self._loop.state == "closed":
            return
        wakeup.enter()
        try:
            await self._loop.finish(reason)
        except BaseException as error:
            if not wakeup.is_cancellation(error) or not wakeup.caught():
                raise
        finally:
            if wakeup.unsettled:
                wakeup.leave()
            wakeup.task = None
