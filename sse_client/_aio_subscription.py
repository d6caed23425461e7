"""A stream that is read in a task of its own."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Self

from sse_client._aio_stream import AsyncEventStream
from sse_client._subscriber import Subscriber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from sse_client.events import Event

__all__ = ["AsyncSubscription"]

_running: set[asyncio.Task[None]] = set()  # a loop itself does not keep its tasks alive


class AsyncSubscription(Subscriber[AsyncEventStream]):
    """Calls a handler with each event, until it is closed, the stream ends, or an error ends it.

    An asynchronous context manager: leaving it closes it, and waits for the task.

    Attributes:
        stream: the stream that is being read; its `last_event_id`, `state` and `stats` can be looked at.
        error: what ended it, if an error did: the stream's, or the handler's own. It is also logged.

    Raises:
        RuntimeError: there is no running event loop.
    """

    def __init__(
        self, stream: AsyncEventStream, handler: Callable[[Event], object], events: Iterable[str] | None = None
    ) -> None:
        super().__init__(stream, handler, events)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError("expected a running event loop, as by asyncio.run()") from None
        self._task = loop.create_task(self._run(), name="sse_client-subscription")
        _running.add(self._task)
        self._task.add_done_callback(_running.discard)

    async def aclose(self) -> None:
        """End it, from any task. A handler that is running is not interrupted; nothing is handled after it."""
        await self.stream.aclose()

    async def join(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109  (the word of the blocking one)
        """Wait for the end, for `timeout` seconds at most; return whether it has come."""
        await asyncio.wait([self._task], timeout=timeout)
        return self._task.done()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
        await self.join()

    async def _run(self) -> None:
        try:
            async with self.stream as events:
                async for event in events:
                    if self._wants(event):
                        done = self._handler(event)
                        if inspect.isawaitable(done):
                            await done
        except asyncio.CancelledError as error:
            self.error = error
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is, it is the subscription's error)
            self._failed(error)
