"""The legacy API of completions, through both clients (API reference, "Legacy completions")."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from both_clients import chat as chat
from both_clients import naps as naps
from test_client_kit import DONE, KEY, event
from test_client_kit import surroundings as surroundings

from sse_client import StreamTruncated
from sse_client.adapters.openai import ChatClient, ChatError, Choice, Completion, Message, Usage
from sse_client.adapters.openai.aio import AsyncChatClient
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, Server, Step, chunk, head, reply, stream

if TYPE_CHECKING:
    from both_clients import Chat

ASK: dict[str, Any] = {"model": "m", "prompt": "Once upon"}


def piece(text: str, finish_reason: str | None = None, index: int = 0, logprobs: Any = None, **more: Any) -> bytes:
    """Return a chunk of one choice."""
    choice = {"text": text, "index": index, "logprobs": logprobs, "finish_reason": finish_reason}
    return event({"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m", "choices": [choice], **more})


HI = [piece(" a"), piece(" time", "stop"), DONE]


def completion(text: str, finish_reason: str | None = "stop") -> Completion:
    return Completion("cmpl-1", "m", 1, [Choice(0, Message(None, text), finish_reason)])


@pytest.mark.parametrize("enter", [True, False], ids=["entered", "not entered"])
def test_the_text_is_the_content_of_the_deltas(chat: Chat, enter: bool) -> None:
    with Server(stream(HI)) as server:
        came = chat.ask(server.url, legacy=ASK, enter=enter)
    assert came.end == (" a time", "complete", None)
    assert [delta.content for delta in came.deltas] == [" a", " time"]
    assert [delta.finish_reason for delta in came.deltas] == [None, "stop"]
    assert {(delta.index, delta.role, delta.id, delta.model) for delta in came.deltas} == {(0, None, "cmpl-1", "m")}
    assert json.loads(came.deltas[0].raw)["object"] == "text_completion"
    assert came.completion == completion(" a time")


def test_what_is_sent(chat: Chat) -> None:
    with Server(stream(HI)) as server:
        asked = {**ASK, "max_tokens": 7, "headers": {"X-Own": "mine"}, "timeout": 5}
        chat.ask(f"{server.url}/v1?a=1", legacy=asked, params={"b": "2"})
        (request,) = server.requests
    assert (request.method, request.path) == ("POST", "/v1/completions?a=1&b=2")
    assert request.json() == {**ASK, "max_tokens": 7, "stream": True}
    assert (request.headers["Authorization"], request.headers["X-Own"]) == (f"Bearer {KEY}", "mine")


@pytest.mark.parametrize("client", [ChatClient, AsyncChatClient])
def test_what_is_no_stream_cannot_be_asked_for(client: type[ChatClient] | type[AsyncChatClient]) -> None:
    with pytest.raises(ValueError, match="stream: what this returns is a stream"):
        client(api_key=KEY, base_url="http://127.0.0.1:9").completions.stream(model="m", prompt="?", stream=False)


def test_several_choices_come_interleaved(chat: Chat) -> None:
    pieces = [piece("A"), piece("B", index=1), piece("a", "length"), piece("b", "content_filter", 1), DONE]
    with Server(stream(pieces)) as server:
        came = chat.ask(server.url, legacy={**ASK, "n": 2})
    assert came.end == ("Aa", "complete", None)
    assert came.completion.choices == [
        Choice(0, Message(None, "Aa"), "length"),
        Choice(1, Message(None, "Bb"), "content_filter"),
    ]


def test_usage_may_come_in_a_chunk_of_its_own(chat: Chat) -> None:
    usage = {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}
    last = event(
        {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m", "choices": [], "usage": usage}
    )
    with Server(stream([*HI[:-1], last, DONE])) as server:
        came = chat.ask(server.url, legacy={**ASK, "stream_options": {"include_usage": True}})
    assert came.completion.usage == came.deltas[-1].usage == Usage(2, 3, 5)
    assert came.deltas[-1].index is None


def test_logprobs_are_handed_out_as_they_come(chat: Chat) -> None:
    logprobs = {"tokens": [" a"], "token_logprobs": [-0.5], "top_logprobs": [{" a": -0.5}], "text_offset": [9]}
    with Server(stream([piece(" a", logprobs=logprobs), piece("", "stop"), DONE])) as server:
        came = chat.ask(server.url, legacy={**ASK, "logprobs": 1})
    assert [delta.logprobs for delta in came.deltas] == [logprobs, None]


def test_text_that_rides_on_a_finish_chunk_and_one_without_any(chat: Chat) -> None:
    with Server(stream([piece("Hi", "length"), DONE]), stream([piece("", "stop"), DONE])) as server:
        assert chat.ask(server.url, legacy=ASK).completion == completion("Hi", "length")
        assert chat.ask(server.url, legacy=ASK).completion == completion("")


def test_text_goes_through_text_and_parse(chat: Chat) -> None:
    with Server(stream([piece('{"a"'), piece(": 1}", "stop"), DONE])) as server:
        assert chat.ask(server.url, legacy=ASK, parse=(dict[str, int],)).value == {"a": 1}


# How it ends.


@pytest.mark.parametrize("ending", [LAST_CHUNK, CLOSE], ids=["ended cleanly", "cut"])
def test_a_stream_that_ends_before_its_reason_is_truncated(chat: Chat, ending: Step) -> None:
    with Server([head(), chunk(piece("Hi")), ending]) as server:
        came = chat.ask(server.url, legacy=ASK)
        assert len(server.requests) == 1
    assert came.end == ("Hi", "truncated", StreamTruncated)
    assert isinstance(came.error, StreamTruncated)
    assert came.error.partial == came.completion == completion("Hi", None)


@pytest.mark.parametrize("ending", [LAST_CHUNK, CLOSE], ids=["ended cleanly", "cut"])
def test_a_stream_without_done_is_complete_once_all_choices_have_finished(chat: Chat, ending: Step) -> None:
    with Server([head(), chunk(b"".join(HI[:-1])), ending]) as server:
        assert chat.ask(server.url, legacy=ASK).end == (" a time", "complete", None)


@pytest.mark.parametrize(
    ("asked", "complete"),
    [
        pytest.param({"prompt": "one"}, True, id="one prompt"),
        pytest.param({"prompt": ["one"]}, True, id="a list of one prompt"),
        pytest.param({"prompt": [1, 2, 3]}, True, id="one of tokens"),
        pytest.param({"prompt": []}, True, id="no prompt"),
        pytest.param({"prompt": None}, True, id="null"),
        pytest.param({"prompt": [[1, 2, 3]]}, True, id="a list of one of tokens"),
        pytest.param({"prompt": "one", "n": 2}, False, id="two choices"),
        pytest.param({"prompt": ["one", "two"]}, False, id="two prompts"),
        pytest.param({"prompt": ("one", "two")}, False, id="two prompts in a tuple"),
        pytest.param({"prompt": [[1, 2], [3]]}, False, id="two prompts of tokens"),
        pytest.param({"prompt": ["one"], "n": 2}, False, id="two choices of a list of one prompt"),
    ],
)
def test_so_many_choices_have_to_finish_as_were_asked_for(chat: Chat, asked: dict[str, Any], complete: bool) -> None:
    with Server(stream(HI[:-1])) as server:
        came = chat.ask(server.url, legacy={"model": "m", **asked})
    assert came.reply.outcome == ("complete" if complete else "truncated")


def test_two_choices_of_each_of_two_prompts_are_four(chat: Chat) -> None:
    pieces = [piece(str(index), "stop", index) for index in range(4)]
    asked = {"model": "m", "prompt": ["a", "b"], "n": 2}
    with Server(stream(pieces), stream(pieces[:3])) as server:
        assert [came.reply.outcome for came in chat.ask_all(server.url, times=2, legacy=asked)] == [
            "complete",
            "truncated",
        ]


def test_an_error_inside_the_stream_is_raised_with_what_had_come(chat: Chat) -> None:
    with Server(stream([piece("Hi"), event({"error": {"message": "no", "code": 500}})])) as server:
        came = chat.ask(server.url, legacy=ASK)
    assert came.end == ("Hi", "error", ChatError)
    assert getattr(came.error, "partial", None) == completion("Hi", None)


def test_a_bad_status_is_raised(chat: Chat) -> None:
    body = b'{"error":{"message":"no such model","type":"invalid_request_error","code":"model_not_found"}}'
    with Server(reply(404, body, {"Content-Type": "application/json"})) as server:
        came = chat.ask(server.url, legacy=ASK)
    assert came.end == ("", "error", ChatError)
    assert isinstance(came.error, ChatError)
    assert (came.error.message, came.error.status, came.error.code) == ("no such model", 404, "model_not_found")


def test_a_whole_completion_is_one_delta(chat: Chat) -> None:
    body = HI[1].removeprefix(b"data: ")
    with Server(reply(200, body, {"Content-Type": "application/json"})) as server:
        came = chat.ask(server.url, legacy=ASK)
    assert came.end == (" time", "complete", None)
    assert len(came.deltas) == 1


@pytest.mark.usefixtures("naps")
def test_retries_have_one_key_and_the_connection_goes_back(chat: Chat) -> None:
    with Server([RESET], reply(503), stream(HI), stream(HI)) as server:
        first, second = chat.ask_all(server.url, times=2, legacy=ASK)
        assert first.end == second.end == (" a time", "complete", None)
        keys = [request.headers["Idempotency-Key"] for request in server.requests]
        assert (len(keys), len(set(keys[:3])), len(set(keys))) == (4, 1, 2)
        assert server.connections == 2
