"""Sends a request over an `aiohttp.ClientSession`, and returns the head of its response."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from sse_client._http.cookies import cookie_header
from sse_client._http.headers import Headers
from sse_client._http.outgoing import OutgoingRequest, SessionDefaults, outgoing
from sse_client._http.requests_auth import answer_to_challenge, is_digest, waits_for_response
from sse_client._http.url import is_plain
from sse_client.errors import ConnectionFailed
from sse_client.transports._aiohttp.errors import StaleConnection
from sse_client.transports._aiohttp.exchange import FAILURES, Exchange
from sse_client.transports._aiohttp.outgoing_body import stop_reading
from sse_client.transports._aiohttp.proxies import find_proxy
from sse_client.transports._aiohttp.tls_settings import tls_settings

if TYPE_CHECKING:
    from sse_client._core.transport import Limits
    from sse_client._http.request_body import ReplayableBody
    from sse_client.options import Options
    from sse_client.request import Request

__all__ = ["Sender"]

# Methods that aiohttp itself sends again, on another connection.
_REPEATED = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
_MOST_STALE = 10  # pooled connections in a row that the server has closed
_READ_SIZE = 64 * 1024
_LONGEST_LINE = 64 * 1024  # bytes of a line of a response's head: http.client's limit


class Sender:
    """Sends requests over a session, each with what the session adds to it.

    Args:
        session: whose connections, cookies, headers and credentials are used.
        options: `verify`, `cert` and `proxies` are used here; where they name no proxy, the session's own is used.
        limits: how long it may take.
        replayable: makes a body ready once more.
        resume: the value of `Last-Event-ID`, where a request has none of its own; empty: there is none.
        environment: whether proxies, certificates and ~/.netrc of the environment count.
    """

    __slots__ = ("_environment", "_options", "_replayable", "_resume", "_session", "_timeout", "_timeouts")

    def __init__(
        self,
        session: aiohttp.ClientSession,
        options: Options,
        limits: Limits,
        replayable: ReplayableBody,
        *,
        resume: bytes,
        environment: bool,
    ) -> None:
        self._session = session
        self._options = options
        self._timeouts = limits.connect, limits.silence
        self._timeout = _client_timeout(*self._timeouts)
        self._replayable = replayable
        self._resume = resume
        self._environment = environment

    async def send(self, request: Request, *, cross_origin: bool) -> tuple[OutgoingRequest, aiohttp.ClientResponse]:
        """Send a request; return it as it was sent, and the head of the answer.

        It is sent on another connection where the pool's had been closed before anything was written, and once more if
        its authentication object answers a challenge in the response.

        Args:
            request: its body ready to be read.
            cross_origin: whether it goes to another origin than the caller's: with nothing personal of the session.

        Raises:
            ConnectionFailed: there is no answer.
            MalformedRequest: it cannot be sent.
            RuntimeError: the session is closed.
        """
        session = self._session
        stale_left, challenged = _MOST_STALE, False
        while True:
            if session.closed:
                raise RuntimeError("the aiohttp.ClientSession is closed")
            data: Any = request.data
            if data is not None and await stop_reading(data):
                request = self._replayable.body_for(request)
            exchange, arguments = await self._prepared(request, cross_origin=cross_origin)
            sent = exchange.sent
            failure: BaseException
            if sent.method not in _REPEATED:
                # One turn of the loop finds out which idle connections the server has closed, the next one takes them
                # out of the pool. What is written to such a connection may have been processed for all one knows.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            try:
                response = await session.request(sent.method, _target(sent.url), **arguments)
            except FAILURES as error:
                failure = exchange.failure(error)
            else:
                answer = None if sent.prepared is None else _answer_to_challenge(sent.prepared, response)
                if answer is None:
                    return sent, response
                response.close()
                challenged = True  # a server that challenges the request has received it
                again = replace(request, auth=None, headers={**request.headers, "Authorization": answer})
                request = self._replayable.body_for(again)
                continue
            if not isinstance(failure, StaleConnection) or not stale_left:
                if isinstance(failure, ConnectionFailed):
                    failure.sent = failure.sent or challenged
                try:
                    raise failure
                finally:
                    del failure  # its traceback holds this frame
            stale_left -= 1
            if data is not None and not isinstance(data, (bytes, str, dict)):
                request, stale_left = self._replayable.body_for(request), 0  # the body may be partly consumed

    async def _prepared(self, request: Request, *, cross_origin: bool) -> tuple[Exchange, dict[str, Any]]:
        """Return the exchange that sends a request, and what aiohttp is given for it.

        Raises:
            MalformedRequest: it cannot be sent.
            TypeError: its authentication object cannot be used here.
        """
        session, options, environment = self._session, self._options, self._environment
        await _load(request)
        sent = outgoing(request, self._defaults(request, cross_origin=cross_origin), self._resume)
        if sent.prepared is not None and waits_for_response(sent.prepared) and not is_digest(request.auth):
            raise TypeError(
                f"auth: {type(request.auth).__name__} waits for the response to its request, which the asyncio client "
                "can do for HTTPDigestAuth of requests alone"
            )
        exchange = Exchange(session, request, sent, cross_origin=cross_origin, timeouts=self._timeouts)
        # The session's own may add its credentials: none of them beyond the caller's origin.
        others = () if cross_origin else getattr(session, "_middlewares", ())
        secure = sent.url.startswith("https:")
        return exchange, {
            "data": exchange.body.data,
            "headers": exchange.headers,
            "skip_auto_headers": exchange.skipped,
            "proxy": await find_proxy(sent.url, options.proxies, environment=environment),
            "ssl": await tls_settings(options.verify, options.cert, environment=environment) if secure else True,
            "allow_redirects": False,
            "raise_for_status": False,
            "auto_decompress": False,
            "timeout": self._timeout,
            "read_bufsize": _READ_SIZE,
            "max_line_size": _LONGEST_LINE,
            "max_field_size": _LONGEST_LINE,
            "middlewares": (exchange, *others),
        }

    def _defaults(self, request: Request, *, cross_origin: bool) -> SessionDefaults:
        session = self._session
        defaults = SessionDefaults(
            headers=session.headers,
            cookies=self._cookies if request.cookies and len(session.cookie_jar) else None,
            netrc=self._environment,
        )
        return defaults.across_origins() if cross_origin else defaults

    def _cookies(self, sent: OutgoingRequest, own: Any) -> str:
        """Return the `Cookie` value of a request."""
        cookies = self._session.cookie_jar.filter_cookies(URL(sent.url))
        return cookie_header(sent.url, [(name, morsel.coded_value) for name, morsel in cookies.items()], own)


@lru_cache(maxsize=16)
def _client_timeout(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    # Not `sock_connect` too: it is a part of `connect`, and each is a timer of its own.
    return aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=None, sock_read=read)


def _answer_to_challenge(prepared: Any, response: aiohttp.ClientResponse) -> str | bytes | None:
    """Return the `Authorization` with which the request is sent once more; None if there is no need."""
    if response.status != HTTPStatus.UNAUTHORIZED:
        return None
    try:
        return answer_to_challenge(prepared, response.status, Headers(response.raw_headers))
    except BaseException:  # the authentication object's own
        response.close()
        raise


def _target(url: str) -> URL:
    """Return `url` without user and password: they are in the headers already."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return URL(url, encoded=True)


async def _load(request: Request) -> None:
    """Import, in another thread, modules that few requests need: importing them would block the loop for tens of ms."""
    if "urllib3.filepost" not in sys.modules and (request.files or request.params or not is_plain(request.url)):
        await asyncio.to_thread(import_module, "urllib3.filepost")
    if callable(request.auth) and "requests" not in sys.modules:
        await asyncio.to_thread(import_module, "requests")
