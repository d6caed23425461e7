"""The asyncio transport: sends requests through an `aiohttp.ClientSession`."""

from __future__ import annotations

import asyncio
import threading
import weakref
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from sse_client._core.failures import connection_broke, no_data
from sse_client._http.framing import framing
from sse_client._http.headers import Headers
from sse_client._http.redirects import REDIRECTS, RedirectChain, read_as_utf8
from sse_client._http.request_body import ReplayableBody
from sse_client._http.url import MalformedRequest
from sse_client._response import Response
from sse_client.errors import ConnectionFailed
from sse_client.transports._aiohttp.exchange import FAILURES
from sse_client.transports._aiohttp.live_body import body_of
from sse_client.transports._aiohttp.received_headers import ReceivedHeaders
from sse_client.transports._aiohttp.sender import READING, Sender
from sse_client.transports._aiohttp.socks import Connector
from sse_client.transports._aiohttp.wakeup import Wakeup

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sse_client._core.deadlines import Limits
    from sse_client._core.response_body import ResponseBody
    from sse_client.options import Options
    from sse_client.request import Request
    from sse_client.transports._aiohttp.response_body import AiohttpBody

__all__ = ["AiohttpTransport", "new_session"]

_MOST_REDIRECTS = 30  # as with requests
_CHUNKED = ["chunked"]  # the transfer codings of nearly all streams

# The sessions made here. They are not told to trust the environment, because aiohttp's own search of it makes two trips
# to another thread per request: 430 µs, twice the cost of the rest of a short chat.
_own: weakref.WeakSet[aiohttp.ClientSession] = weakref.WeakSet()


def new_session() -> aiohttp.ClientSession:
    """Return a session like the blocking client's: proxies, certificates and ~/.netrc of the environment are used.

    It accepts cookies from any host, and does not limit the number of simultaneous streams.
    """
    session = aiohttp.ClientSession(
        connector=Connector(limit=0), cookie_jar=aiohttp.CookieJar(unsafe=True), trust_env=False, **READING
    )
    _own.add(session)
    return session


class AiohttpTransport(Wakeup):
    """Sends one stream's requests over an `aiohttp.ClientSession`; see `Transport`.

    Args:
        session: returns the client's session.
        options: the stream's options; `verify`, `cert`, `proxies` and `allow_redirects` are used here.
        released: awaited once, when the stream has ended.

    Attributes:
        body: the last response's body; None before the first.
    """

    __slots__ = ("_body", "_options", "_released", "_session", "body")

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        options: Options,
        released: Callable[[], Awaitable[object]] | None,
    ) -> None:
        super().__init__()
        self.body: AiohttpBody | None = None
        self._session = session
        self._options = options
        self._released = released
        self._body = ReplayableBody()

    async def resolve(self, prepared: Awaitable[object], deadline: float | None) -> object:
        """Await the result of `prepare`; return None if the deadline passes first."""
        if deadline is not None:
            self.arm(deadline)
        try:
            return await prepared
        except asyncio.CancelledError:
            if self.closed or not self.caught():
                raise
            return None
        finally:
            self.deadline = None

    async def open(self, request: Request, resume: bytes, limits: Limits) -> ResponseBody:
        """Send `request`, follow its redirects, and return the response; see `Transport.open`."""
        session, options = self._session(), self._options
        chain = RedirectChain(request, self._body, most=_MOST_REDIRECTS, allow=options.allow_redirects)
        sender = Sender(session, options, limits, self._body, resume, own=session in _own)
        if request.data is not None or request.files:
            request = chain.begin()
        if limits.deadline is not None:
            self.arm(limits.deadline)
        try:
            while True:
                exchange, arguments = await sender.prepare(request, cross_origin=chain.crossed_origin)
                sent = exchange.sent
                target = URL(_without_user(sent.url) if "@" in sent.url else sent.url, encoded=True)
                response = failure = None
                try:
                    response = await session.request(sent.method, target, **arguments)
                except FAILURES as error:
                    failure = exchange.failure(error)
                if response is None:
                    assert failure is not None
                    try:
                        request = sender.after_failure(request, failure)
                    finally:
                        failure = None  # its traceback would keep this frame alive
                    continue
                again = None if sent.prepared is None else sender.after_challenge(request, sent, response)
                if again is not None:
                    request = again
                    continue
                chain.url = sent.url
                following = _following(chain, response) if response.status in REDIRECTS else None
                if following is None:
                    self.body = body = _unread(chain, response, self, limits.silence)
                    return body
                request = following
                sender.restart()
        except MalformedRequest as error:
            raise chain.refusal(error) from None
        except asyncio.CancelledError:
            if self.closed or not self.caught():
                raise
        except ConnectionFailed as error:
            error.sent = error.sent or chain.followed > 0
            # The inner frames are the same for every failure, and would be half of the traceback.
            raise error.with_traceback(None) from error.__cause__
        finally:
            self.deadline = None
        raise no_data(chain.url)

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`, or until `close` is called."""
        await asyncio.sleep(min(seconds, threading.TIMEOUT_MAX))

    async def release(self) -> None:
        """Release the resources of this stream."""
        self.stop()
        self.body = None  # the body refers back to this object
        if self._released is not None:
            await self._released()


def _without_user(url: str) -> str:
    """Return `url` without user and password, which are already in the headers."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _following(chain: RedirectChain, response: aiohttp.ClientResponse) -> Request | None:
    """Return the request that follows a redirect, and close `response`; None if it is not a redirect."""
    locations = Headers(response.raw_headers).all("Location")
    leaving = True
    try:
        following = chain.follow(response.status, *read_as_utf8(locations))
        leaving = following is not None
    finally:
        if leaving:
            response.close()  # not read: the body of a redirect may be arbitrarily slow
    return following


def _unread(
    chain: RedirectChain, response: aiohttp.ClientResponse, wakeup: Wakeup, silence: float | None
) -> AiohttpBody:
    """Return the body of the last response of a chain.

    Raises:
        ConnectionFailed: its framing is ambiguous; the blocking client refuses it, but aiohttp would guess.
    """
    request, headers = chain.request, response.headers
    codings, lengths = headers.getall("Transfer-Encoding", ()), headers.getall("Content-Length", ())
    if lengths or (codings and codings != _CHUNKED):
        try:
            framing(codings, lengths, method=request.method, status=response.status)
        except ValueError as error:
            response.close()
            raise connection_broke(chain.url, ConnectionError(str(error))) from None
    body = body_of(Response(response.status, ReceivedHeaders(response), chain.url, response), wakeup, silence)
    body.method, body.redirected = request.method, chain.followed > 0
    return body
