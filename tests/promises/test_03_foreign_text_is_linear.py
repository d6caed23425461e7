"""Whatever answers a chat, reading it takes time in proportion to its size, and what was received is kept once."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from doubling import assert_linear

from sse_client import Event
from sse_client.adapters.openai import deltas


def read(events: list[Event]) -> None:
    """Read a chat to its end, whatever that is."""
    try:
        for _ in deltas(events):
            pass
    except Exception:  # noqa: BLE001  (what it is does not matter here, only how long it takes)
        pass


def chunk_of(**delta: object) -> Event:
    return Event(data=json.dumps({"choices": [{"index": 0, "delta": delta}]}))


PAGES = ["<", "<p>x</p>", "{", "[", '"', "\\", '{"error":', "data:", " ", "&lt;", "<!--", "\n\t", '{"a":{"a":[']


@pytest.mark.parametrize("unit", PAGES)
def test_any_page_in_place_of_a_chunk_takes_linear_time(unit: str) -> None:
    assert_linear(lambda size: read([Event(data=unit * (size // len(unit)))]), 100_000)


@pytest.mark.parametrize("key", ["content", "reasoning_content", "refusal"])
def test_a_long_delta_takes_little_memory(key: str) -> None:
    size = 4 * 1024 * 1024
    events = [chunk_of(**{key: 'x"\\\n' * (size // 4)}), *[chunk_of(**{key: "y"})] * 16]
    received = sum(len(event.data) for event in events)
    tracemalloc.start()
    try:
        read(events)
        assert tracemalloc.get_traced_memory()[1] <= 4 * received
    finally:
        tracemalloc.stop()
