"""The call API of a Gradio app: an event id by POST, then the call's stream by GET."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import requests

from sse_client import Timeout

from . import install
from .clients import AT_ONCE
from .frameworks import PROGRAMS
from .process import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client import Event

    from .clients import ReadingClient
    from .process import Program

QUIET = {"GRADIO_ANALYTICS_ENABLED": "False", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="module")
def server() -> Iterator[Program]:
    """A Gradio app."""
    interpreter = install.python("gradio")
    program = str(PROGRAMS / "gradio_app.py")
    with running("gradio", lambda port, _: [interpreter, "-P", program, str(port)], environment=QUIET) as started:
        yield started


def called(server: Program, function: str) -> str:
    """Call a function; return the URL of its stream."""
    url = f"{server.url}/gradio_api/call/{function}"
    return f"{url}/{requests.post(url, json={'data': [3]}, timeout=20).json()['event_id']}"


def is_over(event: Event) -> bool:
    return event.event in {"complete", "error"}


def test_a_call_streams_its_values_until_complete(server: Program, client: ReadingClient) -> None:
    outcome = client.read("GET", called(server, "count"), until=is_over, include_last=True, reconnect=AT_ONCE)
    assert outcome.error is None
    assert [json.loads(data) for data in outcome.data] == [[f"caf\u00e9 {n}\nof 3"] for n in (1, 2, 3, 3)]
    assert [event.event for event in outcome.events] == ["generating"] * 3 + ["complete"]


def test_a_call_without_reconnecting_ends_after_complete(server: Program, client: ReadingClient) -> None:
    outcome = client.read("GET", called(server, "count"), reconnect=False)
    assert outcome.error is None
    assert len(outcome.data) == 4


def test_a_failure_is_an_event(server: Program, client: ReadingClient) -> None:
    outcome = client.read("GET", called(server, "fails"), reconnect=False)
    assert outcome.error is None
    last = outcome.events[-1]
    assert (last.event, last.json()["error"]) == ("error", "not up to 3")


def test_a_call_that_has_been_read_is_silent(server: Program, client: ReadingClient) -> None:
    url = called(server, "count")
    client.read("GET", url, reconnect=False)
    outcome = client.read("GET", url, reconnect=False, timeout=Timeout(read=0.5))
    assert outcome.data == []
    assert outcome.failure is not None
    assert outcome.failure.__name__ == "IdleTimeout"
