"""Floods of what is short: an event loop's other tasks go on between the parts in which it is decoded."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import httpx
import httpx2
import pytest
from h2.connection import H2Connection
from promises.kit import serving

from sse_client import SSEError, Timeout
from sse_client.aio import AsyncClient
from sse_client.testing import CLOSE, Server, head
from sse_client.transports._httpx import chunks, head_limit
from sse_client.transports._httpx import turns as turns_of_reads
from sse_client.transports._httpx._http2 import data_frames, frames
from sse_client.transports._httpx.head_limit import limit_head

from .columns import Column, columns, run
from .h2_server import H2Server, Peer

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

loops = pytest.mark.parametrize("loop", ["asyncio", "trio"])
libraries = pytest.mark.parametrize("library", [httpx2, httpx], ids=["httpx2", "httpx"])


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


FLOODS = {
    "PING": frame(6, 0, 0, b"12345678"),
    "SETTINGS": frame(4, 0, 0, b""),
    "WINDOW_UPDATE": frame(8, 0, 0, (1).to_bytes(4, "big")),
    "unknown": frame(0x42, 0, 0, b""),
    "DATA between others": frame(0, 0, 1, b"\n") + frame(0x42, 0, 0, b""),
}


@pytest.fixture
def between_turns(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many calls of h2 there were since the last turn of the loop, and the most of all."""
    calls = [0, 0]
    receive_data = H2Connection.receive_data

    def counted(self: H2Connection, data: bytes) -> Any:
        if self.config.client_side:
            calls[0] += 1
            calls[1] = max(calls)
        return receive_data(self, data)

    monkeypatch.setattr(H2Connection, "receive_data", counted)
    return calls


def read_through(flood: bytes, loop: str, counts: list[int], library: Any = httpx2) -> None:
    """Read an event that comes after a flood of frames, while each turn of the loop sets the first of `counts` to 0."""

    def script(peer: Peer) -> None:
        stream = peer.request()
        peer.head(stream)
        peer.sock.sendall(flood)
        peer.event(stream, "1", end=True)
        peer.finish()

    async def turns() -> None:
        while True:
            await anyio.lowlevel.checkpoint()
            counts[0] = 0

    async def main() -> None:
        client = AsyncClient(library.AsyncClient(http1=False, http2=True))
        async with client, anyio.create_task_group() as group:
            group.start_soon(turns)
            with anyio.fail_after(30):
                assert [event.data async for event in client.stream("POST", server.url)] == ["1"]
            group.cancel_scope.cancel()

    with H2Server(script) as server:
        run(loop, main)


@loops
@libraries
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_of_frames_lets_other_tasks_run(library: Any, loop: str, flood: str, between_turns: list[int]) -> None:
    read_through(FLOODS[flood] * 5_000, loop, between_turns, library)
    assert between_turns[1] <= 2 * frames._FRAMES


