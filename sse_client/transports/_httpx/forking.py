"""Drops the parent's connections from a client of the library after a fork."""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

from typing import Any

__all__ = ["forget_connections"]

_parents: list[object] = []  # the parent's connections, kept: closing an asynchronous one would reach its event loop
_WITHOUT_SOCKETS = {"MockTransport", "ASGITransport", "WSGITransport"}


def forget_connections(client: Any) -> bool:
    """Empty the pools of a client; return whether that was possible for all of its transports.

    Neither library documents its pools, and a transport of the caller's own may hold anything. A client with an unknown
    transport cannot be used in the child.
    """
    transports = [getattr(client, "_transport", None), *getattr(client, "_mounts", {}).values()]
    pools = [_pool_of(transport) for transport in transports if transport is not None]
    if not transports or any(pool is _UNKNOWN for pool in pools):
        return False
    for pool in pools:
        if pool is None:
            continue
        _parents.append(pool._connections)
        pool._connections, pool._requests = [], []
        lock = getattr(pool, "_optional_thread_lock", None)
        if lock is not None:  # another thread of the parent may have held it
            pool._optional_thread_lock = type(lock)()
    return True


_UNKNOWN = object()


def _pool_of(transport: Any) -> Any:
    """Return a transport's pool; None if it has none, `_UNKNOWN` if that cannot be determined."""
    pool = getattr(transport, "_pool", None)
    if all(hasattr(pool, name) for name in ("_connections", "_requests")):
        return pool
    return None if type(transport).__name__ in _WITHOUT_SOCKETS else _UNKNOWN
