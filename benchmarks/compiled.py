"""HTTP clients written in C and Rust, and what Python allows at the least, each with our parser behind it.

They have no reader of event streams of their own, or none that is prompt. What they show is how much of the cost of a
live event is HTTP.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

__all__ = ["COMPILED", "RAW", "aio_raw", "compiled"]

RAW = "recv + our chunk decoder and Parser"
Open = Callable[[str], Iterator[Any]]
_RECEIVE = 64 * 1024


def _authority() -> str:
    return os.environ.get("SSL_CERT_FILE", "")


def _request(url: str) -> tuple[str, int, bytes]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    head = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: text/event-stream\r\n\r\n"
    return parts.hostname, parts.port, head.encode()


def _raw() -> Open:
    from sse_client import Parser
    from sse_client._http.chunked import ChunkedDecoder

    def events(url: str) -> Iterator[Any]:
        host, port, request = _request(url)
        with socket.create_connection((host, port)) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock = plain
            if url.startswith("https"):
                sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
            sock.sendall(request)
            data = b""
            while b"\r\n\r\n" not in data:
                data += sock.recv(_RECEIVE)
            body, chunks = data.partition(b"\r\n\r\n")[2], ChunkedDecoder()
            unpack, feed, receive = chunks.feed, Parser().feed, sock.recv
            while True:
                if body:
                    yield from feed(unpack(body))
                if chunks.ended:
                    return
                body = receive(_RECEIVE)

    return events


def _pycurl() -> Open:
    import pycurl  # type: ignore[import-not-found]

    from sse_client import Parser

    def events(url: str) -> Iterator[Any]:
        received: list[bytes] = []
        multi, easy, feed = pycurl.CurlMulti(), pycurl.Curl(), Parser().feed
        easy.setopt(pycurl.URL, url)
        easy.setopt(pycurl.WRITEFUNCTION, received.append)
        if _authority():
            easy.setopt(pycurl.CAINFO, _authority())
        multi.add_handle(easy)
        try:
            running = 1
            while running:
                _, running = multi.perform()
                if received:
                    data = b"".join(received)
                    received.clear()
                    yield from feed(data)
                elif running:
                    multi.poll(10_000) if hasattr(multi, "poll") else multi.select(10.0)
        finally:
            multi.remove_handle(easy)
            easy.close()
            multi.close()

    return events


def _primp() -> Open:
    import primp  # type: ignore[import-not-found]

    from sse_client import Parser

    def events(url: str) -> Iterator[Any]:
        feed = Parser().feed
        response = primp.Client(verify=False).get(url, stream=True)
        for data in response.iter_bytes():
            yield from feed(bytes(data))

    return events


def _httpr() -> Open:
    import httpr  # type: ignore[import-not-found]

    from sse_client import Parser

    def events(url: str) -> Iterator[Any]:
        feed = Parser().feed
        with httpr.Client(verify=False) as client, client.stream("GET", url) as response:
            for data in response.iter_bytes():
                yield from feed(bytes(data))

    return events


def _pyreqwest() -> Open:
    from pyreqwest.client import SyncClientBuilder  # type: ignore[import-not-found]

    from sse_client import Parser

    def events(url: str) -> Iterator[Any]:
        feed = Parser().feed
        builder = SyncClientBuilder().danger_accept_invalid_certs(True)
        # Without this, it reads on until 64 KiB have come.
        with builder.build() as client, client.get(url).streamed_read_buffer_limit(0).build_streamed() as response:
            read = response.body_reader.read_chunk
            while (data := read()) is not None:
                yield from feed(bytes(data))

    return events


def _niquests() -> Open:
    import niquests  # type: ignore[import-not-found]

    from sse_client import Parser

    def events(url: str) -> Iterator[Any]:
        feed = Parser().feed
        with niquests.Session() as session, session.get(url, stream=True) as response:
            # Of all its ways, this alone is prompt.
            for data in response.iter_content(chunk_size=-1):
                yield from feed(data)

    return events


_COMPILED: dict[str, Callable[[], Open]] = {
    RAW: _raw,
    "pycurl + our Parser": _pycurl,
    "primp + our Parser": _primp,
    "httpr + our Parser": _httpr,
    "pyreqwest + our Parser": _pyreqwest,
    "niquests + our Parser": _niquests,
}
COMPILED = tuple(_COMPILED)


def compiled(name: str) -> Open:
    """Return what opens a URL and yields its events."""
    return _COMPILED[name]()


class _Received(asyncio.Protocol):
    """Wakes one task when bytes have arrived."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.waiter: asyncio.Future[None] | None = None
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        # By default asyncio receives into 256 KiB each time, which costs a mapping of memory.
        if hasattr(transport, "max_size"):
            transport.max_size = _RECEIVE

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (the protocol's)
        self.lost = True
        self._wake()

    def _wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    async def read(self) -> bytes:
        """Return what has arrived, once something has; `b""` at the end."""
        if not self.pieces and not self.lost:
            self.waiter = asyncio.get_running_loop().create_future()
            await self.waiter
            self.waiter = None
        data = b"".join(self.pieces)
        self.pieces.clear()
        return data


@asynccontextmanager
async def aio_raw() -> AsyncIterator[Any]:
    """Open URLs with a protocol of asyncio's alone: what Python allows there at the least."""
    from sse_client import Parser
    from sse_client._http.chunked import ChunkedDecoder

    @asynccontextmanager
    async def opened(url: str) -> AsyncIterator[Any]:
        host, port, request = _request(url)
        context = ssl.create_default_context() if url.startswith("https") else None
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_connection(_Received, host, port, ssl=context)
        transport.write(request)

        async def events() -> AsyncIterator[Any]:
            data = b""
            while b"\r\n\r\n" not in data:
                data += await protocol.read()
            body, chunks = data.partition(b"\r\n\r\n")[2], ChunkedDecoder()
            feed = Parser().feed
            while True:
                if body:
                    for event in feed(chunks.feed(body)):
                        yield event
                if chunks.ended:
                    return
                body = await protocol.read()
                if not body:
                    return

        try:
            yield events()
        finally:
            transport.close()

    yield opened
