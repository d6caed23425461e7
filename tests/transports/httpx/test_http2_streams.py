"""Streams that share a connection of HTTP/2: one that is slow, left, reset, closed or silent harms no other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from h2.events import WindowUpdated

import sse_client
from sse_client import ConnectionFailed, IdleTimeout, SSEError, Timeout
from sse_client.aio import AsyncClient

from .columns import Column, columns, run
from .h2_server import H2Server, Peer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

H2C: dict[str, Any] = {"http1": False, "http2": True}

SOON = 20
"""Seconds that a busy machine may take for what takes milliseconds."""


class Reader:
    """One stream, read by a script that is the same for every column: each step awaits what it has to."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    async def next(self) -> str:
        """Return the data of the next event."""
        if isinstance(self.stream, sse_client.EventStream):
            return next(self.stream).data
        with anyio.fail_after(SOON):
            event = await anext(self.stream)
        return str(event.data)

    async def rest(self) -> tuple[list[str], SSEError | None]:
        """Return the data of all further events, and the error that ended them."""
        data: list[str] = []
        try:
            while True:
                data.append(await self.next())
        except (StopIteration, StopAsyncIteration):
            return data, None
        except RuntimeError as error:  # a StopIteration in a coroutine
            if not isinstance(error.__cause__, StopIteration):
                raise
            return data, None
        except SSEError as error:
            return data, error

    async def close(self) -> None:
        """Close the stream."""
        if isinstance(self.stream, sse_client.EventStream):
            self.stream.close()
        else:
            await self.stream.aclose()


def with_streams(column: Column, url: str, script: Callable[..., Awaitable[None]], *options: dict[str, Any]) -> None:
    """Run a script with a stream for each of the options, all over one client."""
    given: list[dict[str, Any]] = [{"reconnect": False} | each for each in options]
    if column.kind == "blocking":
        with sse_client.Client(column.library.Client(**H2C)) as client:
            coroutine: Any = script(*(Reader(client.get(url, **each)) for each in given))
            with pytest.raises(StopIteration):  # nothing in it waits: a blocking client has blocked
                coroutine.send(None)
        return

    async def main() -> None:
        async with AsyncClient(column.library.AsyncClient(**H2C)) as client:
            await script(*(Reader(client.get(url, **each)) for each in given))

    run(column.kind, main)


def two_heads(peer: Peer) -> tuple[int, int]:
    """Answer two requests with an event each."""
    first = peer.request(1)
    peer.head(first)
    peer.event(first, "1")
    second = peer.request(2)
    peer.head(second)
    peer.event(second, "1")
    return first, second


@columns
def test_a_reset_of_one_stream_harms_no_other(column: Column) -> None:
    def server_script(peer: Peer) -> None:
        first, second = two_heads(peer)
        peer.reset(first, 2)
        peer.event(second, "2", end=True)
        peer.finish()

    async def script(first: Reader, second: Reader) -> None:
        assert (await first.next(), await second.next()) == ("1", "1")
        data, error = await first.rest()
        assert data == []
        assert isinstance(error, ConnectionFailed)
        assert "RST_STREAM, INTERNAL_ERROR" in str(error)
        assert await second.rest() == (["2"], None)

    with H2Server(server_script) as server:
        with_streams(column, server.url, script, {}, {})


@columns
def test_a_stream_that_is_left_is_reset_and_harms_no_other(column: Column) -> None:
    cancelled: list[int] = []

    def server_script(peer: Peer) -> None:
        first, second = two_heads(peer)
        cancelled.append(int(peer.reset_of(first).error_code))
        peer.event(second, "2", end=True)
        peer.finish()

    async def script(first: Reader, second: Reader) -> None:
        assert (await first.next(), await second.next()) == ("1", "1")
        await first.close()
        assert await second.rest() == (["2"], None)

    with H2Server(server_script) as server:
        with_streams(column, server.url, script, {}, {})
        assert len(server.peers) == 1
    assert cancelled == [8]


@columns
def test_a_silent_stream_times_out_alone_while_another_one_is_busy(column: Column) -> None:
    """What comes for one stream is no sign of life of the other."""
    over = threading.Event()

    def server_script(peer: Peer) -> None:
        _, second = two_heads(peer)
        number = 1
        while not over.wait(0.05):
            number += 1
            peer.event(second, str(number))
        peer.data(second, b"data: end\n\n", end=True)
        peer.finish()

    async def script(silent: Reader, busy: Reader) -> None:
        assert (await silent.next(), await busy.next()) == ("1", "1")
        _, error = await silent.rest()
        assert isinstance(error, IdleTimeout)
        over.set()
        data, error = await busy.rest()
        assert (data[-1], error) == ("end", None)
        assert data[:-1] == [str(number + 2) for number in range(len(data) - 1)]

    with H2Server(server_script) as server:
        with_streams(column, server.url, script, {"timeout": Timeout(read=1)}, {})


