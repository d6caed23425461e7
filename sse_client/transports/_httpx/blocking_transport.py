"""The blocking transport on a client of httpx2 or httpx."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from sse_client.transports._httpx._http2.awaited_head import wait_for_head, wait_for_room
from sse_client.transports._httpx._http2.blocking_frames import frame_source, head_source
from sse_client.transports._httpx._http2.leaving import reset_stream
from sse_client.transports._httpx._http2.shared_connection import share_connection
from sse_client.transports._httpx._http2.waiting import opening_a_stream, set_wait_for_room
from sse_client.transports._httpx.chunks import chunk_source
from sse_client.transports._httpx.connecting import Opening, opening_in
from sse_client.transports._httpx.direct_body import direct_body
from sse_client.transports._httpx.errors import socks_errors, transport_errors
from sse_client.transports._httpx.exchange import Exchange
from sse_client.transports._httpx.pool import chosen_connection, network_stream
from sse_client.transports._httpx.response_body import HttpxBody
from sse_client.transports._httpx.source import part_of
from sse_client.transports._httpx.transport import HttpxTransport
from sse_client.transports._requests.wakeup import Wakeup
from sse_client.transports.sent_body import SyncBody

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client._core.deadlines import Limits
    from sse_client._core.response_body import ResponseBody
    from sse_client.observer import Response
    from sse_client.options import Options
    from sse_client.request import Request
    from sse_client.transports._httpx._http2.blocking_frames import FrameSource
    from sse_client.transports._httpx.library import Library
    from sse_client.transports._httpx.outgoing import Sendable

__all__ = ["BlockingHttpxTransport"]


class BlockingHttpxTransport(HttpxTransport, Wakeup):
    """Sends one stream's requests over a `Client` of httpx2 or httpx; see `Transport`.

    Args:
        library: the library of the client.
        client: returns the client.
        options: the stream's options.
        released: called once, when the stream has ended.
    """

    _kind = SyncBody

    def __init__(
        self, library: Library, client: Callable[[], Any], options: Options, released: Callable[[], object] | None
    ) -> None:
        HttpxTransport.__init__(self, library, client, options)
        Wakeup.__init__(self)
        self._released = released

    async def open(self, request: Request, resume: bytes, limits: Limits) -> ResponseBody:
        """Send `request`, follow its redirects, and return the response; see `Transport.open`."""
        return await self._follow(request, resume, limits)

    async def release(self) -> None:
        """Release the resources of this stream."""
        if self._released is not None:
            self._released()

    def _exchange(self) -> Exchange:
        return Exchange()

    async def _send(self, client: Any, ready: Sendable, exchange: Exchange, limits: Limits) -> Any:
        opening = Opening(self, limits)

        def connected(stream: Any, made: bool) -> None:
            connection = self._adopt(client, ready, exchange, chosen=stream is None)
            exchange.connection = connection
            if exchange.stream_id is not None:
                share_connection(connection)
            if made:
                opening.connected(stream)
            else:
                opening.sending(network_stream(connection) if stream is None else stream)

        def initiated() -> None:
            share_connection(chosen_connection(client, ready.request, exchange))

        def pace(stream_id: int) -> None:
            frames = exchange.frames = head_source(exchange.connection, exchange.request, stream_id)
            if frames is not None:
                set_wait_for_room(partial(self._wait_for_room, frames, limits))

        def wait() -> None:
            if exchange.frames is not None:
                self.watch(exchange.frames.alarm)  # other streams use the connection, too
                wait_for_head(exchange.frames, limits.silence, limits.deadline)

        exchange.initiated, exchange.connected, exchange.pace, exchange.wait = initiated, connected, pace, wait
        try:
            with opening_in(client, ready.request, opening), opening_a_stream(self, limits.connect, limits.deadline):
                return client.send(ready.request, stream=True, auth=ready.auth, follow_redirects=False)
        except BaseException as error:
            exchange.frames = None
            if (unanswered := exchange.unanswered()) is not None:
                unanswered.reset(transport_errors(self._library))
            if opening.late and isinstance(error, (OSError, self._library.module.TransportError, *socks_errors())):
                raise TimeoutError("timed out") from None
            raise
        finally:
            opening.end()

    def _wait_for_room(self, frames: FrameSource, limits: Limits) -> None:
        self.watch(frames.alarm)
        wait_for_room(frames, limits.silence, limits.deadline)
        self.watch(frames.sock)  # writing may block, too

    async def _close(self, response: Any) -> None:
        self.release_socket()
        with suppress(*transport_errors(self._library)):  # the connection is gone
            reset_stream(response, part_of(response))
        response.close()

    async def _discard(self, stream: Any) -> None:
        self.release_socket()
        stream.close()

    def _body_of(self, head: Response, exchange: Exchange, silence: float | None) -> ResponseBody:
        frames, exchange.frames = exchange.frames, None
        source = None if head.raw.is_stream_consumed else frames or chunk_source(head.raw) or frame_source(head.raw)
        if source is not None:
            return direct_body(head, self._library, source, self, silence)
        stream = head.raw.extensions.get("network_stream")
        sock = None if stream is None else stream.get_extra_info("socket")
        if head.raw.http_version == "HTTP/2":
            # Other streams use the connection too, so it is watched only while this stream waits for it.
            self.release_socket()
            return HttpxBody(head, self._library, exchange, self, silence, sock)
        if sock is not None:
            self.watch(sock)
        return HttpxBody(head, self._library, exchange, self, silence)
