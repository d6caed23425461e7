"""Transports of others: what a stream asks of an HTTP library, for whoever brings one (docs/writing-a-transport.md).

A session makes a transport for each stream; a transport sends one request and returns its response; a body hands out
bytes as they arrive. What HTTP says about redirects, credentials, bodies and codings is done here, once.
"""

from __future__ import annotations

import dataclasses
import time
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgspec.structs import replace

from sse_client._core.failures import connection_broke, no_connection, no_data
from sse_client._core.response_body import ResponseBody
from sse_client._core.transport import Limits
from sse_client._http.framing import framing
from sse_client._http.headers import Headers
from sse_client._http.outgoing import OutgoingRequest, SessionDefaults, outgoing
from sse_client._http.redirects import RedirectChain
from sse_client._http.request_body import ReplayableBody
from sse_client._http.requests_auth import answer_to_challenge, is_digest, waits_for_response
from sse_client._http.url import MalformedRequest
from sse_client.errors import ConnectionFailed
from sse_client.observer import Response
from sse_client.request import display_url
from sse_client.transports._requests.wakeup import Wakeup
from sse_client.transports.sent_body import SyncBody

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Any

    from sse_client.options import Options
    from sse_client.request import Request

__all__ = ["BlockingBody", "BlockingSession", "BlockingTransport", "Headers", "Limits", "OutgoingRequest", "Response"]


class BlockingSession(ABC):
    """What is passed to `Client` in the place of a `requests.Session`."""

    @abstractmethod
    def transport(self, options: Options) -> BlockingTransport:
        """Return a transport for one stream.

        Args:
            options: of the stream; those that the library cannot do are a TypeError, at once.
        """

    @abstractmethod
    def close(self) -> None:
        """Close its connections; called with the client, and maybe more than once."""


class BlockingTransport(Wakeup, ABC):
    """One stream's way to the network; it blocks. Its `watch` takes the socket that `close` wakes a reader by.

    Args:
        options: of the stream.
    """

    def __init__(self, options: Options) -> None:
        super().__init__()
        self._replayable = ReplayableBody()
        self._options = options

    @abstractmethod
    def send(self, request: OutgoingRequest, limits: Limits) -> BlockingBody:
        """Send one request, follow no redirect, and return its response when the head is there.

        Args:
            request: as it is sent, but for `Host`; its body is bytes, an iterator of bytes, or None.
            limits: how long it may take.

        Raises:
            OSError: there was no connection, as far as anybody can tell, so that nothing was sent.
            EOFError: the connection ended after something was sent, or what came is no response.
            TimeoutError: the head did not come in time.
        """

    async def resolve(self, prepared: Awaitable[object], deadline: float | None) -> object:
        """Refuse to wait for what `prepare` returns.

        Raises:
            TypeError: always.
        """
        del deadline
        if isinstance(prepared, Coroutine):
            prepared.close()  # else Python warns that it was never awaited
        raise TypeError("prepare: expected a Request, got an awaitable, which the blocking client cannot await")

    async def open(self, request: Request, resume: bytes, limits: Limits) -> ResponseBody:
        """Send a request, follow its redirects, and return the response; see `Transport.open`."""
        chain = RedirectChain(request, self._replayable, allow=self._options.allow_redirects)
        request = chain.begin()
        while True:
            body = self._answered(request, resume, chain, limits)
            # As requests does: whoever sends other characters than ASCII means UTF-8.
            location = (body.response.headers.get("Location") or "").encode("latin-1").decode("utf-8", "replace")
            try:
                following = chain.follow(body.response.status, location)
            except BaseException:
                body.close()
                raise
            if following is None:
                body.method, body.redirected = chain.request.method, chain.followed > 0
                return body
            body.close()
            request = following

    def _answered(self, request: Request, resume: bytes, chain: RedirectChain, limits: Limits) -> BlockingBody:
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
            body = self._sent(sent, limits, repeated=challenged or chain.followed > 0)
            chain.url = sent.url
            answer = None
            if prepared is not None and body.response.status == HTTPStatus.UNAUTHORIZED:
                answer = answer_to_challenge(prepared, body.response.status, body.response.headers)
            if answer is None:
                return body
            body.close()
            challenged = True
            again = dataclasses.replace(request, auth=None, headers={**request.headers, "Authorization": answer})
            request = self._replayable.body_for(again)

    def _sent(self, request: OutgoingRequest, limits: Limits, *, repeated: bool) -> BlockingBody:
        failure: BaseException
        content = SyncBody(request.body)
        data = content.data.encode() if isinstance(content.data, str) else content.data
        try:
            if self.closed:
                raise ConnectionAbortedError("the stream was closed")
            body = self.send(replace(request, body=data), limits)
            try:
                _check_framing(body.response, request.method)
            except ValueError:
                body.close()
                raise
        except TimeoutError:
            failure = no_data(request.url, limits.silence)
        except (EOFError, ValueError) as error:
            failure = connection_broke(request.url, error)
        except OSError as error:
            failure = no_connection(request.url, error)
            failure.sent = repeated
        else:
            return body
        failure = content.error or failure  # the caller's own, which is no failure of the network
        try:
            raise failure from failure.__cause__
        finally:
            del failure  # its traceback holds this frame

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`, or until `close`."""
        self.pause(seconds)

    async def release(self) -> None:
        """Release what was held for this stream alone; a transport of others may override it."""


class BlockingBody(ResponseBody):
    """One response: its head, and its body as it arrives.

    Args:
        response: the head; its `url` is that of the request.
        limits: those of the request.
        transport: the stream's.
    """

    def __init__(self, response: Response, limits: Limits, transport: BlockingTransport) -> None:
        super().__init__(response, limits.silence)
        self._transport = transport

    @abstractmethod
    def receive(self, timeout: float | None) -> bytes:
        """Return what has arrived of the body, without its framing, waiting for the first byte; `b""` at its end.

        Content codings are undone by whoever calls this.

        Args:
            timeout: seconds to wait; None: no limit.

        Raises:
            TimeoutError: nothing came in time.
            OSError, EOFError, ValueError: the body was cut off, or its framing is malformed.
        """

    async def _receive(self, deadline: float | None) -> bytes:
        timeout = self.silence
        try:
            if deadline is not None:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError("timed out")
                timeout = left if timeout is None else min(left, timeout)
            return self.receive(timeout)
        except TimeoutError:
            failure: ConnectionFailed = no_data(self.response.url, self.silence)
        except (OSError, EOFError, ValueError) as error:
            failure = connection_broke(self.response.url, error)
        try:
            raise failure from failure.__cause__
        finally:
            del failure  # its traceback holds this frame

    async def read(self, deadline: float | None) -> bytes:
        """Return what has arrived, decoded; see `ResponseBody.read`."""
        if self._decoder is not None:
            return await self._read_decoded(self._decoder, deadline)
        return await self._receive(deadline)

    async def _breathe(self, deadline: float | None) -> None:
        if self._transport.closed:
            raise ConnectionFailed("the stream was closed")
        if deadline is not None and time.monotonic() >= deadline:
            raise no_data(self.response.url)


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


def _check_framing(head: Response, method: str) -> None:
    """Refuse a response whose end cannot be told.

    Raises:
        ValueError: it is one.
    """
    fields: Any = head.headers
    lengths = fields.all("Content-Length")
    framing(fields.all("Transfer-Encoding"), lengths, method=method, status=head.status)
