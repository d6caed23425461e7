"""Connects through SOCKS proxies, if aiohttp-socks is installed."""

from __future__ import annotations

import asyncio
import ssl
import sys
import traceback
from importlib import import_module
from typing import TYPE_CHECKING, Any

import aiohttp

from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace
    from yarl import URL

__all__ = ["Connector", "is_socks", "socks_errors"]

# The SOCKS version, and whether the proxy resolves names, with the schemes' meaning in curl and requests.
_KINDS = {
    "socks4": ("SOCKS4", False),
    "socks4a": ("SOCKS4", True),
    "socks5": ("SOCKS5", False),
    "socks5h": ("SOCKS5", True),
}
_PORT = 1080


def is_socks(scheme: str) -> bool:
    """Return whether a proxy of that scheme speaks SOCKS."""
    return scheme in _KINDS


def socks_errors() -> tuple[type[Exception], ...]:
    """Return aiohttp-socks' exceptions for a proxy that is unreachable or makes no connection, if it is loaded."""
    library: Any = sys.modules.get("aiohttp_socks")
    if library is None:
        return ()
    return library.ProxyConnectionError, library.ProxyTimeoutError, library.ProxyError


class Connector(aiohttp.TCPConnector):
    """Connects to hosts, through a SOCKS proxy if the request names one; each proxy has a pool of its own."""

    _by_proxy: dict[URL, aiohttp.TCPConnector] | None = None  # created with the first proxy

    def connect(  # pyright: ignore[reportIncompatibleMethodOverride]  (a coroutine of another class)
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Coroutine[Any, Any, Connection]:
        """Return an awaitable that connects for a request.

        Raises:
            ValueError: aiohttp-socks is not installed.
        """
        if req.proxy is None or not is_socks(req.proxy.scheme):
            return super().connect(req, traces, timeout)
        return self._connect_by(req.proxy, req, traces, timeout)

    async def _connect_by(
        self,
        proxy: URL,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  (aiohttp's own name for it)
    ) -> Connection:
        library = await _library(str(proxy))
        if self._by_proxy is None:
            self._by_proxy = {}
        if proxy not in self._by_proxy:
            self._by_proxy[proxy] = _connector(library, proxy)
        req.update_proxy(None, None, None)  # the request is sent as if there were no proxy
        try:
            return await self._by_proxy[proxy].connect(req, traces, timeout)
        except OSError as error:
            if _concerns_proxy(error):
                raise aiohttp.ClientProxyConnectionError(req.connection_key, error) from error
            raise

    def close(  # pyright: ignore[reportIncompatibleMethodOverride]  (a coroutine of another class)
        self, **options: Any
    ) -> Coroutine[Any, Any, None]:
        """Close all connections."""
        return self._close_all(options) if self._by_proxy else super().close(**options)

    async def _close_all(self, options: dict[str, Any]) -> None:
        for connector in (self._by_proxy or {}).values():
            await connector.close(**options)
        await super().close(**options)


def _concerns_proxy(error: OSError) -> bool:
    """Return whether the connection to the proxy has failed with an error whose class does not say so."""
    if isinstance(error, (aiohttp.ClientError, ssl.SSLError, TimeoutError, *socks_errors())):
        return False
    # aiohttp-socks does not say whether it was still talking to the proxy, or already setting up TLS with the server.
    return all(frame.f_code.co_name != "start_tls" for frame, _ in traceback.walk_tb(error.__traceback__))


async def _library(proxy: str) -> Any:
    try:
        return await asyncio.to_thread(import_module, "aiohttp_socks")  # an import would block the event loop
    except ImportError:
        raise ValueError(
            f"the proxy {display_url(proxy)} speaks SOCKS, for which aiohttp needs another package: "
            "pip install aiohttp-socks"
        ) from None


def _connector(library: Any, proxy: URL) -> aiohttp.TCPConnector:
    kind, remote_names = _KINDS[proxy.scheme]
    connector: aiohttp.TCPConnector = library.ProxyConnector(
        proxy_type=library.ProxyType[kind],
        host=proxy.host,
        port=proxy.port or _PORT,
        username=proxy.user,
        password=proxy.password,
        rdns=remote_names,
        limit=0,
    )
    return connector
