"""How many bytes are received at once on a connection of aiohttp: few until a response's head is complete."""

from __future__ import annotations

import asyncio
import ssl
import threading
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import trustme
from aiohttp.client_proto import ResponseHandler

from sse_client import ConnectionFailed
from sse_client.aio import AsyncClient
from sse_client.testing import CLOSE, Server, Wait, chunk, head, reply
from sse_client.transports._aiohttp.receive_size import DEFAULT, OF_BODIES, OF_HEADS, begin_tunnel, end_tunnel

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.testing import Step

TUNNEL: list[Step] = [b"HTTP/1.1 200 Connection established\r\n\r\n", CLOSE]


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the receive size at each read of a connection of aiohttp."""
    found: list[int] = []
    data_received = ResponseHandler.data_received

    def noted(self: ResponseHandler, data: bytes) -> None:
        transport: Any = self.transport
        tls = getattr(transport, "_ssl_protocol", None)
        found.append(transport.max_size if tls is None else len(tls._ssl_buffer))
        data_received(self, data)

    monkeypatch.setattr(ResponseHandler, "data_received", noted)
    return found


@pytest.fixture(scope="module")
def certificates() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority: Any = trustme.CA()  # Any, because its types name those of pyOpenSSL
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    return server, client


async def read(make: Callable[[], Any], url: str, received: Any, **options: Any) -> None:
    """Read two streams, one after the other; let the server continue after the first event."""
    async with AsyncClient(make(), reconnect=False) as client:
        for _ in range(2):
            async with client.stream("POST", url, **options) as stream:
                async for _event in stream:
                    received.set()


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
def test_reads_are_longer_after_the_head(
    secure: bool, sizes: list[int], certificates: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    received = threading.Event()
    script: list[Step] = [head(), chunk(b"data: 1\n\n"), Wait(received), chunk(b"data: 2\n\n"), b"0\r\n\r\n"]
    with Server(script, script, tls=certificates[0] if secure else None) as server:
        asyncio.run(
            read(
                lambda: aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=certificates[1])), server.url, received
            )
        )
        assert server.connections == 1
    assert sizes[0] == OF_HEADS
    assert sizes[-1] == OF_BODIES
    assert set(sizes) == {OF_HEADS, OF_BODIES}


@pytest.mark.parametrize("make", [lambda: None, aiohttp.ClientSession], ids=["own", "of the caller"])
def test_a_proxys_answer_is_read_in_short_reads(make: Callable[[], Any], sizes: list[int]) -> None:
    async def main(proxy: str) -> None:
        async with AsyncClient(make(), reconnect=False) as client:
            await client.stream("POST", "https://a.invalid/", proxies={"https": proxy}).__aenter__()

    with Server(TUNNEL) as server, pytest.raises(ConnectionFailed):
        asyncio.run(main(server.url))
    assert sizes[0] == OF_HEADS


def test_other_requests_of_the_session_are_read_as_before(sizes: list[int]) -> None:
    async def main(url: str) -> None:
        async with aiohttp.ClientSession() as session:
            client = AsyncClient(session, reconnect=False)
            with pytest.raises(ConnectionFailed):
                await client.stream("POST", "https://a.invalid/", proxies={"https": url}).__aenter__()
            sizes.clear()
            with pytest.raises(aiohttp.ClientError):
                await session.get("https://a.invalid/", proxy=url)
            async with session.get(url) as response:
                assert await response.read() == b"ok"

    with Server(TUNNEL, TUNNEL, reply(200, b"ok")) as server:
        asyncio.run(main(server.url))
    assert set(sizes) == {DEFAULT}


def test_a_factory_of_another_kind_is_left_alone() -> None:
    class Connector:
        _factory = list  # makes no protocols of aiohttp's

    connector = Connector()
    end_tunnel(begin_tunnel(connector))
    assert vars(connector) == {}
    end_tunnel(begin_tunnel(object()))
