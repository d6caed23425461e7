"""Requests to responses: what the blocking client sends, on the adapters of a `requests.Session`."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import extract_cookies_to_jar
from requests.hooks import dispatch_hook
from urllib3.exceptions import LocationValueError, ProxySchemeUnknown

from sse_client._ambient import prepare
from sse_client._ambient import settings as ambient_settings
from sse_client._body import Connection
from sse_client._prepare import Journey, Malformed, prepared, prepared_abroad
from sse_client._reporting import reader
from sse_client._sockets import report_sockets
from sse_client._translate import TRANSPORT_ERRORS, broken, innermost, never_connected
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sse_client._interrupt import Interrupt
    from sse_client._replay import Replay
    from sse_client.request import Request

__all__ = ["close", "connect"]

Timeouts = tuple[float | None, float | None]


def connect(
    session: requests.Session, request: Request, replay: Replay, interrupt: Interrupt, timeout: Timeouts
) -> Connection:
    """Send `request`, follow its redirects, and return the answer.

    Args:
        session: whose adapters, cookies, proxies and certificates are used.
        request: what to send.
        replay: what makes its body ready, and ready once more for a redirect that keeps it.
        interrupt: what is told the connection's socket.
        timeout: seconds to connect, and of silence.

    Raises:
        SSEError: there is no answer.
        ValueError: the request cannot be sent as it is.
    """
    journey = Journey(
        request,
        replay,
        session.max_redirects,
        lambda ready: prepared(ready, session.headers, partial(prepare, session)),
        lambda ready: prepared_abroad(ready, session.headers, session.hooks),
    )
    following = journey.begin()
    while True:
        try:
            response = _send(session, following, interrupt, timeout)
        except Malformed as error:
            raise journey.refusal(error) from None
        # As requests does: whoever sends other characters than ASCII means UTF-8.
        location = response.headers.get("Location", "").encode("latin-1").decode("utf-8", "replace")
        leads_on = True
        try:
            step = journey.follow(response.status_code, location or None)
            leads_on = step is not None
        finally:
            if leads_on:
                # Closed, not read: the body of a redirect may be as slow as it likes.
                interrupt.forget()
                response.close()
        if step is None:
            return Connection(response, interrupt)
        following = step


def close(session: requests.Session) -> None:
    """Close the session, and its idle connections with it.

    Its own `close` leaves those open for as long as a response, or an error's traceback, holds on to their pool.
    """
    for adapter in session.adapters.values():
        proxies: dict[str, Any] = getattr(adapter, "proxy_manager", {})
        for manager in (getattr(adapter, "poolmanager", None), *proxies.values()):
            pools: Any = getattr(manager, "pools", None)
            # urllib3-future, which takes urllib3's name, keeps them otherwise.
            for key in pools.keys() if hasattr(pools, "keys") else ():
                with contextlib.suppress(KeyError):  # another thread may have made room for its own
                    pools[key].close()
    session.close()


class _OwnBody:
    """A body of the caller's, that tells the errors of its own from those of the network."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.error: BaseException | None = None
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        except Exception as error:
            self.error = error
            raise


def _send(
    session: requests.Session, ready: requests.PreparedRequest, interrupt: Interrupt, timeout: Timeouts
) -> requests.Response:
    """Send one request by the session's adapter: the session's own `send` reads a redirect's body to its end."""
    url = ready.url or ""
    try:
        adapter = session.get_adapter(url)
    except requests.exceptions.InvalidSchema:
        raise Malformed(f"expected a URL of http or https, got {display_url(url)}") from None
    settings = ambient_settings(session, url)
    reports = isinstance(adapter, HTTPAdapter) and report_sockets(adapter, ready, settings)
    body: Any = ready.body
    own = None if body is None or isinstance(body, (str, bytes)) or hasattr(body, "read") else _OwnBody(body)
    if own is not None:
        ready.body = own
    reader.interrupt, reader.silence, reader.connected = interrupt, timeout[1], False
    try:
        response = adapter.send(ready, timeout=timeout, **settings)
        # An authentication object may send the request again from here.
        response = dispatch_hook("response", ready.hooks, response, timeout=timeout, **settings)
    except (requests.exceptions.InvalidURL, LocationValueError, ProxySchemeUnknown):
        raise Malformed(f"the URL {display_url(url)}, or its proxy's, is malformed") from None
    except TRANSPORT_ERRORS as error:
        if own is not None and own.error is not None:
            raise own.error from None
        if isinstance(error, (ValueError, requests.HTTPError)):
            raise  # a hook of the caller's
        unmade = never_connected(error) or (reports and isinstance(error, requests.exceptions.SSLError))
        raise broken(error, url, connected=reader.connected or not unmade) from innermost(error)
    finally:
        reader.interrupt = None
    for each in (*response.history, response):
        extract_cookies_to_jar(session.cookies, each.request, each.raw)
    return response
