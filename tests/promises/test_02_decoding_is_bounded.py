"""A few kilobytes that inflate to hundreds of megabytes keep no deadline waiting, and hold up no event loop."""

# pyright: reportUnknownLambdaType=false, reportUnknownMemberType=false
from __future__ import annotations

import asyncio
import contextlib
import gzip
import sys
import threading
import time
import zlib
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

import sse_client
from sse_client import ConnectionFailed, DeadlineExceeded, EventTooLarge, ResponseError, SSEError, StatusError, Timeout
from sse_client._http import inflation_limit
from sse_client.aio import AsyncClient, astream

from .kit import MOST_STALL, SLACK, bound, heartbeat, read_request, run_program, serving

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractContextManager

    from asynchronous.kit import Client

brotli: Any = import_module("brotli")  # it has no types
MIB = 1 << 20
zstd: Any = pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def members(unit: bytes, megabytes: int, repeats: int = 1) -> bytes:
    """Return a gzip body of so many members, each of which inflates to so many megabytes."""
    return gzip.compress(unit * (megabytes * MIB // len(unit)), 6, mtime=0) * repeats


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "blank lines in gzip": ("gzip", lambda: members(b"\n", 16, 30)),
    "blank lines in deflate": ("deflate", lambda: zlib.compress(b"\n" * (128 * MIB))),
    "blank lines in br": ("br", lambda: brotli.compress(b"\n" * (128 * MIB), quality=1, lgwin=22)),
    "blank lines in br of a large window": ("br", lambda: brotli.compress(b"\n" * (128 * MIB), quality=5, lgwin=24)),
    "blank lines in br in gzip": (
        "br, gzip",
        lambda: gzip.compress(brotli.compress(b"\n" * (128 * MIB), quality=5, lgwin=24), mtime=0),
    ),
    "blank lines in zstd": ("zstd", lambda: zstd.compress(b"\n" * (16 * MIB)) * 30),
    "blank lines in two gzips": ("gzip, gzip", lambda: gzip.compress(members(b"\n", 16, 30), mtime=0)),
    "blank lines in gzip in br": ("gzip, br", lambda: brotli.compress(members(b"\n", 16, 30), quality=5)),
    "one event in gzip": ("gzip", lambda: members(b"data: " + b"x" * (60 * MIB), 61)),
    "ids in gzip": ("gzip", lambda: members(b"id:x\n\n", 16, 10)),
    "comments in gzip": ("gzip", lambda: members(b":\n", 16, 10)),
    "ids without a value in gzip": ("gzip", lambda: members(b"id\n", 16, 10)),
    "empty data lines in gzip": ("gzip", lambda: members(b"data\n", 16, 10)),
    "reconnection times in gzip": ("gzip", lambda: members(b"retry:1\n\n", 16, 10)),
    "members without content": ("gzip", lambda: gzip.compress(b"", mtime=0) * 400_000),
    "frames without content": ("zstd", lambda: zstd.compress(b"") * 400_000),
    "members without content in gzip": ("gzip, gzip", lambda: gzip.compress(gzip.compress(b"") * 1_000_000)),
}
REFUSED = {"frames without content", "members without content in gzip"}
FOREVER = [name for name in BOMBS if name not in {"one event in gzip", "frames without content"}]


@cache
def bomb(name: str) -> tuple[str, bytes]:
    """Return a bomb's content coding, and its bytes."""
    coding, make = BOMBS[name]
    return coding, make()


def bombing(name: str, status: int = 200) -> AbstractContextManager[int]:
    """Serve one bomb, whole at once, on a connection that stays open."""
    coding, body = bomb(name)
    head = (
        f"HTTP/1.1 {status} -\r\nContent-Type: text/event-stream\r\nContent-Encoding: {coding}\r\n"
        f"Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n"
    )

    def talk(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(head.encode() + body + b"\r\n")
        sock.recv(1)

    return serving(talk)


def serving_coded(body: bytes) -> AbstractContextManager[int]:
    """Serve a gzip body, and close the connection at its end."""
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )

    def talk(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(head.encode() + body)

    return serving(talk)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_over_at_the_deadline(client: Client, name: str) -> None:
    with bombing(name) as port:
        url = f"http://127.0.0.1:{port}/"
        reading = bound(0.4, lambda: client.read("POST", url, timeout=Timeout(total=0.4)))
        # Or before it, where there is no proportion between what has come and what it takes to decode it.
        refused = (ConnectionFailed, DeadlineExceeded) if name in REFUSED else DeadlineExceeded
        assert isinstance(reading.error, refused)


@pytest.mark.parametrize("name", [name for name in FOREVER if not name.startswith("members")])
@pytest.mark.parametrize("timeout", [Timeout(), Timeout(total=60)])
def test_a_bomb_without_a_near_deadline_is_refused(
    client: Client, name: str, timeout: Timeout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inflation_limit, "_ITEM_COST", 128 * MIB // 20_000)
    with bombing(name) as port:
        reading = client.read("POST", f"http://127.0.0.1:{port}/", timeout=timeout)
    assert isinstance(reading.error, EventTooLarge)
    # The most that comes in one read allows for as many lines again; the longest has nine bytes.
    assert reading.stream.stats.bytes < 9 * 2 * 20_000 + 64 * 1024


def test_long_lines_without_an_effect_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflation_limit, "_BYTES", MIB)
    body = members((b":" + b"x" * 9_999 + b"\n") * 10, 16)
    with serving_coded(body) as port:
        reading = client.read("POST", f"http://127.0.0.1:{port}/", max_event_size=MIB)
    assert isinstance(reading.error, EventTooLarge)
    assert reading.stream.stats.bytes < 16 * MIB


@pytest.mark.parametrize(
    "block",
    [
        b"data: x\n\n" * 20_000,
        b": heartbeat\n\nretry: 10\ndata: x\n\n" * 10_000,
        b"id: 1\rdata\revent: a\rvendor: field\r\r" * 10_000,
        b"".join(b"data: %d\n" % number for number in range(20_000)) + b"\n",
        b"data: " + b"x" * 3 * MIB + b"\n\n",
    ],
    ids=["same events", "heartbeats", "CR", "many lines", "long event"],
)
def test_events_that_are_compressed_well_are_no_bomb(client: Client, block: bytes) -> None:
    with serving_coded(gzip.compress(block * 3)) as port:
        reading = client.read("POST", f"http://127.0.0.1:{port}/", reconnect=None)
    assert reading.error is None
    assert reading.stream.stats.events == len(sse_client.Parser().feed(block * 3))


@pytest.mark.parametrize(
    "block",
    [
        b"data: x\n\n",
        b"data\n\n",
        b"id: 1\nevent: a\ndata: x\ndata: y\n\n",
        b"data: x\n\nevent: a\nid: 2\ndata: x\n\nretry: 5\n\n:\n\n",
        b"data: " + b"x" * 100_000 + b"\n\n",
        b"vendor: x\n" + b"data\n" * 1000 + b"\n",
    ],
    ids=["data alone", "no colon", "all fields", "mixed", "long", "unusual lines"],
)
def test_events_that_are_a_bomb_take_a_second_of_cpu_for_each_mebibyte(
    client: Client, block: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inflation_limit, "_BYTES", -64 * MIB)  # as much as `max_event_size` allows for
    body = members(block, 64)
    with serving_coded(body) as port:
        reading = client.read("POST", f"http://127.0.0.1:{port}/", reconnect=None)
    assert isinstance(reading.error, EventTooLarge)
    most = 128 * len(body) + MIB  # and one part, and what short waits allow for
    assert reading.stream.stats.bytes <= most
    assert reading.stream.stats.events <= most / 128
    assert reading.stream.stats.events == len(reading.events) > 0


def test_without_a_limit_for_events_there_is_none_for_lines(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflation_limit, "_BYTES", -64 * MIB)
    with serving_coded(gzip.compress(b"\n" * MIB + b"data: x\n\n")) as port:
        reading = client.read("POST", f"http://127.0.0.1:{port}/", max_event_size=None, reconnect=None)
    assert reading.events == [sse_client.Event("x")]


@pytest.mark.parametrize("clock", ["event", "first"])
def test_a_bomb_without_events_is_no_event(client: Client, clock: str) -> None:
    with bombing("blank lines in gzip") as port:
        url, timeout = f"http://127.0.0.1:{port}/", Timeout(**{clock: 0.3})
        reading = bound(0.3, lambda: client.read("POST", url, timeout=timeout))
        assert isinstance(reading.error, sse_client.IdleTimeout)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_in_a_refused_response_is_over_at_the_deadline(client: Client, name: str) -> None:
    with bombing(name, status=400) as port:
        url = f"http://127.0.0.1:{port}/"
        reading = bound(0.4, lambda: client.read("POST", url, timeout=Timeout(total=0.4)))
        assert isinstance(reading.error, (StatusError, DeadlineExceeded))
        if isinstance(reading.error, StatusError):
            assert len(reading.error.body) <= 64 * 1024


@pytest.mark.parametrize("name", FOREVER)
def test_close_ends_the_decoding_of_a_bomb(name: str) -> None:
    with bombing(name) as port, contextlib.suppress(SSEError):
        opened = threading.Event()
        # Without a limit, so that nothing but `close` ends it.
        url = f"http://127.0.0.1:{port}/"
        stream = sse_client.post(url, observer=lambda _: opened.set(), max_event_size=None)
        ended: list[float] = []

        def read() -> None:
            for _ in stream:
                pass
            ended.append(time.monotonic())

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        assert opened.wait(5)
        begin = time.monotonic()
        stream.close()
        reader.join(5)
        assert ended[0] - begin < SLACK


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_does_not_hold_up_the_loop(name: str, status: int) -> None:
    async def main(url: str) -> float:
        async with heartbeat() as stall:
            with contextlib.suppress(SSEError):
                async for _ in astream("POST", url, timeout=Timeout(total=0.3)):
                    pass
        worst: float = stall[0]
        return worst

    with bombing(name, status) as port:
        url = f"http://127.0.0.1:{port}/"
        # The first time, modules are imported; and now and then a busy machine, or a collection, takes its time.
        stalls = [asyncio.run(main(url))]
        # One event of 60 MiB is decoded in one step: that takes longer than the steps of everything else.
        most = 3 * MOST_STALL if name == "one event in gzip" else MOST_STALL
        while min(stalls) > most and len(stalls) < 4:
            stalls.append(asyncio.run(main(url)))
        assert min(stalls) <= most, stalls


# Lines that take the parser the longest for their length.
@pytest.mark.parametrize("unit", [b"x\n", b"id\n", b"data\n\n"])
@pytest.mark.parametrize("session", [None, httpx2.AsyncClient])
def test_dense_lines_do_not_hold_up_the_loop(session: Any, unit: bytes) -> None:
    wire = b"%x\r\n%b\r\n" % (60_000, 60_000 // len(unit) * unit)

    def talk(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        end = time.monotonic() + 10
        while time.monotonic() < end:
            sock.sendall(wire)

    async def main(url: str) -> float:
        async with AsyncClient(session and session()) as client, heartbeat() as stall:
            asyncio.get_running_loop().call_later(0.15, stall.__setitem__, 0, 0.0)  # the lines are found to be slow
            with contextlib.suppress(SSEError):
                async for _ in client.stream("POST", url, timeout=Timeout(total=0.5)):
                    pass
        worst: float = stall[0]
        return worst

    with serving(talk) as port:
        stalls = [asyncio.run(main(f"http://127.0.0.1:{port}/"))]
        while min(stalls) > MOST_STALL and len(stalls) < 4:
            stalls.append(asyncio.run(main(f"http://127.0.0.1:{port}/")))
        assert min(stalls) <= MOST_STALL, stalls


@pytest.mark.parametrize("timeout", [Timeout(), Timeout(total=30)])
@pytest.mark.parametrize("lines", [b"", b"x\n" * 40_000])
def test_all_of_what_arrives_at_once_is_read(lines: bytes, timeout: Timeout) -> None:
    pieces = [b"".join(b"data: %d\n\n" % number for number in range(start, start + 30_000)) for start in (0, 30_000)]

    class Body(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in pieces:
                yield lines + piece

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"Content-Type": "text/event-stream"}, stream=Body())

    async def main() -> list[str]:
        async with AsyncClient(httpx2.AsyncClient(transport=httpx2.MockTransport(answer))) as client:
            return [event.data async for event in client.stream("POST", "http://host/", timeout=timeout)]

    assert asyncio.run(main()) == list(map(str, range(60_000)))


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_pieces_that_a_library_has_at_hand_let_the_loop_turn(coding: str) -> None:
    # Each is decoded and parsed in less than the time after which other tasks get a turn; all take seconds.
    compressor = zlib.compressobj(wbits=31)
    unit = b"id\n" * 1300
    pieces = [compressor.compress(unit) + compressor.flush(zlib.Z_SYNC_FLUSH) for _ in range(300)]

    class Body(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in pieces:
                yield piece if coding == "gzip" else unit

    def answer(_: httpx2.Request) -> httpx2.Response:
        head = {"Content-Type": "text/event-stream", "Content-Encoding": coding}
        return httpx2.Response(200, headers=head, stream=Body())

    async def main() -> float:
        async with AsyncClient(httpx2.AsyncClient(transport=httpx2.MockTransport(answer))) as client:
            async with heartbeat() as stall:
                with contextlib.suppress(SSEError):
                    async for _ in client.stream("POST", "http://host/"):
                        pass
                await asyncio.sleep(0.001)  # the beat that is due
            return stall[0]

    stalls = [asyncio.run(main())]
    while min(stalls) > MOST_STALL and len(stalls) < 4:
        stalls.append(asyncio.run(main()))
    assert min(stalls) <= MOST_STALL, stalls


@pytest.mark.parametrize("name", FOREVER)
def test_aclose_and_cancellation_end_the_decoding_of_a_bomb(name: str) -> None:
    async def main(url: str) -> None:
        for cancels in (False, True):
            opened = asyncio.Event()

            def observer(_: object, opened: asyncio.Event = opened) -> None:
                opened.set()

            stream = astream("POST", url, observer=observer)

            async def read(stream: Any = stream) -> None:
                async for _ in stream:
                    pass

            task = asyncio.ensure_future(read())
            await asyncio.wait_for(opened.wait(), 5)
            begin = time.monotonic()
            if cancels:
                task.cancel()
            else:
                await stream.aclose()
            await asyncio.wait([task], timeout=5)
            assert task.done()
            assert time.monotonic() - begin < SLACK
            assert task.cancelled() is cancels

    with bombing(name) as port:
        asyncio.run(main(f"http://127.0.0.1:{port}/"))


@pytest.mark.parametrize("coding", ["gzip, gzip, gzip", "deflate, gzip, br", "br, br, br, br"])
def test_three_codings_are_refused(client: Client, coding: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: {coding}\r\n\r\n"

    def talk(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(head.encode() + b"x")

    with serving(talk) as port:
        error = client.read("POST", f"http://127.0.0.1:{port}/").error
        assert isinstance(error, ResponseError)
        assert "at most 2" in str(error)


MEMORY = """
import asyncio, resource, sys
import sse_client
from sse_client import Timeout
from sse_client.aio import AsyncClient, astream

url = sys.argv[1]

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

def blocking(path):
    try:
        for _ in sse_client.post(url + path, timeout=Timeout(total=0.5)):
            pass
    except sse_client.SSEError:
        pass

async def main(path):
    try:
        async for _ in astream("POST", url + path, timeout=Timeout(total=0.5)):
            pass
    except sse_client.SSEError:
        pass

blocking("warm")
asyncio.run(main("warm"))
before = peak()
blocking("")
asyncio.run(main(""))
print(peak() - before)
"""


@pytest.mark.parametrize(
    "name", ["blank lines in gzip", "blank lines in br", "frames without content", "blank lines in two gzips"]
)
def test_a_bomb_costs_little_memory(name: str) -> None:
    coding, body = bomb(name)
    head = f"HTTP/1.1 200 -\r\nContent-Type: text/event-stream\r\nContent-Encoding: {coding}\r\n\r\n".encode()

    def talk(sock: socket.socket) -> None:
        warm = b"/warm" in read_request(sock)
        sock.sendall(b"HTTP/1.1 404 -\r\nContent-Length: 0\r\n\r\n" if warm else head + body)

    with serving(talk) as port:
        assert int(run_program(MEMORY, f"http://127.0.0.1:{port}/")) < 64 * MIB


@pytest.fixture(autouse=True, scope="module")
def _bombs() -> Iterator[None]:
    yield
    bomb.cache_clear()
