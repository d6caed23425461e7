"""Prepares requests for an `aiohttp.ClientSession`, and decides which ones are resent."""

from __future__ import annotations

import asyncio
import sys
from functools import lru_cache
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec
from yarl import URL

from sse_client._http.cookies import cookie_header
from sse_client._http.headers import Headers
from sse_client._http.outgoing import OutgoingRequest, SessionDefaults, outgoing
from sse_client._http.requests_auth import answer_to_challenge, is_digest, waits_for_response
from sse_client._http.url import is_plain
from sse_client._values import replaced
from sse_client.errors import ConnectionFailed
from sse_client.request import plain_url
from sse_client.transports._aiohttp import proxies
from sse_client.transports._aiohttp.errors import StaleConnection
from sse_client.transports._aiohttp.exchange import Exchange
from sse_client.transports._aiohttp.idle_connections import may_be_stale
from sse_client.transports._aiohttp.outgoing_body import stop_reading
from sse_client.transports._aiohttp.tls_settings import tls_settings

if TYPE_CHECKING:
    from sse_client._core.deadlines import Limits
    from sse_client._http.request_body import ReplayableBody
    from sse_client.options import Options
    from sse_client.request import Request

__all__ = ["READING", "Sender"]

_MOST_STALE = 10  # pooled connections in a row that the server has closed
_LONGEST_LINE = 64 * 1024  # bytes of a line of a response's head: http.client's limit
READING: dict[str, Any] = {
    "raise_for_status": False,
    "auto_decompress": False,
    "read_bufsize": 64 * 1024,
    "max_line_size": _LONGEST_LINE,
    "max_field_size": _LONGEST_LINE,
}
"""How aiohttp reads every response: arguments of each request over a session that does not have them itself."""


