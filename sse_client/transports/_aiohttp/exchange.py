"""A client middleware that sets headers which aiohttp would merge wrongly with the session's, and keeps the error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import aiohttp

from sse_client._http.url import MalformedRequest
from sse_client.errors import ConnectionFailed
from sse_client.request import display_url
from sse_client.transports._aiohttp.errors import connect_errors, translated
from sse_client.transports._aiohttp.header_fields import header_fields
from sse_client.transports._aiohttp.outgoing_body import NO_BODY, OutgoingBody
from sse_client.transports._aiohttp.proxies import check_proxy
from sse_client.transports._aiohttp.receive_size import begin_tunnel, end_tunnel
from sse_client.transports._aiohttp.response_head import head_first

if TYPE_CHECKING:
    from aiohttp.client_middlewares import ClientHandlerType

    from sse_client._http.outgoing import OutgoingRequest
    from sse_client.request import Request

__all__ = ["FAILURES", "Exchange"]

# Headers that may be sent to other origins in addition to the request's: those that aiohttp adds, and W3C Trace
# Context.
_ANYWHERE = frozenset(
    {
        "accept",
        "accept-encoding",
        "content-length",
        "host",
        "traceparent",
        "tracestate",
        "transfer-encoding",
        "user-agent",
    }
)
# Headers that aiohttp adds itself, unless it is told not to.
_ADDED = frozenset({"accept", "accept-encoding", "content-type", "user-agent"})
_POSTS = frozenset({"PATCH", "POST", "PUT"})


class _BodyFailed(Exception):
    """The caller's body raised an error."""


FAILURES = (ConnectionFailed, _BodyFailed, OSError, aiohttp.ClientError)
"""What may come of a request over a session of aiohttp, for `Exchange.failure` to translate."""


class Exchange:
    """One request and the head of its response, as the outermost middleware of aiohttp.

    aiohttp merges the session's headers, cookies and credentials with those of the request, and lets a `TraceConfig`
    change them. Fields that aiohttp would merge differently from requests are set afterwards.

    Args:
        session: the session that sends the request.
        request: the caller's request.
        sent: the request as it is sent.
        cross_origin: whether it goes to another origin than the caller's.
        timeouts: seconds to connect, and seconds of silence.

    Attributes:
        sent: the request as it is sent.
        body: its body, in the form that aiohttp gets.
        headers: the header fields that aiohttp gets.
        skipped: the header fields that aiohttp would add, but must not; None for none.
    """

    __slots__ = ("_cross_origin", "_late", "_session", "_timeouts", "body", "headers", "sent", "skipped")

    def __init__(
        self,
        session: aiohttp.ClientSession,
        request: Request,
        sent: OutgoingRequest,
        *,
        cross_origin: bool,
        timeouts: tuple[float | None, float | None],
    ) -> None:
        self.sent = sent
        self.body = NO_BODY if sent.body is None else OutgoingBody(sent.body, sent.headers)
        # Telling it so takes 6 µs a request, so it is not told about headers that it would not add anyway.
        skipped: list[str] = []
        for name, value in request.headers.items():
            if value is None and name.lower() in _ADDED:
                skipped.append(name)
        if "content-type" not in sent.headers and (sent.body is not None or sent.method in _POSTS):
            skipped.append("Content-Type")
        self.skipped = skipped or None
        self._session = session
        self._cross_origin = cross_origin
        self._timeouts = timeouts
        self.headers, self._late = header_fields(session, request, sent.headers)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return itself, because aioresponses keeps deep copies of arguments, and would copy the session."""
        return self

    async def __call__(self, request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        tunnel = None
        if request.proxy is not None:
            check_proxy(str(request.proxy), self._session.connector)
            tunnel = begin_tunnel(self._session.connector)
        if self._cross_origin or self._session.headers:
            for name in self._surplus(request):
                request.headers.popall(name, None)
        if self._late:
            request.headers.update(self._late)
        proxy = request.proxy
        kind: Any = request.response_class
        request.response_class = head_first(kind)
        try:
            return await handler(request)
        except UnicodeError:
            url = display_url(self.sent.url)
            raise MalformedRequest(f"the URL {url} names a host that cannot be looked up") from None
        except connect_errors() as error:
            if self.body.error is not None:
                raise _BodyFailed from None  # aiohttp would replace an OSError by one of its own
            # Not raised as an error of aiohttp's, after which aiohttp would resend a PUT.
            connected = request.response is not None
            for kept in (error, error.__cause__) if connected else ():
                if kept is not None:
                    kept.__traceback__ = None  # the connection keeps this exception, and so these frames
            through = str(proxy) if proxy else None
            whole = self.body.data is None or isinstance(self.body.data, (bytes, bytearray))
            connect, silence = self._timeouts
            failed = translated(
                error,
                self.sent.url,
                connected=connected,
                proxy=through,
                silence=silence,
                connect=connect,
                whole=whole,
            )
        finally:
            if tunnel is not None:
                end_tunnel(tunnel)
        try:
            raise failed
        finally:
            del failed  # its traceback would keep this frame alive

    def failure(self, error: BaseException) -> BaseException:
        """Return this package's error for one of `FAILURES`, without the frames of aiohttp."""
        if isinstance(error, ConnectionFailed):
            return error.with_traceback(None)
        if isinstance(error, _BodyFailed):
            failed, self.body.error = self.body.error, None
            assert failed is not None
            return failed
        if isinstance(error, (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)):
            return MalformedRequest(f"the URL {display_url(self.sent.url)}, or its proxy's, is malformed")
        # Errors of the connection are translated above. This one comes from a middleware of the session, or from a test
        # library's replacement for aiohttp's request.
        return translated(error, self.sent.url, silence=self._timeouts[1])

    def _surplus(self, request: aiohttp.ClientRequest) -> set[str]:
        """Return the names of the header fields that aiohttp has added to the request, and should not send."""
        sent = self.sent.headers
        if self._cross_origin:
            return {name for name in request.headers if (key := name.lower()) not in sent and key not in _ANYWHERE}
        return {name for name in self._session.headers if name.lower() not in sent}
