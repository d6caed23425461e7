"""Pools whose connections are tracked, so that a reader's socket is known before there is a response."""

from __future__ import annotations

import queue
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.exceptions import HTTPError

from sse_client.transports._requests.connection import TrackedConnection, tracked

__all__ = ["new_session", "track_sockets"]


class _TrackedPool:
    """Additions to a pool class of urllib3."""

    ConnectionCls: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ConnectionCls = tracked(self.ConnectionCls)


_POOLS: dict[str, Any] = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}
_TRACKED_POOLS: dict[str, Any] = {
    scheme: type(f"Tracked{pool.__name__}", (_TrackedPool, pool), {}) for scheme, pool in _POOLS.items()
}  # fmt: skip


def new_session(connections: int) -> requests.Session:
    """Return a session whose pools are tracked from the beginning, and keep up to `connections` idle connections."""
    session = requests.Session()
    for adapter in session.adapters.values():
        manager: Any = getattr(adapter, "poolmanager", None)
        if type(manager) is PoolManager and manager.pool_classes_by_scheme == _POOLS:
            manager.pool_classes_by_scheme = _TRACKED_POOLS
            manager.connection_pool_kw["maxsize"] = connections  # a pool allocates all of its slots when it is created
    return session


def track_sockets(
    adapter: HTTPAdapter, prepared: requests.PreparedRequest, settings: dict[str, Any], proxy: str | None
) -> bool:
    """Track the connections of the pool that will serve `prepared`; return whether they are."""
    if not proxy and getattr(adapter.poolmanager, "pool_classes_by_scheme", None) is _TRACKED_POOLS:
        return True
    try:
        pool: Any = adapter.get_connection_with_tls_context(
            prepared, settings["verify"], proxies=settings["proxies"], cert=settings["cert"]
        )
    except (OSError, ValueError, HTTPError):  # requests' own errors are OSErrors
        return False  # sending will fail in the same way, and that error is translated
    _track(pool)
    if _plain(adapter):
        # From now on, all pools of the adapter are tracked, because looking one up before each request takes 15 µs.
        manager: Any = adapter.poolmanager
        manager.pool_classes_by_scheme = _TRACKED_POOLS
        for key in manager.pools.keys():  # noqa: SIM118  (it is no mapping that could be iterated over)
            if (other := manager.pools.get(key)) is not None:
                _track(other)
    return True


def _plain(adapter: HTTPAdapter) -> bool:
    """Return whether the adapter creates its pools as requests' own does, from urllib3's classes."""
    own = getattr(adapter.get_connection_with_tls_context, "__func__", None)
    manager: Any = adapter.poolmanager
    return (
        own is HTTPAdapter.get_connection_with_tls_context
        and type(manager) is PoolManager
        and manager.pool_classes_by_scheme == _POOLS
        and hasattr(manager.pools, "keys")
    )


def _track(pool: Any) -> None:
    connections = pool.ConnectionCls
    if issubclass(connections, TrackedConnection):
        return
    pool.ConnectionCls = tracked(connections)
    _drop_idle(pool)


def _drop_idle(pool: Any) -> None:
    """Close the idle connections that were made before, and keep their slots in the pool.

    urllib3-future has no queue of them. There they remain untracked: a reader that waits for the head of a response on
    such a connection is woken only when the head arrives.
    """
    places: Any = pool.pool  # a local reference, because closing the pool meanwhile sets it to None
    if not issubclass(type(places), queue.Queue):
        return
    idle: list[Any] = []
    try:
        while True:
            idle.append(places.get(block=False))
    except queue.Empty:
        pass
    for connection in idle:
        if connection is not None:
            connection.close()
        places.put(None)
