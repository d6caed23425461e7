"""Beside OpenAI's own client: what it reads rightly, we read the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from openai import OpenAI

from sse_client import StreamTruncated
from sse_client.testing import Server, stream

from .kit import REASONING, TEXT, TOOL, USAGE, Payload, about, begun, encoded, lifecycle, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai.types.responses import Response as TheirResponse

    from sse_client.adapters.openai.responses import Response

THOUGHT: list[Payload] = [
    lifecycle("created"),
    about("output_item.added", item=begun(REASONING), output_index=0),
    about(
        "reasoning_summary_part.added",
        item_id="rs_1",
        output_index=0,
        summary_index=0,
        part={"type": "summary_text", "text": ""},
    ),
    about("reasoning_summary_text.delta", item_id="rs_1", output_index=0, summary_index=0, delta="Hmm."),
    about("reasoning_summary_text.done", item_id="rs_1", output_index=0, summary_index=0, text="Hmm."),
    about("reasoning_summary_part.done", item_id="rs_1", output_index=0, summary_index=0, part=REASONING["summary"][0]),
    about("output_item.done", item=REASONING, output_index=0),
    lifecycle("completed", output=[REASONING], usage=USAGE),
]
LEFT_OUT = [*TOOL[:-1], lifecycle("completed", output=None, usage=USAGE)]
STREAMS = [
    pytest.param(TEXT, id="a text"),
    pytest.param(TOOL, id="a text and a function call"),
    pytest.param(THOUGHT, id="reasoning"),
    pytest.param(LEFT_OUT, id="an output that the last event leaves out"),
]


@pytest.fixture
def theirs(payloads: list[Payload]) -> Iterator[OpenAI]:
    """OpenAI's client, with a server that sends `payloads`."""
    with (
        Server(stream([encoded(payloads)])) as server,
        OpenAI(api_key="a key", base_url=server.url, max_retries=0, timeout=10) as client,
    ):
        yield client


def plain(response: TheirResponse) -> Any:
    """Return their response as JSON, without what they add to it."""
    payload: dict[str, Any] = response.to_dict()
    items: list[dict[str, Any]] = payload["output"]
    for item in items:
        item.pop("parsed_arguments", None)
        parts: list[dict[str, Any]] = item.get("content") or []
        for part in parts:
            part.pop("parsed", None)
    return payload


@pytest.mark.parametrize("payloads", STREAMS)
def test_the_final_response_is_theirs(payloads: list[Payload], theirs: OpenAI) -> None:
    with theirs.responses.stream(model="m", input="?") as streamed:
        final = streamed.get_final_response()
    _, reader = read(encoded(payloads))
    ours, expected = reader.response, plain(final)
    assert {**ours.json(), "output": [item.json() for item in ours.output]} == expected
    assert ours.output_text == final.output_text
    assert (ours.id, ours.model, ours.status, ours.created_at) == (
        final.id, final.model, final.status, final.created_at,
    )  # fmt: skip
    assert ours.usage is not None
    assert final.usage is not None
    assert (ours.usage.input_tokens, ours.usage.output_tokens, ours.usage.total_tokens) == (
        final.usage.input_tokens, final.usage.output_tokens, final.usage.total_tokens,
    )  # fmt: skip
    calls = [(call.call_id, call.name, call.arguments) for call in ours.function_calls]
    assert calls == [(it.call_id, it.name, it.arguments) for it in final.output if it.type == "function_call"]


@pytest.mark.parametrize("payloads", STREAMS)
def test_the_events_are_theirs(payloads: list[Payload], theirs: OpenAI) -> None:
    found, _ = read(encoded(payloads))
    with theirs.responses.create(model="m", input="?", stream=True) as streamed:
        for ours, event in zip(found, streamed, strict=True):
            assert ours.json() == event.to_dict()
            for name in ours.__struct_fields__:
                if name not in {"raw", "item", "part", "response"} and hasattr(event, name):
                    known = event.to_dict().get(name)
                    assert getattr(ours, name) == known, name


@pytest.mark.parametrize("payloads", [pytest.param(TOOL[:-1], id="cut off")])
def test_what_has_arrived_of_a_stream_that_is_cut_off_is_what_they_have_of_it(
    payloads: list[Payload], theirs: OpenAI
) -> None:
    text = arguments = ""
    with theirs.responses.stream(model="m", input="?") as streamed:
        for event in streamed:
            if event.type == "response.output_text.delta":
                text = event.snapshot
            elif event.type == "response.function_call_arguments.delta":
                arguments = event.snapshot
    with pytest.raises(StreamTruncated) as caught:
        read(encoded(payloads))
    partial: Response = caught.value.partial
    assert partial.output_text == text == "Hello"
    assert [call.arguments for call in partial.function_calls] == [arguments]
