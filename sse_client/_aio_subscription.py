"""A stream that is read in a task of its own."""

from __future__ import annotations

import asyncio
import inspect
import logging
from typing import TYPE_CHECKING, Self

from sse_client.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from sse_client._aio_stream import AsyncEventStream

__all__ = ["AsyncSubscription"]

_log = logging.getLogger("sse_client")

_running: set[asyncio.Task[None]] = set()  # a loop itself does not keep its tasks alive


class AsyncSubscription:
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
        if not callable(handler):
            raise TypeError(f"handler: expected a callable, got {type(handler).__name__}")
        if isinstance(events, str):
            raise TypeError("events: expected an iterable of event types, got one str")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError("expected a running event loop, as by asyncio.run()") from None
        self.stream = stream
        self.error: BaseException | None = None
        self._handler = handler
        self._types = None if events is None else frozenset(events)
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
                    if self._types is None or (type(event) is Event and event.event in self._types):
                        done = self._handler(event)
                        if inspect.isawaitable(done):
                            await done
        except asyncio.CancelledError as error:
            self.error = error
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is, it is the subscription's error)
            self.error = error
            _log.error("subscription ended: %r", error)
