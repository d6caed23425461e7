"""Finds the connection that httpcore's pool has chosen for a request, before there is a response.

Neither library documents how to find it. If the parts used here have changed, a reader that waits for the head of a
response on a reused connection is woken only when the head arrives or its timeout passes; HTTP/2 connections keep
httpcore's own behaviour; and no error names a proxy.
"""

from __future__ import annotations

from typing import Any

__all__ = ["chosen_connection", "has_pool", "network_stream", "proxy_url"]


def chosen_connection(client: Any, request: Any, trace: object) -> Any:
    """Return the connection of a request; None if it cannot be determined.

    Args:
        client: the library's client.
        request: the library's request.
        trace: its `trace` extension, which identifies httpcore's own request.
    """
    try:
        pool = client._transport_for_url(request.url)._pool  # noqa: SLF001  (what this module is for)
        for each in reversed(tuple(pool._requests)):  # noqa: SLF001  (the last one, mostly)
            if each.request.extensions.get("trace") is trace:
                connection = each.connection
                while hasattr(connection, "_connection"):
                    connection = connection._connection  # noqa: SLF001
                return connection
    except AttributeError:
        return None
    return None


def network_stream(connection: Any) -> Any:
    """Return the network stream of a connection; None if it cannot be determined."""
    return getattr(connection, "_network_stream", None)


def has_pool(client: Any, request: Any) -> bool:
    """Return whether a client's request uses a pool of httpcore, which reports each step of the request."""
    try:
        return hasattr(client._transport_for_url(request.url), "_pool")  # noqa: SLF001
    except AttributeError:
        return False


def proxy_url(client: Any, request: Any) -> str | None:
    """Return the URL of the proxy that a request goes through; None if there is none, or it cannot be determined."""
    try:
        url: Any = client._transport_for_url(request.url)._pool._proxy_url  # noqa: SLF001  (as above)
        return bytes(url).decode("latin-1").removesuffix("/")
    except (AttributeError, TypeError):
        return None
