"""After `close()` nothing is read, handled or left behind; a stale connection is no failure."""

from __future__ import annotations

import asyncio
import os
import queue
import socket
import ssl
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import trustme

import sse_client
from sse_client import Closed, FileCheckpoint, Opened, Subscription
from sse_client._core import handler_calls
from sse_client.aio import AsyncClient, AsyncEventStream, astream
from sse_client.testing import CLOSE, STALL, Server, chunk, head, stream

from .kit import SLACK, read_request, run_program, serving, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ONE: list[Any] = [head(), chunk(b"data: 1\n\n")]


@pytest.mark.parametrize("script", [[STALL], [*ONE, STALL]], ids=["in the head", "in the body"])
def test_closing_a_client_wakes_its_readers(script: list[Any]) -> None:
    with Server(default=lambda _: script) as server:
        client = sse_client.Client()
        readers = [threading.Thread(target=list, args=(client.get(server.url),), daemon=True) for _ in range(5)]
        for reader in readers:
            reader.start()
        server.wait_for(5)
        begin = time.monotonic()
        client.close()
        for reader in readers:
            reader.join(5)
        assert time.monotonic() - begin < SLACK


def test_closing_an_asyncio_client_wakes_its_readers() -> None:
    async def main(url: str) -> None:
        client = AsyncClient()
        streams = [client.get(url) for _ in range(5)]

        async def read(events: AsyncEventStream) -> list[str]:
            return [event.data async for event in events]

        tasks = [asyncio.ensure_future(read(stream)) for stream in streams]
        await until(lambda: all(stream.stats.events for stream in streams))
        begin = time.monotonic()
        await client.aclose()
        assert await asyncio.gather(*tasks) == [["1"]] * 5
        assert time.monotonic() - begin < SLACK

    with Server(default=lambda _: [*ONE, STALL]) as server:
        asyncio.run(main(server.url))


@pytest.fixture
def often_switching() -> Iterator[None]:
    """Let threads take turns a hundred times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.00005)
    yield
    sys.setswitchinterval(before)


MANY: list[Any] = [head(), chunk(b"data: x\n\n" * 5000), STALL]
CLOSINGS: dict[str, Callable[[Subscription, sse_client.Client], None]] = {
    "subscription": lambda subscription, _: subscription.close(),
    "its stream": lambda subscription, _: subscription.stream.close(),
    "its client": lambda _, client: client.close(),
}


@pytest.mark.usefixtures("often_switching")
@pytest.mark.parametrize("closing", CLOSINGS)
@pytest.mark.parametrize("grace", [0, 100], ids=["at once", "after the grace"])
def test_no_handler_begins_after_close(closing: str, grace: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the grace, `close` returns as soon as the handler has begun: then it looks at the flag at once."""
    monkeypatch.setattr(handler_calls, "_GRACE", grace)
    closed = [False]
    late: list[object] = []
    calls = 0

    def handler(event: object) -> None:
        if closed[0]:  # nothing before this that another thread could come between
            late.append(event)
        nonlocal calls
        calls += 1

    with Server(default=lambda _: MANY) as server:
        for turn in range(60):
            closed[0] = False
            client = sse_client.Client()
            subscription = client.subscribe("GET", server.url, handler)
            subscription.join(0.002 + 0.0002 * (turn % 40))
            CLOSINGS[closing](subscription, client)
            closed[0] = True
            assert subscription.join(20)
            client.close()
            assert late == []
    assert calls


def test_close_does_not_wait_for_a_handler_that_waits_for_the_closer() -> None:
    received: queue.Queue[object] = queue.Queue(maxsize=1)
    with Server(MANY) as server:
        subscription = sse_client.subscribe("GET", server.url, received.put)
        while subscription.stream.stats.events < 3 or not received.full():
            time.sleep(0.005)
        subscription.close()  # the handler is in `put`, and will be until something is taken
        assert not subscription.join(0)
        received.get(timeout=20)
        assert subscription.join(20)
    assert received.qsize() <= 1