@libraries
def test_a_cancellation_in_a_flood_takes_nothing_from_another_stream(
    library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch = frames.Frames._dispatch
    cancelled: list[asyncio.Task[Any]] = []

    def cancelling(self: frames.Frames, data: bytes, *lists: Any) -> bytes:
        task = asyncio.current_task()
        if len(data) > 5_000 and not cancelled and task is not None and task.get_name() == "reader":
            cancelled.append(task)
            task.cancel()
        return dispatch(self, data, *lists)

    monkeypatch.setattr(frames.Frames, "_dispatch", cancelling)

    def script(peer: Peer) -> None:
        peer.head(peer.request(1))
        second = peer.request(2)
        peer.head(second)
        assert both.wait(20)
        flood = FLOODS["PING"] * 5_000
        peer.sock.sendall(flood + frame(0, 0, second, b"data: 1\n\n") + flood + frame(0, 1, second, b""))
        peer.finish()

    async def read(stream: Any) -> list[str]:
        return [event.data async for event in stream]

    async def main() -> None:
        async with AsyncClient(library.AsyncClient(http1=False, http2=True)) as client:
            first, second = client.stream("POST", server.url), client.stream("POST", server.url)
            async with first, second:
                reader = asyncio.create_task(read(first), name="reader")
                await asyncio.sleep(0.05)  # it waits for the connection
                both.set()
                assert await asyncio.wait_for(read(second), 30) == ["1"]
                await asyncio.wait([reader])
                assert reader.cancelled()

    both = threading.Event()
    with H2Server(script) as server:
        asyncio.run(main())
    assert cancelled


@loops
@libraries
def test_short_chunks_are_decoded_in_parts(library: Any, loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    taken = chunks.AsyncChunkSource._taken

    def recorded(self: chunks.AsyncChunkSource, data: bytes) -> bytes:
        sizes.append(len(data))
        return taken(self, data)

    monkeypatch.setattr(chunks.AsyncChunkSource, "_taken", recorded)
    body = b"1\r\n\n\r\n" * 100_000 + b"9\r\ndata: 1\n\n\r\n0\r\n\r\n"

    async def main() -> None:
        async with AsyncClient(library.AsyncClient()) as client:
            assert [event.data async for event in client.stream("POST", server.url)] == ["1"]

    with Server([head(), body]) as server:
        run(loop, main)
    assert sum(sizes) == len(body)
    assert sizes[0] <= 64 * 1024
    # The first parts may have come with the head, and be short.
    begun = next(number for number, size in enumerate(sizes) if size >= 6)
    assert max(sizes[begun + 1 :]) <= 16 * 1024


@loops
@libraries
def test_what_follows_the_last_chunk_in_a_later_part_is_surplus(library: Any, loop: str) -> None:
    # The connection is not used again.
    body = b"1\r\n\n\r\n" * 20_000 + b"9\r\ndata: 1\n\n\r\n0\r\n\r\n"

    async def main() -> None:
        async with AsyncClient(library.AsyncClient()) as client:
            for _ in range(2):
                assert [event.data async for event in client.stream("POST", server.url)] == ["1"]

    with Server([head(), body + b"HTTP/1.1 200 OK\r\n" + b"x" * 100_000], [head(), body]) as server:
        run(loop, main)
        assert len(server.requests) == 2


@loops
@libraries
def test_a_fault_in_a_later_part_is_an_error_after_what_came(library: Any, loop: str) -> None:
    got: list[str] = []

    async def main() -> None:
        async with AsyncClient(library.AsyncClient()) as client:
            with contextlib.suppress(SSEError):
                async for event in client.stream("POST", server.url):
                    got.append(event.data)
                got.append("an end")

    with Server([head(), b"1\r\n\n\r\n" * 50_000 + b"9\r\ndata: 1\n\n\r\nx\r\n", CLOSE]) as server:
        run(loop, main)
    assert got == ["1"]


def test_the_reads_of_an_awaited_head_are_short() -> None:
    asked: list[int] = []

    class Stream:
        async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  (httpcore's)
            asked.append(max_bytes)
            return b"x"

    stream: Any = Stream()
    end: Callable[[], None] = limit_head(stream, awaits=True)

    async def main() -> None:
        await stream.read(65536, 1.0)
        await stream.read(max_bytes=100)
        end()
        await stream.read(65536)

    asyncio.run(main())
    assert asked == [head_limit._MAX_READ, 100, 65536]


@columns
def test_interim_responses_without_end_before_a_tunnel_are_refused(column: Column) -> None:
    def flood(peer: socket.socket) -> None:
        peer.recv(65536)
        while True:
            peer.sendall(b"HTTP/1.1 103 E\r\n\r\n" * 1_000)

    with serving(flood) as port:
        outcome = column.read(
            "POST",
            "https://localhost/",
            client={"proxy": f"http://127.0.0.1:{port}"},
            timeout=Timeout(connect=20),
            reconnect=False,
        )
    assert "longer than 262144 bytes" in str(outcome.error)


@loops
@pytest.mark.parametrize("data", [b"", b"\n"], ids=["empty", "of a byte"])
def test_short_data_frames_are_taken_in_parts(loop: str, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = [0, 0]  # bytes since the last turn of the loop, and the most of all
    take_data = data_frames.take_data

    def counted(state: Any, queues: Any, received: bytes, touched: set[int]) -> bytes:
        rest = take_data(state, queues, received, touched)
        taken[0] += len(received) - len(rest)
        taken[1] = max(taken)
        return rest

    monkeypatch.setattr(frames, "take_data", counted)
    monkeypatch.setattr(frames, "_LONG", 0.0)
    short = frame(0, 0, 1, data)
    read_through(short * 50_000, loop, taken)
    assert 0 < taken[1] <= 2 * data_frames._MOST * len(short)


@loops
def test_slow_frames_are_handled_one_by_one(
    loop: str, between_turns: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = itertools.count()
    monkeypatch.setattr(frames, "perf_counter", lambda: float(next(now)))
    read_through(FLOODS["PING"] * 500, loop, between_turns)
    assert between_turns[1] <= 4


@loops
def test_reads_that_do_not_wait_let_the_loop_turn(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns_of_reads, "TURN", 0.0)
    turned = 0

    async def receive(size: int) -> bytes:
        return b"x" * size

    async def other() -> None:
        nonlocal turned
        while True:
            await anyio.lowlevel.checkpoint()
            turned += 1

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(other)
            read = turns_of_reads.turning(receive)
            for _ in range(100):
                assert await read(2) == b"xx"
            group.cancel_scope.cancel()

    run(loop, main)
    assert turned > 40
