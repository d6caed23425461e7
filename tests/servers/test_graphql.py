"""GraphQL subscriptions over event streams, with graphql-sse, which sends `Content-Encoding: none`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .frameworks import node_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client import Event

    from .clients import ReadingClient
    from .process import Program


@pytest.fixture(scope="module")
def server() -> Iterator[Program]:
    """A GraphQL server."""
    with node_program("graphql-sse", "graphql_app.mjs", "graphql") as program:
        yield program


def is_complete(event: Event) -> bool:
    return event.event == "complete"


def test_a_subscription_streams_until_complete(server: Program, client: ReadingClient) -> None:
    query = {"query": "subscription ($to: Int) { count(to: $to) }", "variables": {"to": 3}}
    outcome = client.read("POST", server.url, json=query, until=is_complete)
    assert outcome.error is None
    assert {event.event for event in outcome.events} == {"next"}
    assert [event.json()["data"] for event in outcome.events] == [{"count": n} for n in (1, 2, 3)]
    assert outcome.header("Content-Encoding") == "none"


def test_a_query_is_a_stream_of_one_answer(server: Program, client: ReadingClient) -> None:
    outcome = client.read("POST", server.url, json={"query": "{ hello }"})
    assert outcome.error is None
    assert [event.event for event in outcome.events] == ["next", "complete"]
    assert outcome.events[0].json() == {"data": {"hello": "caf\u00e9"}}


def test_an_invalid_query_is_an_event(server: Program, client: ReadingClient) -> None:
    outcome = client.read("POST", server.url, json={"query": "subscription { nope }"})
    assert outcome.error is None
    assert "Cannot query field" in outcome.events[0].json()["errors"][0]["message"]
