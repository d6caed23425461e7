"""The contract of `programs/contract.py`, kept by every framework and read by every client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sse_client import ConnectionFailed, StreamTruncated

from .clients import AT_ONCE, ReadingClient
from .frameworks import FRAMEWORKS, Framework

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .process import Program

NUMBERS = [f"caf\u00e9 {n}\n\u65e5\u672c of 9" for n in range(1, 10)]


@pytest.fixture(scope="module", params=FRAMEWORKS, ids=lambda framework: framework.name)
def framework(request: pytest.FixtureRequest) -> Framework:
    """One framework after the other."""
    chosen: Framework = request.param
    return chosen


@pytest.fixture(scope="module")
def server(framework: Framework) -> Iterator[Program]:
    """The framework's program, running."""
    with framework.running() as program:
        yield program


def test_text_and_ids_survive_two_drops(server: Program, client: ReadingClient) -> None:
    outcome = client.read("GET", f"{server.url}/numbers", reconnect=AT_ONCE, until="end")
    assert outcome.error is None
    assert outcome.data == NUMBERS
    assert outcome.ids == [str(n) for n in range(1, 10)]
    assert outcome.connections == 3


def test_a_stream_resumes_where_it_was_left(server: Program, client: ReadingClient) -> None:
    outcome = client.read("GET", f"{server.url}/numbers", last_event_id="4", take=2)
    assert outcome.error is None
    assert outcome.ids == ["5", "6"]


def test_a_stream_is_compressed_where_servers_do(framework: Framework, server: Program, client: ReadingClient) -> None:
    headers = {"Accept-Encoding": "gzip, deflate"}
    outcome = client.read("GET", f"{server.url}/numbers", headers=headers, reconnect=AT_ONCE, until="end")
    assert outcome.error is None
    assert outcome.data == NUMBERS
    assert outcome.header("Content-Encoding") == framework.coding


def before_failure(framework: Framework) -> list[str]:
    """Return the data of the events of `/fails`, until it has failed."""
    return ["one", "two", *(["Internal server error"] if framework.failure == "event" else [])]


def test_a_failure_is_a_cut_or_an_end(framework: Framework, server: Program, client: ReadingClient) -> None:
    outcome = client.read("POST", f"{server.url}/fails", reconnect=False)
    assert outcome.data == before_failure(framework)
    assert outcome.failure is (ConnectionFailed if framework.failure == "cut" else None)


def test_until_reports_every_failure(framework: Framework, server: Program, client: ReadingClient) -> None:
    outcome = client.read("POST", f"{server.url}/fails", reconnect=False, until="end")
    assert outcome.data == before_failure(framework)
    assert outcome.failure is (ConnectionFailed if framework.failure == "cut" else StreamTruncated)


def test_a_subscription_survives_a_failure(framework: Framework, server: Program, client: ReadingClient) -> None:
    outcome = client.read("GET", f"{server.url}/fails", reconnect=AT_ONCE, until="end")
    assert outcome.error is None
    assert outcome.data == [*before_failure(framework), "three"]
    assert outcome.connections == 2


def test_a_post_streams_to_its_end(framework: Framework, server: Program, client: ReadingClient) -> None:
    outcome = client.read("POST", f"{server.url}/words", json={"words": ["caf\u00e9", "", "b c"]}, until="[DONE]")
    assert outcome.error is None
    assert outcome.data == ['{"word": "caf\\u00e9"}', '{"word": ""}', '{"word": "b c"}']
    assert outcome.status == framework.post


def test_events_arrive_while_the_stream_is_open(server: Program, client: ReadingClient) -> None:
    outcome = client.read("GET", f"{server.url}/live", take=20)
    assert outcome.error is None
    assert len(outcome.data) == 20
