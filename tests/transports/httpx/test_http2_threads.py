"""Threads, or tasks, that open streams over one connection of HTTP/2 at the same moment, and wait for their servers."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from h2.events import StreamReset
from h2.settings import SettingCodes

import sse_client
from sse_client import DeadlineExceeded, SSEError, Timeout
from sse_client.aio import AsyncClient

from .columns import Column, blocking_columns, columns, run
from .h2_server import H2Server, Peer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

H2C: dict[str, Any] = {"http1": False, "http2": True}

SOON = 20
"""Seconds that a busy machine may take for what takes milliseconds."""


@pytest.fixture
def _switching() -> Generator[None]:
    """Have threads take turns after each few steps, so that two of them are in the same function at once."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def at_once(number: int, target: Callable[[int], object]) -> None:
    """Call a function in so many threads; what one raises fails the test."""
    errors: list[Exception] = []

    def call(count: int) -> None:
        try:
            target(count)
        except Exception as error:  # noqa: BLE001 - it is raised below
            errors.append(error)

    threads = [threading.Thread(target=call, args=(count,), daemon=True) for count in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON)
        assert not thread.is_alive()
    if errors:
        raise errors[0]


def answering(peer: Peer) -> None:
    """Answer each request with an event that has the number of its stream, and the length of its body."""
    answered = 0
    while True:
        while len(peer.requests) == answered:
            peer.receive()
        for stream, _, body in peer.requests[answered:]:
            peer.head(stream)
            peer.event(stream, f"{stream} {len(body)}", end=True)
            answered += 1


def connect(client: sse_client.Client, url: str) -> None:
    """Read a stream, so that there is a connection: while one is being made, httpcore2 may make another."""
    list(client.get(url, reconnect=False, timeout=SOON))


@blocking_columns
@pytest.mark.usefixtures("_switching")
def test_threads_that_open_streams_at_once_get_each_its_own(column: Column) -> None:
    number, times = 8, 5
    seen: list[str] = []
    with H2Server(answering) as server, sse_client.Client(column.library.Client(**H2C)) as client:
        connect(client, server.url)

        def read(_: int) -> None:
            for _ in range(times):
                seen.extend(event.data for event in client.get(server.url, reconnect=False))

        at_once(number, read)
        assert len(server.peers) == 1
    assert sorted(seen) == sorted(f"{2 * count + 3} 0" for count in range(number * times))


@blocking_columns
@pytest.mark.usefixtures("_switching")
def test_threads_that_share_a_connection_get_each_its_own_events(column: Column) -> None:
    number, events = 8, 100

    def server_script(peer: Peer) -> None:
        first = peer.request()
        peer.head(first)
        peer.event(first, "connected", end=True)
        streams = [peer.request(count) for count in range(2, number + 2)]
        for stream in streams:
            peer.head(stream)
        for count in range(events):
            for stream in streams:
                peer.event(stream, f"{stream} {count}")
        for stream in streams:
            peer.data(stream, b"data: end\n\n", end=True)
        peer.finish()

    seen: list[list[str]] = []
    with H2Server(server_script) as server, sse_client.Client(column.library.Client(**H2C)) as client:
        connect(client, server.url)

        def read(_: int) -> None:
            with client.get(server.url, reconnect=False) as stream:
                seen.append([event.data for event in stream])

        at_once(number, read)
        assert len(server.peers) == 1
    for data in seen:
        stream = data[0].split()[0]
        assert data == [*(f"{stream} {count}" for count in range(events)), "end"]
    assert len({data[0] for data in seen}) == number


@blocking_columns
def test_bodies_larger_than_the_windows_are_sent_beside_a_silent_stream(column: Column) -> None:
    """The thread that waits for the silent one's events reads what the server allows the others to send."""
    number, size = 4, 300_000

    def server_script(peer: Peer) -> None:
        peer.head(peer.request())
        peer.requests.clear()
        answering(peer)

    seen: list[str] = []
    with H2Server(server_script) as server, sse_client.Client(column.library.Client(**H2C)) as client:
        silent = client.get(server.url, reconnect=False)
        waiting = threading.Thread(target=list, args=(silent,), daemon=True)
        waiting.start()
        opened = time.monotonic() + SOON
        while (not server.peers or server.peers[0].requests) and time.monotonic() < opened:
            time.sleep(0.001)

        def post(count: int) -> None:
            body = bytes([65 + count]) * size
            seen.extend(event.data for event in client.post(server.url, data=body, reconnect=False, timeout=SOON))

        at_once(number, post)
        silent.close()
        waiting.join(SOON)
        assert not waiting.is_alive()
        assert len(server.peers) == 1
    assert sorted(seen) == [f"{3 + 2 * count} {size}" for count in range(number)]


