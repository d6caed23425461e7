"""Whatever a server says in JSON, the adapters' readers raise only errors of this package."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_client import Event, SSEError
from sse_client.adapters.anthropic._reader import MessageReader
from sse_client.adapters.openai.chat._reader import ChatReader
from sse_client.adapters.openai.responses._reader import ResponseReader

# The words of the three protocols: what is made of them looks right here and there.
WORDS = [
    *(
        "choices",
        "delta",
        "message",
        "content",
        "role",
        "index",
        "finish_reason",
        "tool_calls",
        "function",
        "name",
        "id",
    ),
    *("arguments", "usage", "total_tokens", "error", "code", "reasoning", "text", "type", "output_index", "item_id"),
    *("item", "part", "response", "status", "output", "sequence_number", "response.output_text.delta", "completed"),
    *("response.output_item.added", "response.completed", "response.created", "response.function_call_arguments.delta"),
    *("content_block", "content_block_start", "content_block_delta", "message_start", "message_delta", "message_stop"),
    *("text_delta", "input_json_delta", "partial_json", "stop_reason", "thinking_delta", "thinking", "signature"),
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(WORDS)
    | st.text(max_size=5)
)
PAYLOADS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)
CHUNKS = st.fixed_dictionaries(
    {"choices": st.lists(st.dictionaries(st.sampled_from(WORDS), PAYLOADS, max_size=3), max_size=2)}
)
DATA = st.one_of(PAYLOADS.map(json.dumps), CHUNKS.map(json.dumps), st.text(max_size=20))
KINDS = st.sampled_from(["message", *WORDS])
EVENTS = st.lists(st.builds(Event, DATA, KINDS), max_size=6)

READERS: list[Any] = [ChatReader, ResponseReader, MessageReader]


def read(reader: Any, events: list[Event]) -> SSEError | None:
    """Read to the end; return the error that was raised."""
    try:
        for event in events:
            reader.feed(event)
            if reader.outcome is not None:
                return None
        for _ in reader.conclude([]):
            pass
    except SSEError as error:
        return error
    return None


@pytest.mark.parametrize("kind", READERS)
@given(EVENTS)
def test_payloads_raise_nothing_else(kind: Any, events: list[Event]) -> None:
    reader = kind()
    error = read(reader, events)
    assert len(str(error)) <= 400
    assert reader.outcome in {"complete", "error", "truncated"}
    _ = reader.partial  # can be made, whatever has come


@pytest.mark.parametrize("kind", READERS)
@given(DATA, st.integers(100, 599))
def test_bodies_raise_nothing_else(kind: Any, body: str, status: int) -> None:
    reader = kind()
    with contextlib.suppress(SSEError):
        reader.whole(body, status)
    assert reader.outcome in {"complete", "error", "truncated"}
