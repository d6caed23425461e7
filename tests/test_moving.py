"""docs/moving.md: the clients that it names and this one, side by side at the same server."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

import pytest

import sse_client
from sse_client.testing import Server

if TYPE_CHECKING:
    from collections.abc import Callable

Events = list[tuple[str, str, str]]
EXPECTED = [("message", f"event {number}", str(number)) for number in range(1, 5)]


def module(name: str) -> Any:
    """Return a module of a client without types, some of which warn when they are imported."""
    return importlib.import_module(name)


def with_requests_sse(url: str) -> Events:
    client = module("requests_sse")
    found: Events = []
    with client.EventSource(url, timeout=30) as source, pytest.raises(client.InvalidStatusCodeError, match="204"):
        found += ((event.type, event.data, event.last_event_id) for event in source)
    return found


def with_launchdarkly(url: str) -> Events:
    client = module("ld_eventsource")
    strategies = module("ld_eventsource.config")
    source = client.SSEClient(
        strategies.ConnectStrategy.http(url),
        error_strategy=strategies.ErrorStrategy.continue_with_max_attempts(5),
        initial_retry_delay=0.01,
    )
    try:
        return [(event.event, event.data, event.id) for _, event in zip(EXPECTED, source.events, strict=False)]
    finally:
        source.close()


def with_this(url: str) -> Events:
    with sse_client.get(url) as events:
        return [(event.event, event.data, event.id) for event in events]


def with_this_in_asyncio(url: str) -> Events:
    async def main() -> Events:
        async with sse_client.astream("GET", url) as events:
            return [(event.event, event.data, event.id) async for event in events]

    return asyncio.run(main())


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("read", [with_this, with_this_in_asyncio, with_requests_sse, with_launchdarkly])
def test_each_client_reads_on_after_a_drop(read: Callable[[str], Events]) -> None:
    with Server(events=4, retry=10, drop_after=2) as server:
        assert read(f"{server.url}/events") == EXPECTED
        assert [request.headers.get("last-event-id") for request in server.requests][:2] == [None, "2"]


@pytest.mark.filterwarnings("default")
def test_aiohttp_sse_client_names_no_type_and_raises_at_a_drop() -> None:
    client = module("aiohttp_sse_client.client")
    found: list[tuple[str | None, str, str]] = []

    async def main(url: str) -> None:
        async with client.EventSource(url) as source:
            async for event in source:
                found.append((event.type, event.data, event.last_event_id))

    with (
        Server(events=4, retry=10, drop_after=2) as server,
        pytest.raises(module("aiohttp").ClientPayloadError),
    ):
        asyncio.run(main(f"{server.url}/events"))
    assert found == [(None, "event 1", "1"), (None, "event 2", "2")]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("requests_sse", "EventSource InvalidStatusCodeError InvalidContentTypeError"),
        ("aiohttp_sse_client.client", "EventSource MessageEvent"),
        ("ld_eventsource", "SSEClient"),
        ("ld_eventsource.config", "ConnectStrategy ErrorStrategy RetryDelayStrategy"),
        ("ld_eventsource.actions", "Start Fault Comment Event"),
        ("ld_eventsource.errors", "HTTPStatusError HTTPContentTypeError"),
    ],
)
@pytest.mark.filterwarnings("default")
def test_what_the_page_names_of_others_is_there(name: str, words: str) -> None:
    assert [word for word in words.split() if not hasattr(module(name), word)] == []
