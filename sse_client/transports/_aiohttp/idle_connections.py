"""Checks, without a turn of the event loop, whether a server has closed an idle connection of aiohttp's pool.

This relies on parts of aiohttp that are not documented; no other module does so for the pool. If the pool differs from
the known ones, the answer is that a connection may be closed.
"""

from __future__ import annotations

import select
from typing import Any

__all__ = ["may_be_stale"]

# The most idle connections that are examined, at 0.4 µs each; two turns of an idle loop take 20 to 30 µs.
_MOST = 16


def may_be_stale(connector: Any) -> bool:
    """Return whether a server may have closed a pooled connection without the event loop having noticed yet.

    If the socket of an idle connection is not readable, its server has not closed it.
    """
    pools: dict[Any, Any] | None = getattr(connector, "_conns", None)
    # Windows has no poll. A connector from `socks` has a further connector for each proxy, each with its own pool.
    if not isinstance(pools, dict) or not hasattr(select, "poll") or getattr(connector, "_by_proxy", None):
        return True
    if not pools:
        return False
    poll = select.poll()
    left = _MOST
    for pool in pools.values():
        for protocol, *_ in pool:
            transport = protocol.transport
            if transport is None:
                continue  # already lost: aiohttp skips it
            sock = transport.get_extra_info("socket")
            descriptor = -1 if sock is None else sock.fileno()
            left -= 1
            if left < 0 or descriptor < 0 or transport.is_closing():
                return True
            poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
