"""Chunked bodies of HTTP/1.1 off their connection, without h11, which hands the chunks out one by one.

A burst of events, each a chunk of its own, costs a tenth of what it costs through h11. What httpcore and h11 do not
promise is looked at before anything is changed: where it looks different, h11 reads the body.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import anyio

from sse_client._http.chunked import ChunkedDecoder
from sse_client.transports._httpx.asyncio_receiver import asyncio_receiver
from sse_client.transports._httpx.source import part_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["AsyncChunkSource", "ChunkSource", "achunk_source", "chunk_source", "receiver_of"]

_RECEIVE = 64 * 1024
_SLICE = 16 * 1024


class _Chunks:
    """A chunked body that was taken from h11, and how its connection goes back to the pool.

    Args:
        state: h11's state of the connection, from whose buffer what came with the head was taken.
        first: what that was.

    Attributes:
        ended: whether the whole body has come.
    """

    __slots__ = ("_decoder", "_feed", "_first", "_state", "ended")

    def __init__(self, state: Any, first: bytes) -> None:
        self._state = state
        self._first = first
        self._decoder = ChunkedDecoder()
        self._feed = self._decoder.feed
        self.ended = False

    def ready(self) -> bytes:
        """Return what has come already.

        Raises:
            ValueError: the framing is malformed.
        """
        self._decoder.check()
        if not self._first:
            return b""
        first, self._first = self._first, b""
        return self._taken(first)

    def _taken(self, data: bytes) -> bytes:
        """Return what is in the chunks of what has come."""
        if not data:
            raise ConnectionError("it ended before the body's end")
        data = self._feed(data)
        self.ended = self._decoder.ended
        return data

    def finish(self, errors: tuple[type[Exception], ...]) -> None:
        """Tell h11 that the body has ended, so that httpcore keeps the connection if it may be used again."""
        del errors  # nothing is written
        if not self._decoder.surplus:  # else httpcore closes it, as that of a body that has not ended
            self._state.receive_data(b"0\r\n\r\n")
            self._state.next_event()

    def leave(self) -> None:
        """Do nothing: closing the connection tells the server."""


class ChunkSource(_Chunks):
    """The same, of a blocking client.

    Attributes:
        alarm: what wakes a reader, by being shut down.
    """

    __slots__ = ("_sock", "_timeout", "alarm")

    def __init__(self, state: Any, first: bytes, sock: Any) -> None:
        super().__init__(state, first)
        self.alarm = self._sock = sock
        self._timeout: float | None = -1.0  # of the socket, once this has set it

    def receive(self, timeout: float | None) -> bytes:
        """Wait for what arrives next; return what of it is body.

        Raises:
            OSError: nothing came in so many seconds, or the connection is gone.
            ValueError: the framing is malformed.
        """
        if timeout != self._timeout:
            self._timeout = timeout
            self._sock.settimeout(timeout)
        return self._taken(self._sock.recv(_RECEIVE))

    def close(self) -> None:
        """Do nothing: the socket is the connection's."""


class AsyncChunkSource(_Chunks):
    """The same, of an asynchronous client: asyncio may have 256 KiB at once, which are decoded in parts.

    The framing of 64 KiB of the shortest chunks takes 10 ms.

    Attributes:
        errors: what `receive` raises beside OSError and ValueError.
    """

    __slots__ = ("_most", "_receive_some", "errors")

    shared = False  # the connection is this stream's alone

    def __init__(self, state: Any, first: bytes, receiver: Receiver) -> None:
        super().__init__(state, first)
        self._receive_some, self.errors = receiver
        self._most = _RECEIVE

    def ready(self) -> bytes:
        """Return some of what has come already.

        Raises:
            ValueError: the framing is malformed.
        """
        self._decoder.check()
        data = b""
        while self._first and not data:
            first, self._first = self._first, b""
            data = self._some_of(first)
        return data

    def _some_of(self, data: bytes) -> bytes:
        """Return what is in the chunks of the first part of what has come; keep the rest."""
        part, self._first = data[: self._most], data[self._most :]
        inside = self._taken(part)
        # Where more than half is framing, the chunks are as short as those of no stream that means well.
        self._most = _RECEIVE if 2 * len(inside) >= len(part) else _SLICE
        if self._first and self.ended:
            self._feed(self._first)  # it is surplus
            self._first = b""
        return inside

    async def receive(self) -> bytes:
        """Wait for what arrives next; return what of it is body.

        Raises:
            OSError, ValueError: the connection is gone, or the framing is malformed; and what is in `errors`.
        """
        try:
            data = await self._receive_some(_RECEIVE)
        except anyio.EndOfStream:
            data = b""
        return self._some_of(data)

    async def afinish(self, errors: tuple[type[Exception], ...]) -> None:
        """Do what `finish` does."""
        self.finish(errors)


if TYPE_CHECKING:
    Receiver = tuple[Callable[[int], Awaitable[bytes]], tuple[type[Exception], ...]]


def chunk_source(response: Any) -> ChunkSource | None:
    """Take the body of a blocking client's response; None if it has no chunks, or has to be read by the library."""
    stream = response.extensions.get("network_stream")
    sock = None if stream is None else stream.get_extra_info("socket")
    is_tls = stream is not None and stream.get_extra_info("ssl_object") is not None
    if sock is None or is_tls != isinstance(sock, ssl.SSLSocket):  # the bytes of TLS in TLS are no socket's
        return None
    taken = _take(response)
    return None if taken is None else ChunkSource(*taken, sock)


def achunk_source(response: Any) -> AsyncChunkSource | None:
    """Take the body of an asynchronous client's response; None where `chunk_source` returns None."""
    receiver = receiver_of(response.extensions.get("network_stream"))
    taken = None if receiver is None else _take(response)
    return None if taken is None or receiver is None else AsyncChunkSource(*taken, receiver)


def receiver_of(stream: Any) -> Receiver | None:
    """Return what receives bytes of a network stream of httpcore, and what it raises when the connection is gone.

    None where it cannot be told. It is anyio's or trio's own method: httpcore's `read` puts a cancel scope around it,
    beside the one that a stream needs for itself.
    """
    inner: Any = getattr(stream, "_stream", None)
    if isinstance(inner, anyio.abc.ByteReceiveStream):
        receive = asyncio_receiver(inner) or inner.receive
        return receive, (anyio.BrokenResourceError, anyio.ClosedResourceError)
    if hasattr(inner, "receive_some"):
        import trio

        plain = type(inner) is trio.SocketStream
        return inner.socket.recv if plain else inner.receive_some, (trio.BrokenResourceError, trio.ClosedResourceError)
    return None


def _take(response: Any) -> tuple[Any, bytes] | None:
    """Take from h11 what has come of a chunked body; return its state, too."""
    state = getattr(getattr(part_of(response), "_connection", None), "_h11_state", None)
    buffer: Any = getattr(state, "_receive_buffer", None)
    if state is None or type(getattr(state, "_reader", None)).__name__ != "ChunkedReader":
        return None
    is_open = (state.our_state.__name__, state.their_state.__name__) == ("DONE", "SEND_BODY")
    if not is_open or not hasattr(buffer, "maybe_extract_at_most"):
        return None
    return state, bytes(buffer.maybe_extract_at_most(len(buffer)) or b"")
