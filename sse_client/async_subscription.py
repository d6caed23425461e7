"""An asyncio event stream that is read in a task of its own."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Self

from sse_client._core.subscriber import Subscriber
from sse_client.async_event_stream import AsyncEventStream
from sse_client.transports.event_loops import running_loop

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Iterable
    from types import TracebackType

    from sse_client.events import Event

__all__ = ["AsyncSubscription"]

_running: set[asyncio.Task[None]] = set()  # an event loop does not keep its tasks alive


class AsyncSubscription(Subscriber[AsyncEventStream]):
    """Calls a handler with each event, until it is closed, the stream ends, or an error ends it.

    An asynchronous context manager: leaving the block closes the subscription, and waits for the task.

    Attributes:
        stream: the stream that is being read; its `last_event_id`, `state` and `stats` may be read at any time.
        error: the error that ended the subscription, raised by the stream or by the handler; None if none did. It is
            also logged.

    Raises:
        RuntimeError: there is no running event loop; or it is trio's, and there is no `task_group`.
    """

    _awaits = True

    def __init__(
        self,
        stream: AsyncEventStream,
        handler: Callable[[Event], object],
        events: Iterable[str] | None = None,
        task_group: Any = None,
    ) -> None:
        super().__init__(stream, handler, events)
        self._task: asyncio.Task[None] | None = None
        self._done = False
        self._waiting: list[Any] = []
        if task_group is not None:
            _start(task_group, self._run)
            return
        if running_loop() == "trio":
            raise RuntimeError("trio has no task without a nursery: pass one, as subscribe(..., task_group=nursery)")
        import asyncio

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError("expected a running event loop, as by asyncio.run()") from None
        self._task = loop.create_task(self._run(), name="sse_client-subscription")
        _running.add(self._task)
        self._task.add_done_callback(_running.discard)

    async def aclose(self) -> None:
        """End the subscription, from any task. A running handler is not interrupted; no further event is handled."""
        await self.stream.aclose()

    async def join(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109  (the word of the blocking one)
        """Wait until the subscription has ended, for at most `timeout` seconds; return whether it has."""
        if self._task is not None:
            import asyncio

            await asyncio.wait([self._task], timeout=timeout)
            return self._task.done()
        import anyio

        if not self._done:
            left = anyio.Event()
            self._waiting.append(left)
            with anyio.move_on_after(timeout):
                await left.wait()
            self._waiting.remove(left)
        return self._done

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
        except Exception as error:  # noqa: BLE001  (whatever it is, it is the subscription's error)
            self._failed(error)
        except BaseException as error:  # a cancellation
            self.error = error
            raise
        finally:
            self._done = True
            for left in self._waiting:
                left.set()


def _start(task_group: Any, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Start `run` in a nursery of trio, or a task group of anyio or asyncio.

    Raises:
        TypeError: it is none of these.
    """
    if hasattr(task_group, "start_soon"):
        task_group.start_soon(run)
    elif hasattr(task_group, "create_task"):
        task_group.create_task(run(), name="sse_client-subscription")
    else:
        raise TypeError(
            "task_group: expected a nursery of trio, or a task group of anyio or asyncio, "
            f"got {type(task_group).__name__}"
        )
