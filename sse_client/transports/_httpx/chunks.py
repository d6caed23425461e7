"""Reads chunked HTTP/1.1 bodies directly from their connection, without h11, which returns one chunk at a time.

A burst of events, each a chunk of its own, costs a tenth of what it costs through h11. The undocumented parts of
httpcore and h11 are checked before anything is changed; if they differ, h11 reads the body.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import anyio

from sse_client._http.chunked import ChunkedDecoder
from sse_client.transports._httpx.asyncio_receiver import asyncio_receiver
from sse_client.transports._httpx.source import part_of
from sse_client.transports._httpx.turns import turning

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["AsyncChunkSource", "ChunkSource", "achunk_source", "chunk_source", "receiver_of"]

_RECEIVE = 64 * 1024
_SLICE = 16 * 1024


class _Chunks:
    """A chunked body that was taken over from h11, and the way to return its connection to the pool.

    Args:
        state: h11's state of the connection.
        first: the bytes that came with the head, which were taken out of h11's buffer.

    Attributes:
        ended: whether the whole body has arrived.
    """

    __slots__ = ("_decoder", "_feed", "_first", "_state", "ended")

    def __init__(self, state: Any, first: bytes) -> None:
        self._state = state
        self._first = first
        self._decoder = ChunkedDecoder()
        self._feed = self._decoder.feed
        self.ended = False

    def ready(self) -> bytes:
        """Return the part of the body that has already arrived.

        Raises:
            ValueError: the framing is malformed.
        """
        self._decoder.check()
        if not self._first:
            return b""
        first, self._first = self._first, b""
        return self._taken(first)

    def _taken(self, data: bytes) -> bytes:
        """Return the data inside the chunks of the received bytes."""
        if not data:
            raise ConnectionError("it ended before the body's end")
        data = self._feed(data)
        self.ended = self._decoder.ended
        return data

    def finish(self, errors: tuple[type[Exception], ...]) -> None:
        """Tell h11 that the body has ended, so that httpcore keeps the connection if it can be reused."""
        del errors  # nothing is written
        if not self._decoder.surplus:  # otherwise httpcore closes the connection, as if the body had not ended
            self._state.receive_data(b"0\r\n\r\n")
            self._state.next_event()

    def leave(self) -> None:
        """Do nothing: closing the connection is enough."""


class ChunkSource(_Chunks):
    """A chunked body in a blocking client.

    Attributes:
        alarm: the socket that wakes the reader when it is shut down.
    """

    __slots__ = ("_sock", "_timeout", "alarm")

    def __init__(self, state: Any, first: bytes, sock: Any) -> None:
        super().__init__(state, first)
        self.alarm = self._sock = sock
        self._timeout: float | None = -1.0  # the socket's timeout, once this object has set it

    def receive(self, timeout: float | None) -> bytes:
        """Wait for the next bytes; return the part of them that is body.

        Raises:
            OSError: nothing arrived within `timeout`, or the connection is gone.
            ValueError: the framing is malformed.
        """
        if timeout != self._timeout:
            self._timeout = timeout
            self._sock.settimeout(timeout)
        return self._taken(self._sock.recv(_RECEIVE))

    def close(self) -> None:
        """Do nothing: the socket belongs to the connection."""


class AsyncChunkSource(_Chunks):
    """A chunked body in an asynchronous client, decoded in parts: asyncio may deliver 256 KiB at once.

    Removing the framing of 64 KiB of the shortest chunks takes 10 ms.

    Attributes:
        errors: the exceptions that `receive` raises besides OSError and ValueError.
    """

    __slots__ = ("_most", "_receive_some", "errors")

    shared = False  # no other stream uses the connection

    def __init__(self, state: Any, first: bytes, receiver: Receiver) -> None:
        super().__init__(state, first)
        self._receive_some, self.errors = receiver
        self._most = _RECEIVE

    def ready(self) -> bytes:
        """Return a part of the bytes that have arrived.

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
        """Return the content of the chunks in the first part of `data`; keep the rest."""
        part, self._first = data[: self._most], data[self._most :]
        inside = self._taken(part)
        # If more than half is framing, the chunks are shorter than those of any honest stream.
        self._most = _RECEIVE if 2 * len(inside) >= len(part) else _SLICE
        if self._first and self.ended:
            self._feed(self._first)  # surplus bytes after the body
            self._first = b""
        return inside

    async def receive(self) -> bytes:
        """Wait for the next bytes; return the part of them that is body.

        Raises:
            OSError, ValueError: the connection is gone, or the framing is malformed; or one of `errors`.
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
    """Take over the body of a blocking client's response; None if it has no chunks, or the library has to read it."""
    stream = response.extensions.get("network_stream")
    sock = None if stream is None else stream.get_extra_info("socket")
    is_tls = stream is not None and stream.get_extra_info("ssl_object") is not None
    if sock is None or is_tls != isinstance(sock, ssl.SSLSocket):  # TLS in TLS cannot be read from a socket
        return None
    taken = _take(response)
    return None if taken is None else ChunkSource(*taken, sock)


def achunk_source(response: Any) -> AsyncChunkSource | None:
    """Take over the body of an asynchronous client's response; None if `chunk_source` returns None."""
    receiver = receiver_of(response.extensions.get("network_stream"))
    taken = None if receiver is None else _take(response)
    return None if taken is None or receiver is None else AsyncChunkSource(*taken, receiver)


def receiver_of(stream: Any) -> Receiver | None:
    """Return the function that receives bytes of httpcore's network stream, and its exceptions for a lost connection.

    Return None if it cannot be determined. It is anyio's or trio's own method, because httpcore's `read` adds a cancel
    scope to the one that a stream has already.
    """
    inner: Any = getattr(stream, "_stream", None)
    if isinstance(inner, anyio.abc.ByteReceiveStream):
        receive = asyncio_receiver(inner) or turning(inner.receive)
        return receive, (anyio.BrokenResourceError, anyio.ClosedResourceError)
    if hasattr(inner, "receive_some"):
        import trio

        plain = type(inner) is trio.SocketStream
        return inner.socket.recv if plain else turning(inner.receive_some), (
            trio.BrokenResourceError,
            trio.ClosedResourceError,
        )
    return None


def _take(response: Any) -> tuple[Any, bytes] | None:
    """Take the received bytes of a chunked body out of h11; return its state, too."""
    state = getattr(getattr(part_of(response), "_connection", None), "_h11_state", None)
    buffer: Any = getattr(state, "_receive_buffer", None)
    if state is None or type(getattr(state, "_reader", None)).__name__ != "ChunkedReader":
        return None
    is_open = (state.our_state.__name__, state.their_state.__name__) == ("DONE", "SEND_BODY")
    if not is_open or not hasattr(buffer, "maybe_extract_at_most"):
        return None
    return state, bytes(buffer.maybe_extract_at_most(len(buffer)) or b"")
