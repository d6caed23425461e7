"""The test libraries of httpx, on clients of it: respx and pytest-httpx, blocking and asynchronous.

Neither knows of httpx2, whose own `MockTransport` and `ASGITransport` are in tests/transports/httpx/test_clients.py.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import respx
import trio

import sse_client
from sse_client import ConnectionFailed, Reconnect, StatusError
from sse_client.aio import AsyncClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pytest_httpx import HTTPXMock

URL = "http://example.test/events"
HEAD = {"Content-Type": "text/event-stream"}
AT_ONCE = Reconnect(initial_delay=0, max_delay=0, max_attempts=3)


def blocking(**options: Any) -> list[str]:
    """Read a stream to its end."""
    with sse_client.Client(httpx.Client()) as client, client.get(URL, **options) as events:
        return [event.data for event in events]


def awaited(run: Callable[[Any], object] = lambda main: asyncio.run(main()), **options: Any) -> list[str]:
    """Read one on an event loop."""
    data: list[str] = []

    async def main() -> None:
        async with AsyncClient(httpx.AsyncClient()) as client, client.get(URL, **options) as events:
            data.extend([event.data async for event in events])

    run(main)
    return data


def on_trio(**options: Any) -> list[str]:
    """Read one under trio."""
    return awaited(trio.run, **options)


readers = pytest.mark.parametrize("read", [blocking, awaited, on_trio], ids=["blocking", "asyncio", "trio"])


@readers
def test_respx_answers_and_a_lost_stream_is_resumed(read: Any) -> None:
    with respx.mock() as router:
        route = router.get(URL).mock(
            side_effect=[
                httpx.Response(200, headers=HEAD, content=b"id: 7\ndata: 1\n\n"),
                httpx.ConnectError("refused"),
                httpx.Response(200, headers=HEAD, content=b"data: 2\n\ndata: end\n\n"),
            ]
        )
        assert read(until="end", reconnect=AT_ONCE) == ["1", "2"]
    calls: list[Any] = list(route.calls)  # pyright: ignore[reportUnknownArgumentType]
    ids = [call.request.headers.get("last-event-id") for call in calls]
    assert ids == [None, "7", "7"]


@readers
def test_what_respx_refuses_is_an_error_of_the_tree(read: Any) -> None:
    with respx.mock() as router:
        router.get(URL).mock(side_effect=httpx.ConnectTimeout("late"))
        with pytest.raises(ConnectionFailed) as caught:
            read(reconnect=False)
        assert not caught.value.sent
        router.get(URL).respond(503, text="busy")
        with pytest.raises(StatusError) as status:
            read(reconnect=False)
        assert (status.value.status, status.value.body) == (503, b"busy")


@readers
def test_pytest_httpx_answers_and_a_lost_stream_is_resumed(read: Any, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=URL, headers=HEAD, content=b"id: 7\ndata: 1\n\n")
    httpx_mock.add_exception(httpx.ReadError("reset"), url=URL)
    httpx_mock.add_response(url=URL, headers=HEAD, content=b"data: 2\n\ndata: end\n\n")
    assert read(until="end", reconnect=AT_ONCE) == ["1", "2"]
    assert [request.headers.get("last-event-id") for request in httpx_mock.get_requests()] == [None, "7", "7"]


@readers
def test_pytest_httpx_streams_pieces(read: Any, httpx_mock: HTTPXMock) -> None:
    pieces = [b"data: ", b"1\n\nda", b"ta: 2\n\n"]
    httpx_mock.add_response(url=URL, headers=HEAD, stream=Pieces(pieces))
    assert read(reconnect=Reconnect(on_end=False)) == ["1", "2"]


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in pieces, for either kind of client."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Any:
        yield from self._pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
