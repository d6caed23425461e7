"""Responses that other libraries have opened: their events as they arrive, whatever the framing and the coding."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import threading
import urllib.request
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Literal

import aiohttp
import anyio
import anyio.lowlevel
import httpx
import httpx2
import pytest
import requests
import urllib3

from sse_client import ConnectionFailed, EventTooLarge, ResponseError, StreamTruncated, aread, read, reading
from sse_client._core.delivery import Delivery
from sse_client._http import inflation_limit
from sse_client.testing import Server, Wait, stream

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator

    from sse_client import Event

LIMIT = 20
BLOCKS = [b"id: 1\ndata: 1\n\n", b"data: 2\n\n", "data: \u65e5\n\n".encode()]
FOUND = ["1", "2", "\u65e5"]


@contextmanager
def by_requests(url: str) -> Generator[Any]:
    with requests.get(url, stream=True, timeout=LIMIT) as response:
        yield response


@contextmanager
def by_urllib3(url: str) -> Generator[Any]:
    with urllib3.PoolManager() as pool:
        yield pool.request("GET", url, preload_content=False, timeout=LIMIT)


@contextmanager
def by_urllib3_undecoded(url: str) -> Generator[Any]:
    with urllib3.PoolManager() as pool:
        yield pool.request("GET", url, preload_content=False, decode_content=False, timeout=LIMIT)


@contextmanager
def by_urllib(url: str) -> Generator[Any]:
    with urllib.request.urlopen(url, timeout=LIMIT) as response:
        yield response


@contextmanager
def by_http_client(url: str) -> Generator[Any]:
    connection = http.client.HTTPConnection(url.removeprefix("http://").rstrip("/"), timeout=LIMIT)
    connection.request("GET", "/")
    yield connection.getresponse()
    connection.close()


@contextmanager
def by_httpx(url: str) -> Generator[Any]:
    with httpx.stream("GET", url, timeout=LIMIT) as response:
        yield response


@contextmanager
def by_httpx2(url: str) -> Generator[Any]:
    with httpx2.stream("GET", url, timeout=LIMIT) as response:
        yield response


@contextmanager
def by_pieces(url: str) -> Generator[Any]:
    with requests.get(url, stream=True, timeout=LIMIT) as response:
        yield response.iter_content(None)


@asynccontextmanager
async def by_aiohttp(url: str) -> AsyncGenerator[Any]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        yield response


@asynccontextmanager
async def by_async_httpx(url: str) -> AsyncGenerator[Any]:
    async with httpx.AsyncClient(timeout=LIMIT) as client, client.stream("GET", url) as response:
        yield response


@asynccontextmanager
async def by_async_httpx2(url: str) -> AsyncGenerator[Any]:
    async with httpx2.AsyncClient(timeout=LIMIT) as client, client.stream("GET", url) as response:
        yield response


@asynccontextmanager
async def by_async_pieces(url: str) -> AsyncGenerator[Any]:
    async with httpx.AsyncClient(timeout=LIMIT) as client, client.stream("GET", url) as response:
        yield response.aiter_bytes()


DECODING = [by_requests, by_urllib3, by_urllib3_undecoded, by_httpx, by_httpx2]
BLOCKING = [*DECODING, by_urllib, by_http_client]
AWAITED = [by_aiohttp, by_async_httpx, by_async_httpx2, by_async_pieces]

Framing = Literal["chunked", "length", "close"]
framings = pytest.mark.parametrize("framing", ["chunked", "length", "close"])


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the sizes of what is parsed."""
    sizes: list[int] = []
    feed = Delivery.feed

    def recorded(self: Delivery, data: bytes) -> Iterator[Event]:
        sizes.append(len(data))
        return feed(self, data)

    monkeypatch.setattr(Delivery, "feed", recorded)
    return sizes


def gated(framing: Framing, coding: Any = None) -> tuple[Server, threading.Event]:
    """Return a server that sends the first event, and the others only once that has been read."""
    came = threading.Event()
    begin, first, *rest = stream(BLOCKS, framing=framing, coding=coding)
    return Server([begin, first, Wait(came), *rest]), came


async def awaited(opened: AbstractAsyncContextManager[Any], came: threading.Event, **options: Any) -> list[Any]:
    found: list[Any] = []
    async with opened as response:
        async for event in aread(response, **options):
            found.append(event)
            came.set()
    return found


@framings
@pytest.mark.parametrize("opener", BLOCKING)
def test_each_event_is_read_while_the_server_waits(opener: Any, framing: Framing) -> None:
    server, came = gated(framing)
    with server, opener(server.url) as response:
        found: list[str] = []
        for event in read(response):
            found.append(event.data)
            came.set()
    assert found == FOUND


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("opener", BLOCKING)
def test_a_coding_is_undone_while_the_server_waits(opener: Any, coding: str) -> None:
    server, came = gated("chunked", coding)
    with server, opener(server.url) as response:
        found: list[str] = []
        for event in read(response):
            found.append(event.data)
            came.set()
    assert found == FOUND


BY_READ1 = [by_requests, by_urllib3, by_urllib3_undecoded, by_urllib, by_http_client]


