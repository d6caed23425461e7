"""Whether a server has closed a connection of the pool, seen without a turn of the event loop."""

# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import aiohttp
import pytest
from blocking.kit import connection_ends

from sse_client import ConnectionFailed
from sse_client.aio import AsyncClient
from sse_client.testing import CLOSE, Server, Wait, reply, stream
from sse_client.transports._aiohttp import idle_connections, sender
from sse_client.transports._aiohttp.idle_connections import may_be_stale

FIRST, SECOND = stream([b"data: 1\n\n"]), stream([b"data: 2\n\n"])


async def posted(client: AsyncClient, url: str, method: str = "POST") -> list[str]:
    body = b"a" if method == "POST" else None
    return [event.data async for event in client.stream(method, url, data=body, reconnect=False)]


def idle(session: aiohttp.ClientSession) -> bool:
    """Return whether the session's connector has a connection that is idle: it has, as soon as a body has ended."""
    connector: Any = session.connector
    return bool(connector._conns)


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the sleeps of the loop that were asked for."""
    found: list[float] = []
    sleep = asyncio.sleep

    async def counted(delay: float) -> None:
        found.append(delay)
        await sleep(delay)

    monkeypatch.setattr(asyncio, "sleep", counted)
    return found


def test_a_post_over_an_idle_connection_that_is_open_takes_no_turn_of_the_loop(turns: list[float]) -> None:
    async def main() -> None:
        async with aiohttp.ClientSession() as session, AsyncClient(session) as client:
            assert not may_be_stale(session.connector)
            assert await posted(client, server.url) == ["1"]
            assert idle(session)
            turns.clear()
            assert not may_be_stale(session.connector)
            assert await posted(client, server.url) == ["2"]
            assert turns == []

    with Server(FIRST, SECOND) as server:
        asyncio.run(main())
        assert [request.connection for request in server.requests] == [0, 0]


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_nothing_is_sent_over_a_connection_whose_end_the_loop_has_not_noticed(method: str) -> None:
    gone = threading.Event()

    async def main() -> None:
        async with aiohttp.ClientSession() as session, AsyncClient(session) as client:
            assert await posted(client, server.url) == ["1"]
            assert idle(session)
            gone.set()
            assert connection_ends(server, 20)  # blocks the loop
            assert may_be_stale(session.connector)
            assert await posted(client, server.url, method) == ["2"]

    with Server([*FIRST, Wait(gone), CLOSE], SECOND) as server:
        asyncio.run(main())
        assert [request.connection for request in server.requests] == [0, 1]


@pytest.mark.parametrize("status", [302, 307])
def test_the_connection_of_a_redirect_is_not_used_again(status: int) -> None:
    async def main() -> None:
        async with aiohttp.ClientSession() as session, AsyncClient(session) as client:
            assert await posted(client, server.url) == ["1"]

    # It could be used again: the response has no body, and the server keeps the connection.
    with Server(reply(status, b"", {"Location": "/other"}), FIRST) as server:
        asyncio.run(main())
        assert [request.connection for request in server.requests] == [0, 1]


def test_without_that_look_the_post_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = threading.Event()
    monkeypatch.setattr(sender, "may_be_stale", lambda connector: False)

    async def main() -> None:
        async with aiohttp.ClientSession() as session, AsyncClient(session) as client:
            assert await posted(client, server.url) == ["1"]
            assert idle(session)
            gone.set()
            assert connection_ends(server, 20)
            with pytest.raises(ConnectionFailed) as caught:
                await posted(client, server.url)
            assert caught.value.sent

    with Server([*FIRST, Wait(gone), CLOSE], SECOND) as server:
        asyncio.run(main())


class _Transport:
    def __init__(self, *, closing: bool = False, sock: object = None) -> None:
        self._closing, self._sock = closing, sock

    def is_closing(self) -> bool:
        return self._closing

    def get_extra_info(self, _: str) -> object:
        return self._sock


class _Protocol:
    def __init__(self, transport: _Transport | None) -> None:
        self.transport = transport


class _Connector:
    def __init__(self, *transports: _Transport | None) -> None:
        self._conns = {"key": [(_Protocol(transport), 0.0) for transport in transports]}


@pytest.mark.parametrize(
    ("connector", "answer"),
    [
        pytest.param(None, True, id="no connector"),
        pytest.param(object(), True, id="a pool of another kind"),
        pytest.param(_Connector(None), False, id="a connection that aiohttp knows to be lost"),
        pytest.param(_Connector(_Transport(closing=True)), True, id="one that is being closed"),
        pytest.param(_Connector(_Transport()), True, id="one without a socket"),
    ],
)
def test_where_a_socket_cannot_be_examined_the_connection_may_be_closed(connector: object, answer: bool) -> None:
    assert may_be_stale(connector) is answer


def test_only_so_many_connections_are_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connector = _Connector(*[_Transport(sock=ours)] * 2)
        assert not may_be_stale(connector)
        monkeypatch.setattr(idle_connections, "_MOST", 1)
        assert may_be_stale(connector)


def test_connections_by_a_socks_proxy_may_be_closed() -> None:
    connector: Any = _Connector()
    connector._by_proxy = {"socks5://127.0.0.1:1": object()}
    assert may_be_stale(connector)
