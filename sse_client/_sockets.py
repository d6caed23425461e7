"""Pools whose connections report: the socket of a reader is known before the response is there, to wake it any time."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.exceptions import HTTPError

from sse_client._reporting import ReportingConnection, reporting

if TYPE_CHECKING:
    import requests

__all__ = ["report_sockets"]

_lock = threading.Lock()
_reporting: dict[Any, Any] = {}
_managers: WeakKeyDictionary[HTTPAdapter, Any] = WeakKeyDictionary()  # those whose pools all report


def report_sockets(adapter: HTTPAdapter, prepared: requests.PreparedRequest, settings: dict[str, Any]) -> bool:
    """Have the connections of the pool that will serve `prepared` report to `reader`; return whether they do."""
    proxy = settings["proxies"] and select_proxy(prepared.url or "", settings["proxies"])
    if not proxy and _managers.get(adapter) is adapter.poolmanager:
        return True
    try:
        pool: Any = adapter.get_connection_with_tls_context(
            prepared, settings["verify"], proxies=settings["proxies"], cert=settings["cert"]
        )
    except (OSError, ValueError, HTTPError):  # requests' own errors are OSErrors
        return False  # sending runs into the same, and says what it is
    _have_report(pool)
    if _plain(adapter):
        # From now on all pools of the adapter report: none has to be asked for before a request, which takes 15 us.
        manager: Any = adapter.poolmanager
        manager.pool_classes_by_scheme = _REPORTING_POOLS
        for key in manager.pools.keys():  # noqa: SIM118  (it is no mapping that could be iterated over)
            _have_report(manager.pools.get(key))
        _managers[adapter] = manager
    return True


def _plain(adapter: HTTPAdapter) -> bool:
    """Tell whether the adapter gets its pools as that of requests does, of classes and in a container of urllib3's."""
    own = getattr(adapter.get_connection_with_tls_context, "__func__", None)
    manager: Any = adapter.poolmanager
    return (
        own is HTTPAdapter.get_connection_with_tls_context
        and type(manager) is PoolManager
        and manager.pool_classes_by_scheme == _POOLS
        and hasattr(manager.pools, "keys")
    )


def _have_report(pool: Any) -> None:
    if pool is None or issubclass(pool.ConnectionCls, ReportingConnection):
        return
    with _lock:
        pool.ConnectionCls = _reporting_class(pool.ConnectionCls)
    _drop_idle(pool)


def _reporting_class(base: Any) -> Any:
    if base not in _reporting:
        _reporting[base] = reporting(base)
    return _reporting[base]


def _drop_idle(pool: Any) -> None:
    """Close the idle connections that were made before, and keep their places in the pool."""
    idle: list[Any] = []
    try:
        while True:
            idle.append(pool.pool.get(block=False))
    except queue.Empty:
        pass
    for connection in idle:
        if connection is not None:
            connection.close()
        pool.pool.put(None)


def _reporting_pool(base: Any) -> Any:
    return type(f"Reporting{base.__name__}", (base,), {"ConnectionCls": _reporting_class(base.ConnectionCls)})


_POOLS: dict[str, Any] = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}
_REPORTING_POOLS = {scheme: _reporting_pool(pool) for scheme, pool in _POOLS.items()}
