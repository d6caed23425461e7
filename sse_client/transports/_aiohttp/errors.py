"""Translates errors of aiohttp and the network into this package's."""

from __future__ import annotations

import os

import aiohttp

from sse_client._core.failures import connection_broke, innermost, no_connection, no_data
from sse_client.errors import ConnectionFailed
from sse_client.request import display_url
from sse_client.transports._aiohttp.socks import socks_errors

__all__ = ["TRANSPORT_ERRORS", "StaleConnection", "connect_errors", "translated"]

# Closing a connection while it is read raises RuntimeError.
TRANSPORT_ERRORS = (OSError, aiohttp.ClientError, RuntimeError)


_STALE = "Cannot write to closing transport"


class StaleConnection(ConnectionFailed):
    """A pooled connection that the server had closed, so that nothing was written to it."""


def connect_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions that may be raised between a request and the head of its response."""
    return OSError, aiohttp.ClientError, *socks_errors()


def translated(
    error: BaseException,
    url: str,
    *,
    connected: bool = True,
    proxy: str | None = None,
    silence: float | None = None,
    connect: float | None = None,
    whole: bool = False,
) -> ConnectionFailed:
    """Return this package's error, with its cause set.

    Args:
        error: aiohttp's exception.
        url: the request's URL.
        connected: whether a connection was made, so that the request may have been processed.
        proxy: the proxy of the request.
        silence: the seconds of silence that were allowed.
        connect: the seconds to connect that were allowed.
        whole: whether the request is written in one piece, so that nothing was sent if writing failed.
    """
    cause = _shown(error)
    written = error.__cause__ if whole and isinstance(error, aiohttp.ClientOSError) and error.__cause__ else error
    if isinstance(written, aiohttp.ClientConnectionResetError) and str(written) == _STALE:
        return StaleConnection(f"the connection to {display_url(url)} had been closed by the server", sent=False)
    if not connected:
        failed = no_connection(url, cause, proxy if _by_proxy(error) else None, seconds=connect)
    elif isinstance(error, TimeoutError):
        failed = no_data(url, silence)
    else:
        failed = connection_broke(url, cause)
    failed.final |= isinstance(error, aiohttp.ServerFingerprintMismatch)
    return failed


def _by_proxy(error: BaseException) -> bool:
    """Return whether a proxy, if there is one, has caused the failure to make a connection."""
    if isinstance(error, (aiohttp.ClientProxyConnectionError, *socks_errors())):
        return True
    # The errors of the server's own TLS, which come after the proxy's answer to CONNECT, are ClientConnectorErrors.
    of_answers = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientResponseError)
    return isinstance(error, of_answers) and not isinstance(error, aiohttp.ClientConnectorError)


def _shown(error: BaseException) -> BaseException:
    """Return the cause of an error, with a message that may be shown; aiohttp's may quote URLs and headers."""
    if isinstance(error, TimeoutError):
        return TimeoutError("timed out")
    if isinstance(error, socks_errors()):
        return ConnectionError(str(error))  # the message names the proxy's host and port
    cause = innermost(error)
    if not isinstance(cause, OSError):
        return ConnectionError(_words(error))
    if isinstance(cause, aiohttp.ClientError) and cause.errno is not None:
        return OSError(cause.errno, os.strerror(cause.errno))
    return cause


def _words(error: BaseException) -> str:
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed it"
    if isinstance(error, aiohttp.ClientPayloadError):
        if "Not enough data" in str(error):
            return "it ended before the body's end"
        return "the body was cut off before its end, or its framing is malformed"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answered with status {error.status}"
    if isinstance(error, aiohttp.ClientResponseError):
        return "the response's head is malformed"
    if isinstance(error, aiohttp.ServerFingerprintMismatch):
        return "its certificate is not the one whose fingerprint the session has"
    return "it was closed"
