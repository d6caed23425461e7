"""Formats answers as chat completions, streamed or whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sse_client.testing._chat.answers import CREATED, ChatAnswer, fragments, json_reply, tokens
from sse_client.testing._messages import LAST_CHUNK, chunk, head
from sse_client.testing._steps import Pause, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def chat_completion(body: Mapping[str, Any], answer: ChatAnswer, number: int, pace: float) -> Iterator[Step]:
    """Answer a request of `/chat/completions`.

    Args:
        body: the request's body.
        answer: the model's answer.
        number: the number of the answer, for its ids.
        pace: seconds between two tokens.
    """
    deltas = list(_deltas(answer, number))
    choices = range(body.get("n") or 1)
    usage = usage_of(body["messages"], (len(deltas) - 1) * len(choices))
    frame: dict[str, Any] = {
        "id": f"chatcmpl-{number}",
        "created": CREATED,
        "model": body.get("model") or "test-model",
    }
    if not body.get("stream"):
        message = _message(answer, number)
        whole = [
            {"index": index, "message": message, "logprobs": None, "finish_reason": answer.finished}
            for index in choices
        ]
        yield from json_reply(200, {**frame, "object": "chat.completion", "choices": whole, "usage": usage})
        return
    frame["object"] = "chat.completion.chunk"
    options: dict[str, Any] = body.get("stream_options") or {}
    with_usage = options.get("include_usage")
    if with_usage:
        frame["usage"] = None

    def part(index: int, delta: Mapping[str, Any], reason: str | None = None) -> Step:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": reason}
        return frame_of({**frame, "choices": [choice]})

    yield head()
    for position, delta in enumerate(deltas):
        if position and pace:
            yield Pause(pace)
        for index in choices:
            yield part(index, delta)
    if answer.breaks_off:
        yield from broken(answer)
        return
    for index in choices:
        yield part(index, {}, answer.finished)
    if with_usage:
        yield frame_of({**frame, "choices": [], "usage": usage})
    yield from DONE


DONE: list[Step] = [chunk(b"data: [DONE]\n\n"), LAST_CHUNK]


def frame_of(payload: Mapping[str, Any]) -> bytes:
    """Return the chunk of an event whose data is `payload`."""
    return chunk(b"data: %b\n\n" % json.dumps(payload, separators=(",", ":")).encode())


def broken(answer: ChatAnswer) -> Iterator[Step]:
    """Yield the steps that replace the end of an answer that breaks off."""
    if answer.error is not None:
        error = {"message": answer.error, "type": "server_error", "param": None, "code": None}
        yield frame_of({"error": error})
    yield answer.end or LAST_CHUNK


def usage_of(prompt: Any, completion_tokens: int) -> dict[str, int]:
    """Return the usage, counting words as tokens."""
    prompt_tokens = len(json.dumps(prompt).split())
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def call_id(number: int, index: int) -> str:
    """Return the id of a tool call in the answer with this number."""
    return f"call_{number}" if index == 0 else f"call_{number}_{index + 1}"


def _deltas(answer: ChatAnswer, number: int) -> Iterator[dict[str, Any]]:
    """Yield the deltas of an answer. The first has the role and, as with OpenAI, a call if there is nothing else."""
    texts = [
        *({"reasoning_content": token} for token in tokens(answer.reasoning)),
        *({"content": token} for token in tokens(answer.text)),
        *({"refusal": token} for token in tokens(answer.refusal)),
    ]
    start: dict[str, Any] = {"role": "assistant", "content": None if answer.tools else "", "refusal": None}
    if texts or not answer.tools:
        yield start
        start = {}
    yield from texts
    for index, tool in enumerate(answer.tools):
        function = {"name": tool.name, "arguments": ""}
        call = {"index": index, "id": call_id(number, index), "type": "function", "function": function}
        yield {**start, "tool_calls": [call]}
        start = {}
        for fragment in fragments(json.dumps(tool.arguments)):
            yield {"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}


def _message(answer: ChatAnswer, number: int) -> dict[str, Any]:
    content = answer.text or (None if answer.tools or answer.refusal else "")
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": answer.refusal or None}
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    if answer.tools:
        message["tool_calls"] = [
            {
                "id": call_id(number, index),
                "type": "function",
                "function": {"name": tool.name, "arguments": json.dumps(tool.arguments)},
            }
            for index, tool in enumerate(answer.tools)
        ]
    return message
