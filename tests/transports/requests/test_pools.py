"""Pools of urllib3 whose connections are tracked."""

from __future__ import annotations

import queue
from typing import Any

from urllib3 import HTTPConnectionPool

from sse_client.transports._requests import pools
from sse_client.transports._requests.connection import TrackedConnection


def test_a_pool_that_is_closed_meanwhile_is_tracked_without_an_error() -> None:
    """A signal handler, or another thread, may close the client at any step."""
    pool = HTTPConnectionPool("127.0.0.1", 9, maxsize=3)

    class Closing(queue.LifoQueue[Any]):
        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            pool.close()
            return super().get(block, timeout)

    places = Closing()
    places.put(None)
    pool.pool = places
    pools._track(pool)
    assert issubclass(pool.ConnectionCls, TrackedConnection)
    assert pool.pool is None
