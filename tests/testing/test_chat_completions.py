"""Chat completions as OpenAI streams them."""

from __future__ import annotations

import json
import time

import pytest
import requests

from sse_client.testing import (
    LAST_CHUNK,
    Server,
    ToolAnswer,
)

from .kit import MESSAGES, chat, connect, payloads


def test_a_chat_without_stream_is_one_completion() -> None:
    with Server(answer="Hi, you") as server:
        completion = chat(server, messages=MESSAGES, model="m").json()
    assert completion["object"] == "chat.completion"
    assert (completion["id"], completion["model"]) == ("chatcmpl-1", "m")
    assert completion["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hi, you", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ]
    assert completion["usage"]["completion_tokens"] == 2


def test_a_streamed_chat_is_a_chunk_for_each_token_and_done() -> None:
    with Server(answer=lambda body: f"  {body['messages'][0]['content']}\n twice ") as server:
        response = chat(server, messages=MESSAGES, stream=True)
    assert response.headers["content-type"] == "text/event-stream"
    chunks = payloads(response)
    assert {part["object"] for part in chunks} == {"chat.completion.chunk"}
    assert {part["model"] for part in chunks} == {"test-model"}
    assert all("usage" not in part for part in chunks)
    assert [part["choices"][0]["delta"] for part in chunks] == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "  Say"},
        {"content": " hi"},
        {"content": "\n twice"},
        {"content": " "},
        {},
    ]
    assert [part["choices"][0]["finish_reason"] for part in chunks] == [None] * 5 + ["stop"]


def test_each_token_is_an_http_chunk_of_its_own() -> None:
    with Server(answer="a b") as server, connect(server) as sock:
        body = json.dumps({"messages": [], "stream": True}).encode()
        sock.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        received = b""
        while not received.endswith(LAST_CHUNK):
            received += sock.recv(65536)
    assert received.count(b"\n\n\r\n") == received.count(b"\r\ndata: ") == 5


def test_a_pace_is_kept_between_tokens() -> None:
    with Server(answer="a b", pace=0.02) as server:
        start = time.monotonic()
        chat(server, messages=[], stream=True)
        assert time.monotonic() - start >= 0.04


def test_usage_comes_last_if_it_is_asked_for() -> None:
    with Server(answer="a b c") as server:
        *chunks, last = payloads(
            chat(server, messages=MESSAGES, stream=True, stream_options={"include_usage": True}, n=2)
        )
    assert all(part["usage"] is None for part in chunks)
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == 6
    assert last["usage"]["total_tokens"] == 6 + last["usage"]["prompt_tokens"]


def test_n_choices_are_streamed_side_by_side() -> None:
    with Server(answer="a") as server:
        chunks = payloads(chat(server, messages=[], stream=True, n=2))
        assert len(chat(server, messages=[], n=2).json()["choices"]) == 2
    assert [part["choices"][0]["index"] for part in chunks] == [0, 1] * 3


def test_a_tool_call_is_streamed_in_fragments() -> None:
    with Server(answer=ToolAnswer("weather", {"city": "Zürich"})) as server:
        chunks = payloads(chat(server, messages=MESSAGES, stream=True, tools=[{}]))
        whole = chat(server, messages=MESSAGES, tools=[{}]).json()["choices"][0]
    first, *deltas, end = [part["choices"][0] for part in chunks]
    assert first["delta"] == {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "tool_calls": [
            {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}
        ],
    }
    fragments = [part["delta"]["tool_calls"][0]["function"]["arguments"] for part in deltas]
    assert len(fragments) > 1
    assert json.loads("".join(fragments)) == {"city": "Zürich"}
    assert (end["delta"], end["finish_reason"]) == ({}, "tool_calls")
    assert whole["finish_reason"] == "tool_calls"
    assert whole["message"]["tool_calls"][0]["function"] == {
        "name": "weather",
        "arguments": "".join(fragments),
    }


def test_a_tool_is_not_called_by_a_request_that_offers_none() -> None:
    with Server(answer=ToolAnswer("weather", {})) as server:
        assert "tool_calls" not in chat(server, messages=MESSAGES).json()["choices"][0]["message"]


@pytest.mark.parametrize(
    ("body", "param"), [(b"not JSON", None), (b"\xff", None), (b"[]", None), (b'{"messages": "x"}', "messages")]
)
def test_a_bad_chat_request_is_a_400_in_openais_shape(body: bytes, param: str | None) -> None:
    with Server() as server:
        response = requests.post(f"{server.url}/v1/chat/completions", data=body, timeout=10)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/json")
    error = response.json()["error"]
    assert error.pop("message")
    assert error == {"type": "invalid_request_error", "param": param, "code": None}


def test_a_wrong_key_is_a_401_in_openais_shape() -> None:
    with Server(api_key="right", answer="yes") as server:
        url = f"{server.url}/v1/chat/completions?v=1"
        answers = [
            requests.post(url, json={"messages": []}, headers={"Authorization": f"Bearer {key}"}, timeout=10)
            for key in ("wrong", "right")
        ]
    assert [answer.status_code for answer in answers] == [401, 200]
    assert answers[0].json()["error"]["code"] == "invalid_api_key"
