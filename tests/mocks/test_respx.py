"""respx, under both clients on httpx; and the mock transports of httpx2 and httpx themselves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
import respx

import sse_client
from sse_client import AsyncClient, Client, ConnectionFailed, StatusError

from .kit import AT_ONCE, BODY, EVENTS, TYPE, URL, shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


def blocking(method: str, session: Any = None, **options: Any) -> list[tuple[str, str, str]]:
    """Read a stream with the blocking client."""
    with Client(session or httpx.Client()) as client, client.stream(method, URL, **options) as events:
        return [shown(event) for event in events]


def asynchronous(method: str, session: Any = None, **options: Any) -> list[tuple[str, str, str]]:
    """Read a stream with the asynchronous client."""

    async def main() -> list[tuple[str, str, str]]:
        async with (
            AsyncClient(session or httpx.AsyncClient()) as client,
            client.stream(method, URL, **options) as events,
        ):
            return [shown(event) async for event in events]

    return asyncio.run(main())


both = pytest.mark.parametrize("read", [blocking, asynchronous])


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that comes a byte at a time."""

    def __iter__(self) -> Iterator[bytes]:
        return (bytes([byte]) for byte in BODY)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


@both
def test_stream_is_read(read: Callable[..., Any]) -> None:
    with respx.mock() as mocked:
        route = mocked.post(URL, json={"a": 1}).respond(headers=TYPE, content=BODY)
        assert read("POST", json={"a": 1}) == EVENTS
        assert route.calls.last.request.headers["accept"] == "text/event-stream"


@both
def test_pieces_are_put_together(read: Callable[..., Any]) -> None:
    with respx.mock() as mocked:
        mocked.post(URL).mock(return_value=httpx.Response(201, headers=TYPE, stream=Pieces()))
        assert read("POST") == EVENTS


@both
def test_stream_reconnects_and_resumes(read: Callable[..., Any]) -> None:
    stream = httpx.Response(200, headers=TYPE, content=BODY)
    failures = httpx.ConnectError("refused"), httpx.ReadTimeout("late")
    answers: list[Any] = [failures[0], httpx.Response(503), stream, failures[1], httpx.Response(204)]
    with respx.mock() as mocked:
        route = mocked.get(URL).mock(side_effect=answers)
        assert read("GET", reconnect=AT_ONCE) == EVENTS
        calls: Any = route.calls
        asked = [call.request.headers.get("last-event-id") for call in calls]
    assert asked == [None, None, None, "2", "2"]


@both
def test_failures_are_this_packages(read: Callable[..., Any]) -> None:
    with respx.mock() as mocked:
        mocked.post(URL).mock(side_effect=[httpx.ConnectError("refused"), httpx.Response(418)])
        with pytest.raises(ConnectionFailed) as failed:
            read("POST", reconnect=False)
        assert not failed.value.sent
        with pytest.raises(StatusError, match="got 418"):
            read("POST", reconnect=False)


@pytest.mark.parametrize("library", [httpx2, httpx], ids=["httpx2", "httpx"])
@both
def test_mock_transports_of_the_libraries_work(read: Callable[..., Any], library: Any) -> None:
    def answer(request: Any) -> Any:
        assert request.method == "POST"
        return library.Response(200, headers=TYPE, content=BODY)

    kind = library.Client if read is blocking else library.AsyncClient
    assert read("POST", kind(transport=library.MockTransport(answer))) == EVENTS


@pytest.mark.parametrize("library", [httpx2, httpx], ids=["httpx2", "httpx"])
def test_applications_are_read_without_a_server(library: Any) -> None:
    async def asgi(_: Any, receive: Any, send: Any) -> None:
        await receive()
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY[:5], "more_body": True})
        await send({"type": "http.response.body", "body": BODY[5:]})

    def wsgi(_: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", list(TYPE.items()))
        return [BODY[:5], BODY[5:]]

    assert asynchronous("POST", library.AsyncClient(transport=library.ASGITransport(app=asgi))) == EVENTS
    assert blocking("POST", library.Client(transport=library.WSGITransport(app=wsgi))) == EVENTS


def test_the_other_transports_are_not_mocked() -> None:
    with respx.mock(assert_all_called=False) as mocked:
        mocked.post(URL).respond(headers=TYPE, content=BODY)
        with pytest.raises(ConnectionFailed), sse_client.post("http://127.0.0.1:9/", reconnect=False):
            pass
        assert not mocked.calls
