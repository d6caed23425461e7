"""Base classes for transports on other asynchronous HTTP libraries, under asyncio, trio or both.

It needs anyio, which httpx2 brings.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import anyio
from msgspec.structs import replace

from sse_client._core.deadlines import Limits
from sse_client._core.failures import connection_broke, no_data
from sse_client._core.response_body import TURN, ResponseBody
from sse_client._http.headers import Headers
from sse_client._http.outgoing import OutgoingRequest
from sse_client._response import Response
from sse_client.errors import ConnectionFailed
from sse_client.transports import sent_body
from sse_client.transports._httpx.wakeup import ScopedWakeup
from sse_client.transports.custom_steps import CustomTransport, check_framing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.options import Options

__all__ = ["AsyncBody", "AsyncSession", "AsyncTransport", "Headers", "Limits", "OutgoingRequest", "Response"]

_CLOSING = 1.0  # seconds allowed for closing a response


class AsyncSession(ABC):
    """A session of another HTTP library, to be passed to `AsyncClient` instead of an `aiohttp.ClientSession`."""

    @abstractmethod
    def transport(self, options: Options) -> AsyncTransport:
        """Return a transport for one stream.

        Args:
            options: the stream's options; those that the library does not support must raise TypeError here.
        """

    async def aclose(self) -> None:  # noqa: B027  (it may be left out)
        """Close what the streams share, if anything. Awaited by the client's `aclose`, perhaps more than once."""


class AsyncTransport(CustomTransport, ScopedWakeup):
    """Sends one stream's requests, asynchronously. `close` wakes a reader by cancelling its wait.

    Args:
        options: the stream's options.

    Attributes:
        body: the last response's body; None before the first.
    """

    runs_on = "this transport runs on asyncio or trio"

    def __init__(self, options: Options) -> None:
        CustomTransport.__init__(self, options)
        ScopedWakeup.__init__(self)
        self.body: AsyncBody | None = None

    @abstractmethod
    async def send(self, request: OutgoingRequest, limits: Limits) -> AsyncBody:
        """Send one request without following redirects, and return its response when the head has arrived.

        This is cancelled at the deadline of `limits`, and when the stream is closed; it then has to close the
        connection that it has made.

        Args:
            request: the request exactly as it is to be sent, except `Host`; its body is bytes, an asynchronous iterator
                of bytes, or None.
            limits: the time limits.

        Raises:
            OSError: no connection was made, so that nothing was sent.
            EOFError: the connection ended after something was sent, or the received data is not a response.
            TimeoutError: the head did not arrive in time.
        """

    async def _sent(self, request: OutgoingRequest, limits: Limits, *, repeated: bool) -> AsyncBody:
        content = sent_body.AsyncBody(request)
        data = content.data.encode() if isinstance(content.data, str) else content.data
        body: AsyncBody | None = None
        self._begin()
        try:
            with self.waiting(limits.deadline):
                body = await self.send(replace(request, body=data), limits)
            if body is None:  # cancelled by `close` or at the deadline
                raise ConnectionFailed("the stream was closed") if self.closed else TimeoutError("timed out")
            try:
                check_framing(body.response, request.method)
            except ValueError:
                await body.aclose()
                raise
        except self.failures as error:
            self._disconnected()
            # An error of the caller's own code is not a network failure.
            failure = content.error or self._failure(error, request.url, limits, repeated=repeated)
        except BaseException:
            self._disconnected()
            raise
        else:
            self.body = body
            return body
        try:
            raise failure from failure.__cause__
        finally:
            del failure  # its traceback would keep this frame alive

    async def release(self) -> None:
        """Release the resources of this stream; a subclass that overrides this must also call it."""
        self.body = None  # the body refers back to this object


class AsyncBody(ResponseBody):
    """One response: its head, and its body as it arrives.

    Args:
        response: the head; its `url` is that of the request.
        limits: the time limits of the request.
        transport: the stream's transport.
    """

    closes_by_awaiting = True
    shares_loop = True

    def __init__(self, response: Response, limits: Limits, transport: AsyncTransport) -> None:
        super().__init__(response, limits.silence)
        self._transport = transport
        self._turn_since = time.monotonic()
        self._disconnected = False

    @abstractmethod
    async def receive(self) -> bytes:
        """Wait for data, and return what has arrived of the body, without its framing; `b""` at its end.

        This is cancelled if nothing arrives in time, and when the stream is closed. The caller decodes content codings.

        Raises:
            OSError, EOFError, ValueError: the body was cut off, or its framing is malformed.
        """

    @abstractmethod
    async def disconnect(self) -> None:
        """Close the connection, or return it to its pool if the body was read to its end; called once.

        It is shielded from cancellation, but may take at most one second.
        """

    def abandon(self) -> None:
        """Close the connection of a stream that is dropped without being closed; by default, do nothing.

        Called by the garbage collector, without awaiting, perhaps after the event loop has ended.
        """

    async def _receive(self, deadline: float | None) -> bytes:
        began = time.monotonic()
        if began - self._turn_since > TURN:
            await self._breathe(deadline)
        end = deadline
        if self.silence is not None:
            end = began + self.silence if deadline is None else min(began + self.silence, deadline)
        try:
            with self._transport.waiting(end):
                return await self.receive()
            raise TimeoutError("timed out")
        except TimeoutError:
            failure: ConnectionFailed = no_data(self.response.url, self.silence)
        except self._transport.failures as error:
            failure = connection_broke(self.response.url, self._transport.plain(error))
        finally:
            # The library may have returned without waiting, because it has more pieces of one receive.
            if (now := time.monotonic()) - began > TURN:
                self._turn_since = now
        try:
            raise failure from failure.__cause__
        finally:
            del failure  # its traceback would keep this frame alive

    async def read(self, deadline: float | None) -> bytes:
        """Return the decoded bytes that have arrived; see `ResponseBody.read`."""
        if self._decoder is not None:
            return await self._read_decoded(self._decoder, deadline)
        return await self._receive(deadline)

    def close(self) -> None:
        """Do nothing: only `aclose` can close the connection."""

    async def aclose(self) -> None:
        """Close the connection once, with `disconnect`."""
        if not self._disconnected:
            self._disconnected = True
            with anyio.move_on_after(_CLOSING, shield=True):
                await self.disconnect()

    async def _next_in_thread(self, steps: Iterator[bytes]) -> bytes | None:
        return await self._transport.next_in_thread(steps)

    async def _breathe(self, deadline: float | None) -> None:
        self._turn_since = await self._transport.check(self._turn_since, deadline, self.response.url)