@columns
def test_a_slow_reader_holds_back_its_own_stream_alone(column: Column) -> None:
    """Its window is full, of 16 MiB; the connection's is not, as long as its reader leaves something in it."""
    size, number = 1024 * 1024, 12
    block = b": " + b"x" * (size - 3) + b"\n"

    def server_script(peer: Peer) -> None:
        slow, quick = two_heads(peer)
        for _ in range(number):
            peer.data(slow, block)
        for count in range(2, 50):
            peer.event(quick, str(count))
        peer.event(quick, "50", end=True)
        peer.event(slow, "2", end=True)
        peer.finish()

    async def script(slow: Reader, quick: Reader) -> None:
        assert (await slow.next(), await quick.next()) == ("1", "1")
        assert await quick.rest() == ([str(count) for count in range(2, 51)], None)
        assert await slow.rest() == (["2"], None)

    with H2Server(server_script) as server:
        with_streams(column, server.url, script, {}, {})


@columns
def test_what_was_left_in_the_middle_is_credited_to_the_connection(column: Column) -> None:
    """Streams of 4 MiB that nobody reads come to more than its window has, of 16 MiB."""
    block = b": " + b"x" * (1024 * 1024 - 3) + b"\n"
    rounds = 8

    def server_script(peer: Peer) -> None:
        for number in range(1, 2 * rounds, 2):
            left = peer.request(number)
            peer.head(left)
            peer.event(left, "1")
            for _ in range(4):
                peer.data(left, block)
            other = peer.request(number + 1)
            peer.head(other)
            peer.event(other, "1", end=True)
            peer.reset_of(left)
        peer.finish()

    async def script(*streams: Reader) -> None:
        for left, other in zip(streams[::2], streams[1::2], strict=True):
            assert await left.next() == "1"
            assert await other.rest() == (["1"], None)  # what it reads on its way is the other's
            await left.close()

    with H2Server(server_script) as server:
        options: list[dict[str, Any]] = [{}] * (2 * rounds)
        with_streams(column, server.url, script, *options)
        assert len(server.peers) == 1
        assert any(isinstance(event, WindowUpdated) for event in server.peers[0].events)


@columns
def test_more_than_the_windows_allow_is_a_violation_by_its_code(column: Column) -> None:
    def server_script(peer: Peer) -> None:
        first, _ = two_heads(peer)
        frame = b"\x00\x40\x00\x00\x00" + first.to_bytes(4, "big") + b":" * 16383 + b"\n"
        peer.sock.sendall(frame * (17 * 64))
        peer.finish()

    async def script(unread: Reader, reading: Reader) -> None:
        assert (await unread.next(), await reading.next()) == ("1", "1")
        _, error = await reading.rest()
        assert isinstance(error, ConnectionFailed)
        assert "FLOW_CONTROL_ERROR, 0x3" in str(error)

    with H2Server(server_script) as server:
        with_streams(column, server.url, script, {}, {})


@pytest.mark.parametrize(
    "column", [each for each in columns.args[1] if each.kind == "blocking"], ids=["httpx2", "httpx"]
)
def test_close_wakes_a_reader_of_the_blocking_client_alone(column: Column) -> None:
    closed = threading.Event()

    def server_script(peer: Peer) -> None:
        first, second = two_heads(peer)
        peer.reset_of(first)
        peer.event(second, "2", end=True)
        peer.finish()

    with H2Server(server_script) as server, sse_client.Client(column.library.Client(**H2C)) as client:
        first, second = client.get(server.url, reconnect=False), client.get(server.url, reconnect=False)
        assert (next(first).data, next(second).data) == ("1", "1")
        read: list[str] = []

        def drain() -> None:
            list(first)
            closed.set()

        readers = [
            threading.Thread(target=drain, daemon=True),
            threading.Thread(target=lambda: read.extend(event.data for event in second), daemon=True),
        ]
        for reader in readers:
            reader.start()
            assert not closed.wait(0.1)
        first.close()
        for reader in readers:
            reader.join(SOON)
            assert not reader.is_alive()
        assert (read, first.reason, second.reason) == (["2"], "closed", "end")
