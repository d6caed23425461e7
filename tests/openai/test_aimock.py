"""Chats with a server that others wrote, through both clients: answers, errors, and what it does to go wrong."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from aimock.server import KEY
from aimock.server import aimock as aimock
from both_clients import Asyncio, Blocking
from both_clients import chat as chat
from both_clients import naps as naps
from msgspec import structs
from test_client_kit import HANGS, background
from test_client_kit import surroundings as surroundings

from sse_client import (
    Attempt,
    Client,
    ConnectionFailed,
    DeadlineExceeded,
    IdleTimeout,
    Request,
    StreamTruncated,
    Timeout,
)
from sse_client.adapters.openai import ChatClient, ChatDelta, ChatError, Choice, Completion, Message, ToolCall
from sse_client.adapters.openai._shared.endpoint import Endpoint
from sse_client.adapters.openai.aio import AsyncChatClient

if TYPE_CHECKING:
    from aimock.server import Aimock
    from both_clients import Answer, Chat

# The first one may have to install the server.
pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("naps")]

TEXT = 'Grüße — "everything" that was\nsaid, in several pieces. 👋'
LONG = 60.0

LOOK = ToolCall("call_3", "function", "look", '{"at":1}')
WEATHER = [
    ToolCall("call_1", "function", "weather", '{"place":"Zürich","days":[1,2]}'),
    ToolCall("call_2", "function", "time", "{}"),
]


def question(text: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], **more}


@pytest.fixture
def test_id(request: pytest.FixtureRequest) -> str:
    """What tells the requests of this test from all others, for the server too."""
    return str(hash(request.node.nodeid))


@pytest.fixture
def ask(aimock: Aimock, chat: Chat, test_id: str) -> Any:
    """Ask one question through one of the clients."""

    def asked(text: str, *, path: str = "/v1", headers: dict[str, str] | None = None, **options: Any) -> Answer:
        call = {**question(text), **options.pop("call", {})}
        return chat.ask(aimock.url + path, KEY, headers={"X-Test-Id": test_id, **(headers or {})}, call=call, **options)

    return asked


def completion(number: int, message: Message, finish_reason: str = "stop") -> Completion:
    return Completion(f"chatcmpl-{number}", "m-1", 1, [Choice(0, message, finish_reason)])


# Answers.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("text", completion(1, Message("assistant", TEXT)), id="a text"),
        pytest.param("long", completion(2, Message("assistant", "one two"), "length"), id="a text that is too long"),
        pytest.param(
            "weather", completion(3, Message("assistant", None, tool_calls=WEATHER), "tool_calls"), id="tools"
        ),
        pytest.param(
            "reason", completion(5, Message("assistant", "42", "Six times seven is forty-two.")), id="a reasoning"
        ),
        pytest.param(
            "blocks",
            completion(6, Message("assistant", "Let me see. There.", tool_calls=[LOOK]), "tool_calls"),
            id="a tool call between two texts",
        ),
    ],
)
@pytest.mark.parametrize(
    "path", ["/v1", "/openai/v1?api-version=preview", "/api/v1"], ids=["plain", "Azure", "OpenRouter"]
)
def test_an_answer_is_accumulated(ask: Any, path: str, text: str, expected: Completion) -> None:
    came = ask(text, path=path)
    assert came.end == (expected.choices[0].message.content or "", "complete", None)
    # As OpenRouter, it tells the usage unasked.
    assert (came.completion.usage is not None) == path.startswith("/api")
    assert structs.replace(came.completion, usage=None) == expected


def test_both_clients_get_the_same_deltas(aimock: Aimock) -> None:
    for text in ("text", "long", "weather", "reason", "blocks"):
        call = question(text, stream_options={"include_usage": True})
        deltas: list[list[ChatDelta]] = [
            client.ask(f"{aimock.url}/v1", KEY, call=call).deltas for client in (Blocking(), Asyncio())
        ]
        assert deltas[0] == deltas[1]
        assert len(deltas[0]) > 3


def test_usage_is_told_when_it_is_asked_for(ask: Any) -> None:
    came = ask("long", call={"stream_options": {"include_usage": True}})
    assert came.deltas[-1].index is None
    assert came.completion.usage == came.deltas[-1].usage
    assert came.completion.usage is not None
    assert (came.completion.usage.prompt_tokens, came.completion.usage.total_tokens) == (3, 7)
    assert ask("long").completion.usage is None


def test_a_tool_call_is_answered_and_the_chat_goes_on(ask: Any) -> None:
    first = ask("weather")
    (choice,) = first.completion.choices
    calls = [
        {"id": call.id, "type": call.type, "function": {"name": call.name, "arguments": call.arguments}}
        for call in choice.message.tool_calls
    ]
    assert [json.loads(call.arguments) for call in choice.message.tool_calls] == [
        {"place": "Zürich", "days": [1, 2]},
        {},
    ]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "rain"} for call in calls]
    messages = [*question("weather")["messages"], {"role": "assistant", "tool_calls": calls}, *results]
    assert ask("weather", call={"messages": messages}).end == ("It rains.", "complete", None)


def test_several_chats_one_after_the_other_have_one_connection(aimock: Aimock, chat: Chat) -> None:
    answers = chat.ask_all(f"{aimock.url}/v1", KEY, times=20, call=question("text"))
    assert [came.end for came in answers] == [(TEXT, "complete", None)] * 20
    assert answers[0].completion == answers[-1].completion


def test_several_chats_at_once_do_not_mix(aimock: Aimock) -> None:
    wanted = {"text": TEXT, "long": "one two", "reason": "42"}
    together = threading.Barrier(len(wanted) * 3, timeout=HANGS)

    with ChatClient(api_key=KEY, base_url=f"{aimock.url}/v1") as shared:

        def talk(text: str) -> str:
            together.wait()
            with shared.stream(model="m", **question(text)) as reply:
                return "".join(reply.text())

        talks = [(text, background(partial(talk, text))) for text in [*wanted] * 3]
        for text, came in talks:
            assert came.result(HANGS) == wanted[text]

    async def main() -> None:
        async with AsyncChatClient(api_key=KEY, base_url=f"{aimock.url}/v1") as shared:

            async def talk(text: str) -> str:
                async with shared.stream(model="m", **question(text)) as reply:
                    return "".join([piece async for piece in reply.text()])

            asked = [*wanted] * 20
            assert await asyncio.gather(*map(talk, asked)) == [wanted[text] for text in asked]

    asyncio.run(main())


def test_an_answer_that_is_not_read_to_its_end_is_cancelled(aimock: Aimock) -> None:
    with (
        ChatClient(api_key=KEY, base_url=f"{aimock.url}/v1") as client,
        client.stream(model="m", **question("text")) as reply,
    ):
        for delta in reply:
            if delta.content:
                break
    assert reply.outcome == "cancelled"
    assert reply.completion.choices[0].message.content == TEXT[:7]


# Keys.


@pytest.mark.parametrize("name", ["api-key", "X-Api-Key"])
@pytest.mark.parametrize("path", ["/v1", "/openai/deployments/NAME?api-version=2024-10-21"], ids=["plain", "Azure"])
def test_the_key_in_a_header_of_its_own_is_the_only_one(
    aimock: Aimock, chat: Chat, path: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server refuses a request when any of its credentials is a wrong one."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-server")
    came = chat.ask(aimock.url + path, None, headers={name: KEY}, call=question("text"))
    assert came.end == (TEXT, "complete", None)


@pytest.mark.parametrize("key", ["sk-wrong", None])
def test_a_wrong_key_or_none_is_refused_and_not_retried(
    aimock: Aimock, chat: Chat, key: str | None, naps: list[float]
) -> None:
    came = chat.ask(f"{aimock.url}/v1", key, call=question("text"))
    assert came.end == ("", "error", ChatError)
    assert isinstance(came.error, ChatError)
    assert (came.error.status, came.error.code) == (401, "invalid_api_key")
    assert naps == []


# Errors.


@pytest.mark.parametrize(
    ("text", "status", "code", "param", "delays"),
    [
        ("unknown model", 404, "model_not_found", "model", 0),
        ("overloaded", 503, None, None, 2),
        ("limited", 429, "rate_limit_exceeded", None, 2),
        ("what nobody has an answer to", 404, "no_fixture_match", None, 0),
    ],
)
def test_an_error_is_told_in_the_servers_words(
    ask: Any, text: str, status: int, code: str | None, param: str | None, delays: int, naps: list[float]
) -> None:
    came = ask(text)
    assert came.end == ("", "error", ChatError)
    assert (came.error.status, came.error.code, came.error.param) == (status, code, param)
    assert came.completion == Completion()
    assert len(naps) == delays
    if status == 429:
        assert all(7 <= nap <= 7.7 for nap in naps)


def test_an_error_that_passes_is_retried_with_one_key(ask: Any, aimock: Aimock, test_id: str) -> None:
    assert ask("recovers").end == ("At last.", "complete", None)
    noted = aimock.requests(test_id)
    assert [each["response"]["status"] for each in noted] == [500, 429, 200]
    assert len({each["headers"]["idempotency-key"] for each in noted}) == 1


# What it does to go wrong.


def test_a_stream_that_breaks_off_is_truncated(ask: Any, aimock: Aimock, test_id: str) -> None:
    came = ask("breaks off")
    assert came.reply.outcome == "truncated"
    assert type(came.error) is StreamTruncated
    assert came.error.partial == came.completion
    # What was sent last may be lost with the connection.
    assert "one, two, three, four".startswith(came.text)
    assert came.completion.choices[0].message.role == "assistant"
    assert came.completion.choices[0].finish_reason is None
    assert len(aimock.requests(test_id)) == 1


def first_only(**headers: str) -> Any:
    """Have the first try go wrong, and no other."""

    def prepare(request: Request, attempt: Attempt) -> Request:
        return replace(request, headers={**request.headers, **headers}) if attempt.number == 1 else request

    return prepare


CHAOS = [
    pytest.param("drop", "dropRate", id="a drop"),
    pytest.param("ratelimit", "rateLimitRate", id="a rate limit"),
    pytest.param("disconnect", "disconnectRate", id="a disconnection"),
]


@pytest.mark.parametrize(("header", "rate"), CHAOS)
def test_chaos_that_passes_is_retried(ask: Any, header: str, rate: str, naps: list[float]) -> None:
    came = ask("text", under={"prepare": first_only(**{f"X-AIMock-Chaos-{header}": "1"})})
    assert came.end == (TEXT, "complete", None)
    assert len(naps) == 1


@pytest.mark.parametrize("by", ["header", "rate"])
@pytest.mark.parametrize(("header", "rate"), CHAOS)
def test_chaos_that_stays_is_an_error_after_all_retries(
    ask: Any, aimock: Aimock, test_id: str, header: str, rate: str, by: str, naps: list[float]
) -> None:
    if by == "rate":
        aimock.chaos(test_id, **{rate: 1})
    came = ask("text", headers={f"X-AIMock-Chaos-{header}": "1"} if by == "header" else {})
    assert (came.text, came.reply.outcome) == ("", "error")
    if header == "disconnect":
        assert type(came.error) is ConnectionFailed
    else:
        assert type(came.error) is ChatError
        assert (came.error.status, came.error.code) == {
            "drop": (500, "chaos_drop"),
            "ratelimit": (429, "chaos_ratelimit"),
        }[header]
    assert len(naps) == 2
    assert len(aimock.requests(test_id)) == 3


@pytest.mark.parametrize("by", ["header", "rate"])
def test_a_malformed_answer_is_an_error_that_is_not_retried(
    ask: Any, aimock: Aimock, test_id: str, by: str, naps: list[float]
) -> None:
    if by == "rate":
        aimock.chaos(test_id, malformedRate=1)
    came = ask("text", headers={"X-AIMock-Chaos-Malformed": "1"} if by == "header" else {})
    assert came.end == ("", "error", ChatError)
    assert (came.error.status, came.error.raw) == (200, "{malformed json: <<<chaos>>>")
    assert naps == []
    if by == "rate":
        aimock.chaos(test_id)
        assert ask("text").end == (TEXT, "complete", None)


def test_a_delay_is_waited_for(ask: Any) -> None:
    assert ask("text", headers={"X-AIMock-Chaos-Latency": "200"}, timeout=LONG).end == (TEXT, "complete", None)


@pytest.mark.parametrize("timeout", [Timeout(first=0.2), Timeout(read=0.2)], ids=["first", "read"])
def test_a_delay_that_is_too_long_is_retried(ask: Any, timeout: Timeout, naps: list[float]) -> None:
    came = ask("text", headers={"X-AIMock-Chaos-Latency": "20000"}, timeout=timeout)
    assert came.end == ("", "error", IdleTimeout)
    assert len(naps) == 2


@pytest.mark.parametrize(
    ("text", "timeout", "error", "outcome"),
    [
        pytest.param("never begins", Timeout(first=0.2), IdleTimeout, "error", id="no first delta"),
        pytest.param("never begins", Timeout(total=0.2), DeadlineExceeded, "error", id="no first delta before the end"),
        pytest.param(
            "goes silent", Timeout(first=LONG, event=0.2), StreamTruncated, "truncated", id="no delta behind another"
        ),
        pytest.param("goes silent", Timeout(total=2), DeadlineExceeded, "truncated", id="a deadline behind a delta"),
    ],
)
def test_the_clocks_run_out(ask: Any, text: str, timeout: Timeout, error: type[Exception], outcome: str) -> None:
    came = ask(text, timeout=timeout, max_retries=0)
    assert (type(came.error), came.reply.outcome) == (error, outcome)
    roles = [choice.message.role for choice in came.completion.choices]
    assert roles == (["assistant"] if outcome == "truncated" else [])


# The Responses API, as a stream of events.


@pytest.mark.parametrize(
    ("text", "deltas", "whole"),
    [
        pytest.param("text", "response.output_text.delta", TEXT, id="a text"),
        pytest.param(
            "reason", "response.reasoning_summary_text.delta", "Six times seven is forty-two.", id="a reasoning"
        ),
        pytest.param(
            "weather",
            "response.function_call_arguments.delta",
            '{"place":"Zürich","days":[1,2]}{}',
            id="two tool calls",
        ),
    ],
)
def test_a_response_is_a_stream_of_typed_events(aimock: Aimock, text: str, deltas: str, whole: str) -> None:
    at = Endpoint(
        KEY, f"{aimock.url}/v1", organization=None, project=None, own=True, max_retries=0, timeout=LONG, headers=None
    )
    with Client() as client:
        asked = at.request_options({"model": "m", "input": text})
        payloads = [(event.event, event.json()) for event in client.post(at.url("/responses"), **asked)]
    assert {event == payload["type"] for event, payload in payloads} == {True}
    text = "".join(payload["delta"] for event, payload in payloads if event == deltas)
    # It cuts by UTF-16 units, and so between the two halves of a character.
    assert text.encode("utf-16", "surrogatepass").decode("utf-16") == whole
    assert payloads[0][0] == "response.created"
    assert payloads[-1][0] == "response.completed"
    assert payloads[-1][1]["response"]["status"] == "completed"
