"""However a server numbers its tool calls, gathering them takes time in proportion to their number."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from doubling import assert_linear

from sse_client import Event
from sse_client.adapters.openai import deltas

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS: dict[str, Callable[[int], dict[str, Any]]] = {
    "without an index": lambda number: {"id": f"c{number}"},
    "of one index and other ids": lambda number: {"index": 0, "id": f"c{number}"},
    "of indexes that count down": lambda number: {"index": 1_000_000 - number, "id": f"c{number}"},
    "without an id": lambda number: {"index": number},
    "of one id": lambda number: {"id": "c"},
}


@pytest.mark.parametrize("name", CALLS)
def test_tool_calls_take_linear_time(name: str) -> None:
    def work(count: int) -> None:
        for _ in deltas([*made[:count], Event(data="[DONE]")]):
            pass

    made: list[Event] = []
    for number in range(16_000):
        call = {**CALLS[name](number), "type": "function", "function": {"name": "f", "arguments": "{}"}}
        made.append(Event(data=json.dumps({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})))
    assert_linear(work, 1_000)
