"""Fixtures for pytest, which finds them without configuration once this package is installed.

    def test_it_resumes(sse_server):
        sse_server.answer(Event(data="a", id="1"), RESET)
        sse_server.answer("b")
        ...  # any client of sse_server.url
        assert sse_server.last_event_ids == [None, "1"]

The servers run in threads of their own, so tests may be blocking or asynchronous, and may use any client. The types of
the fixtures, for annotations, are `SSEServer`, `ChatServer` and `SSEReplay`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sse_client.testing import ChatServer, SSEReplay, SSEServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def sse_server() -> Iterator[SSEServer]:
    """A server that gives the answers prepared by the test: events, pauses, faults, and bad statuses."""
    with SSEServer() as server:
        yield server


@pytest.fixture
def chat_server() -> Iterator[ChatServer]:
    """A server that speaks OpenAI's API, and gives the answers prepared by the test: texts, tool calls, errors."""
    with ChatServer() as server:
        yield server


@pytest.fixture
def sse_replay(request: pytest.FixtureRequest) -> Iterator[SSEReplay]:
    """Starts a server that replays a recording: `sse_replay("answer.sse")`, relative to the test file's folder."""
    with SSEReplay(request.path.parent) as replay:
        yield replay
