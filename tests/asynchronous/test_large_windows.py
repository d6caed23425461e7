"""A brotli stream with a window of 8 or 16 MiB is decoded in a thread, and any other in that of the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import threading
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import anyio
import httpx2
import pytest
import trio

from sse_client import ConnectionFailed, SSEError
from sse_client._core.delivery import Delivery
from sse_client._http import coding_steps, optional_codings
from sse_client.aio import AsyncClient
from sse_client.testing import LAST_CHUNK, STALL, Server, chunk, head
from sse_client.transports.async_custom import AsyncBody, AsyncSession, AsyncTransport, Headers, Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from sse_client import Event
    from sse_client.options import Options
    from sse_client.testing import Step
    from sse_client.transports.async_custom import Limits, OutgoingRequest

brotli: Any = import_module("brotli")  # it has no types
BLOCKS = b"".join(b"data: %d\n\n" % number for number in range(20_000))
DATA = [str(number) for number in range(20_000)]
SOON = 10


class Unframed(AsyncSession):
    """Passes on a body that is whole already."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def transport(self, options: Options) -> AsyncTransport:
        return UnframedTransport(options, self.body)


class UnframedTransport(AsyncTransport):
    def __init__(self, options: Options, content: bytes) -> None:
        super().__init__(options)
        self.content = content

    async def send(self, request: OutgoingRequest, limits: Limits) -> AsyncBody:
        fields = Headers([(b"Content-Type", b"text/event-stream"), (b"Content-Encoding", b"br")])
        return UnframedBody(Response(200, fields, request.url, None), limits, self, self.content)


class UnframedBody(AsyncBody):
    def __init__(self, response: Response, limits: Limits, transport: UnframedTransport, content: bytes) -> None:
        super().__init__(response, limits, transport)
        self.content = content

    async def receive(self) -> bytes:
        content, self.content = self.content, b""
        return content

    async def disconnect(self) -> None:
        """Have nothing to close."""


