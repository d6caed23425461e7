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

    A context manager: leaving the block closes the subscription, and waits for the thread.

    Attributes:
        stream: the stream that is being read; its `last_event_id`, `state` and `stats` may be read at any time.
        error: the error that ended the subscription, raised by the stream or by the handler; None if none did. It is
            also logged.
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
        """End the subscription; no call of the handler begins after this returns.

        May be called from any thread or signal handler, and from the handler itself. A running handler is not
        interrupted: `close` waits 0.1 s at most for it to end, and `join` waits until it has.
        """
        self.stream.close()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until the subscription has ended, for at most `timeout` seconds; return whether it has."""
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
