"""Deltas add up to the completion, however they come."""

from __future__ import annotations

import json
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory import held_after

from sse_client import Event
from sse_client.adapters.openai import deltas
from sse_client.adapters.openai._shared.growing_text import FULL, GrowingText
from sse_client.adapters.openai.chat._reader import ChatReader

TEXTS = st.none() | st.text(max_size=4)
SEVERAL = 4  # choices
FUNCTIONS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"arguments": st.text(max_size=3)}, optional={"name": st.sampled_from(["f", "g", "", None])}
)
FRAGMENTS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"index": st.integers(0, 2), "function": FUNCTIONS},
    optional={"id": st.sampled_from(["", "a", "b"])},
)
CHOICES: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {
        "delta": st.fixed_dictionaries(
            {},
            optional={
                "role": st.sampled_from(["assistant", "", None]),
                "content": TEXTS,
                "reasoning_content": TEXTS,
                "reasoning": TEXTS,
                "refusal": TEXTS,
                "tool_calls": st.lists(FRAGMENTS, max_size=2),
            },
        ),
        "finish_reason": st.sampled_from([None, "stop", "length", ""]),
    }
)


@st.composite
def interleavings(draw: st.DrawFn) -> tuple[dict[int, list[Any]], list[tuple[int, Any]]]:
    """Chunks of several choices, and the same in an order that keeps that of each choice."""
    chunks = {index: draw(st.lists(CHOICES, min_size=1, max_size=5)) for index in range(draw(st.integers(1, 4)))}
    order = draw(st.permutations([index for index, parts in chunks.items() for _ in parts]))
    rest = {index: iter(parts) for index, parts in chunks.items()}
    return chunks, [(index, next(rest[index])) for index in order]


def event(*choices: tuple[int, Any]) -> Event:
    return Event(json.dumps({"choices": [{"index": index, **choice} for index, choice in choices]}))


def read(events: list[Event]) -> ChatReader:
    reader = ChatReader(SEVERAL)
    for each in [*events, Event("[DONE]")]:
        reader.feed(each)
    return reader


@given(interleavings())
def test_any_interleaving_of_choices_adds_up_to_the_same(
    case: tuple[dict[int, list[Any]], list[tuple[int, Any]]],
) -> None:
    chunks, order = case
    in_turn = read([event((index, part)) for index, parts in chunks.items() for part in parts])
    assert read([event(part) for part in order]).completion == in_turn.completion
    assert read([event(*order)]).completion == in_turn.completion


@given(interleavings())
def test_the_texts_of_the_deltas_are_those_of_the_completion(
    case: tuple[dict[int, list[Any]], list[tuple[int, Any]]],
) -> None:
    events = [event(part) for part in case[1]]
    heard = list(deltas([*events, Event("[DONE]")], choices=SEVERAL))
    for choice in read(events).completion.choices:
        mine = [delta for delta in heard if delta.index == choice.index]
        for name in ("content", "reasoning", "refusal"):
            pieces = [getattr(delta, name) for delta in mine if getattr(delta, name) is not None]
            assert getattr(choice.message, name) == ("".join(pieces) if pieces else None)
        parts = [part for delta in mine for part in delta.tool_calls]
        named = sorted({part.index for part in parts if part.name})
        assert [call.arguments for call in choice.message.tool_calls] == [
            "".join(part.arguments or "" for part in parts if part.index == index) for index in named
        ]


def test_a_regular_chunk_and_the_same_made_irregular_are_read_alike() -> None:
    choice = {
        "index": 1,
        "delta": {
            "role": "assistant",
            "content": "a",
            "reasoning": "b",
            "refusal": "c",
            "tool_calls": [{"index": 0, "id": "i", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        "finish_reason": "stop",
        "logprobs": {"content": [1]},
    }
    usage = {
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "total_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 1},
    }
    payload = {"id": "c", "created": 7, "model": "m", "choices": [choice], "usage": usage}
    regular = read([Event(json.dumps(payload))])
    irregular = read([Event(json.dumps({**payload, "error": {}}))])
    assert irregular.completion == regular.completion


def test_a_long_text_takes_the_space_of_the_text() -> None:
    data = '{"choices":[{"index":0,"delta":{"content":"abcde","reasoning":"x"}}]}'
    reader, count = ChatReader(), 20 * FULL + 1
    reader.feed(Event(data))

    def work() -> None:
        for _ in range(count - 1):
            reader.feed(Event(data))

    taken = held_after(work)
    assert reader.completion.choices[0].message.content == "abcde" * count
    assert reader.completion.choices[0].message.reasoning == "x" * count
    assert taken < 6 * count + 200 * FULL


@pytest.mark.parametrize(
    "delta",
    [
        pytest.param('{"role":"assistant"}', id="roles and usage"),
        pytest.param('{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]}', id="calls"),
        pytest.param('{"audio":{"id":"a","expires_at":7}}', id="sound"),
    ],
)
def test_memory_does_not_grow_with_the_chunks(delta: str) -> None:
    event = Event(
        f'{{"id":"c","choices":[{{"index":0,"delta":{delta},"finish_reason":"stop"}}],"usage":{{"total_tokens":3}}}}'
    )
    stream = deltas(repeat(event))
    next(stream)

    def work() -> None:
        for _ in range(100_000):
            next(stream)

    assert held_after(work) < 10_000


def test_a_text_that_never_came_is_none() -> None:
    text = GrowingText()
    assert text.value() is None
    text.add("")
    assert text.value() == ""
    text.settle()
    assert text.value() == ""