@pytest.mark.parametrize("word", ["none", "utf-8", "identity", "", "none, identity"])
@pytest.mark.parametrize("opener", BY_READ1)
def test_a_word_that_is_no_coding_is_passed_over(opener: Any, word: str) -> None:
    with Server(stream(BLOCKS, headers={"Content-Encoding": word})) as server, opener(server.url) as response:
        assert [event.data for event in read(response)] == FOUND


@pytest.mark.parametrize("coding", ["compress", "gzip, exi"])
@pytest.mark.parametrize("opener", BY_READ1)
def test_a_coding_that_cannot_be_undone_is_no_empty_stream(opener: Any, coding: str) -> None:
    with (
        Server(stream(BLOCKS, headers={"Content-Encoding": coding})) as server,
        opener(server.url) as response,
        pytest.raises(ResponseError, match="expected a body that is coded with one of") as caught,
    ):
        list(read(response))
    assert caught.value.status == 200


@pytest.mark.parametrize(
    ("body", "found"),
    [(gzip.compress(b"".join(BLOCKS))[:-4], FOUND), (b"data: 1\n\n", [])],
    ids=["cut off", "corrupt"],
)
@pytest.mark.parametrize("opener", [by_urllib, by_http_client])
def test_a_compressed_body_that_is_cut_or_corrupt_is_no_whole_one(opener: Any, body: bytes, found: list[str]) -> None:
    with Server(stream([body], headers={"Content-Encoding": "gzip"})) as server, opener(server.url) as response:
        events = read(response)
        assert [next(events).data for _ in found] == found
        with pytest.raises(ConnectionFailed, match="compressed body"):
            next(events)


BOMB = stream([gzip.compress(b"\n" * (1 << 20))], headers={"Content-Encoding": "gzip"})
LINES = 2 * 20_000
"""What the bytes of the bomb allow for at most, as the limit is set here."""


@pytest.fixture
def _few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflation_limit, "_ITEM_COST", 2**27 // 20_000)


@pytest.mark.usefixtures("_few_lines")
@pytest.mark.parametrize("opener", BLOCKING)
def test_a_body_that_inflates_to_no_events_is_refused(opener: Any, fed: list[int]) -> None:
    with Server(BOMB) as server, opener(server.url) as response, pytest.raises(EventTooLarge, match="inflate to less"):
        list(read(response))
    assert sum(fed) < LINES + 64 * 1024


@pytest.mark.usefixtures("_few_lines")
@pytest.mark.parametrize("opener", [by_aiohttp, by_async_httpx, by_async_httpx2])
def test_an_awaited_body_that_inflates_to_no_events_is_refused(opener: Any, fed: list[int]) -> None:
    with Server(BOMB) as server, pytest.raises(EventTooLarge, match="inflate to less"):
        asyncio.run(awaited(opener(server.url), threading.Event()))
    assert sum(fed) < LINES + 64 * 1024


@pytest.mark.usefixtures("_few_lines")
@pytest.mark.parametrize("opener", BLOCKING)
def test_without_a_limit_for_events_a_body_may_inflate(opener: Any, fed: list[int]) -> None:
    with Server(BOMB) as server, opener(server.url) as response:
        assert list(read(response, max_event_size=None)) == []
    assert sum(fed) == 1 << 20


@pytest.mark.usefixtures("_few_lines")
def test_lines_that_are_not_compressed_are_no_bomb() -> None:
    with Server(stream([b"\n" * 100_000, *BLOCKS])) as server, by_requests(server.url) as response:
        assert [event.data for event in read(response)] == FOUND


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_a_long_piece_lets_other_tasks_run(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "TURN", 0.0)
    turns = 0

    async def pieces() -> AsyncGenerator[bytes]:
        yield b"id\n" * 400_000
        yield b"\ndata: 1\n\n"

    async def count() -> None:
        nonlocal turns
        while True:
            await anyio.lowlevel.checkpoint()
            turns += 1

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(count)
            await anyio.lowlevel.checkpoint()
            assert [event.data async for event in aread(pieces())] == ["1"]
            group.cancel_scope.cancel()

    anyio.run(main, backend=loop)
    assert turns >= 18  # of 64 KiB each


@framings
@pytest.mark.parametrize("coding", [None, "gzip"])
@pytest.mark.parametrize("opener", AWAITED)
def test_each_event_is_awaited_while_the_server_waits(opener: Any, framing: Framing, coding: Any) -> None:
    server, came = gated(framing, coding)
    with server:
        found = asyncio.run(awaited(opener(server.url), came))
    assert [event.data for event in found] == FOUND


@pytest.mark.parametrize("coding", [None, "gzip"])
@pytest.mark.parametrize("opened", [requests.request, urllib3.request, httpx.request, httpx2.request])
def test_a_body_that_the_library_has_read_already_is_read(opened: Any, coding: Any) -> None:
    with Server(stream(BLOCKS, coding=coding)) as server:
        response = opened("GET", server.url, timeout=LIMIT)
    assert [event.data for event in read(response)] == FOUND


