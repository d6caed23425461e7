"""The blocking transport: sends requests through the adapters of a `requests.Session`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from requests.hooks import dispatch_hook
from requests.utils import select_proxy
from urllib3.exceptions import LocationValueError, ProxySchemeUnknown

from sse_client._http.redirects import REDIRECTS, RedirectChain, read_as_utf8
from sse_client._http.request_body import ReplayableBody
from sse_client._http.url import MalformedRequest
from sse_client.request import display_url
from sse_client.transports._requests.connection import HEADS_IN_TIME
from sse_client.transports._requests.errors import TRANSPORT_ERRORS, broken, never_connected
from sse_client.transports._requests.live_body import body_of
from sse_client.transports._requests.opening import opening
from sse_client.transports._requests.pools import track_sockets
from sse_client.transports._requests.prepared_request import flaw_of, prepared
from sse_client.transports._requests.session_settings import check_certificates, check_proxy_scheme, settings
from sse_client.transports._requests.wakeup import Wakeup

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests.adapters import BaseAdapter

    from sse_client._core.deadlines import Limits
    from sse_client._core.response_body import ResponseBody
    from sse_client.errors import ConnectionFailed
    from sse_client.options import Options
    from sse_client.request import Request
    from sse_client.transports._requests.own_body import OwnBody, OwnFile

__all__ = ["RequestsTransport"]


class RequestsTransport(Wakeup):
    """Sends one stream's requests over a `requests.Session`; see `Transport`.

    Args:
        session: returns the client's session.
        options: the stream's options; `verify`, `cert`, `proxies` and `allow_redirects` are used here.
        released: called once, when the stream has ended.
    """

    __slots__ = ("_body", "_options", "_released", "_session")

    def __init__(
        self, session: Callable[[], requests.Session], options: Options, released: Callable[[], object] | None
    ) -> None:
        super().__init__()
        self._session = session
        self._options = options
        self._released = released
        self._body = ReplayableBody()

    async def open(self, request: Request, resume: bytes, limits: Limits) -> ResponseBody:
        """Send `request`, follow its redirects, and return the response; see `Transport.open`."""
        session = self._session()
        chain = RedirectChain(request, self._body, most=session.max_redirects, allow=self._options.allow_redirects)
        following = request if request.data is None and not request.files else chain.begin()
        while True:
            try:
                ready = prepared(session, following, chain, resume)
                opening.anonymous = "User-Agent" not in ready.headers and _is_anonymous(following)
                response, failure = self._send(session, ready, limits)
            except MalformedRequest as error:
                raise chain.refusal(error) from None
            if response is None:
                assert failure is not None
                failure.sent = failure.sent or chain.followed > 0
                try:
                    raise failure
                finally:
                    del failure  # its traceback would keep this frame, and so the stream, alive
            for each in (*response.history, response):
                if "Set-Cookie" in each.headers:
                    from sse_client.transports._requests.cookies import keep_cookies  # few streams set a cookie

                    keep_cookies(session.cookies, each)
            chain.url = ready.url or ""
            step = self._following(chain, response) if response.status_code in REDIRECTS else None
            if step is None:
                return body_of(response, chain, self, limits.silence)
            following = step

    async def release(self) -> None:
        """Release the resources of this stream."""
        if self._released is not None:
            self._released()

    def _following(self, chain: RedirectChain, response: requests.Response) -> Request | None:
        """Return the request that follows a redirect, and close `response`; None if it is not a redirect."""
        leaving = True
        try:
            step = chain.follow(response.status_code, *read_as_utf8(_locations(response)))
            leaving = step is not None
        finally:
            if leaving:
                # Closed, not read: the body of a redirect may be arbitrarily slow.
                self.release_socket()
                response.close()
        return step

    def _send(
        self, session: requests.Session, ready: requests.PreparedRequest, limits: Limits
    ) -> tuple[requests.Response | None, ConnectionFailed | None]:
        """Send one request with the session's adapter; return the response, or the error of the connection.

        The session's own `send` would read a redirect's body to its end.
        """
        url = ready.url or ""
        try:
            adapter = session.get_adapter(url)
        except requests.exceptions.InvalidSchema:
            raise MalformedRequest(f"expected a URL of http or https, got {display_url(url)}") from None
        how = settings(session, url, self._options)
        # Over plain HTTP, no certificate is presented, and requests would report a missing file as a lost connection.
        how["cert"] = None if url.startswith("http:") else how["cert"]
        if url.startswith("https:"):
            check_certificates(session, self._options, how)
        proxy = select_proxy(url, how["proxies"]) if how["proxies"] else None
        if proxy is not None:
            check_proxy_scheme(proxy)
        tracks = isinstance(adapter, HTTPAdapter) and track_sockets(adapter, ready, how, proxy)
        body: Any = ready.body
        own: OwnBody | OwnFile | None = None
        if body is not None and not isinstance(body, (str, bytes)):
            from sse_client.transports._requests.own_body import OwnBody, OwnFile  # most bodies are bytes

            length = ready.headers.get("Content-Length")
            own = OwnFile(body, length) if hasattr(body, "read") else OwnBody(body, self._body, length)
            ready.body = own  # type: ignore[assignment,unused-ignore]
        opening.begin(self, limits)
        watchdog = None
        try:
            if limits.deadline is not None and not (tracks and HEADS_IN_TIME):
                from sse_client.transports._requests.watchdog import Watchdog  # tracked connections need none

                watchdog = Watchdog(self)
                watchdog.arm(limits.deadline)
            timeout = limits.connect, limits.silence
            if _send_is_replaced(session):
                response = session.send(ready, allow_redirects=False, timeout=timeout, **how)
            else:
                response = adapter.send(ready, timeout=timeout, **how)
                hooked = bool(ready.hooks.get("response"))
                response = _after_challenge(adapter, ready, response, timeout=timeout, **how) if hooked else response
                # Here an authentication object may send the request again.
                response = dispatch_hook("response", ready.hooks, response, timeout=limits[:2], **how)
        except (requests.exceptions.InvalidURL, LocationValueError, ProxySchemeUnknown):
            raise MalformedRequest(f"the URL {display_url(url)}, or its proxy's, is malformed") from None
        except TRANSPORT_ERRORS as error:
            if own is not None and own.error is not None:
                raise own.error from None
            if (flaw := flaw_of(ready, error)) is not None:
                raise MalformedRequest(flaw) from None
            if _is_callers(error):
                raise
            return None, _lost(error, url, limits, proxy, tracks=tracks)
        finally:
            opening.wakeup = None
            if watchdog is not None:
                watchdog.stop()
        return response, None


def _lost(error: Exception, url: str, limits: Limits, proxy: str | None, *, tracks: bool) -> ConnectionFailed:
    """Return the error to raise after `error` of the connection.

    Args:
        error: the exception of requests, urllib3 or the socket.
        url: the URL that was sent.
        limits: the time limits that applied.
        proxy: the proxy of the request.
        tracks: whether its sockets are tracked; an error of TLS then means that no connection was made.
    """
    unmade = opening.connecting or never_connected(error)
    unmade = unmade or (tracks and isinstance(error, requests.exceptions.SSLError))
    return broken(
        error,
        url,
        connected=opening.connected or not unmade,
        silence=limits.silence,
        connect=limits.connect,
        proxy=proxy,
        at_proxy=opening.at_proxy,
    )


def _is_anonymous(request: Request) -> bool:
    """Return whether the caller has set `User-Agent` to None: without one, urllib3 would add its own."""
    return any(name.lower() == "user-agent" for name in request.headers)


def _after_challenge(
    adapter: BaseAdapter, ready: requests.PreparedRequest, response: requests.Response, **how: Any
) -> requests.Response:
    """Answer the challenge of digest authentication in `response`; return the new response, else `response`.

    The authentication object itself would read the body of the challenge to its end, though it may have none. It would
    also send the request again if it has no answer to the challenge.
    """
    from requests.auth import HTTPDigestAuth
    from requests.cookies import extract_cookies_to_jar

    from sse_client._http.requests_auth import answer_to_challenge  # few requests have a hook

    hooks: list[Any] = ready.hooks["response"]
    own = [hook for hook in hooks if isinstance(getattr(hook, "__self__", None), HTTPDigestAuth)]
    if not own:
        return response
    asked = ready.copy()
    asked.hooks = {"response": own}
    ready.hooks = {**ready.hooks, "response": [hook for hook in hooks if hook not in own]}
    authorization = answer_to_challenge(asked, response.status_code, response.headers)
    if authorization is None:
        return response
    if "Set-Cookie" in response.headers:
        jar: Any = ready._cookies  # noqa: SLF001  (as the authentication object does)
        extract_cookies_to_jar(jar, ready, response.raw)
        ready.prepare_cookies(jar)
    response.close()
    ready.headers["Authorization"] = authorization  # type: ignore[assignment,unused-ignore]
    again = adapter.send(ready, **how)
    again.history.append(response)
    return again


def _locations(response: requests.Response) -> list[str]:
    """Return the `Location` fields of a response, which requests joins to one."""
    location = response.headers.get("Location", "")
    several = getattr(getattr(response.raw, "headers", None), "getlist", None)
    found: list[str] = [] if several is None else several("Location")
    return found if ", ".join(found) == location else [location]  # unless a hook has set another location


def _send_is_replaced(session: requests.Session) -> bool:
    """Return whether `requests.Session.send` has been replaced, as by requests-mock.

    The `send` of a subclass does not count: the client has warned that it is not called.
    """
    if "send" in vars(session):
        return True
    function: Any = requests.Session.send
    own = getattr(function, "__globals__", None) is vars(requests.sessions)
    return type(session).send is function and not own


def _is_callers(error: BaseException) -> bool:
    """Return whether an error comes from the caller's hook or authentication object."""
    if isinstance(error, requests.exceptions.InvalidHeader):
        return False  # urllib3 has read a response
    return isinstance(error, (ValueError, requests.HTTPError))
