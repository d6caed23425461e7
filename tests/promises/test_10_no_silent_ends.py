"""A stream ends without an error only where its body has come to its end."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

import sse_client
from sse_client import ConnectionFailed, SSEError
from sse_client.aio import AsyncClient
from sse_client.testing import RESET, Server, chunk, head, stream

from .kit import read_request, serving

if TYPE_CHECKING:
    import socket

    from asynchronous.kit import Client

CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n0\r\n\r\n"
LINES = {
    "a blank before the colon": b"X-Y : z\r\n",
    "no colon": b"nonsense\r\n",
    "a name in UTF-8": "Größe: 1\r\n".encode(),
    "a bare CR": b"X: a\rb\r\n",
    "a NUL": b"X: a\0b\r\n",
    "an empty name": b": x\r\n",
    "a folded line": b"X: a\r\n b\r\n",
}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("whole", [True, False])
def test_a_malformed_line_hides_no_framing(client: Client, line: str, whole: bool) -> None:
    body = CHUNKED if whole else CHUNKED[:-5]

    def talk(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + LINES[line] + body)

    with serving(talk) as port:
        reading = client.read("POST", f"http://127.0.0.1:{port}/")
    # The head is refused, or read in full: no chunk size is ever taken for text.
    assert reading.data in ([], ["1"])
    if reading.data == [] or not whole:
        assert isinstance(reading.error, SSEError)


CODINGS = ["gzip, chunked", "gzip", "chunked, gzip", "chunked, chunked", "xchunked", "chunked;q=1", ""]


@pytest.mark.parametrize("coding", CODINGS)
def test_a_transfer_coding_other_than_chunked_is_an_error(client: Client, coding: str) -> None:
    def talk(sock: socket.socket) -> None:
        read_request(sock)
        start = f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: {coding}\r\n\r\n"
        sock.sendall(start.encode() + b"9\r\ndata: 1\n\n\r\n0\r\n\r\n")

    with serving(talk) as port:
        reading = client.read("POST", f"http://127.0.0.1:{port}/")
    assert isinstance(reading.error, SSEError)
    assert reading.data == []


@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_a_reset_is_no_end(client: Client, framing: Any) -> None:
    going = threading.Event()
    from sse_client.testing import Wait

    first = chunk(b"data: 1\n\n") if framing == "chunked" else b"data: 1\n\n"
    with Server([head(framing=framing), first, Wait(going), RESET]) as server:
        threading.Timer(0.2, going.set).start()
        reading = client.read("POST", server.url)
    assert reading.data == ["1"]
    assert isinstance(reading.error, ConnectionFailed)


def raises(*_: object) -> Any:
    raise StopAsyncIteration


AWAITED = [AsyncClient, lambda: AsyncClient(httpx2.AsyncClient())]
BLOCKING = [sse_client.Client, lambda: sse_client.Client(httpx2.Client())]
on_awaited = pytest.mark.parametrize("opened", AWAITED, ids=["aiohttp", "httpx2"])
on_blocking = pytest.mark.parametrize("opened", BLOCKING, ids=["requests", "httpx2"])


@on_awaited
@pytest.mark.parametrize("where", ["prepare", "observer", "until"])
def test_a_stop_of_the_callers_code_is_no_silent_end(where: str, opened: Any) -> None:
    async def main(url: str) -> None:
        options: dict[str, Any] = {where: raises}
        async with opened() as client:
            async for _ in client.get(url, **options):
                pass

    with Server(default=lambda _: stream([b"data: 1\n\n"])) as server, pytest.raises(RuntimeError, match="StopAsync"):
        asyncio.run(main(server.url))


def stops(*_: object) -> Any:
    raise StopIteration


@on_blocking
@pytest.mark.parametrize("where", ["prepare", "observer", "until"])
def test_a_stop_of_blocking_code_is_no_silent_end(where: str, opened: Any) -> None:
    options: dict[str, Any] = {where: stops}
    with (
        Server(default=lambda _: stream([b"data: 1\n\n"])) as server,
        opened() as client,
        pytest.raises(RuntimeError),
    ):
        for _ in client.get(server.url, **options):
            pass


@on_blocking
@pytest.mark.parametrize("handler", [raises, stops])
def test_a_stop_of_a_blocking_handler_is_the_subscriptions_error(handler: Any, opened: Any) -> None:
    with Server(stream([b"data: 1\n\n"])) as server, opened() as client:
        subscription = client.subscribe("POST", server.url, handler)
        assert subscription.join(5)
    assert isinstance(subscription.error, StopIteration | StopAsyncIteration)


async def araises(_: object) -> None:
    raise StopAsyncIteration


@on_awaited
@pytest.mark.parametrize("handler", [raises, araises])
def test_a_stop_of_a_handler_is_the_subscriptions_error(handler: Any, opened: Any) -> None:
    async def main(url: str) -> None:
        async with opened() as client:
            subscription = client.subscribe("POST", url, handler)
            assert await subscription.join(5)
        assert isinstance(subscription.error, StopAsyncIteration)

    with Server(stream([b"data: 1\n\n"])) as server:
        asyncio.run(main(server.url))


async def coroutine(_: object) -> None:
    raise AssertionError("nobody awaits this")


class Callable:
    """A handler whose call is a coroutine function."""

    async def __call__(self, _: object) -> None:
        raise AssertionError("nobody awaits this")


@pytest.mark.parametrize("handler", [coroutine, Callable()])
@on_blocking
def test_a_coroutine_function_is_no_blocking_handler(handler: Any, opened: Any) -> None:
    with opened() as client, pytest.raises(TypeError, match="coroutine"):
        client.subscribe("GET", "http://127.0.0.1:9/", handler)


def answers(event: object) -> Any:
    return coroutine(event)


@on_blocking
def test_a_handler_that_returns_a_coroutine_ends_the_subscription(opened: Any) -> None:
    with Server(stream([b"data: 1\n\n"])) as server, opened() as client:
        subscription = client.subscribe("POST", server.url, answers)
        assert subscription.join(5)
    assert isinstance(subscription.error, TypeError)
