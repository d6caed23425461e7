"""Spans of the Responses API and of legacy completions, in both clients."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("opentelemetry.sdk", reason="needs OpenTelemetry's SDK")

from opentelemetry.trace import StatusCode
from pages import CALL, message, response

import sse_client as sse
from sse_client.adapters import openai
from sse_client.adapters.openai import AsyncChatClient, ChatClient, ChatError
from sse_client.adapters.openai.responses import AsyncResponseStream, ResponseDeltaEvent, ResponseStream
from sse_client.aio import AsyncClient
from sse_client.telemetry import TracedResponseStream
from sse_client.telemetry.aio import AsyncTracedResponseStream
from sse_client.testing import CLOSE, Server, chunk, head, stream

from .test_telemetry import Kit, attributes

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.testing import Script

LEGACY = stream([
    b'data: {"id": "c1", "model": "m1", "choices": [{"index": 0, "text": "Hel"}]}\n\n',
    b'data: {"choices": [{"index": 0, "text": "lo", "finish_reason": "stop"}]}\n\n',
    b'data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}\n\n',
    b"data: [DONE]\n\n",
])  # fmt: skip
CUT_SHORT: dict[str, Any] = {
    "type": "response.incomplete",
    "sequence_number": 9,
    "response": {
        "id": "resp_1",
        "model": "m",
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"},
        "output": [],
    },
}
INCOMPLETE = [
    *response(message("Hel"))[:-1],
    b"event: response.incomplete\ndata: " + json.dumps(CUT_SHORT).encode() + b"\n\n",
]


def blocking(kit: Kit, script: Script, ask: Callable[[Any], Any]) -> str:
    with Server(script) as server, kit.telemetry.instrument(sse.Client()) as client:
        chat = kit.telemetry.chat(ChatClient(api_key="key", base_url=server.url, max_retries=0, client=client))
        with ask(chat) as reply:
            return "".join(reply.text())


def with_asyncio(kit: Kit, script: Script, ask: Callable[[Any], Any]) -> str:
    async def main(url: str) -> str:
        async with kit.telemetry.instrument(AsyncClient()) as client:
            chat = kit.telemetry.achat(AsyncChatClient(api_key="key", base_url=url, max_retries=0, client=client))
            async with ask(chat) as reply:
                return "".join([piece async for piece in reply.text()])

    with Server(script) as server:
        return asyncio.run(main(server.url))


@pytest.fixture(params=[blocking, with_asyncio])
def answer_of(request: pytest.FixtureRequest) -> Callable[..., str]:
    chosen: Callable[..., str] = request.param
    return chosen


def test_a_completion_is_a_span_over_its_request(answer_of: Callable[..., str]) -> None:
    kit = Kit()

    def ask(chat: Any) -> Any:
        return chat.completions.stream(model="m", prompt="a secret", max_tokens=9)

    assert answer_of(kit, LEGACY, ask) == "Hello"
    request, span = kit.spans
    context = span.get_span_context()
    assert request.parent is not None
    assert context is not None
    assert request.parent.span_id == context.span_id
    found = attributes(span)
    assert span.name == "text_completion m"
    assert found["gen_ai.operation.name"] == "text_completion"
    assert found["gen_ai.request.max_tokens"] == 9
    assert (found["gen_ai.response.id"], found["gen_ai.response.model"]) == ("c1", "m1")
    assert (found["gen_ai.usage.input_tokens"], found["gen_ai.usage.output_tokens"]) == (3, 2)
    assert found["gen_ai.response.finish_reasons"] == ("stop",)
    assert "secret" not in str([each.to_json() for each in kit.spans])


def test_a_response_is_a_span_over_its_request(answer_of: Callable[..., str]) -> None:
    kit = Kit()

    def ask(chat: Any) -> Any:
        return chat.responses.stream(model="m", input="a secret", max_output_tokens=9)

    assert answer_of(kit, stream(response(message("Hello there"))), ask) == "Hello there"
    request, span = kit.spans
    context = span.get_span_context()
    assert request.parent is not None
    assert context is not None
    assert request.parent.span_id == context.span_id
    found = attributes(span)
    assert 0 < found.pop("gen_ai.response.time_to_first_chunk") < 30
    assert {name: found[name] for name in found if not name.startswith("server.")} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.model": "m",
        "gen_ai.request.stream": True,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.response.id": "resp_1",
        "gen_ai.response.model": "m",
        "gen_ai.usage.input_tokens": 5,
        "gen_ai.usage.output_tokens": 7,
        "sse_client.chat.outcome": "complete",
    }
    tokens = kit.metrics()["gen_ai.client.token.usage"]
    assert {point.attributes["gen_ai.token.type"]: point.sum for point in tokens} == {"input": 5, "output": 7}
    assert "secret" not in str([each.to_json() for each in kit.spans])


@pytest.mark.parametrize(
    ("events", "reasons"),
    [
        pytest.param(response(CALL), ("tool_call",), id="a call"),
        pytest.param(INCOMPLETE, ("length",), id="cut short by the server"),
    ],
)
def test_the_finish_reason_is_the_conventions(events: list[bytes], reasons: tuple[str, ...]) -> None:
    kit = Kit()
    blocking(kit, stream(events), lambda chat: chat.responses.stream(model="m", input="Hi"))
    assert attributes(kit.spans[1])["gen_ai.response.finish_reasons"] == reasons


def test_the_pieces_of_the_answer_are_timed_and_no_other_events() -> None:
    kit = Kit()
    with (
        Server(stream(response(message("one two three")))) as server,
        ChatClient(api_key="key", base_url=server.url) as client,
    ):
        events = list(kit.telemetry.chat(client).responses.stream(model="m", input="Hi"))
    pieces = sum(isinstance(event, ResponseDeltaEvent) for event in events)
    assert pieces == 3 < len(events)
    measured = kit.metrics()
    assert measured["gen_ai.client.operation.time_to_first_chunk"][0].count == 1
    assert measured["gen_ai.client.operation.time_per_output_chunk"][0].count == pieces - 1


def test_a_response_that_is_cut_off_or_fails_ends_its_span() -> None:
    kit = Kit()
    failed = b'event: error\ndata: {"type": "error", "code": "x", "message": "out of memory", "sequence_number": 1}\n\n'
    scripts: list[Script] = [[head(), *map(chunk, response(message("Hello there"))[:4]), CLOSE], stream([failed])]
    with Server(*scripts) as server, ChatClient(api_key="key", base_url=server.url, max_retries=0) as client:
        traced = kit.telemetry.chat(client)
        with pytest.raises(sse.StreamTruncated):
            traced.responses.stream(model="m", input="Hi").parse(dict)
        with pytest.raises(ChatError):
            list(traced.responses.stream(model="m", input="Hi"))
    cut, refused = kit.spans
    assert attributes(cut)["error.type"] == "sse_client.errors.StreamTruncated"
    assert attributes(cut)["sse_client.chat.outcome"] == "truncated"
    assert (cut.status.status_code, refused.status.status_code) == (StatusCode.ERROR, StatusCode.ERROR)
    assert "out of memory" not in refused.to_json()


@dataclass
class Message:
    role: str
    content: str


def test_content_is_there_where_it_is_asked_for() -> None:
    kit = Kit(content=True)
    blocking(
        kit,
        stream(response(message("Hello"), CALL)),
        lambda chat: chat.responses.stream(
            model="m", input=iter([Message("user", "a question")]), instructions="Be brief."
        ),
    )
    found = attributes(kit.spans[1])
    assert json.loads(found["gen_ai.input.messages"]) == [{"role": "user", "content": "a question"}]
    assert json.loads(found["gen_ai.system_instructions"]) == [{"type": "text", "content": "Be brief."}]
    (said,) = json.loads(found["gen_ai.output.messages"])
    assert [part["type"] for part in said["parts"]] == ["text", "tool_call"]
    assert said["finish_reason"] == "tool_call"


@pytest.mark.parametrize("prompt", ["a", ["a", "b"], [1, 2]])
def test_a_prompt_may_be_texts_or_tokens(prompt: object) -> None:
    kit = Kit(content=True)
    blocking(kit, LEGACY, lambda chat: chat.completions.stream(model="m", prompt=prompt))
    asked = json.loads(attributes(kit.spans[1])["gen_ai.input.messages"])
    assert len(asked) == (2 if prompt == ["a", "b"] else 1)


def test_messages_of_any_type_that_can_be_sent_can_be_traced() -> None:
    import pydantic

    class Turn(pydantic.BaseModel):
        role: str
        content: str

    kit = Kit(content=True)
    earlier = openai.Message(role="assistant", content="Yes?")
    turns: Any = [Turn(role="user", content="Hi"), earlier, Message("user", "Well")]
    with Server(answer="Hello") as server, ChatClient(api_key="key", base_url=f"{server.url}/v1") as client:
        list(kit.telemetry.chat(client).stream(model="m", messages=turns))
    asked = json.loads(attributes(kit.spans[0])["gen_ai.input.messages"])
    assert [turn["content"] for turn in asked] == ["Hi", "Yes?", "Well"]


@pytest.mark.parametrize(
    ("traced", "plain"), [(TracedResponseStream, ResponseStream), (AsyncTracedResponseStream, AsyncResponseStream)]
)
def test_a_traced_response_has_what_a_response_has(traced: type, plain: type) -> None:
    assert {name for name in dir(plain) if not name.startswith("_")} <= {*dir(traced)}
