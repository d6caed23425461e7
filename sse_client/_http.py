"""Requests to responses: what the blocking client sends, on the adapters of a `requests.Session`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar, extract_cookies_to_jar, merge_cookies
from requests.hooks import dispatch_hook

from sse_client._body import Connection
from sse_client._sockets import reader, report_sockets
from sse_client._translate import TRANSPORT_ERRORS, broken, innermost, never_connected
from sse_client.errors import RedirectRefused
from sse_client.request import display_url, leads_on, redirected

if TYPE_CHECKING:
    from sse_client._interrupt import Interrupt
    from sse_client.request import Replay, Request

__all__ = ["connect"]

# Of a session's own headers, those that say nothing about the caller.
_IMPERSONAL = frozenset({"accept", "accept-encoding", "accept-language", "cache-control", "user-agent"})

Timeouts = tuple[float | None, float | None]


def connect(
    session: requests.Session, request: Request, replay: Replay, interrupt: Interrupt, timeout: Timeouts
) -> Connection:
    """Send `request`, follow its redirects, and return the answer.

    Args:
        session: whose adapters, cookies, proxies and certificates are used.
        request: what to send, its body ready to be read.
        replay: what makes the body ready once more, for a redirect that keeps it.
        interrupt: what is told the connection's socket.
        timeout: seconds to connect, and of silence.

    Raises:
        SSEError: there is no answer.
        ValueError: the request cannot be sent as it is.
    """
    foreign = False
    for _ in range(session.max_redirects + 1):
        response = _send(session, _prepared(session, request, foreign=foreign), interrupt, timeout)
        location = response.headers.get("Location")
        if location is None or not leads_on(response.status_code):
            return Connection(response, interrupt)
        # Not read: the body of a redirect may be as slow as it likes.
        interrupt.forget()
        response.close()
        # As requests does: whoever sends other characters than ASCII means UTF-8.
        location = location.encode("latin-1").decode("utf-8", "replace")
        request, leaves = redirected(request, response.url, response.status_code, location)
        foreign = foreign or leaves
        request = replay.body_for(request)
    raise RedirectRefused(f"expected at most {session.max_redirects} redirects, to {display_url(request.url)}")


def _prepared(session: requests.Session, request: Request, *, foreign: bool) -> requests.PreparedRequest:
    """Return `request` as requests sends it; to a foreign origin without what is the session's."""
    headers: dict[str, Any] = dict(request.headers)
    given = {name.lower() for name in headers}
    arguments: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "params": request.params,
        "data": request.data,
        "json": request.json,
        "files": request.files,
        "auth": request.auth,
    }
    if request.auth is None and "authorization" in given | {name.lower() for name in session.headers}:
        # A password in ~/.netrc would take the place of the caller's own key.
        arguments["auth"] = _no_auth
    try:
        if not foreign:
            return session.prepare_request(requests.Request(**arguments, headers=headers, cookies=request.cookies))
        ambient = {name: value for name, value in session.headers.items() if name.lower() in _IMPERSONAL - given}
        prepared = requests.PreparedRequest()
        cookies = merge_cookies(RequestsCookieJar(), session.cookies)
        prepared.prepare(**arguments, headers=ambient | headers, cookies=cookies, hooks=session.hooks)
        return prepared
    except requests.RequestException as error:
        # Their own words show the URL with its query.
        raise ValueError(f"the request to {display_url(request.url)} is malformed: {type(error).__name__}") from None


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
        raise ValueError(f"expected a URL of http or https, got {display_url(url)}") from None
    # REQUESTS_CA_BUNDLE must not beat a session that says otherwise.
    verify = None if session.verify is True else session.verify
    settings: dict[str, Any] = dict(session.merge_environment_settings(url, {}, True, verify, None))
    reports = isinstance(adapter, HTTPAdapter)
    if isinstance(adapter, HTTPAdapter):
        report_sockets(adapter, prepared, settings)
    reader.interrupt, reader.connected = interrupt, False
    try:
        response = adapter.send(prepared, timeout=timeout, **settings)
        # An authentication object may send the request again from here.
        response = dispatch_hook("response", prepared.hooks, response, timeout=timeout, **settings)
    except requests.exceptions.InvalidProxyURL:
        raise ValueError("the proxy's URL is malformed") from None
    except TRANSPORT_ERRORS as error:
        if isinstance(error, (ValueError, requests.HTTPError)):
            raise  # a body or a hook of the caller's
        connected = reader.connected if reports else not never_connected(error)
        raise broken(error, url, connected=connected) from innermost(error)
    finally:
        reader.interrupt = None
    for each in (*response.history, response):
        extract_cookies_to_jar(session.cookies, each.request, each.raw)
    return response
