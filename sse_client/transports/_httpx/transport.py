"""Sends requests through a client of httpx2 or httpx: the part that the blocking and asynchronous transports share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sse_client._core.failures import connection_broke
from sse_client._http.cookies import cookies_in, limit_cookies
from sse_client._http.framing import framing
from sse_client._http.headers import Headers
from sse_client._http.redirects import RedirectChain, read_as_utf8
from sse_client._http.request_body import ReplayableBody
from sse_client._http.requests_auth import answer_to_challenge, is_digest, waits_for_response
from sse_client._http.url import MalformedRequest
from sse_client._response import Response
from sse_client._values import replaced
from sse_client.errors import BodyNotReplayable, ConnectionFailed, RedirectRefused
from sse_client.transports._httpx._http2.leaving import adopt_stream
from sse_client.transports._httpx.errors import (
    of_proxies,
    takes_no_stream,
    translated,
    transport_errors,
    unavailable,
    violates_http2,
)
from sse_client.transports._httpx.library import check_open
from sse_client.transports._httpx.outgoing import sendable
from sse_client.transports._httpx.pool import chosen_connection, has_pool, network_stream, proxy_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client._core.deadlines import Limits
    from sse_client._core.response_body import ResponseBody
    from sse_client.options import Options
    from sse_client.request import Request
    from sse_client.transports._httpx.exchange import Exchange
    from sse_client.transports._httpx.library import Library
    from sse_client.transports._httpx.outgoing import Sendable
    from sse_client.transports.sent_body import AsyncBody, SyncBody

__all__ = ["HttpxTransport"]

_MOST_REDIRECTS = 30  # as with requests
_UNSAID = 20  # the libraries' own default of `max_redirects`


class HttpxTransport(ABC):
    """The steps that do not depend on how the client waits; see `Transport`.

    Args:
        library: the library of the client.
        client: returns the client.
        options: the stream's options; `allow_redirects` is used here.
    """

    _kind: type[SyncBody | AsyncBody]

    def __init__(self, library: Library, client: Callable[[], Any], options: Options) -> None:
        self._library = library
        self._client = client
        self._options = options
        self._replayable = ReplayableBody()

    @abstractmethod
    def _exchange(self) -> Exchange:
        """Return the exchange that tracks the next request."""

    @abstractmethod
    async def _send(self, client: Any, ready: Sendable, exchange: Exchange, limits: Limits) -> Any:
        """Send a request with the client; return the library's response.

        Raises:
            TimeoutError: the response's head did not arrive in time, or the stream was closed.
        """

    @abstractmethod
    async def _close(self, response: Any) -> None:
        """Close a response that is not read."""

    @abstractmethod
    async def _discard(self, stream: Any) -> None:
        """Close a network stream over which nothing was sent."""

    @abstractmethod
    def _body_of(self, head: Response, exchange: Exchange, silence: float | None) -> ResponseBody:
        """Return the body of a response, unread."""

    def _adopt(self, client: Any, ready: Sendable, exchange: Exchange, *, chosen: bool) -> Any:
        """Return the connection over which a request is about to be sent, if it is HTTP/2, or `chosen` by a pool."""
        if exchange.stream_id is None and not chosen:
            return None
        connection = chosen_connection(client, ready.request, exchange)
        if exchange.stream_id is not None:
            adopt_stream(connection, exchange.stream_id, unavailable(self._library))
        return connection

    def _open_client(self) -> Any:
        client = self._client()
        check_open(client, self._library)
        return client

    async def _follow(self, request: Request, resume: bytes, limits: Limits) -> ResponseBody:
        """Send `request`, follow its redirects, and return the response."""
        client = self._open_client()
        most = _MOST_REDIRECTS if client.max_redirects == _UNSAID else client.max_redirects
        chain = RedirectChain(request, self._replayable, most=most, allow=self._options.allow_redirects)
        request = chain.begin()
        while True:
            try:
                url, response, exchange = await self._answer(client, request, resume, chain, limits)
            except MalformedRequest as error:
                raise chain.refusal(error) from None
            except ConnectionFailed as error:
                error.sent = error.sent or chain.followed > 0
                raise
            chain.url = url
            fields = Headers(response.headers.raw)
            leaving = True
            try:
                following = chain.follow(response.status_code, *read_as_utf8(fields.all("Location")))
                leaving = following is not None
            finally:
                if leaving:
                    await self._close(response)  # not read: the body of a redirect may be arbitrarily slow
            if following is None:
                return await self._opened(
                    chain, Response(response.status_code, fields, url, response), exchange, limits
                )
            request = following

    async def _opened(self, chain: RedirectChain, head: Response, exchange: Exchange, limits: Limits) -> ResponseBody:
        fields: Any = head.headers
        try:
            lengths = fields.all("Content-Length")
            framing(fields.all("Transfer-Encoding"), lengths, method=chain.request.method, status=head.status)
        except ValueError as error:
            await self._close(head.raw)
            raise connection_broke(head.url, ConnectionError(str(error))) from None
        body = self._body_of(head, exchange, limits.silence)
        body.method, body.redirected = chain.request.method, chain.followed > 0
        return body

    async def _answer(
        self, client: Any, request: Request, resume: bytes, chain: RedirectChain, limits: Limits
    ) -> tuple[str, Any, Exchange]:
        """Send a request, and again if its authentication object answers a challenge; return URL and response."""
        challenged = False
        while True:
            ready = sendable(
                self._library,
                client,
                request,
                resume,
                self._kind,
                cross_origin=chain.crossed_origin,
                followed=chain.followed > 0,
            )
            prepared = ready.sent.prepared
            if prepared is not None and waits_for_response(prepared) and not is_digest(request.auth):
                raise TypeError(
                    f"auth: {type(request.auth).__name__} waits for the response to its request, which can be done "
                    "for HTTPDigestAuth of requests alone, and for authentication objects of the client's own library"
                )
            exchange = self._exchange()
            exchange.used_stream = partial(_used_stream, client, ready.request, exchange)
            try:
                response = await self._translated(client, ready, exchange, limits)
            except ConnectionFailed as error:
                error.sent = error.sent or challenged  # a server that challenges the request has received it
                raise
            answer = None
            if prepared is not None and response.status_code == HTTPStatus.UNAUTHORIZED:
                answer = answer_to_challenge(prepared, response.status_code, Headers(response.headers.raw))
            if answer is None:
                return ready.sent.url, response, exchange
            await self._close(response)
            challenged = True
            again = replaced(request, auth=None, headers={**request.headers, "Authorization": answer})
            request = self._replayable.body_for(again)

    async def _translated(self, client: Any, ready: Sendable, exchange: Exchange, limits: Limits) -> Any:
        """Send a request; translate errors into this package's, and raise the caller's own errors unchanged."""
        module = self._library.module
        ready.request.extensions = {
            **ready.request.extensions,
            "trace": exchange,
            "timeout": {
                "connect": limits.connect,
                "pool": limits.connect,
                "read": limits.silence,
                "write": limits.silence,
            },
        }
        failed: BaseException
        cookies = cookies_in(client.cookies.jar)
        try:
            response = await self._send(client, ready, exchange, limits)
            if "set-cookie" in response.headers:
                limit_cookies(client.cookies.jar, cookies, tuple(response.cookies.jar))
            return response
        except module.InvalidURL:  # httpx parses the location of a redirect even if it does not follow it
            raise RedirectRefused("expected a redirect to an HTTP URL, got one that cannot be read") from None
        except module.StreamConsumed:
            raise BodyNotReplayable(
                "expected a body that can be sent a second time, as the client's authentication sends it; pass bytes"
            ) from None
        except transport_errors(self._library) as error:
            own = ready.body.error
            local = isinstance(error, module.LocalProtocolError)
            refused = local and not exchange.head_sent and takes_no_stream(error, exchange.connection)
            if refused:
                error = ConnectionError("the server takes no more requests on its connection")
            elif local and not (exchange.head_sent and violates_http2(error)):
                raise MalformedRequest("the request holds a header that cannot be sent") from None
            sent = exchange.sent and not refused
            if sent is None and has_pool(client, ready.request):
                sent = False  # the request was still waiting for a connection, or for a free stream on one
            if not sent and exchange.stream is not None:
                await self._discard(exchange.stream)  # httpcore leaves the stream open if its SOCKS proxy refuses
            # Until there is a network stream, it is the proxy, if any, that is being connected to.
            at_proxy = exchange.stream is None or exchange.at_proxy or of_proxies(error)
            connecting = exchange.sent is False and not refused and at_proxy
            failed = own or translated(
                error,
                ready.sent.url,
                sent=sent,
                head=True,
                stream_id=exchange.stream_id,
                silence=limits.silence,
                connect=limits.connect,
                proxy=proxy_url(client, ready.request) if connecting else None,
            )
            ready.body.error = None
        finally:
            exchange.forget()
        try:
            raise failed from failed.__cause__
        finally:
            del failed  # its traceback would keep this frame, and so the stream, alive


def _used_stream(client: Any, request: Any, exchange: Exchange) -> Any:
    """Return the network stream of the pooled connection for a request; None if it cannot be determined."""
    return network_stream(chosen_connection(client, request, exchange))
