"""What custom transports need not do, blocking or not: redirects, challenges, and the errors of a request."""

from __future__ import annotations

import dataclasses
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
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sse_client._core.response_body import ResponseBody
    from sse_client._core.transport import Limits
    from sse_client.errors import ConnectionFailed
    from sse_client.observer import Response
    from sse_client.options import Options
    from sse_client.request import Request

__all__ = ["CustomTransport", "check_framing"]

_FIXED = ("verify", "cert", "proxies")


class CustomTransport(ABC):
    """Opens a response by the one request at a time that a transport of others sends.

    Args:
        options: of the stream.

    Attributes:
        accepts: those of the options `verify`, `cert` and `proxies` that it can do; others are a TypeError.
        errors: the library's exceptions that mean that a connection ended, or that what came is malformed. They count
            as EOFError does. Their text is not shown: it may quote what came.

        failures: what `send` and `receive` may raise.
        disconnect: closes the connection of the current request where `send` fails: what `connecting` was given, or
            `send` has set; None if neither has.

    Raises:
        TypeError: an option is one that it cannot do.
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
        """Make a connection inside, in `send`. What fails inside has sent nothing; what fails after it may have.

        Args:
            disconnect: closes the connection, made or not: where `send` fails, and with the body.
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
        """Send a request, once more if its authentication object answers a challenge; return the last response."""
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
            again = dataclasses.replace(request, auth=None, headers={**request.headers, "Authorization": answer})
            request = self._replayable.body_for(again)

    def _begin(self) -> None:
        """Forget the connection of the request before."""
        self._connected = self.disconnect = None

    def _disconnected(self) -> None:
        """Close what `send` had opened when it failed."""
        if self.disconnect is not None:
            self.disconnect()

    def _failure(self, error: Exception, url: str, limits: Limits, *, repeated: bool) -> ConnectionFailed:
        """Return the error that an exception of `send` stands for."""
        connecting = self._connected is False
        if isinstance(error, TimeoutError) and not connecting:
            return no_data(url, limits.silence)
        if connecting or (isinstance(error, OSError) and not self._connected):
            failure = no_connection(url, self.plain(error), seconds=limits.connect)
            failure.sent = repeated
            return failure
        return connection_broke(url, self.plain(error))

    def plain(self, error: Exception) -> Exception:
        """Return an error whose text may be shown: not one of the library's."""
        if isinstance(error, self.errors) and not isinstance(error, OSError):
            return EOFError(f"it ended too early, or is malformed ({type(error).__name__})")
        return error

    @abstractmethod
    async def _sent(self, request: OutgoingRequest, limits: Limits, *, repeated: bool) -> ResponseBody:
        """Send one request; return its response.

        Args:
            request: as it is sent.
            limits: how long it may take.
            repeated: whether the server has had an earlier request of the same call.

        Raises:
            ConnectionFailed: there is none.
        """


def check_framing(head: Response, method: str) -> None:
    """Refuse a response whose end cannot be told.

    Raises:
        ValueError: it is one.
    """
    fields: Any = head.headers
    lengths = fields.all("Content-Length")
    framing(fields.all("Transfer-Encoding"), lengths, method=method, status=head.status)


def _checked(request: OutgoingRequest) -> OutgoingRequest:
    """Refuse a host that no name service takes.

    Raises:
        MalformedRequest: it is one.
    """
    try:
        (urlsplit(request.url).hostname or "").encode("idna")
    except UnicodeError:
        raise MalformedRequest(f"the URL {display_url(request.url)} names a host that cannot be looked up") from None
    return request
