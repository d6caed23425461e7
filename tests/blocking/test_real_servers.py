"""Against sse-starlette on uvicorn: pings, CRLF, ids, resuming, and a POST, as others send them."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import closing
from socket import create_server
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

import sse_client
from sse_client import Client, Comment, ContentTypeError, Reconnect, StatusError, Timeout

from .kit import AT_ONCE, PROMPT, Task, outcome, seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from starlette.requests import Request

seen: list[tuple[str, str, str]] = []


async def numbers(request: Request) -> Response:
    """Send ids from the one after Last-Event-ID to 10, three on each connection; then 204."""
    resume = request.headers.get("last-event-id", "")
    seen.append((request.method, resume, request.headers.get("accept", "")))
    start = int(resume or 0) + 1
    if start > 10:
        return Response(status_code=204)

    async def events() -> AsyncIterator[dict[str, Any]]:
        for n in range(start, min(start + 3, 11)):
            yield {"id": str(n), "event": "number", "data": f"{n}\nof 10", "retry": 10}

    return EventSourceResponse(events())


async def pings(request: Request) -> Response:
    async def events() -> AsyncIterator[dict[str, Any]]:
        yield {"data": "first"}
        await asyncio.Event().wait()

    return EventSourceResponse(
        events(), ping=1, sep=request.query_params.get("sep", "\r\n").encode().decode("unicode_escape")
    )


async def chat(request: Request) -> Response:
    body = await request.json()

    async def events() -> AsyncIterator[dict[str, Any]]:
        for word in body["words"]:
            yield {"data": json.dumps({"word": word}, ensure_ascii=False)}
        yield {"data": "[DONE]"}

    return EventSourceResponse(events(), sep=body.get("sep", "\r\n"))


async def silent(request: Request) -> Response:
    async def events() -> AsyncIterator[dict[str, Any]]:
        yield {"comment": "hello"}
        await asyncio.Event().wait()

    return EventSourceResponse(events(), ping=60)


async def page(request: Request) -> Response:
    return PlainTextResponse("no stream")


async def moved(request: Request) -> Response:
    return RedirectResponse("/chat", status_code=307)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    routes = [
        Route("/numbers", numbers),
        Route("/pings", pings),
        Route("/chat", chat, methods=["POST"]),
        Route("/silent", silent),
        Route("/page", page),
        Route("/moved", moved, methods=["POST"]),
    ]
    config = uvicorn.Config(Starlette(routes=routes), log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with closing(create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


def test_a_get_resumes_from_the_last_event_id_until_204(url: str) -> None:
    seen.clear()
    with sse_client.get(f"{url}/numbers", timeout=10) as events:
        got = [(event.id, event.event, event.data, event.retry) for event in events]
        assert events.reconnection_time == 10
        assert events.stats.connections == 4
    assert got == [(str(n), "number", f"{n}\nof 10", 10) for n in range(1, 11)]
    assert [resume for _, resume, _ in seen] == ["", "3", "6", "9", "10"]
    assert {(method, accept) for method, _, accept in seen} == {("GET", "text/event-stream")}


def test_a_checkpoint_resumes_over_a_restart(url: str, tmp_path: Any) -> None:
    for expected in (["1", "2"], ["2", "3"]):
        with sse_client.get(f"{url}/numbers", checkpoint=tmp_path / "place", timeout=10) as events:
            assert [next(events).id, next(events).id] == expected


@pytest.mark.parametrize("sep", ["\\r\\n", "\\n", "\\r"])
def test_pings_are_comments_and_life(url: str, sep: str) -> None:
    with sse_client.get(f"{url}/pings", params={"sep": sep}, comments=True, timeout=Timeout(read=5)) as events:
        assert next(events).data == "first"
        ping: Any = next(events)
        assert isinstance(ping, Comment)
        assert ping.text.startswith("ping")
        task = Task(lambda: list(events))
        assert seconds(events.close) < PROMPT
        assert all(isinstance(each, Comment) for each in task.result())


@pytest.mark.parametrize("sep", ["\r\n", "\n", "\r"])
def test_a_post_with_json_streams_to_its_end(url: str, sep: str) -> None:
    body = {"words": ["\u65e5\u672c", "b c", ""], "sep": sep}
    with Client(timeout=10) as client:
        for path in ("/chat", "/moved"):
            with client.post(url + path, json=body, until="[DONE]") as events:
                assert [event.json()["word"] for event in events] == body["words"]


def test_a_reader_of_a_silent_stream_wakes(url: str) -> None:
    events = sse_client.get(f"{url}/silent", comments=True, timeout=60)
    first: Any = next(events)
    assert first == Comment("hello")
    task = Task(lambda: list(events))
    assert seconds(events.close) < PROMPT
    assert task.result() == []


def test_bad_answers_are_told(url: str) -> None:
    _, error = outcome(sse_client.get(f"{url}/nowhere", reconnect=AT_ONCE))
    assert isinstance(error, StatusError)
    assert (error.status, error.body) == (404, b"Not Found")
    _, error = outcome(sse_client.get(f"{url}/page", reconnect=Reconnect()))
    assert isinstance(error, ContentTypeError)
    assert error.body == b"no stream"
