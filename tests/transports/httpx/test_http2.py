"""HTTP/2 on httpx2, at a hypercorn server over TLS and ALPN: many streams on one connection, and leaving one."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import httpx2
import pytest
import trustme
from hypercorn.asyncio import serve  # pyright: ignore[reportUnknownVariableType]
from hypercorn.config import Config

import sse_client
from sse_client.aio import AsyncClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOON = 5
"""Seconds that a busy machine may take for what takes milliseconds."""


class App:
    """Sends an event every 20 ms on each stream, for a minute; counts what it sees."""

    def __init__(self) -> None:
        self.peers: set[Any] = set()
        self.versions: set[str] = set()
        self.running = 0
        self.answered = 0
        self.url = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.peers.add(scope["client"])
        self.versions.add(scope["http_version"])
        self.running += 1
        self.answered += 1
        try:
            while (await receive()).get("more_body"):
                continue
            gone = asyncio.ensure_future(receive())
            headers = [(b"content-type", b"text/event-stream")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            for number in range(3 if scope["path"] == "/short" else 3000):
                event = b"id: %d\ndata: %d\n\n" % (number, number)
                await send({"type": "http.response.body", "body": event, "more_body": True})
                await asyncio.wait([gone], timeout=60 if scope["path"] == "/silent" else 0.02)
                if gone.done():
                    break
            gone.cancel()
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.running -= 1


@pytest.fixture(scope="module")
def trusted() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def app(trusted: trustme.CA, tmp_path: Path) -> Iterator[App]:
    made = App()
    certificate: Any = trusted.issue_cert("127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    listening = socket.create_server(("127.0.0.1", 0))
    made.url = f"https://127.0.0.1:{listening.getsockname()[1]}/"
    config = Config()
    config.bind = [f"fd://{listening.fileno()}"]
    config.certfile = config.keyfile = str(tmp_path / "server.pem")
    config.alpn_protocols = ["h2", "http/1.1"]
    config.graceful_timeout = 0
    config.errorlog = None
    ended = threading.Event()

    async def until_ended() -> None:
        while not ended.is_set():  # noqa: ASYNC110  (it is a thread's)
            await asyncio.sleep(0.02)

    async def main() -> None:
        application: Any = made
        await serve(application, config, shutdown_trigger=until_ended)

    thread = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
    thread.start()
    yield made
    ended.set()
    thread.join(SOON)
    listening.detach()


@pytest.fixture
def context(trusted: trustme.CA) -> ssl.SSLContext:
    made = ssl.create_default_context()
    trusted.configure_trust(made)  # pyright: ignore[reportUnknownMemberType]
    return made


def falls(app: App, running: int) -> bool:
    deadline = time.monotonic() + SOON
    while app.running != running and time.monotonic() < deadline:
        time.sleep(0.02)
    return app.running == running


def test_many_streams_share_one_connection_and_leaving_one_stops_it_alone(app: App, context: ssl.SSLContext) -> None:
    async def main() -> None:
        async with AsyncClient(httpx2.AsyncClient(http2=True, verify=context)) as client:
            streams = [client.get(app.url) for _ in range(20)]
            async with anyio.create_task_group() as group:
                for each in streams:
                    group.start_soon(anext, each)
            assert (app.running, len(app.peers), app.versions) == (20, 1, {"2"})
            await streams[0].aclose()
            assert await asyncio.to_thread(falls, app, 19)
            with anyio.move_on_after(0.2):
                async for _ in streams[1]:  # cancelled in the middle of a read
                    pass
            assert await asyncio.to_thread(falls, app, 18)
            for each in streams[2:]:
                assert (await anext(each)).data
                assert each.stats.connections == 1
            for each in streams[2:]:
                await each.aclose()
            assert await asyncio.to_thread(falls, app, 0)
            async with client.get(app.url) as again:
                assert (await anext(again)).data == "0"
            assert len(app.peers) == 1

    asyncio.run(main())


def test_leaving_a_stream_of_the_blocking_client_stops_it_alone(app: App, context: ssl.SSLContext) -> None:
    with sse_client.Client(httpx2.Client(http2=True, verify=context)) as client, client.get(app.url) as other:
        assert next(other).data == "0"
        with client.get(app.url) as events:
            for event in events:
                if event.data == "3":
                    break
            assert (app.running, len(app.peers), app.versions) == (2, 1, {"2"})
        assert falls(app, 1)
        assert next(other).data == "1"
        assert (other.stats.connections, len(app.peers)) == (1, 1)


def test_close_wakes_a_blocked_reader(app: App, context: ssl.SSLContext) -> None:
    with sse_client.Client(httpx2.Client(http2=True, verify=context)) as client:
        events = client.get(app.url + "silent")
        next(events)
        reader = threading.Thread(target=lambda: list(events), daemon=True)
        reader.start()
        time.sleep(0.1)
        events.close()
        reader.join(SOON)
        assert not reader.is_alive()
        assert events.reason == "closed"


def test_a_hundred_chats_share_one_connection(app: App, context: ssl.SSLContext) -> None:
    """Counted at the server, over TLS."""

    async def main() -> None:
        async with AsyncClient(httpx2.AsyncClient(http2=True, verify=context)) as client:

            async def chat() -> None:
                async with client.post(app.url + "short", json={"messages": []}) as events:
                    seen.append([event.data async for event in events])

            async with client.post(app.url + "short") as events:  # the first one makes the connection
                assert [event.data async for event in events] == ["0", "1", "2"]
            async with anyio.create_task_group() as group:
                for _ in range(100):
                    group.start_soon(chat)

    seen: list[list[str]] = []
    asyncio.run(main())
    assert seen == [["0", "1", "2"]] * 100
    assert (app.answered, len(app.peers), app.versions) == (101, 1, {"2"})
