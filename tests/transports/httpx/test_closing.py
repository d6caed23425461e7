"""Waking a reader on a client of httpx2 or httpx, in every phase: from another thread or task, by a cancel scope."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import httpx
import httpx2
import pytest
import trio

import sse_client
from sse_client import IdleTimeout, Reconnect, Timeout
from sse_client.aio import AsyncClient
from sse_client.testing import LAST_CHUNK, STALL, Server, chunk, head

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from sse_client import Event
    from sse_client.testing import Step

libraries = pytest.mark.parametrize("library", [httpx2, httpx], ids=["httpx2", "httpx"])
columns = pytest.mark.parametrize(
    ("library", "loop"),
    [(httpx2, "asyncio"), (httpx2, "trio"), (httpx, "asyncio"), (httpx, "trio")],
    ids=["httpx2-asyncio", "httpx2-trio", "httpx-asyncio", "httpx-trio"],
)

ONE: list[Step] = [head(), chunk(b"data: 1\n\n")]
SOON = 5
"""Seconds within which a reader wakes, on however busy a machine; what it waits for takes a minute."""

PHASES: dict[str, list[Step]] = {"the head": [STALL], "the body": [*ONE, STALL]}
phases = pytest.mark.parametrize("phase", PHASES)


def run(loop: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    if loop == "trio":
        trio.run(main)
    else:
        asyncio.run(main())


@libraries
@phases
@pytest.mark.parametrize("used", [False, True], ids=["a new connection", "a used one"])
def test_close_wakes_a_blocked_reader(library: Any, phase: str, used: bool) -> None:
    whole = [*ONE, LAST_CHUNK]
    scripts = [whole, PHASES[phase]] if used else [PHASES[phase]]
    with Server(*scripts) as server, sse_client.Client(library.Client()) as client:
        if used:
            with client.get(server.url, reconnect=Reconnect(on_end=False)) as events:
                assert [event.data for event in events] == ["1"]
        events = client.get(server.url)
        read: list[str] = []
        reader = threading.Thread(target=lambda: read.extend(event.data for event in events), daemon=True)
        reader.start()
        deadline = time.monotonic() + SOON
        while (phase == "the body" and not read and events.state != "open") or len(server.requests) <= used:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.1)
        events.close()
        reader.join(SOON)
        assert not reader.is_alive()
        assert events.reason == "closed"


@libraries
def test_close_ends_a_wait_before_a_reconnect(library: Any) -> None:
    waiting = threading.Event()
    with Server([*ONE, LAST_CHUNK]) as server, sse_client.Client(library.Client()) as client:
        events = client.get(
            server.url,
            reconnect=Reconnect(initial_delay=60, max_delay=60),
            observer=lambda news: waiting.set() if isinstance(news, sse_client.Lost) else None,
        )
        reader = threading.Thread(target=lambda: list(events), daemon=True)
        reader.start()
        assert waiting.wait(SOON)
        client.close()
        reader.join(SOON)
        assert not reader.is_alive()


@columns
@phases
def test_aclose_wakes_a_waiting_task(library: Any, loop: str, phase: str) -> None:
    read: list[str] = []

    async def main() -> None:
        async with AsyncClient(library.AsyncClient()) as client, anyio.create_task_group() as group:
            events = client.get(server.url)

            async def reader() -> None:
                read.extend([event.data async for event in events])

            group.start_soon(reader)
            with anyio.fail_after(SOON):
                while not server.requests or (phase == "the body" and events.state != "open"):  # noqa: ASYNC110
                    await anyio.sleep(0.01)
                await anyio.sleep(0.05)
                await events.aclose()
            assert events.reason == "closed"

    with Server(PHASES[phase]) as server:
        run(loop, main)


@columns
@phases
def test_a_cancel_scope_ends_a_stream_as_cancelled(library: Any, loop: str, phase: str) -> None:
    async def main() -> None:
        async with AsyncClient(library.AsyncClient()) as client:
            events = client.get(server.url)
            with anyio.move_on_after(0.3) as scope:
                async for _ in events:
                    pass
            assert scope.cancelled_caught
            assert events.reason == "cancelled"

    with Server(PHASES[phase]) as server:
        run(loop, main)


@columns
def test_two_tasks_in_one_stream_are_refused(library: Any, loop: str) -> None:
    async def main() -> None:
        async with AsyncClient(library.AsyncClient()) as client, anyio.create_task_group() as group:
            events = client.get(server.url)
            await anext(events)

            async def reader() -> None:
                assert [event async for event in events] == []

            group.start_soon(reader)
            await anyio.sleep(0.05)
            with pytest.raises(RuntimeError, match="read by another task"):
                await anext(events)
            await events.aclose()

    with Server([*ONE, STALL]) as server:
        run(loop, main)


@columns
def test_prepare_may_be_awaited_until_the_deadline(library: Any, loop: str) -> None:
    async def prepare(request: sse_client.Request, attempt: sse_client.Attempt) -> sse_client.Request:
        await anyio.sleep(60 if attempt.number == 1 else 0)
        return request

    async def main() -> None:
        async with AsyncClient(library.AsyncClient()) as client:
            events = client.get(server.url, prepare=prepare, reconnect=False, timeout=Timeout(event=0.2))
            with pytest.raises(IdleTimeout, match="event"):
                await anext(events)

    with Server(ONE) as server:
        run(loop, main)


@columns
def test_a_subscription_runs_in_a_task_group(library: Any, loop: str) -> None:
    seen: list[str] = []

    async def handle(event: Event) -> None:
        await anyio.lowlevel.checkpoint()
        seen.append(event.data)

    async def main() -> None:
        async with AsyncClient(library.AsyncClient()) as client, anyio.create_task_group() as group:
            subscription = client.subscribe("POST", server.url, handle, task_group=group)
            assert await subscription.join(SOON)
            assert subscription.error is None

    with Server([*ONE, LAST_CHUNK]) as server:
        run(loop, main)
    assert seen == ["1"]


def test_a_subscription_under_trio_takes_its_nursery_and_says_so() -> None:
    seen: list[str] = []
    came = trio.Event()

    def handle(event: Event) -> None:
        seen.append(event.data)
        came.set()

    async def main() -> None:
        async with AsyncClient(httpx2.AsyncClient()) as client:
            with pytest.raises(RuntimeError, match="task_group=nursery"):
                client.subscribe("POST", server.url, handle)
            with pytest.raises(TypeError, match="task_group: expected a nursery"):
                client.subscribe("POST", server.url, handle, task_group=3)
            async with trio.open_nursery() as nursery:
                stalled = client.subscribe("POST", server.url, handle, task_group=nursery)
                await came.wait()
                assert not await stalled.join(0)
                await stalled.aclose()

    with Server([*ONE, STALL]) as server:
        trio.run(main)
    assert seen == ["1"]


@columns
def test_a_slow_reader_holds_its_server_back(library: Any, loop: str) -> None:
    """Nothing is kept for it but what the system's buffers hold."""
    sent = 0

    def script() -> Any:
        nonlocal sent
        yield head()
        yield chunk(b"data: 1\n\n")
        for _ in range(4000):
            yield chunk(b": " + b"x" * 16380 + b"\n\n")
            sent += 1
        yield LAST_CHUNK

    async def main() -> None:
        async with AsyncClient(library.AsyncClient()) as client, client.post(server.url) as events:
            assert (await anext(events)).data == "1"
            before = -1
            with anyio.fail_after(SOON):
                while sent != before:
                    before = sent
                    await anyio.sleep(0.3)
            assert sent < 2000  # of 4,000, 64 MB in all
            assert [event.data async for event in events] == []

    with Server(script()) as server:
        run(loop, main)
    assert sent == 4000


