"""Closes responses and a `requests.Session`, and after a fork leaves its connections to the parent."""

from __future__ import annotations

import _thread
import contextlib
import threading
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    import requests

__all__ = ["close_response", "close_session", "close_shared_session", "forget_connections"]

_PATIENCE = 1.0  # seconds to wait for the session's own locks

_parents: list[Any] = []  # the parent process's sessions, kept alive: closing one would end the parent's connections


def close_response(raw: Any) -> None:
    """Close urllib3's response with its connection, and give a pool with a limit its slot back."""
    raw.close()
    pool = getattr(raw, "_pool", None)
    if pool is not None and getattr(pool, "block", False) and raw.connection is not None:
        # In a thread of its own, because a signal handler that closes a stream may have interrupted the pool's locking.
        _thread.start_new_thread(_release, (raw,))


def _release(raw: Any) -> None:
    raw.release_conn()


def close_session(session: requests.Session) -> None:
    """Close the session, and its idle connections with it.

    The session's own `close` leaves connections open while a response, or a traceback, refers to their pool.
    """
    for adapter in session.adapters.values():
        proxies: dict[str, Any] = getattr(adapter, "proxy_manager", {})
        for manager in (getattr(adapter, "poolmanager", None), *proxies.values()):
            pools: Any = getattr(manager, "pools", None)
            # The container of urllib3-future, which is installed under urllib3's name, may have no `keys`.
            for key in pools.keys() if hasattr(pools, "keys") else ():
                with contextlib.suppress(KeyError):  # another thread may have removed it to make room for its own
                    pools[key].close()
    session.close()


def close_shared_session(session: requests.Session) -> None:
    """Close a session that other streams may be using at this moment.

    This runs in a thread of its own: a signal handler may have interrupted this thread while it held a lock of
    urllib3, which is released only after the handler has returned.
    """
    done = threading.Lock()
    done.acquire()
    _thread.start_new_thread(_close, (session, done))
    done.acquire(timeout=_PATIENCE)


def _close(session: requests.Session, done: threading.Lock) -> None:
    try:
        close_session(session)
    finally:
        done.release()


def forget_connections(session: requests.Session) -> None:
    """In a forked child, give the session's adapters new pools, because the old ones belong to the parent."""
    for adapter in session.adapters.values():
        if isinstance(adapter, HTTPAdapter):
            _parents.append((getattr(adapter, "poolmanager", None), getattr(adapter, "proxy_manager", None)))
            adapter.__setstate__(adapter.__getstate__())  # makes new pools, as unpickling does
