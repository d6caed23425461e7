"""MCP over streamable HTTP, with the reference servers for Python and for Node.js."""

from __future__ import annotations

import dataclasses
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sse_client import ContentTypeError, Reconnect, ResponseError, StatusError

from . import install
from .documented import run_block
from .frameworks import PROGRAMS, node_program
from .process import running

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from sse_client import Attempt, Event, Request

    from .clients import ReadingClient
    from .process import Program

VERSION = "2025-11-25"
EITHER = {"Accept": "application/json, text/event-stream", "Mcp-Protocol-Version": VERSION}
RESUMES = Reconnect(initial_delay=0, max_attempts=3)


@contextmanager
def _python(*options: str) -> Generator[Program]:
    interpreter = install.python("mcp")
    program = str(PROGRAMS / "mcp_app.py")
    with running("mcp for Python", lambda port, _: [interpreter, "-P", program, str(port), *options]) as started:
        yield started


@contextmanager
def _node(*options: str) -> Generator[Program]:
    with node_program("mcp for Node.js", "mcp_app.mjs", "mcp", *options) as started:
        yield started


@pytest.fixture(scope="module", params=[_python, _node], ids=["python", "node"])
def server(request: pytest.FixtureRequest) -> Iterator[Program]:
    """A server that answers with streams."""
    with request.param() as program:
        yield program


@pytest.fixture(scope="module", params=[_python, _node], ids=["python", "node"])
def json_server(request: pytest.FixtureRequest) -> Iterator[Program]:
    """A server that answers with JSON documents."""
    with request.param("json") as program:
        yield program


def call(method: str, number: int, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


INITIALIZE = call(
    "initialize", 1, protocolVersion=VERSION, capabilities={}, clientInfo={"name": "tests", "version": "1"}
)


def count(*, leave: bool) -> dict[str, Any]:
    return call("tools/call", 2, name="count", arguments={"leave": leave}, _meta={"progressToken": "p"})


def answers(number: int) -> Callable[[Event], bool]:
    """Return what recognises the answer to the call with this number."""

    def answer(event: Event) -> bool:
        return bool(event.data) and event.json().get("id") == number

    return answer


def session(url: str) -> dict[str, str]:
    """Return the headers of a session that has been initialized."""
    begun = requests.post(url, json=INITIALIZE, headers=EITHER, timeout=10)
    headers = {**EITHER, "Mcp-Session-Id": begun.headers["Mcp-Session-Id"]}
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    assert requests.post(url, json=note, headers=headers, timeout=10).status_code == 202
    return headers


def resume_by_get(request: Request, attempt: Attempt) -> Request:
    """Repeat no call: come back for what is left of its answer."""
    if not attempt.last_event_id:
        return request
    return dataclasses.replace(request, method="GET", json=None)


def progress(events: list[Event]) -> list[int]:
    messages = [event.json() for event in events if event.data]
    return [message["params"]["progress"] for message in messages if "params" in message]


def test_the_default_accept_is_refused_with_406(server: Program, client: ReadingClient) -> None:
    outcome = client.read("POST", f"{server.url}/mcp", json=INITIALIZE)
    assert isinstance(outcome.error, StatusError)
    assert outcome.error.status == 406
    assert "text/event-stream" in json.loads(outcome.error.body)["error"]["message"]


def test_a_call_is_answered_after_a_priming_event(server: Program, client: ReadingClient) -> None:
    outcome = client.read("POST", f"{server.url}/mcp", json=INITIALIZE, headers=EITHER)
    assert outcome.error is None
    priming, answer = outcome.events
    assert (priming.data, bool(priming.id), priming.retry) == ("", True, 10)
    assert answer.json()["result"]["serverInfo"]["name"] == "counter"
    assert outcome.header("Mcp-Session-Id")


def test_a_notification_is_accepted_without_a_stream(server: Program, client: ReadingClient) -> None:
    headers = session(f"{server.url}/mcp")
    note = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 9}}
    outcome = client.read("POST", f"{server.url}/mcp", json=note, headers=headers)
    assert isinstance(outcome.error, ResponseError)
    assert (outcome.error.status, outcome.error.body) == (202, b"")


def test_a_call_reports_progress_and_ends(server: Program, client: ReadingClient) -> None:
    headers = session(f"{server.url}/mcp")
    outcome = client.read("POST", f"{server.url}/mcp", json=count(leave=False), headers=headers)
    assert outcome.error is None
    assert progress(outcome.events) == [1, 2, 3]
    assert answers(2)(outcome.events[-1])


def test_a_call_that_was_left_is_resumed_by_get(server: Program, client: ReadingClient) -> None:
    headers = session(f"{server.url}/mcp")
    outcome = client.read(
        "POST",
        f"{server.url}/mcp",
        json=count(leave=True),
        headers=headers,
        reconnect=RESUMES,
        prepare=resume_by_get,
        until=answers(2),
        include_last=True,
    )
    assert outcome.error is None
    assert progress(outcome.events) == [1, 2, 3]
    assert answers(2)(outcome.events[-1])
    assert outcome.connections == 2


def test_an_answer_may_be_json(json_server: Program, client: ReadingClient) -> None:
    outcome = client.read("POST", f"{json_server.url}/mcp", json=INITIALIZE, headers=EITHER)
    assert isinstance(outcome.error, ContentTypeError)
    assert json.loads(outcome.error.body)["result"]["serverInfo"]["name"] == "counter"


def test_the_code_of_the_docs_gets_an_answer(server: Program, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"{server.url}/mcp"
    changes = {"http://localhost:8000/mcp": url, "from the answer to initialize": session(url)["Mcp-Session-Id"]}
    run_block("docs/servers.md", "mcp", changes)
    assert "counted" in capsys.readouterr().out


def test_an_answer_in_json_is_available_in_full(json_server: Program, client: ReadingClient) -> None:
    headers = session(f"{json_server.url}/mcp")
    asked = call("tools/call", 2, name="repeat", arguments={"count": 300_000})
    outcome = client.read("POST", f"{json_server.url}/mcp", json=asked, headers=headers, max_error_body=None)
    assert isinstance(outcome.error, ContentTypeError)
    assert json.loads(outcome.error.body)["result"]["content"][0]["text"] == "x" * 300_000


def test_the_code_of_the_docs_reads_either(
    server: Program, json_server: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    for program in (server, json_server):
        run_block("docs/servers.md", "mcp in json", {"http://localhost:8000/mcp": f"{program.url}/mcp"})
        assert "serverInfo" in capsys.readouterr().out
