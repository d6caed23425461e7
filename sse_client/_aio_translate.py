"""What aiohttp and the network raise, in this package's words."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import aiohttp

from sse_client._translate import broken, innermost

if TYPE_CHECKING:
    from sse_client.errors import ConnectionFailed

__all__ = ["TRANSPORT_ERRORS", "translated"]

# A connection that is closed under its reader gives a RuntimeError.
TRANSPORT_ERRORS = (OSError, aiohttp.ClientError, RuntimeError)


def translated(error: BaseException, url: str, *, connected: bool = True) -> ConnectionFailed:
    """Return what to raise from the cause that is set in it.

    Args:
        error: what aiohttp raised.
        url: where the request went.
        connected: whether there was a connection, so that the request may have been processed.
    """
    cause = innermost(error)
    if isinstance(error, TimeoutError):
        cause = TimeoutError("timed out")
    elif isinstance(cause, OSError) and cause.errno is not None and isinstance(cause, aiohttp.ClientError):
        cause = OSError(cause.errno, os.strerror(cause.errno))  # aiohttp's own words may show the URL
    if not isinstance(cause, OSError):
        # Others show URLs, headers, or what was received.
        cause = ConnectionError(_words(error))
    failed = broken(cause, url, connected=connected)
    failed.__cause__ = cause
    return failed


def _words(error: BaseException) -> str:
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed it"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the body was cut off before its end, or its framing is malformed"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answered with status {error.status}"
    if isinstance(error, aiohttp.ClientResponseError):
        return "the response's head is malformed"
    return "it was closed"
