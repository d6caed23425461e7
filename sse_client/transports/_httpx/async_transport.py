"""The asynchronous transport on a client of httpx2 or httpx, under asyncio and trio alike."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio

from sse_client._core.failures import no_data
from sse_client.errors import ConnectionFailed
from sse_client.transports._httpx._http2.async_frames import aframe_source, ahead_source
from sse_client.transports._httpx._http2.awaited_head import await_head, await_room
from sse_client.transports._httpx._http2.leaving import reset_stream
from sse_client.transports._httpx._http2.paced_body import AsyncPacedBody
from sse_client.transports._httpx._http2.stream_limit import take_places
from sse_client.transports._httpx.async_direct_body import AsyncDirectBody, async_direct_body
from sse_client.transports._httpx.chunks import achunk_source
from sse_client.transports._httpx.errors import transport_errors
from sse_client.transports._httpx.exchange import AsyncExchange, Exchange
from sse_client.transports._httpx.response_body import AsyncHttpxBody
from sse_client.transports._httpx.source import part_of
from sse_client.transports._httpx.transport import HttpxTransport
from sse_client.transports._httpx.wakeup import ScopedWakeup
from sse_client.transports.sent_body import AsyncBody

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sse_client._core.deadlines import Limits
    from sse_client._core.response_body import ResponseBody
    from sse_client.observer import Response
    from sse_client.options import Options
    from sse_client.request import Request
    from sse_client.transports._httpx.library import Library
    from sse_client.transports._httpx.outgoing import Sendable

__all__ = ["AsyncHttpxTransport"]

_CLOSING = 1.0  # seconds allowed for ending a stream or a connection
# The messages of asyncio and trio for a connection, or a lock of the pool, that belongs to another event loop.
_OF_ANOTHER_LOOP = ("Event loop is closed", "different loop", "different event loop", "called from async context")


class AsyncHttpxTransport(HttpxTransport, ScopedWakeup):
    """Sends one stream's requests over an `AsyncClient` of httpx2 or httpx; see `Transport`.

    Args:
        library: the library of the client.
        client: returns the client.
        options: the stream's options.
        released: awaited once, when the stream has ended.

    Attributes:
        body: the last response's body; None before the first.
    """

    _kind = AsyncBody

    def __init__(
        self,
        library: Library,
        client: Callable[[], Any],
        options: Options,
        released: Callable[[], Awaitable[object]] | None,
    ) -> None:
        HttpxTransport.__init__(self, library, client, options)
        ScopedWakeup.__init__(self)
        self._released = released
        self.body: AsyncHttpxBody | AsyncDirectBody | None = None

    async def open(self, request: Request, resume: bytes, limits: Limits) -> ResponseBody:
        """Send `request`, follow its redirects, and return the response; see `Transport.open`."""
        return await self._follow(request, resume, limits)

    async def release(self) -> None:
        """Release the resources of this stream."""
        self.body = None  # the body refers back to this object
        if self._released is not None:
            await self._released()

    def _exchange(self) -> Exchange:
        return AsyncExchange()

    async def _send(self, client: Any, ready: Sendable, exchange: Exchange, limits: Limits) -> Any:
        """Send a request with two deadlines: one for the connection, and one for the response's head."""
        deadline = limits.deadline
        connect = None if limits.connect is None else time.monotonic() + limits.connect
        first = min((each for each in (connect, deadline) if each is not None), default=None)
        with self.waiting(first) as scope:

            def connected(stream: Any, made: bool) -> None:
                exchange.connection = self._adopt(client, ready, exchange, chosen=stream is None)
                if exchange.stream_id is not None:
                    take_places(exchange.connection)
                if not made:
                    scope.deadline = _loop_time(deadline)

            def pace(stream_id: int) -> None:
                frames = exchange.frames = ahead_source(exchange.connection, exchange.request, stream_id)
                if frames is not None:
                    wait_for_room = partial(await_room, frames, limits.silence)
                    exchange.body = AsyncPacedBody(exchange.request.stream, frames.room, wait_for_room)
                    exchange.request.stream = exchange.body

            async def wait() -> None:
                if exchange.frames is not None:
                    await await_head(exchange.frames, limits.silence)

            exchange.connected, exchange.pace, exchange.wait = connected, pace, wait
            try:
                return await client.send(ready.request, stream=True, auth=ready.auth, follow_redirects=False)
            except BaseException as error:
                exchange.frames = None
                if exchange.body is not None:
                    with anyio.move_on_after(_CLOSING, shield=True):
                        await exchange.body.aclose()
                if (unanswered := exchange.unanswered()) is not None:
                    await unanswered.areset(transport_errors(self._library), _CLOSING)
                if isinstance(error, RuntimeError) and any(words in str(error) for words in _OF_ANOTHER_LOOP):
                    raise RuntimeError(
                        f"the {self._library.name}.AsyncClient has connections of another event loop: "
                        "each loop needs a client of its own"
                    ) from error
                raise
        if self.closed:
            raise ConnectionFailed("the stream was closed")
        if deadline is not None and time.monotonic() >= deadline:
            raise no_data(ready.sent.url)
        raise TimeoutError("timed out")

    async def _close(self, response: Any) -> None:
        with anyio.move_on_after(_CLOSING, shield=True):
            with suppress(*transport_errors(self._library)):  # the connection is gone
                written = reset_stream(response, part_of(response))
                if written is not None:
                    await written
            await response.aclose()

    async def _discard(self, stream: Any) -> None:
        with anyio.move_on_after(_CLOSING, shield=True):
            await stream.aclose()

    def _body_of(self, head: Response, exchange: Exchange, silence: float | None) -> ResponseBody:
        frames, exchange.frames = exchange.frames, None
        source = None if head.raw.is_stream_consumed else frames or achunk_source(head.raw) or aframe_source(head.raw)
        if source is None:
            self.body = AsyncHttpxBody(head, self._library, exchange, self, silence)
        else:
            self.body = async_direct_body(head, self._library, source, self, silence)
        return self.body


def _loop_time(deadline: float | None) -> float:
    return float("inf") if deadline is None else anyio.current_time() + max(0.0, deadline - time.monotonic())