@pytest.mark.parametrize("where", ["handler", "observer"])
def test_closing_from_inside_ends_at_once(where: str) -> None:
    made: list[Subscription] = []
    ready = threading.Event()
    handled: list[object] = []

    def close(_: object) -> None:
        assert ready.wait(20)
        made[0].close()

    def handler(event: object) -> None:
        handled.append(event)
        if where == "handler":
            close(event)

    def observer(news: object) -> None:
        if where == "observer" and isinstance(news, Opened):
            close(news)

    with Server(MANY) as server:
        made.append(sse_client.subscribe("GET", server.url, handler, observer=observer))
        ready.set()
        assert made[0].join(20)
    assert made[0].error is None
    assert len(handled) == (1 if where == "handler" else 0)


CLOSED_BY_SIGNAL = """
import signal, sys, threading
import sse_client
from sse_client.testing import STALL, Server, chunk, head

sys.setswitchinterval(0.00005)
closed, late, ended, calls = [False], [], threading.Lock(), 0

def handler(event):
    if closed[0]:
        late.append(event)
    global calls
    calls += 1

def on_alarm(number, frame):
    subscription.close()
    closed[0] = True

signal.signal(signal.SIGALRM, on_alarm)
with Server(default=lambda _: [head(), chunk(b"data: x\\n\\n" * 5000), STALL]) as server:
    for turn in range(100):
        closed[0] = False
        subscription = sse_client.subscribe("GET", server.url, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.002 + 0.0002 * (turn % 40))
        # In short waits: a signal that comes just before a wait does not end it, and is handled after it.
        while not subscription.join(0.01):
            pass
        assert closed[0]
        assert late == [], turn
assert calls
"""


def test_no_handler_begins_after_a_signal_handler_has_closed() -> None:
    run_program(CLOSED_BY_SIGNAL, limit=50)


@pytest.mark.parametrize("make", [AsyncClient, lambda: AsyncClient(httpx2.AsyncClient())], ids=["aiohttp", "httpx2"])
@pytest.mark.parametrize("closing", ["subscription", "its stream", "its client"])
def test_no_handler_begins_after_aclose(make: Callable[[], AsyncClient], closing: str) -> None:
    closed = [False]
    late: list[object] = []
    calls = 0

    async def main(url: str) -> None:
        for turn in range(40):
            closed[0] = False

            async def handler(event: object) -> None:
                if closed[0]:
                    late.append(event)
                nonlocal calls
                calls += 1
                await asyncio.sleep(0)

            async with make() as client:
                subscription = client.subscribe("GET", url, handler)
                if turn:
                    await until(lambda: subscription.stream.state == "open")  # noqa: B023  (called at once)
                for _ in range(turn * 5):
                    await asyncio.sleep(0)
                closable: Any = {"subscription": subscription, "its stream": subscription.stream, "its client": client}
                await closable[closing].aclose()
                closed[0] = True
                assert await subscription.join(20)

    with Server(default=lambda _: MANY) as server:
        asyncio.run(main(server.url))
    assert calls
    assert late == []


def test_a_cancelled_task_is_reported_as_cancelled() -> None:
    reasons: list[str] = []

    def observer(news: object) -> None:
        if isinstance(news, Closed):
            reasons.append(news.reason)

    async def main(url: str) -> None:
        events = astream("GET", url, observer=observer)

        async def read() -> None:
            async for _ in events:
                pass

        task = asyncio.ensure_future(read())
        await until(lambda: events.stats.events)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with Server([*ONE, STALL]) as server:
        asyncio.run(main(server.url))
    assert reasons == ["cancelled"]


