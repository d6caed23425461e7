"""What requests, urllib3 and the network raise, in this package's words."""

from __future__ import annotations

import requests
from urllib3 import exceptions as urllib3_errors

from sse_client.errors import ConnectionFailed, IdleTimeout
from sse_client.request import display_url

__all__ = ["TRANSPORT_ERRORS", "broken", "innermost", "never_connected"]

# requests' own errors are OSErrors; a socket that was shut down under its file gives a ValueError.
TRANSPORT_ERRORS = (OSError, urllib3_errors.HTTPError, ValueError)

_TIMEOUTS = (requests.ReadTimeout, urllib3_errors.ReadTimeoutError, TimeoutError)


def broken(error: BaseException, url: str, *, connected: bool = True) -> ConnectionFailed:
    """Return what to raise from `innermost(error)`.

    Args:
        error: what the transport raised.
        url: where the request went.
        connected: whether there was a connection, so that the request may have been processed.
    """
    where = display_url(url)
    cause = innermost(error)
    words = str(cause) or type(cause).__name__
    if not connected:
        return ConnectionFailed(f"could not connect to {where}: {words}", sent=False)
    if isinstance(error, _TIMEOUTS):
        return IdleTimeout(f"expected data from {where}, got nothing for as long as `timeout` allows")
    return ConnectionFailed(f"the connection to {where} broke: {words}")


def innermost(error: BaseException) -> BaseException:
    """Return the first cause of all: it speaks of a socket, where those above it show the URL with its query."""
    while True:
        candidates = (getattr(error, "reason", None), error.__cause__, *error.args)
        inner = next((each for each in candidates if isinstance(each, BaseException)), None)
        if inner is None:
            return error
        error = inner


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
