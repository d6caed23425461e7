"""Interim responses are read over, a flood of them is refused; a head is not lost with what comes in its read."""

from __future__ import annotations

import asyncio
import gc
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from asynchronous.kit import CLIENTS, Client, run

from sse_client import AsyncClient, ConnectionFailed
from sse_client.testing import CLOSE, LAST_CHUNK, STALL, Pause, Server, Step, chunk, head, stream
from sse_client.transports._aiohttp.response_head import MOST_INTERIM, head_first

EVENT = b"data: 1\n\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
LENGTH, CHUNKED = HEAD + b"Content-Length: 9\r\n\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
DONE = stream([EVENT])
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n"

# What comes in one read, the events of it, and the error after them.
READS = [
    pytest.param(LENGTH + EVENT + b"more\r\n\r\n", ["1"], None, id="bytes after the length"),
    pytest.param(LENGTH + EVENT + EVENT, ["1"], None, id="an event after the length"),
    pytest.param(CHUNKED + chunk(EVENT) + LAST_CHUNK + b"more", ["1"], None, id="bytes after the last chunk"),
    pytest.param(CHUNKED + chunk(EVENT) + b"none\r\n", ["1"], ConnectionFailed, id="no chunk size"),
    pytest.param(CHUNKED + b"9\r\n" + EVENT + b"more", ["1"], ConnectionFailed, id="a chunk that is too long"),
    pytest.param(CHUNKED + b"none\r\n", [], ConnectionFailed, id="no chunk at all"),
    pytest.param(NO_CONTENT + b"\r\n" + EVENT, [], None, id="204 with a body"),
    pytest.param(NO_CONTENT + b"Content-Length: 9\r\n\r\n" + EVENT, [], None, id="204 with a length and a body"),
    pytest.param(HINT + LENGTH + EVENT + b"more", ["1"], None, id="an interim response before it"),
    pytest.param(HINT * 3 + NO_CONTENT + b"\r\n" + EVENT, [], None, id="three interim responses before a 204"),
]


# The example of a transport reads heads with http.client, whose rules are its own.
@pytest.fixture(params=[name for name in CLIENTS if name != "http.client"])
def client(request: pytest.FixtureRequest) -> Client:
    """One client after the other: what holds for aiohttp's holds for all."""
    return CLIENTS[request.param]()


@pytest.mark.parametrize(("read", "events", "error"), READS)
def test_what_follows_the_head_does_not_take_it_away(
    client: Client, read: bytes, events: list[str], error: type[Exception] | None
) -> None:
    with Server([read, CLOSE]) as server:
        assert client.read("POST", server.url).outcome == (events, error)


@pytest.mark.parametrize("cut", range(1, 60))
def test_the_head_may_come_in_two_reads(cut: int) -> None:
    read = HINT + NO_CONTENT + b"\r\n" + EVENT
    with Server([read[:cut], Pause(0.01), read[cut:], CLOSE]) as server:
        assert CLIENTS["asyncio"]().read("GET", server.url).outcome == ([], None)


@pytest.mark.parametrize("begin", [b"", HINT], ids=["first", "after an interim response"])
@pytest.mark.parametrize("cut", [1, 16, 17, 18, 30])
def test_a_blank_before_the_first_field_is_refused_wherever_a_read_ends(begin: bytes, cut: int) -> None:
    read = begin + b"HTTP/1.1 200 OK\r\n " + LENGTH.split(b"\r\n", 1)[1] + EVENT
    cut += len(begin)
    with Server([read[:cut], Pause(0.01), read[cut:], CLOSE]) as server:
        assert CLIENTS["asyncio"]().read("POST", server.url).outcome == ([], ConnectionFailed)


def test_a_connection_with_surplus_bytes_is_not_used_again() -> None:
    script: list[Step] = [LENGTH + EVENT + b"more\r\n\r\n"]

    async def main() -> None:
        with Server(script, [LENGTH + EVENT]) as server:
            async with AsyncClient() as client:
                for _ in range(2):
                    assert [event.data async for event in client.post(server.url)] == ["1"]
            assert server.connections == 2

    run(main)


def test_a_connection_without_surplus_bytes_is_used_again() -> None:
    async def main() -> None:
        with Server([LENGTH + EVENT], [LENGTH + EVENT]) as server:
            async with AsyncClient() as client:
                for _ in range(2):
                    assert [event.data async for event in client.post(server.url)] == ["1"]
            assert server.connections == 1

    run(main)


def test_the_parser_is_aiohttps_own_once_the_head_is_parsed() -> None:
    async def main() -> None:
        with Server([head(), chunk(EVENT), STALL]) as server:
            async with AsyncClient() as client, client.post(server.url) as events:
                async for _ in events:
                    assert events.response is not None
                    protocol: Any = events.response.raw.connection.protocol
                    assert type(protocol._parser).__module__.startswith("aiohttp.")
                    break

    run(main)


def test_a_connection_that_is_built_otherwise_is_left_alone() -> None:
    class Other:
        async def start(self, connection: Any) -> Any:
            return connection

    connection: Any = SimpleNamespace(protocol=object())
    assert asyncio.run(head_first(Other)().start(connection)) is connection


def test_nothing_is_left_of_a_response_that_fails() -> None:
    async def main() -> None:
        with Server([CHUNKED + b"none\r\n", CLOSE]) as server:
            async with AsyncClient(aiohttp.ClientSession(), reconnect=False) as client:
                with pytest.raises(ConnectionFailed, match="its framing is malformed"):
                    [event async for event in client.post(server.url)]
            await asyncio.sleep(0)

    run(main)
    gc.collect()


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("count", [1, MOST_INTERIM])
def test_interim_responses_are_read_over(count: int, own: bool) -> None:
    async def main() -> None:
        with Server([HINT * count, *DONE]) as server:
            session = None if own else aiohttp.ClientSession()
            async with AsyncClient(session, reconnect=False) as client:
                assert [event.data async for event in client.post(server.url)] == ["1"]
            if session is not None:
                await session.close()

    run(main)


@pytest.mark.parametrize("own", [True, False])
def test_a_flood_of_them_is_refused(own: bool) -> None:
    async def main() -> None:
        with Server([HINT * (MOST_INTERIM + 1), *DONE]) as server:
            session = None if own else aiohttp.ClientSession()
            async with AsyncClient(session, reconnect=False) as client:
                with pytest.raises(ConnectionFailed, match="sent over 1,000 interim responses") as caught:
                    [event async for event in client.post(server.url)]
            assert caught.value.sent
            if session is not None:
                await session.close()

    run(main)


def test_a_session_has_one_class_of_responses() -> None:
    class Own(aiohttp.ClientResponse):
        pass

    assert head_first(Own) is head_first(Own)
    assert issubclass(head_first(Own), Own)
