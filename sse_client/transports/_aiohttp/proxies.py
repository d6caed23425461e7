"""Converts a request's proxy into aiohttp's arguments."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.request import getproxies, getproxies_environment

from sse_client._http.environment import may_have_proxies, proxy_for
from sse_client.request import display_url
from sse_client.transports._aiohttp.socks import Connector, is_socks

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check_proxy", "find_proxy", "may_have_proxies"]


async def find_proxy(url: str, proxies: Mapping[str, str | None] | None, *, environment: bool) -> str | None:
    """Return the proxy for a URL; see `proxy_for`. None: there is none, or the session has its own.

    Raises:
        ValueError: the proxy has no host; aiohttp would ignore it, and connect without a proxy.
    """
    environment = environment and may_have_proxies()
    if not proxies and not environment:
        return None
    if environment and getproxies is not getproxies_environment:
        # With the system settings of macOS and Windows, this may look up the host, which blocks.
        proxy = await asyncio.to_thread(proxy_for, url, proxies, environment=True)
    else:
        proxy = proxy_for(url, proxies, environment=environment)
    if proxy is not None and not proxy.partition("://")[2].strip("/"):
        raise ValueError(f"expected a proxy with a host, got {proxy!r}")
    return proxy


def check_proxy(proxy: str, connector: object) -> None:
    """Refuse a proxy of another protocol, to which aiohttp would speak HTTP.

    Args:
        proxy: the proxy's URL.
        connector: makes the connections; `Connector` supports SOCKS.

    Raises:
        ValueError: the proxy speaks neither HTTP nor a protocol that the connector supports.
    """
    scheme = proxy.partition("://")[0].lower()
    if is_socks(scheme):
        if isinstance(connector, Connector):
            return
        raise ValueError(
            f"the proxy {display_url(proxy)} speaks SOCKS, which the session's connector does not: pass "
            "aiohttp.ClientSession(connector=aiohttp_socks.ProxyConnector.from_url(proxy)), of aiohttp-socks"
        )
    if scheme not in {"http", "https"}:
        raise ValueError(f"expected a proxy of http, https or SOCKS, got {display_url(proxy)}")
