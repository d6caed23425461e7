"""What is no iterable of events is refused, with what makes one of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sse_client import Event
from sse_client.adapters.openai import adeltas, deltas

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHUNK = '{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}'


async def over(values: list[Any]) -> AsyncIterator[Any]:
    for value in values:
        yield value


async def read(events: Any) -> list[Any]:
    return [delta async for delta in adeltas(events)]


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ("data: {}", "str"),
        (b"data: {}", "bytes"),
        (None, "NoneType"),
        (requests.Response(), "Response"),
        ([b"data: {}\n\n"], "bytes"),
        (["data: {}"], "str"),
        ([{"choices": None}], "dict"),
        ([Event(data=CHUNK), 1], "int"),
        (over([]), "async_generator"),
    ],
)
def test_what_is_no_event_is_named(events: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=rf"events: expected an iterable of Event, got {kind}; .*sse_client\.read\("):
        list(deltas(events))


@pytest.mark.parametrize(
    ("events", "kind"),
    [([Event(data=CHUNK)], "list"), (over([b"data"]), "bytes"), (over([Event(data=CHUNK), {}]), "dict")],
)
def test_what_is_no_event_is_named_in_asyncio(events: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=rf"events: expected an iterable of Event, got {kind}; .*sse_client\.aread\("):
        asyncio.run(read(events))


def test_an_error_of_the_source_is_its_own() -> None:
    def broken() -> Any:
        yield Event(data=CHUNK)
        raise AttributeError("mine")

    with pytest.raises(AttributeError, match="mine"):
        list(deltas(broken()))