def test_a_body_that_the_library_has_awaited_already_is_read() -> None:
    async def main(url: str) -> list[str]:
        async with httpx.AsyncClient(timeout=LIMIT) as client:
            return [event.data async for event in aread(await client.get(url))]

    with Server(stream(BLOCKS)) as server:
        assert asyncio.run(main(server.url)) == FOUND


def test_a_body_that_was_read_by_blocking_may_be_awaited() -> None:
    with Server(stream(BLOCKS)) as server:
        response = requests.get(server.url, timeout=LIMIT)

    async def main() -> list[str]:
        return [event.data async for event in aread(response)]

    assert asyncio.run(main()) == FOUND


@pytest.mark.parametrize("opener", BLOCKING)
def test_the_options_are_those_of_a_stream(opener: Any) -> None:
    with Server(stream(BLOCKS, framing="length")) as server, opener(server.url) as response:
        assert [event.data for event in read(response, until="2")] == ["1"]
    with Server(stream(BLOCKS, framing="length")) as server, opener(server.url) as response:
        found = list(read(response, until="2", include_last=True, last_event_id="0"))
        assert [(event.data, event.id) for event in found] == [("1", "1"), ("2", "1")]
    with Server(stream(BLOCKS, framing="length")) as server, opener(server.url) as response:
        events = read(response, until="end")
        with pytest.raises(StreamTruncated, match="before"):
            list(events)


@pytest.mark.parametrize("opener", AWAITED)
def test_the_options_are_those_of_a_stream_where_it_is_awaited(opener: Any) -> None:
    came = threading.Event()
    with Server(stream(BLOCKS), stream(BLOCKS)) as server:
        found = asyncio.run(awaited(opener(server.url), came, until="2", include_last=True))
        assert [event.data for event in found] == ["1", "2"]
        with pytest.raises(StreamTruncated, match="before"):
            asyncio.run(awaited(opener(server.url), came, until="end"))


@pytest.mark.parametrize("opener", [by_aiohttp, by_async_httpx, by_async_httpx2])
def test_a_response_that_can_only_be_awaited_is_refused_by_name(opener: Any) -> None:
    async def main(url: str) -> None:
        async with opener(url) as response:
            with pytest.raises(TypeError, match=r"sse_client\.aread"):
                read(response)

    with Server(stream(BLOCKS)) as server:
        asyncio.run(main(server.url))


@pytest.mark.parametrize("opener", [by_requests, by_urllib3, by_http_client])
def test_a_response_that_cannot_be_awaited_is_refused_by_name(opener: Any) -> None:
    with (
        Server(stream(BLOCKS)) as server,
        opener(server.url) as response,
        pytest.raises(TypeError, match=r"sse_client\.read"),
    ):
        aread(response)


def test_lines_without_their_ends_are_refused() -> None:
    with Server(stream(BLOCKS), stream(BLOCKS)) as server:
        with by_requests(server.url) as response, pytest.raises(TypeError, match="pass the response itself"):
            read(response.iter_lines())

        async def main() -> None:
            async with by_async_httpx(server.url) as response:
                with pytest.raises(TypeError, match="pass the response itself"):
                    aread(response.aiter_lines())

        asyncio.run(main())


def test_pieces_of_a_response_are_read_as_they_arrive() -> None:
    server, came = gated("chunked")  # of other framings, requests fills each piece
    with server, by_pieces(server.url) as pieces:
        found: list[str] = []
        for event in read(pieces):
            found.append(event.data)
            came.set()
    assert found == FOUND


@pytest.mark.parametrize("pieces", [[b"data: 1\n", bytearray(b"\n")], [memoryview(b"data: 1\n\n")]])
def test_pieces_may_be_any_bytes(pieces: list[Any]) -> None:
    assert [event.data for event in read(pieces)] == ["1"]


def test_pieces_that_are_texts_are_refused() -> None:
    with pytest.raises(TypeError, match="response: expected pieces of bytes, got str"):
        list(read(["data: 1\n\n"]))
    for text in ("data: 1\n\n", b"data: 1\n\n", None, 5):
        with pytest.raises(TypeError, match="response: expected an open HTTP response"):
            read(text)


class Chunks:
    """A body as pyreqwest has it, which is not installed beside the others."""

    def __init__(self) -> None:
        self._pieces = [*BLOCKS]

    def read_chunk(self) -> memoryview | None:
        return memoryview(self._pieces.pop(0)) if self._pieces else None


class SyncChunks(Chunks):
    pass


class AwaitedChunks(Chunks):
    async def read_chunk(self) -> memoryview | None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return super().read_chunk()


class Response:
    def __init__(self, reader: Chunks) -> None:
        self.body_reader = reader


def test_a_body_that_is_read_in_chunks_is_read() -> None:
    assert [event.data for event in read(Response(SyncChunks()))] == FOUND
    with pytest.raises(TypeError, match=r"sse_client\.aread"):
        read(Response(AwaitedChunks()))
    with pytest.raises(TypeError, match=r"sse_client\.read"):
        aread(Response(SyncChunks()))

    async def main() -> list[str]:
        return [event.data async for event in aread(Response(AwaitedChunks()))]

    assert asyncio.run(main()) == FOUND