# A struct, like `Options`, because each attempt creates one.
class Sender(msgspec.Struct, eq=False):
    """Prepares the requests of one attempt, with the session's additions.

    Args:
        session: the session whose connections, cookies, headers and credentials are used.
        options: `verify`, `cert` and `proxies` are used here; if they name no proxy, the session's own is used.
        limits: the time limits.
        replayable: supplies a body again.
        resume: the value of `Last-Event-ID`, if a request has none of its own; empty: there is none.
        own: whether the session was made here, so that it has `READING`, and proxies, certificates and ~/.netrc of the
            environment are used.
        stale_left: how many more stale connections of the pool are tolerated.
        challenged: whether the server has challenged a request, which proves that it received it.
    """

    session: aiohttp.ClientSession
    options: Options
    limits: Limits
    replayable: ReplayableBody
    resume: bytes
    own: bool
    stale_left: int = _MOST_STALE
    challenged: bool = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"  # options may be secret

    def restart(self) -> None:
        """Start again with the request that follows a redirect."""
        self.stale_left, self.challenged = _MOST_STALE, False

    async def prepare(self, request: Request, *, cross_origin: bool) -> tuple[Exchange, dict[str, Any]]:
        """Return the exchange that sends a request, and the arguments for aiohttp.

        Args:
            request: the request, its body ready to be read.
            cross_origin: whether it goes to another origin than the caller's, without anything personal of the session.

        Raises:
            MalformedRequest: the request cannot be sent.
            TypeError: the authentication object cannot be used here.
            RuntimeError: the session is closed.
        """
        session, options, environment = self.session, self.options, self.own
        connect, silence, _ = self.limits
        if session.closed:
            raise RuntimeError("the aiohttp.ClientSession is closed")
        if request.data is not None and await stop_reading(request.data):
            request = self.replayable.body_for(request)
        plain = plain_url(request.url) or is_plain(request.url)
        if request.auth or request.files or request.params or not plain:
            await _load(request)
        defaults = SessionDefaults(
            headers=session.headers,
            cookies=self._cookies if request.cookies and len(session.cookie_jar) else None,
            netrc=environment,
        )
        sent = outgoing(request, defaults.across_origins() if cross_origin else defaults, self.resume)
        if sent.prepared is not None and waits_for_response(sent.prepared) and not is_digest(request.auth):
            raise _waits_in_vain(request.auth)
        exchange = Exchange(session, request, sent, cross_origin=cross_origin, timeouts=(connect, silence))
        # The session's own middlewares may add credentials, so they do not run outside of the caller's origin.
        others = () if cross_origin else getattr(session, "_middlewares", ())
        secure = sent.url.startswith("https:")
        ssl = await tls_settings(options.verify, options.cert, environment=environment) if secure else True
        proxy = None
        if options.proxies or (environment and proxies.may_have_proxies()):
            proxy = await proxies.find_proxy(sent.url, options.proxies, environment=environment)
        if may_be_stale(session.connector):
            # In one turn, the loop notices which idle connections the server has closed; in the next, it removes them
            # from the pool. If a request is written to such a connection, nobody can know whether it was processed.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        arguments: dict[str, Any] = {
            "data": exchange.body.data,
            "headers": exchange.headers,
            "timeout": _client_timeout(connect, silence),
            "middlewares": (exchange, *others),
            "allow_redirects": False,
        }
        # The others are passed only where they matter: to aiohttp, each takes 0.1 % of the cost of a short chat.
        if exchange.skipped is not None:
            arguments["skip_auto_headers"] = exchange.skipped
        if proxy is not None:
            arguments["proxy"] = proxy
        if ssl is not True:
            arguments["ssl"] = ssl
        return exchange, arguments if self.own else {**arguments, **READING}

    def after_failure(self, request: Request, failure: BaseException) -> Request:
        """Return the request to send again on another connection, if nothing was written to a stale one.

        Raises:
            ConnectionFailed: `failure` itself, or the error that it stands for, if the request is not sent again.
        """
        if not isinstance(failure, StaleConnection) or not self.stale_left:
            if isinstance(failure, ConnectionFailed):
                failure.sent = failure.sent or self.challenged
            try:
                raise failure
            finally:
                del failure  # its traceback would keep this frame alive
        self.stale_left -= 1
        if request.data is not None and not isinstance(request.data, (bytes, str, dict)):
            request, self.stale_left = self.replayable.body_for(request), 0  # the body may be partly consumed
        return request

    def after_challenge(
        self, request: Request, sent: OutgoingRequest, response: aiohttp.ClientResponse
    ) -> Request | None:
        """Return the request to send again if its authentication object answers a challenge in the response."""
        answer = _answer_to_challenge(sent.prepared, response)
        if answer is None:
            return None
        response.close()
        self.challenged = True  # a server that challenges the request has received it
        again = replaced(request, auth=None, headers={**request.headers, "Authorization": answer})
        return self.replayable.body_for(again)

    def _cookies(self, sent: OutgoingRequest, own: Any) -> str:
        """Return the `Cookie` value of a request."""
        cookies = self.session.cookie_jar.filter_cookies(URL(sent.url))
        return cookie_header(sent.url, [(name, morsel.coded_value) for name, morsel in cookies.items()], own)


@lru_cache(maxsize=16)
def _client_timeout(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    # `sock_connect` is not set: it is part of `connect`, and each one starts a timer of its own.
    return aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=None, sock_read=read)


def _waits_in_vain(auth: Any) -> TypeError:
    return TypeError(
        f"auth: {type(auth).__name__} waits for the response to its request, which the asyncio client can do for "
        "HTTPDigestAuth of requests alone"
    )


def _answer_to_challenge(prepared: Any, response: aiohttp.ClientResponse) -> str | bytes | None:
    """Return the `Authorization` with which to send the request again; None if that is not necessary."""
    if response.status != HTTPStatus.UNAUTHORIZED:
        return None
    try:
        return answer_to_challenge(prepared, response.status, Headers(response.raw_headers))
    except BaseException:  # raised by the authentication object
        response.close()
        raise


async def _load(request: Request) -> None:
    """Import rarely needed modules in another thread, because that would block the loop for tens of ms."""
    if "urllib3.filepost" not in sys.modules and (request.files or request.params or not is_plain(request.url)):
        await asyncio.to_thread(import_module, "urllib3.filepost")
    if callable(request.auth) and "requests" not in sys.modules:
        await asyncio.to_thread(import_module, "requests")
