"""Translates errors of requests, urllib3 and sockets into this package's, without text that may hold a secret."""

from __future__ import annotations

from http.client import HTTPException
from typing import TYPE_CHECKING

import requests
from urllib3 import exceptions as urllib3_errors

from sse_client._core.failures import connection_broke, forget_frames, innermost, no_connection, no_data
from sse_client._http.escaped_text import shown

if TYPE_CHECKING:
    from sse_client.errors import ConnectionFailed

__all__ = ["TRANSPORT_ERRORS", "broken", "never_connected"]

# requests' own errors are OSErrors; reading from a socket that was shut down may raise ValueError.
TRANSPORT_ERRORS = (OSError, urllib3_errors.HTTPError, ValueError, HTTPException, EOFError)

_TIMEOUTS = (requests.ReadTimeout, urllib3_errors.ReadTimeoutError, TimeoutError)


def broken(
    error: BaseException,
    url: str,
    *,
    connected: bool = True,
    silence: float | None = None,
    connect: float | None = None,
    proxy: str | None = None,
    at_proxy: bool = False,
) -> ConnectionFailed:
    """Return the error to raise, with its cause.

    Args:
        error: the transport's exception, whose traceback is dropped.
        url: the request's URL.
        connected: whether a connection was made, so that the request may have been processed.
        silence: the seconds of silence that were allowed.
        connect: the seconds to connect that were allowed.
        proxy: the proxy of the request.
        at_proxy: whether the proxy was being asked for the connection, by CONNECT.
    """
    forget_frames(error)
    cause = _shown(_innermost(error))
    if not connected:
        blamed = proxy if at_proxy or _by_proxy(error, proxy) else None
        return no_connection(url, cause, blamed, seconds=connect)
    if isinstance(error, _TIMEOUTS):
        return no_data(url, silence)
    return connection_broke(url, cause)


def never_connected(error: BaseException) -> bool:
    """Return whether the error proves that no connection was made."""
    proofs = (
        requests.ConnectTimeout,
        requests.exceptions.ProxyError,
        urllib3_errors.ConnectTimeoutError,
        urllib3_errors.NewConnectionError,
        urllib3_errors.NameResolutionError,
    )
    wrapped = error.args[0] if error.args else None
    return any(
        isinstance(each, proofs) or isinstance(getattr(each, "reason", None), proofs) for each in (error, wrapped)
    )


def _by_proxy(error: BaseException, proxy: str | None) -> bool:
    """Return whether `proxy`, if there is one, has caused the failure to make a connection."""
    wrapped = error.args[0] if error.args else None
    if proxy is not None and proxy.lower().startswith("socks"):
        return True  # every connection goes to the proxy, so an error of PySocks means that it was not made
    return isinstance(error, requests.exceptions.ProxyError) or isinstance(
        getattr(wrapped, "reason", None), urllib3_errors.ProxyError
    )


def _innermost(error: BaseException) -> BaseException:
    """Return the innermost cause, even if urllib3 does not chain it, as behind a SOCKS proxy."""
    cause = innermost(error)
    if isinstance(cause, urllib3_errors.NewConnectionError):  # a subclass of ConnectTimeoutError in urllib3
        behind = getattr(cause.__context__, "socket_err", None)  # set by PySocks
        return behind if isinstance(behind, OSError) else cause
    return TimeoutError("timed out") if isinstance(cause, urllib3_errors.ConnectTimeoutError) else cause


def _shown(cause: BaseException) -> BaseException:
    """Return a cause whose message may be shown; those of requests and urllib3 contain URLs, headers and received data.

    http.client quotes received data raw, and at any length.
    """
    if isinstance(cause, (requests.RequestException, urllib3_errors.HTTPError)):
        return ConnectionError(type(cause).__name__)
    words = str(cause)
    return cause if shown(words) == words else ConnectionError(shown(words))
