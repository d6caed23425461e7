"""Jobs that outlive their connection: LangGraph's runs, resumed by Location, and A2A's tasks, by subscribing."""

from __future__ import annotations

import dataclasses
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest
import requests

from sse_client import Opened, Reconnect, StatusError

from . import install
from .documented import run_block
from .frameworks import PROGRAMS
from .process import Program, running
from .relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from sse_client import Attempt, Event, Request

    from .clients import Outcome, ReadingClient

# A cut is resumed; a clean end is the job's.
JOB = Reconnect(initial_delay=0, max_attempts=3, on_end=False)


@contextmanager
def langgraph() -> Generator[Program]:
    """Run LangGraph's server for the graph in `programs/langgraph`."""
    interpreter = install.python("langgraph")

    def arguments(port: int, folder: Path) -> list[str]:
        shutil.copytree(PROGRAMS / "langgraph", folder, dirs_exist_ok=True)  # it keeps its state beside the graph
        options = ["--host", "127.0.0.1", "--port", str(port), "--no-browser", "--no-reload"]
        return [interpreter, "-m", "langgraph_cli", "dev", *options]

    quiet = {"LANGSMITH_TRACING": "false", "LANGGRAPH_CLI_NO_ANALYTICS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    with running("langgraph", arguments, environment=quiet) as program:
        yield program


@pytest.fixture(scope="module")
def runs() -> Iterator[Program]:
    """LangGraph's server."""
    with langgraph() as program:
        yield program


@pytest.fixture(scope="module")
def tasks() -> Iterator[Program]:
    """An A2A agent."""
    interpreter = install.python("a2a")
    program = str(PROGRAMS / "a2a_app.py")
    with running("a2a", lambda port, _: [interpreter, "-P", program, str(port)]) as started:
        yield started


class ByLocation:
    """Resumes a job by the Location of its first response, as `prepare` and `observer` of a stream."""

    def __init__(self) -> None:
        self.location: str | None = None

    def observe(self, news: object) -> None:
        if isinstance(news, Opened) and "Location" in news.response.headers:
            self.location = urljoin(news.response.url, news.response.headers["Location"])

    def prepare(self, request: Request, attempt: Attempt) -> Request:
        if self.location is None:
            return request
        return dataclasses.replace(request, method="GET", url=self.location, json=None)


def run(client: ReadingClient, origin: str, each: Callable[[Event], object], n: int = 1) -> tuple[Outcome, ByLocation]:
    """Start a run, and read it to its end."""
    thread = requests.post(f"{origin}/threads", json={}, timeout=20).json()["thread_id"]
    body = {"assistant_id": "count", "input": {"n": n}, "stream_mode": "values", "stream_resumable": True}
    place = ByLocation()
    outcome = client.read(
        "POST",
        f"{origin}/threads/{thread}/runs/stream",
        json=body,
        reconnect=JOB,
        prepare=place.prepare,
        observer=place.observe,
        each=each,
    )
    return outcome, place


def ignore(_: Event) -> None:
    """Do nothing with an event."""


def test_a_run_ends_where_it_ends(runs: Program, client: ReadingClient) -> None:
    outcome, place = run(client, runs.url, ignore)
    assert outcome.error is None
    assert [event.json() for event in outcome.events[1:]] == [{"n": n} for n in (1, 2, 3, 4)]
    assert outcome.connections == 1
    assert place.location is not None


def test_a_run_that_was_cut_resumes_by_its_location(runs: Program, client: ReadingClient) -> None:
    with Relay(runs.port) as relay:

        def cut(event: Event) -> None:
            if event.data == '{"n":2}':
                relay.cut()

        outcome, place = run(client, relay.url, cut)
    assert outcome.error is None
    assert [event.json() for event in outcome.events[1:]] == [{"n": n} for n in (1, 2, 3, 4)]
    assert outcome.connections == 2
    assert outcome.stream.response is not None
    assert outcome.stream.response.url == place.location


def test_a_run_that_fails_says_so_in_an_event(runs: Program, client: ReadingClient) -> None:
    outcome, _ = run(client, runs.url, ignore, n=-1)
    assert outcome.error is None
    assert outcome.events[-1].event == "error"


def test_the_code_of_the_docs_reads_a_run(runs: Program, capsys: pytest.CaptureFixture[str]) -> None:
    thread = requests.post(f"{runs.url}/threads", json={}, timeout=20).json()["thread_id"]
    run_block(
        "docs/servers.md",
        "run",
        {"http://localhost:2024/threads/1": f"{runs.url}/threads/{thread}", '"agent"': '"count"'},
    )
    assert capsys.readouterr().out.endswith('values {"n":4}\n')


def ask(client: ReadingClient, origin: str, **options: Any) -> Outcome:
    """Ask an A2A agent for a task."""
    message = {"messageId": "m", "role": "ROLE_USER", "parts": [{"text": "count"}]}
    return client.read(
        "POST", f"{origin}/message:stream", json={"message": message}, headers={"A2A-Version": "1.0"}, **options
    )


def parts(outcome: Outcome) -> list[str]:
    messages = [event.json() for event in outcome.events]
    return [each["artifactUpdate"]["artifact"]["artifactId"] for each in messages if "artifactUpdate" in each]


class BySubscribing:
    """Resumes a task by subscribing to it, as `prepare` of a stream; lets it continue once that is done."""

    def __init__(self, origin: str, relay: Relay) -> None:
        self._origin = origin
        self._relay = relay
        self._id: str | None = None

    def prepare(self, request: Request, attempt: Attempt) -> Request:
        if self._id is None:
            return request
        return dataclasses.replace(
            request, method="GET", url=f"{self._relay.url}/tasks/{self._id}:subscribe", json=None
        )

    def each(self, event: Event) -> None:
        message = event.json()
        if "task" in message and self._id is None:
            self._id = message["task"]["id"]
        elif "task" in message:
            requests.post(f"{self._origin}/go", timeout=10)
        elif "artifactUpdate" in message and message["artifactUpdate"]["artifact"]["artifactId"] == "1":
            self._relay.cut()


def test_a_task_that_was_cut_resumes_by_subscribing(tasks: Program, client: ReadingClient) -> None:
    with Relay(tasks.port) as relay:
        place = BySubscribing(tasks.url, relay)
        outcome = ask(client, relay.url, reconnect=JOB, prepare=place.prepare, each=place.each)
    assert outcome.error is None
    assert parts(outcome) == ["1", "2", "3"]
    assert outcome.connections == 2
    assert outcome.events[-1].json()["statusUpdate"]["status"]["state"] == "TASK_STATE_COMPLETED"


def test_a_task_that_is_over_cannot_be_subscribed_to(tasks: Program, client: ReadingClient) -> None:
    requests.post(f"{tasks.url}/go", timeout=10)
    task = ask(client, tasks.url).events[0].json()["task"]["id"]
    outcome = client.read("GET", f"{tasks.url}/tasks/{task}:subscribe", headers={"A2A-Version": "1.0"})
    assert isinstance(outcome.error, StatusError)
    assert outcome.error.status == 400
    assert b"TASK_STATE_COMPLETED" in outcome.error.body
