"""Requests to responses: what the blocking client sends, on the adapters of a `requests.Session`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import extract_cookies_to_jar
from requests.hooks import dispatch_hook
from urllib3 import PoolManager
from urllib3.exceptions import LocationValueError, ProxySchemeUnknown

from sse_client._body import Connection
from sse_client._redirect import leads_on, redirected
from sse_client._sockets import reader, report_sockets
from sse_client._translate import TRANSPORT_ERRORS, broken, innermost, never_connected
from sse_client.errors import RedirectRefused
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sse_client._interrupt import Interrupt
    from sse_client._replay import Replay
    from sse_client.request import Request

__all__ = ["close", "connect"]

# Of a session's own headers, those that say nothing about the caller.
_IMPERSONAL = frozenset({"accept", "accept-encoding", "accept-language", "cache-control", "user-agent"})

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
    foreign = False
    redirects = 0
    try:
        response = _send(session, _prepared(session, replay.body_for(request)), interrupt, timeout)
    except _Malformed as error:
        raise ValueError(str(error)) from None
    while True:
        location = response.headers.get("Location")
        if location is None or not leads_on(response.status_code):
            return Connection(response, interrupt)
        # Not read: the body of a redirect may be as slow as it likes.
        interrupt.forget()
        response.close()
        if redirects >= session.max_redirects:
            raise RedirectRefused(f"expected at most {session.max_redirects} redirects, to {display_url(request.url)}")
        redirects += 1
        # As requests does: whoever sends other characters than ASCII means UTF-8.
        location = location.encode("latin-1").decode("utf-8", "replace")
        request, leaves = redirected(request, response.url, response.status_code, location)
        foreign = foreign or leaves
        ready = replay.body_for(request)
        try:
            prepared = _prepared_abroad(session, ready) if foreign else _prepared(session, ready)
            prepared.prepare_url(request.url, None)  # without the session's parameters: the location has what it needs
            response = _send(session, prepared, interrupt, timeout)
        except (_Malformed, requests.exceptions.InvalidURL):
            raise RedirectRefused("expected a redirect to a URL that can be requested, got none") from None


def close(session: requests.Session) -> None:
    """Close the session, and its idle connections with it.

    Its own `close` leaves those open for as long as a response, or an error's traceback, holds on to their pool.
    """
    for adapter in session.adapters.values():
        proxies: dict[str, Any] = getattr(adapter, "proxy_manager", {})
        for manager in (getattr(adapter, "poolmanager", None), *proxies.values()):
            pools: Any = manager.pools if isinstance(manager, PoolManager) else {}
            for key in pools.keys():  # noqa: SIM118  (it is no mapping that could be iterated over)
                with contextlib.suppress(KeyError):  # another thread may have made room for its own
                    pools[key].close()
    session.close()


class _Malformed(ValueError):
    """A request that cannot be sent as it is: the caller's mistake, or after a redirect the server's."""


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


def _prepared(session: requests.Session, request: Request) -> requests.PreparedRequest:
    """Return `request` as the session sends it.

    Raises:
        ValueError: it is malformed.
    """
    headers: dict[str, Any] = dict(request.headers)
    auth = request.auth
    if auth is None and "authorization" in {name.lower() for name in (*headers, *session.headers)}:
        # A password in ~/.netrc would take the place of the caller's own key.
        auth = _no_auth
    # requests refuses an ID that begins with a form feed; the standard does not.
    resume = headers.pop("Last-Event-ID", None)
    try:
        prepared = session.prepare_request(
            requests.Request(**_arguments(request), headers=headers, auth=auth, cookies=request.cookies)
        )
    except requests.RequestException as error:
        raise _malformed(request, error) from None
    if resume is not None:
        prepared.headers["Last-Event-ID"] = resume
    for name, value in prepared.headers.items():
        if "\0" in value if isinstance(value, str) else b"\0" in value:
            raise _Malformed(f"header {name}, of the session, holds a NUL")
    return prepared


def _prepared_abroad(session: requests.Session, request: Request) -> requests.PreparedRequest:
    """Return `request` as it goes to an origin that is not the caller's: without what is personal in the session.

    Raises:
        ValueError: it is malformed.
    """
    headers: dict[str, Any] = dict(request.headers)
    given = {name.lower() for name in headers}
    ambient = {name: value for name, value in session.headers.items() if name.lower() in _IMPERSONAL - given}
    prepared = requests.PreparedRequest()
    try:
        # Without cookies too: the session's may be bound to a host, but not to a port.
        prepared.prepare(**_arguments(request), headers=ambient | headers, cookies={}, hooks=session.hooks)
    except requests.RequestException as error:
        raise _malformed(request, error) from None
    return prepared


def _arguments(request: Request) -> dict[str, Any]:
    names = ("method", "url", "params", "data", "json", "files")
    return {name: getattr(request, name) for name in names}


def _malformed(request: Request, error: requests.RequestException) -> _Malformed:
    # Their own words show the URL with its query.
    return _Malformed(f"the request to {display_url(request.url)} is malformed: {type(error).__name__}")


def _no_auth(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared


def _send(
    session: requests.Session, prepared: requests.PreparedRequest, interrupt: Interrupt, timeout: Timeouts
) -> requests.Response:
    """Send one request by the session's adapter: the session's own `send` reads a redirect's body to its end."""
    url = prepared.url or ""
    try:
        adapter = session.get_adapter(url)
    except requests.exceptions.InvalidSchema:
        raise _Malformed(f"expected a URL of http or https, got {display_url(url)}") from None
    # REQUESTS_CA_BUNDLE must not beat a session that says otherwise.
    verify = None if session.verify is True else session.verify
    settings: dict[str, Any] = dict(session.merge_environment_settings(url, {}, True, verify, None))
    reports = isinstance(adapter, HTTPAdapter) and report_sockets(adapter, prepared, settings)
    body: Any = prepared.body
    own = None if body is None or isinstance(body, (str, bytes)) or hasattr(body, "read") else _OwnBody(body)
    if own is not None:
        prepared.body = own
    reader.interrupt, reader.connected = interrupt, False
    try:
        response = adapter.send(prepared, timeout=timeout, **settings)
        # An authentication object may send the request again from here.
        response = dispatch_hook("response", prepared.hooks, response, timeout=timeout, **settings)
    except (requests.exceptions.InvalidURL, LocationValueError, ProxySchemeUnknown):
        raise _Malformed(f"the URL {display_url(url)}, or its proxy's, is malformed") from None
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