@pytest.fixture
def silent() -> Iterator[tuple[int, threading.Event, threading.Event]]:
    """Accept one connection, and answer nothing; say when something came over it, and when the other side ended it."""
    came, ended = threading.Event(), threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            sock, _ = listener.accept()
            with sock:
                sock.settimeout(4 * SOON)
                while sock.recv(4096):
                    came.set()
        ended.set()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield listener.getsockname()[1], came, ended
        server.join(SOON)


@columns
@pytest.mark.parametrize("how", ["aclose", "cancel", "deadline"])
@pytest.mark.parametrize("what", ["TLS", "SOCKS"])
def test_a_connection_in_the_making_is_closed_at_once(
    library: Any, loop: str, how: str, what: str, silent: tuple[int, threading.Event, threading.Event]
) -> None:
    port, came, ended = silent
    url, proxy = f"https://127.0.0.1:{port}/", None
    if what == "SOCKS":
        url, proxy = "http://localhost/", f"socks5://127.0.0.1:{port}"

    async def main() -> None:
        async with AsyncClient(library.AsyncClient(proxy=proxy)) as client:
            limit = 0.5 if how == "deadline" else 60
            stream = client.stream("POST", url, timeout=Timeout(total=limit, connect=60))

            async def read() -> None:
                with contextlib.suppress(sse_client.SSEError):
                    async for _ in stream:
                        pass

            with anyio.fail_after(2 * SOON):
                async with anyio.create_task_group() as group:
                    group.start_soon(read)
                    while not came.is_set():  # noqa: ASYNC110  (set by a thread)
                        await anyio.sleep(0.005)
                    if how == "aclose":
                        await stream.aclose()
                    elif how == "cancel":
                        group.cancel_scope.cancel()
                while not ended.is_set():  # noqa: ASYNC110  (set by a thread)
                    await anyio.sleep(0.005)

    gc.disable()  # it would close what is dropped
    try:
        run(loop, main)
    finally:
        gc.enable()
