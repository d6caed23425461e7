"""Where a library has renamed a private part that a transport uses, a stream that is left in the middle closes cleanly.

That is: nothing complains, in the event loop, in the garbage collector or in a thread, and the client goes on.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import h2.events
import httpx
import httpx2
import pytest
import trio

import sse_client
from sse_client.aio import AsyncClient
from sse_client.testing import LAST_CHUNK, STALL, Server, chunk, head

from .httpx.h2_server import H2Server, Peer
from .renamed import private_names, renamed

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from sse_client.testing import Step

    Way = Callable[[AsyncClient, str], Coroutine[Any, Any, None]]

SOON = 20
"""Seconds within which a reader wakes, on however busy a machine."""

ONE: list[Step] = [head(), chunk(b"data: 1\n\n")]
FIRST: list[Step] = [*ONE, STALL]
SECOND: list[Step] = [*ONE, LAST_CHUNK]


async def break_out(client: AsyncClient, url: str) -> None:
    async with client.post(url) as events:
        async for _ in events:
            break


async def be_cancelled(client: AsyncClient, url: str) -> None:
    with anyio.move_on_after(SOON) as scope:
        async with client.post(url) as events:
            async for _ in events:
                scope.deadline = anyio.current_time() + 0.01
    assert scope.cancelled_caught


async def be_closed(client: AsyncClient, url: str) -> None:
    events = client.post(url)
    came = anyio.Event()

    async def read() -> None:
        async for _ in events:
            came.set()

    with anyio.fail_after(SOON):
        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await came.wait()
            await anyio.wait_all_tasks_blocked()
            await events.aclose()


async def drop(client: AsyncClient, url: str) -> None:
    events = client.post(url)
    async for _ in events:
        break
    del events
    gc.collect()
    await anyio.wait_all_tasks_blocked()


def h2_script(peer: Peer) -> None:
    """Leave the first stream of a connection open; end the others, as the first of a later connection does."""
    for number in itertools.count(1):
        stream_id = peer.request(number)
        peer.head(stream_id)
        peer.event(stream_id, "1", end=number > 1)
        if number == 1:
            while len(peer.requests) < 2 and not any(isinstance(each, h2.events.StreamReset) for each in peer.events):
                peer.receive()


def h2_whole(peer: Peer) -> None:
    for number in itertools.count(1):
        stream_id = peer.request(number)
        peer.head(stream_id)
        peer.event(stream_id, "1", end=True)


def servers(kind: str) -> Any:
    if kind == "HTTP/2":
        return H2Server(h2_script, h2_whole)
    return Server(FIRST, SECOND)


def leave_awaited(make: Callable[[], Any], loop: str, way: Way, kind: str) -> None:
    with servers(kind) as server:

        async def main() -> list[str]:
            async with AsyncClient(make(), timeout=SOON) as client:
                await way(client, server.url)
                async with client.post(server.url) as events:
                    return [event.data async for event in events]

        whole: list[str] = trio.run(main) if loop == "trio" else asyncio.run(main())
    gc.collect()
    assert whole == ["1"]


def break_blocking(client: sse_client.Client, url: str) -> None:
    with client.post(url) as events:
        for _ in events:
            break


def close_blocking(client: sse_client.Client, url: str) -> None:
    events = client.post(url)
    came = threading.Event()

    def read() -> None:
        for _ in events:
            came.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    assert came.wait(SOON)
    events.close()
    reader.join(SOON)
    assert not reader.is_alive()


def drop_blocking(client: sse_client.Client, url: str) -> None:
    events = client.post(url)
    for _ in events:
        break
    del events
    gc.collect()


def leave_blocking(session: Any, way: Callable[[sse_client.Client, str], None], kind: str) -> None:
    with servers(kind) as server, sse_client.Client(session, timeout=SOON) as client:
        way(client, server.url)
        with client.post(server.url) as events:
            assert [event.data for event in events] == ["1"]
    gc.collect()


OWN = {"_receive", "_replace", "_failure", "_content", "_loop", "_before", "_connects", "_joins", "_TRACKED_POOLS"}
KINDS: dict[str, dict[str, Any]] = {"HTTP/1.1": {}, "HTTP/2": {"http1": False, "http2": True}}
AWAITED = [(httpx2, "asyncio"), (httpx2, "trio"), (httpx, "asyncio"), (httpx, "trio")]
WAYS: list[Way] = [break_out, be_cancelled, be_closed, drop]
DOCUMENTED = ["_httpcore_stream", "_receive_response_body"]
"""Names without which the library's own `stream` is read, generators within generators; there are more."""

BLOCKING = [break_blocking, close_blocking, drop_blocking]


def names(room: str) -> list[str]:
    return [name for name in private_names(room) if name not in OWN]


def leave_in_every_way(name: str, library: Any, loop: str, ways: Iterable[Way]) -> None:
    with renamed("_httpx", name):
        for (kind, options), way in itertools.product(KINDS.items(), ways):
            make = partial(library.AsyncClient, verify=False, **options)
            with warnings.catch_warnings():
                if (loop, way) == ("trio", drop):  # trio warns of a generator that nobody closes
                    warnings.filterwarnings("ignore", "Async generator", ResourceWarning)
                leave_awaited(make, loop, way, kind)


@pytest.mark.parametrize("name", names("_httpx"))
def test_an_awaited_stream_of_httpx2_is_left_cleanly_without(name: str, caplog: pytest.LogCaptureFixture) -> None:
    leave_in_every_way(name, httpx2, "asyncio", [break_out, drop])
    assert not [record for record in caplog.records if record.name == "asyncio"]


@pytest.mark.parametrize(("library", "loop"), AWAITED, ids=[f"{library.__name__}-{loop}" for library, loop in AWAITED])
@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_documented_stream_is_left_cleanly(
    name: str, library: Any, loop: str, caplog: pytest.LogCaptureFixture
) -> None:
    leave_in_every_way(name, library, loop, WAYS)
    assert not [record for record in caplog.records if record.name == "asyncio"]


@pytest.mark.parametrize("name", names("_httpx"))
def test_a_blocking_stream_of_httpx2_is_left_cleanly_without(name: str) -> None:
    with renamed("_httpx", name):
        for (kind, options), way in itertools.product(KINDS.items(), BLOCKING):
            leave_blocking(httpx2.Client(verify=False, **options), way, kind)


@pytest.mark.parametrize("name", names("_aiohttp"))
def test_a_stream_of_aiohttp_is_left_cleanly_without(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with renamed("_aiohttp", name):
        for way in WAYS:
            leave_awaited(lambda: None, "asyncio", way, "HTTP/1.1")
    assert not [record for record in caplog.records if record.name == "asyncio"]


@pytest.mark.parametrize("name", names("_requests"))
def test_a_stream_of_requests_is_left_cleanly_without(name: str) -> None:
    with renamed("_requests", name):
        for way in BLOCKING:
            leave_blocking(None, way, "HTTP/1.1")


@pytest.mark.parametrize("library", [httpx2, httpx], ids=["httpx2", "httpx"])
@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_a_dropped_stream_without_chunks_warns_of_nothing(library: Any, loop: str) -> None:
    """Neither does trio, of a generator that is httpcore's and nobody else's."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000\r\n\r\ndata: 1\n\n"

    async def main() -> None:
        async with AsyncClient(library.AsyncClient(verify=False), timeout=SOON) as client:
            await drop(client, server.url)

    with Server([answer, STALL]) as server:
        if loop == "trio":
            trio.run(main)
        else:
            asyncio.run(main())
    gc.collect()