class Two:
    """Reads one stream, and opens another one whose head never comes, over one client."""

    def __init__(self) -> None:
        self.data: list[str] = []
        self.error: SSEError | None = None

    def read_blocking(self, column: Column, url: str) -> None:
        with sse_client.Client(column.library.Client(**H2C)) as client:
            stream = client.get(url, reconnect=False)
            self.data.append(next(stream).data)

            def either(count: int) -> None:
                if count:
                    self.data.extend(event.data for event in stream)
                    return
                try:
                    list(client.get(url, reconnect=False, timeout=Timeout(total=0.3)))
                except SSEError as error:
                    self.error = error

            at_once(2, either)

    def read_awaited(self, column: Column, url: str) -> None:
        async def main() -> None:
            async with AsyncClient(column.library.AsyncClient(**H2C)) as client:
                stream = client.get(url, reconnect=False)
                self.data.append((await anext(stream)).data)

                async def late() -> None:
                    try:
                        async for _ in client.get(url, reconnect=False, timeout=Timeout(total=0.3)):
                            pass
                    except SSEError as error:
                        self.error = error

                async with anyio.create_task_group() as group:
                    group.start_soon(late)
                    self.data.extend([event.data async for event in stream])

        run(column.kind, main)


@columns
def test_a_head_that_does_not_come_in_time_ends_its_own_stream_alone(column: Column) -> None:
    """The server is told at once: RFC 9113 6.4, with the code CANCEL."""
    codes: list[int] = []

    def server_script(peer: Peer) -> None:
        first = peer.request()
        peer.head(first)
        peer.event(first, "1")
        second = peer.request(2)
        codes.append(int(peer.reset_of(second).error_code))
        peer.event(first, "2", end=True)
        peer.finish()

    two = Two()
    with H2Server(server_script) as server:
        (two.read_blocking if column.kind == "blocking" else two.read_awaited)(column, server.url)
        assert len(server.peers) == 1
    assert two.data == ["1", "2"]
    assert isinstance(two.error, DeadlineExceeded)
    assert codes == [8]


def read_three_at_once_and_one(column: Column, url: str) -> list[list[str]]:
    """Return the data of three streams that are open together, and of one after them, over one client."""
    seen: list[list[str]] = []
    options: dict[str, Any] = {"reconnect": False, "timeout": SOON}
    if column.kind == "blocking":
        with sse_client.Client(column.library.Client(**H2C)) as client:

            def read(_: int) -> None:
                seen.append([event.data for event in client.get(url, **options)])

            at_once(3, read)
            read(4)
        return seen

    async def main() -> None:
        async with AsyncClient(column.library.AsyncClient(**H2C)) as client:

            async def read() -> None:
                seen.append([event.data async for event in client.get(url, **options)])

            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(read)
            await read()

    run(column.kind, main)
    return seen


@columns
def test_a_server_that_allows_fewer_streams_than_are_open_ends_none(column: Column) -> None:
    def server_script(peer: Peer) -> None:
        streams = [peer.request(count) for count in (1, 2, 3)]
        for stream in streams:
            peer.head(stream)
            peer.event(stream, "1")
        peer.state.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: 1})
        peer.flush()
        for stream in streams:
            peer.event(stream, "2", end=True)
        last = peer.request(4)
        peer.head(last)
        peer.event(last, "3", end=True)
        peer.finish()

    with H2Server(server_script) as server:
        seen = read_three_at_once_and_one(column, server.url)
        assert not [event for event in server.peers[0].events if isinstance(event, StreamReset)]
    assert seen == [["1", "2"]] * 3 + [["3"]]


@columns
def test_a_server_that_names_no_limit_has_none(column: Column) -> None:
    """RFC 9113 6.5.2: without MAX_CONCURRENT_STREAMS there is no limit; each stream waits for the two others."""

    def server_script(peer: Peer) -> None:
        first = peer.request()  # whatever comes before a client has read the settings, it sends alone
        peer.head(first)
        others = [peer.request(2), peer.request(3)]
        for stream in others:
            peer.head(stream)
        for stream in (first, *others):
            peer.event(stream, "1", end=True)
        last = peer.request(4)
        peer.head(last)
        peer.event(last, "2", end=True)
        peer.finish()

    with H2Server(server_script, streams=0) as server:
        assert read_three_at_once_and_one(column, server.url) == [["1"]] * 3 + [["2"]]
        assert len(server.peers) == 1