def mocked(body: bytes) -> httpx2.AsyncClient:
    """Return a client whose bodies are read through its library."""

    class Stream(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield body

    fields = {"Content-Type": "text/event-stream", "Content-Encoding": "br"}
    return httpx2.AsyncClient(
        transport=httpx2.MockTransport(lambda _: httpx2.Response(200, headers=fields, stream=Stream()))
    )


def networked(session: Callable[[], Any], _: bytes) -> Any:
    return session()


KINDS = [
    pytest.param(partial(networked, lambda: None), "asyncio", id="aiohttp"),
    pytest.param(partial(networked, httpx2.AsyncClient), "asyncio", id="httpx2 on asyncio"),
    pytest.param(partial(networked, httpx2.AsyncClient), "trio", id="httpx2 on trio"),
    pytest.param(mocked, "asyncio", id="httpx2, mocked"),
    pytest.param(Unframed, "asyncio", id="custom on asyncio"),
    pytest.param(Unframed, "trio", id="custom on trio"),
]
kinds = pytest.mark.parametrize(("session", "loop"), KINDS)


def run(loop: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    if loop == "trio":
        trio.run(main)
    else:
        asyncio.run(main())


def compressed(data: bytes, window: int) -> bytes:
    """Return a brotli stream that says what window it has, however short it is."""
    compressor = brotli.Compressor(quality=4, lgwin=window)
    body: bytes = compressor.process(data) + compressor.flush() + compressor.finish()
    return body


def coded(body: bytes, coding: str = "br") -> list[Step]:
    return [head(headers={"Content-Encoding": coding}), chunk(body), LAST_CHUNK]


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Return the identifiers of the threads that decode, of which there are some once it is done."""
    found: set[int] = set()
    decode = optional_codings.Brotli.decode

    def recorded(self: optional_codings.Brotli, data: bytes) -> bytes:
        found.add(threading.get_ident())
        return decode(self, data)

    monkeypatch.setattr(optional_codings.Brotli, "decode", recorded)
    return found


@pytest.mark.parametrize("window", range(10, 25))
def test_the_window_is_read_off_the_first_byte(window: int) -> None:
    assert optional_codings.has_large_window(compressed(BLOCKS, window)[0]) is (window > 22)


@kinds
@pytest.mark.parametrize("window", [22, 23, 24])
def test_only_large_windows_are_decoded_in_a_thread(session: Any, loop: str, window: int, threads: set[int]) -> None:
    body = compressed(BLOCKS, window)

    async def main() -> None:
        async with AsyncClient(session(body)) as client:
            assert [event.data async for event in client.stream("POST", server.url)] == DATA

    with Server(coded(body)) as server:
        run(loop, main)
    assert threads
    assert (threading.get_ident() in threads) is (window == 22)


def test_brotli_under_another_coding_is_decoded_in_a_thread(threads: set[int]) -> None:
    async def main() -> None:
        async with AsyncClient() as client:
            assert [event.data async for event in client.stream("POST", server.url)] == DATA

    with Server(coded(gzip.compress(compressed(BLOCKS, 18)), "br, gzip")) as server:
        run("asyncio", main)
    assert threads
    assert threading.get_ident() not in threads


@kinds
@pytest.mark.parametrize("fault", ["corrupt", "cut"])
def test_a_fault_in_a_large_window_is_an_error_after_what_came(session: Any, loop: str, fault: str) -> None:
    body = compressed(BLOCKS, 24)
    body = body[:-1] if fault == "cut" else body[:20_000] + b"\xff" * 2_000

    async def main() -> None:
        got: list[str] = []

        async def read() -> None:
            async for event in client.stream("POST", server.url):
                got.append(event.data)

        async with AsyncClient(session(body)) as client:
            with pytest.raises(ConnectionFailed, match=fault):
                await read()
        assert got == DATA[: len(got)]
        assert got

    with Server(coded(body)) as server:
        run(loop, main)


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Have decoding say that it has begun, and wait until it may go on."""
    begun, free = threading.Event(), threading.Event()
    decode = optional_codings.Brotli.decode

    def slow(self: optional_codings.Brotli, data: bytes) -> bytes:
        begun.set()
        assert free.wait(SOON)
        return decode(self, data)

    monkeypatch.setattr(optional_codings.Brotli, "decode", slow)
    yield begun, free
    free.set()


@kinds
@pytest.mark.parametrize("how", ["aclose", "cancel"])
def test_what_ends_a_stream_while_its_thread_is_at_work_leaves_nothing(
    session: Any, loop: str, how: str, at_work: tuple[threading.Event, threading.Event]
) -> None:
    begun, free = at_work
    body = compressed(BLOCKS, 24)
    got: list[str] = []

    async def main() -> None:
        async with AsyncClient(session(body)) as client:
            stream = client.stream("POST", server.url)

            async def read() -> None:
                with contextlib.suppress(SSEError):
                    got.extend([event.data async for event in stream])

            with anyio.fail_after(SOON):
                async with anyio.create_task_group() as group:
                    group.start_soon(read)
                    while not begun.is_set():  # noqa: ASYNC110  (set by a thread)
                        await anyio.sleep(0.002)
                    threading.Timer(0.05, free.set).start()
                    if how == "aclose":
                        await stream.aclose()
                    else:
                        group.cancel_scope.cancel()
            assert stream.state == "closed"
            assert stream.reason == ("closed" if how == "aclose" else "cancelled")

    with Server([*coded(body)[:-1], STALL]) as server:
        run(loop, main)
    assert got == []


def test_pieces_of_a_large_window_are_parsed_in_parts_once_one_took_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding_steps, "_LONG", 0.0)
    sizes: list[int] = []
    feed = Delivery.feed

    def recorded(self: Delivery, data: bytes) -> Iterator[Event]:
        sizes.append(len(data))
        return feed(self, data)

    monkeypatch.setattr(Delivery, "feed", recorded)

    async def main() -> None:
        async with AsyncClient() as client:
            stream = client.stream("POST", server.url)
            assert [event.data async for event in stream] == DATA

    with Server(coded(compressed(BLOCKS, 24))) as server:
        run("asyncio", main)
    assert max(sizes[3:]) <= coding_steps._PART
