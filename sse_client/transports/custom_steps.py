"""What custom transports need not do, blocking or not: redirects, challenges, and the errors of a request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from sse_client._core.failures import connection_broke, no_connection, no_data
from sse_client._http.framing import framing
from sse_client._http.outgoing import OutgoingRequest, SessionDefaults, outgoing
from sse_client._http.redirects import RedirectChain, read_as_utf8
from sse_client._http.request_body import ReplayableBody
from sse_client._http.requests_auth import answer_to_challenge, is_digest, waits_for_response
from sse_client._http.url import MalformedRequest
from sse_client._values import replaced
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sse_client._core.deadlines import Limits
    from sse_client._core.response_body import ResponseBody
    from sse_client.errors import ConnectionFailed
    from sse_client.observer import Response
    from sse_client.options import Options
    from sse_client.request import Request

__all__ = ["CustomTransport", "check_framing"]

_FIXED = ("verify", "cert", "proxies")


class CustomTransport(ABC):
    """Opens a response with a custom transport, which sends single requests.

    Args:
        options: the stream's options.

    Attributes:
        accepts: which of the options `verify`, `cert` and `proxies` the transport supports; others raise TypeError.
        errors: the library's exceptions for a connection that ended, or for malformed data. They count as EOFError.
            Their text is not shown, because it may quote received data.
        failures: the exceptions that `send` and `receive` may raise.
        disconnect: closes the connection of the current request if `send` fails: the argument of `connecting`, or a
            function that `send` has set; None if neither exists.

    Raises:
        TypeError: an option is not supported.
    """

    accepts: ClassVar[frozenset[str]] = frozenset()
    errors: ClassVar[tuple[type[Exception], ...]] = ()

    def __init__(self, options: Options) -> None:
        for name in _FIXED:
            if name not in self.accepts and getattr(options, name) is not None:
                raise TypeError(f"{name}: this transport has no such option")
        self.failures: tuple[type[Exception], ...] = (OSError, EOFError, ValueError, *self.errors)
        self._connected: bool | None = None  # None: `connecting` was not used
        self.disconnect: Callable[[], object] | None = None
        self._replayable = ReplayableBody()
        self._options = options

    @contextmanager
    def connecting(self, disconnect: Callable[[], object] | None = None) -> Generator[None]:
        """Make the connection inside this block, in `send`. A failure inside it means that nothing was sent.

        After a failure that comes later, something may have been sent.

        Args:
            disconnect: closes the connection, made or not; called if `send` fails, and when the body is closed.
        """
        self._connected, self.disconnect = False, disconnect
        yield
        self._connected = True

    async def open(self, request: Request, resume: bytes, limits: Limits) -> ResponseBody:
        """Send a request, follow its redirects, and return the response; see `Transport.open`."""
        chain = RedirectChain(request, self._replayable, allow=self._options.allow_redirects)
        request = chain.begin()
        while True:
            body = await self._answered(request, resume, chain, limits)
            fields: Any = body.response.headers
            try:
                following = chain.follow(body.response.status, *read_as_utf8(fields.all("Location")))
            except BaseException:
                await body.aclose()
                raise
            if following is None:
                body.method, body.redirected = chain.request.method, chain.followed > 0
                return body
            await body.aclose()
            request = following

    async def _answered(self, request: Request, resume: bytes, chain: RedirectChain, limits: Limits) -> ResponseBody:
        """Send a request, and again if its authentication object answers a challenge; return the last response."""
        challenged = False
        while True:
            try:
                sent = _checked(outgoing(request, SessionDefaults(), resume))
            except MalformedRequest as error:
                raise chain.refusal(error) from None
            prepared = sent.prepared
            if prepared is not None and waits_for_response(prepared) and not is_digest(request.auth):
                raise TypeError(
                    f"auth: {type(request.auth).__name__} waits for the response to its request, which can be done "
                    "for HTTPDigestAuth of requests alone"
                )
            body = await self._sent(sent, limits, repeated=challenged or chain.followed > 0)
            chain.url = sent.url
            answer = None
            if prepared is not None and body.response.status == HTTPStatus.UNAUTHORIZED:
                answer = answer_to_challenge(prepared, body.response.status, body.response.headers)
            if answer is None:
                return body
            await body.aclose()
            challenged = True
            again = replaced(request, auth=None, headers={**request.headers, "Authorization": answer})
            request = self._replayable.body_for(again)

    def _begin(self) -> None:
        """Forget the connection of the previous request."""
        self._connected = self.disconnect = None

    def _disconnected(self) -> None:
        """Close the connection that `send` had opened before it failed."""
        if self.disconnect is not None:
            self.disconnect()

    def _failure(self, error: Exception, url: str, limits: Limits, *, repeated: bool) -> ConnectionFailed:
        """Translate an exception of `send` into this package's error."""
        connecting = self._connected is False
        if isinstance(error, TimeoutError) and not connecting:
            return no_data(url, limits.silence)
        if connecting or (isinstance(error, OSError) and not self._connected):
            failure = no_connection(url, self.plain(error), seconds=limits.connect)
            failure.sent = repeated
            return failure
        return connection_broke(url, self.plain(error))

    def plain(self, error: Exception) -> Exception:
        """Return an error whose text may be shown, in place of a library's."""
        if isinstance(error, self.errors) and not isinstance(error, OSError):
            return EOFError(f"it ended too early, or is malformed ({type(error).__name__})")
        return error

    @abstractmethod
    async def _sent(self, request: OutgoingRequest, limits: Limits, *, repeated: bool) -> ResponseBody:
        """Send one request; return its response.

        Args:
            request: the request as it is sent.
            limits: the time limits.
            repeated: whether the server has received an earlier request of the same call.

        Raises:
            ConnectionFailed: there is no response.
        """


def check_framing(head: Response, method: str) -> None:
    """Refuse a response whose end is ambiguous.

    Raises:
        ValueError: the framing is ambiguous or malformed.
    """
    fields: Any = head.headers
    lengths = fields.all("Content-Length")
    framing(fields.all("Transfer-Encoding"), lengths, method=method, status=head.status)


def _checked(request: OutgoingRequest) -> OutgoingRequest:
    """Refuse a host name that cannot be looked up.

    Raises:
        MalformedRequest: the host name is malformed.
    """
    try:
        (urlsplit(request.url).hostname or "").encode("idna")
    except UnicodeError:
        raise MalformedRequest(f"the URL {display_url(request.url)} names a host that cannot be looked up") from None
    return request
