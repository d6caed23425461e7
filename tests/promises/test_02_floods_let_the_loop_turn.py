"""Floods of what is short, before and after a head, over TLS and HTTP/2, and from a proxy, hold up no event loop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import re
import ssl
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx2
import pytest
import trustme
from hpack import Encoder

from sse_client import SSEError, Timeout
from sse_client.aio import AsyncClient

from .kit import MOST_STALL, heartbeat, read_request, serving

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
SHORT = b"HTTP/1.1 103 E\r\n\r\n"
MANY_FIELDS = b"HTTP/1.1 103 E\r\n" + b"a:\r\n" * 100 + b"\r\n"
FLOODS: dict[str, tuple[bytes, bytes]] = {  # what comes first, and what comes without end
    "interim responses": (b"", SHORT),
    "interim responses of many fields": (b"", MANY_FIELDS),
    "chunks": (HEAD, b"1\r\n\n\r\n"),
    "lines": (HEAD, b"2000\r\n" + b"id:x\n\n" * 1365 + b"\n\n\r\n"),
}


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def headers(*fields: tuple[str, str]) -> bytes:
    """Return a frame whose later copies are decoded to the same fields."""
    encoder = Encoder()
    encoder.encode(fields)
    return frame(1, 4, 1, encoder.encode(fields))


def first_headers(*fields: tuple[str, str]) -> bytes:
    """Return the frame that fills the table for such copies."""
    return frame(1, 4, 1, Encoder().encode(fields))


INTERIM = ((":status", "103"), *[("a", "")] * 1000)
OPENED = first_headers((":status", "200"), ("content-type", "text/event-stream"))
FRAMES: dict[str, tuple[bytes, bytes]] = {
    "empty DATA": (OPENED, frame(0, 0, 1, b"")),
    "DATA of a byte": (OPENED, frame(0, 0, 1, b"\n")),
    "interim responses": (first_headers(*INTERIM[:1]), headers(*INTERIM[:1])),
    "interim responses of many fields": (first_headers(*INTERIM), headers(*INTERIM)),
}


def flooding(first: bytes, unit: bytes, tls: ssl.SSLContext | None = None) -> Callable[[socket.socket], None]:
    """Return a conversation that answers a request with a flood."""
    block = unit * (2**20 // len(unit))

    def flood(sock: socket.socket) -> None:
        sock.sendall(first)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            sock.sendall(block)

    def talk(sock: socket.socket) -> None:
        with sock if tls is None else tls.wrap_socket(sock, server_side=True) as secure:
            read_request(secure)
            flood(secure)

    def talk_http2(sock: socket.socket) -> None:
        sock.sendall(frame(4, 0, 0, b""))
        received = b""
        while not re.search(rb"\x01[\x04\x05]\0\0\0\x01", received):  # the HEADERS of the first stream
            data = sock.recv(65536)
            if not data:
                return
            received += data
        flood(sock)

    return talk_http2 if (first, unit) in FRAMES.values() else talk


def check_stalls(make: Callable[[], Any], url: str, **options: Any) -> None:
    """Check that reading a flood from `url` lets other tasks of the loop run."""

    async def main() -> float:
        async with AsyncClient(make()) as client, heartbeat() as stall:
            with contextlib.suppress(SSEError):
                async for _ in client.stream(
                    "POST", url, timeout=Timeout(connect=0.5, total=0.5), reconnect=False, **options
                ):
                    pass
        worst: float = stall[0]
        return worst

    # A collection takes as long as the process has objects, and this process has those of all tests.
    gc.collect()
    gc.freeze()
    try:
        # The first time, modules are imported; and now and then a busy machine takes its time.
        stalls = [asyncio.run(main())]
        while min(stalls) > MOST_STALL and len(stalls) < 4:
            stalls.append(asyncio.run(main()))
    finally:
        gc.unfreeze()
    assert min(stalls) <= MOST_STALL, stalls


@cache
def certificates() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the TLS settings of a server and of its clients."""
    authority: Any = trustme.CA()  # Any, because its types name those of pyOpenSSL
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    return server, client


def trusting() -> aiohttp.ClientSession:
    """Return a session of the caller, with TLS settings of its own."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=certificates()[1]))


@pytest.mark.parametrize("make", [lambda: None, httpx2.AsyncClient], ids=["aiohttp", "httpx2"])
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_lets_the_loop_turn(make: Callable[[], Any], flood: str) -> None:
    with serving(flooding(*FLOODS[flood])) as port:
        check_stalls(make, f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "make", [trusting, lambda: httpx2.AsyncClient(verify=certificates()[1])], ids=["aiohttp", "httpx2"]
)
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_over_tls_lets_the_loop_turn(make: Callable[[], Any], flood: str) -> None:
    with serving(flooding(*FLOODS[flood], certificates()[0])) as port:
        check_stalls(make, f"https://127.0.0.1:{port}/")


@pytest.mark.parametrize("unit", [SHORT, MANY_FIELDS], ids=["short", "of many fields"])
@pytest.mark.parametrize("library", ["aiohttp", "a session of aiohttp", "httpx2"])
def test_a_flood_of_answers_to_connect_lets_the_loop_turn(library: str, unit: bytes) -> None:
    with serving(flooding(b"", unit)) as port:
        proxy = f"http://127.0.0.1:{port}"
        tls = certificates()[1]  # takes long to make
        makes: dict[str, Callable[[], Any]] = {
            "aiohttp": lambda: None,
            "a session of aiohttp": aiohttp.ClientSession,
            "httpx2": lambda: httpx2.AsyncClient(proxy=proxy, verify=tls),
        }
        options: dict[str, Any] = {} if library == "httpx2" else {"proxies": {"https": proxy}}
        check_stalls(makes[library], "https://localhost/", **options)


@pytest.mark.parametrize("flood", FRAMES)
def test_a_flood_of_http2_lets_the_loop_turn(flood: str) -> None:
    with serving(flooding(*FRAMES[flood])) as port:
        check_stalls(lambda: httpx2.AsyncClient(http1=False, http2=True), f"http://127.0.0.1:{port}/")
