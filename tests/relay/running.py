"""A consumer in the background, of either kind."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, TypeAlias

from relay.kit import eventually
from sse_client.relay import AsyncConsumer, Consumer, StreamEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.relay import Consumed

__all__ = ["Handler", "Run"]

Handler: TypeAlias = "Callable[[StreamEntry], object]"


class Run:
    """A consumer of either kind that runs in a thread of its own."""

    def __init__(self, face: str, handler: Handler, **options: Any) -> None:
        self._face = face
        self._options: dict[str, Any] = {"group": "g", "stream": "ticks", "retry_delay": 0.01, "lease": 0.6, **options}
        self._handler = handler
        self.result: Consumed | None = None
        self.error: Exception | None = None
        self.close: Callable[[], object] | None = None
        # A daemon: what a failed test leaves behind must not keep the others from ending.
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        eventually(lambda: self.close or self.error)

    def _run(self) -> None:
        try:
            if self._face == "asyncio":
                self.result = asyncio.run(self._arun())
            else:
                consumer = Consumer(handler=self._handler, **self._options)
                self.close = consumer.close
                self.result = consumer.run()
        except Exception as error:  # noqa: BLE001 - raised where the test waits for the end
            self.error = error

    async def _arun(self) -> Consumed:
        consumer = AsyncConsumer(handler=self._handler, **self._options)
        loop = asyncio.get_running_loop()
        self.close = lambda: loop.call_soon_threadsafe(consumer.close)
        return await consumer.run()

    def ended(self) -> Consumed:
        self._thread.join(20)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result

    def stopped(self) -> Consumed:
        assert self.close is not None
        self.close()
        return self.ended()
