"""Transports of others for `AsyncClient`: `custom` for libraries that are awaited, under asyncio, trio or both.

It needs anyio, which httpx2 brings.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import anyio
from msgspec.structs import replace

from sse_client._core.failures import connection_broke, no_data
from sse_client._core.response_body import TURN, ResponseBody
from sse_client._core.transport import Limits
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

_CLOSING = 1.0  # seconds that closing a response may take


class AsyncSession(ABC):
    """What is passed to `AsyncClient` in the place of an `aiohttp.ClientSession`."""

    @abstractmethod
    def transport(self, options: Options) -> AsyncTransport:
        """Return a transport for one stream.

        Args:
            options: of the stream; those that the library cannot do are a TypeError, at once.
        """

    async def aclose(self) -> None:  # noqa: B027  (it may be left out)
        """Close what its streams share, if anything; awaited with the client's `aclose`, and maybe more than once."""


class AsyncTransport(CustomTransport, ScopedWakeup):
    """One stream's way to the network; it is awaited. `close` wakes a reader by cancelling what it waits for.

    Args:
        options: of the stream.

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
        """Send one request, follow no redirect, and return its response when the head is there.

        It is cancelled at the deadline of `limits`, and when the stream is closed: a connection that was made by then
        is to be closed.

        Args:
            request: as it is sent, but for `Host`; its body is bytes, an asynchronous iterator of bytes, or None.
            limits: how long it may take.

        Raises:
            OSError: there was no connection, as far as anybody can tell, so that nothing was sent.
            EOFError: the connection ended after something was sent, or what came is no response.
            TimeoutError: the head did not come in time.
        """

    async def _sent(self, request: OutgoingRequest, limits: Limits, *, repeated: bool) -> AsyncBody:
        content = sent_body.AsyncBody(request.body)
        data = content.data.encode() if isinstance(content.data, str) else content.data
        body: AsyncBody | None = None
        self._begin()
        try:
            with self.waiting(limits.deadline):
                body = await self.send(replace(request, body=data), limits)
            if body is None:  # cancelled, at the deadline if not by `close`
                raise ConnectionFailed("the stream was closed") if self.closed else TimeoutError("timed out")
            try:
                check_framing(body.response, request.method)
            except ValueError:
                await body.aclose()
                raise
        except self.failures as error:
            self._disconnected()
            # The caller's own error is no failure of the network.
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
            del failure  # its traceback holds this frame

    async def release(self) -> None:
        """Release what was held for this stream alone; a transport that overrides it calls it, too."""
        self.body = None  # it refers to this, too


class AsyncBody(ResponseBody):
    """One response: its head, and its body as it arrives.

    Args:
        response: the head; its `url` is that of the request.
        limits: those of the request.
        transport: the stream's.
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
        """Return what has arrived of the body, without its framing, waiting for the first byte; `b""` at its end.

        It is cancelled when nothing has come in time, and when the stream is closed. Content codings are undone by
        whoever calls this.

        Raises:
            OSError, EOFError, ValueError: the body was cut off, or its framing is malformed.
        """

    @abstractmethod
    async def disconnect(self) -> None:
        """Close the connection, or give it back if the body was read to its end; called once.

        No cancellation reaches it from outside, but it may take a second at most.
        """

    def abandon(self) -> None:
        """Close the connection of a stream that is dropped, not closed, without awaiting; by default, do nothing.

        Called by the garbage collector, maybe when the event loop has ended.
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
            # A shorter wait may have been none: the library has more pieces of one receive.
            if (now := time.monotonic()) - began > TURN:
                self._turn_since = now
        try:
            raise failure from failure.__cause__
        finally:
            del failure  # its traceback holds this frame

    async def read(self, deadline: float | None) -> bytes:
        """Return what has arrived, decoded; see `ResponseBody.read`."""
        if self._decoder is not None:
            return await self._read_decoded(self._decoder, deadline)
        return await self._receive(deadline)

    def close(self) -> None:
        """Leave the connection to `aclose`, which alone can close it."""

    async def aclose(self) -> None:
        """Close the connection, once, by `disconnect`."""
        if not self._disconnected:
            self._disconnected = True
            with anyio.move_on_after(_CLOSING, shield=True):
                await self.disconnect()

    async def _next_in_thread(self, steps: Iterator[bytes]) -> bytes | None:
        return await self._transport.next_in_thread(steps)

    async def _breathe(self, deadline: float | None) -> None:
        self._turn_since = await self._transport.check(self._turn_since, deadline, self.response.url)
