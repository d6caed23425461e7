"""A blocking event stream that is read in a thread of its own."""

from __future__ import annotations

import inspect
import threading
from typing import TYPE_CHECKING, Self

from sse_client._core.handler_calls import HandlerCalls
from sse_client._core.subscriber import Subscriber
from sse_client.event_stream import EventStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from sse_client.events import Event

__all__ = ["Subscription"]


class Subscription(Subscriber[EventStream]):
    """Calls a handler with each event, until it is closed, the stream ends, or an error ends it.

    A context manager: leaving it closes it, and waits for the thread.

    Attributes:
        stream: the stream that is being read; its `last_event_id`, `state` and `stats` can be looked at.
        error: what ended it, if an error did: the stream's, or the handler's own. It is also logged.
    """

    def __init__(
        self, stream: EventStream, handler: Callable[[Event], object], events: Iterable[str] | None = None
    ) -> None:
        super().__init__(stream, handler, events)
        # Closing the stream, its client or this object closes the subscription.
        self._calls = HandlerCalls(handler, self._is_closed)
        stream._calls = self._calls  # noqa: SLF001  (the two are one)
        self._thread = threading.Thread(target=self._run, name="sse_client-subscription", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it, from any thread or signal handler, or from the handler itself; no handler begins after this returns.

        A handler that is running is not interrupted. It is given 0.1 s to end, and not waited for any longer: `join`
        waits for it.
        """
        self.stream.close()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end, for `timeout` seconds at most; return whether it has come."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        self.join()

    def _run(self) -> None:
        try:
            with self.stream as events:
                for event in events:
                    if self._wants(event) and not self._handle(event):
                        break
        except BaseException as error:  # noqa: BLE001  (whatever it is, it is the subscription's error)
            self._failed(error)

    def _handle(self, event: Event) -> bool:
        """Call the handler; return False if the stream was closed before that."""
        called, done = self._calls.call(event)
        if inspect.iscoroutine(done):
            done.close()  # otherwise Python warns that it was never awaited
            raise TypeError("handler: expected a function, got one that returns a coroutine, which nothing awaits here")
        return called

    def _is_closed(self) -> bool:
        return self.stream._wakeup.closed  # noqa: SLF001  (the two are one)