DROPPED = """
import asyncio, gc, importlib, ssl, sys
import trustme
from sse_client.aio import AsyncClient, astream
from sse_client.testing import STALL, Server, chunk, head

how, scheme, folder = sys.argv[1:]
tls, authority = None, trustme.CA()
trusts = ssl.create_default_context()
if scheme == "https":
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(folder + "/ca.pem")
    authority.configure_trust(trusts)

def opened(url):
    if how in {"httpx", "httpx2"}:
        library = importlib.import_module(how)
        return AsyncClient(library.AsyncClient(verify=trusts)).get(url)
    return astream("GET", url, **({"verify": folder + "/ca.pem"} if tls else {}))

async def main(url):
    events = opened(url)
    if how == "in a with block":
        async with events:
            async for _ in events:
                break
    async for _ in events:
        return events
    return events

async def several(url):
    return await asyncio.gather(*(main(url) for _ in range(3)))

for _ in range(2):
    with Server(default=lambda _: [head(), chunk(b"data: 1\\n\\n"), STALL], tls=tls) as server:
        events = asyncio.run(main(server.url))
        del events
        gc.collect()
        events = asyncio.run(several(server.url))
        del events
        gc.collect()
"""


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("how", ["aiohttp", "in a with block", "httpx2", "httpx"])
def test_a_stream_dropped_after_its_loop_prints_nothing(how: str, scheme: str, tmp_path: Path) -> None:
    run_program(DROPPED, how, scheme, str(tmp_path))


@pytest.mark.parametrize("library", ["aiohttp", "httpx2"])
def test_aclose_ends_a_tls_connection_whose_server_does_not(library: str, tmp_path: Path) -> None:
    authority: Any = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = authority.issue_cert("127.0.0.1")
    certificate.configure_cert(tls)
    ended = threading.Event()

    def talk(sock: socket.socket) -> None:
        inner = socket.socket(fileno=os.dup(sock.fileno()))
        with inner, tls.wrap_socket(inner, server_side=True) as secured:
            read_request(secured)
            secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
            # Below TLS: what the client says about its end is not answered.
            while sock.recv(1000):
                pass
        ended.set()

    async def main(url: str) -> None:
        trusts = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        client = AsyncClient(verify=str(tmp_path / "ca.pem"))
        if library == "httpx2":
            client = AsyncClient(httpx2.AsyncClient(verify=trusts))
        async with client:
            events = client.get(url)
            assert (await anext(events)).data == "1"
            await events.aclose()
            await until(ended.is_set, 15)

    with serving(talk) as port:
        asyncio.run(main(f"https://127.0.0.1:{port}/"))


def test_a_post_on_a_stale_connection_takes_another() -> None:
    async def main(server: Server) -> None:
        async with AsyncClient() as client:
            for _ in range(8):
                async with client.post(server.url, data=b"x") as events:
                    assert [event.data async for event in events] == ["1"]
                time.sleep(0.2)  # noqa: ASYNC251  (the loop is busy while the server closes)

    with Server(default=lambda _: [*stream([b"data: 1\n\n"]), CLOSE]) as server:
        asyncio.run(main(server))
        assert len(server.requests) == 8


KILLED = """
import os, sys
from sse_client import FileCheckpoint
os.replace = lambda *_: os._exit(0)
FileCheckpoint(sys.argv[1]).save("2")
"""


def test_a_killed_program_leaves_one_file_at_most_and_no_longer(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    place = folder / "place"
    FileCheckpoint(place).save("1")
    for _ in range(3):
        run_program(KILLED, str(place))
    assert len(os.listdir(folder)) == 2
    assert FileCheckpoint(place).load() == "1"
    FileCheckpoint(place).save("3")
    assert os.listdir(folder) == ["place"]


def test_a_link_to_a_checkpoint_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    target.parent.mkdir()
    link.symlink_to(target)
    FileCheckpoint(link).save("1")
    assert link.is_symlink()
    assert target.read_text() == FileCheckpoint(link).load() == "1"


def test_a_checkpoint_does_not_follow_chdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path)
    checkpoint = FileCheckpoint("place")
    monkeypatch.chdir(tmp_path / "there")
    checkpoint.save("1")
    assert (tmp_path / "place").read_text() == "1"
