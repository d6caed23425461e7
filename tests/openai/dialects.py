"""What the tables of dialects are made of: a stream with one quirk, written here, and what it means."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal

from sse_client.adapters.openai import Choice, Completion, Message, ToolCall, Usage

DONE = "data: [DONE]\n\n"
STOP = 'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
HI = 'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]}\n\n'

NAMES: dict[str, Any] = {"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "m"}


@dataclass(frozen=True)
class Dialect:
    """A stream as some server sends it.

    Attributes:
        quirk: what is odd about it; the test's id.
        stream: the response's body.
        completion: what it adds up to, after an error too.
        outcome: how it ends.
        error: attributes of the error that ends it; `message` is that of any error.
        choices: the `n` of the request.
        content_type: of the response.
    """

    quirk: str
    stream: str
    completion: Completion
    outcome: Literal["complete", "truncated", "error"] = "complete"
    error: dict[str, Any] = field(default_factory=dict[str, Any])
    choices: int = 1
    content_type: str = "text/event-stream"


def reads(quirk: str, stream: str, completion: Completion, **more: Any) -> Dialect:
    """Return a dialect that is read to its end without an error."""
    return Dialect(quirk, stream, completion, **more)


def uses(quirk: str, stream: str, usage: Usage | None, **more: Any) -> Dialect:
    """Return a dialect that is told by its usage; the assistant says Hi."""
    return Dialect(quirk, stream, answer("Hi", usage=usage), **more)


def calls(
    quirk: str, stream: str, tool_calls: list[ToolCall], *, content: str | None = None,
    role: str | None = None,
) -> Dialect:  # fmt: skip
    """Return a dialect that is told by its tool calls."""
    message = Message(role, content, tool_calls=tool_calls)
    return Dialect(quirk, stream + STOP, Completion(choices=[Choice(0, message, "stop")]))


def fails(quirk: str, stream: str, error: dict[str, Any], completion: Completion | None = None, **more: Any) -> Dialect:
    """Return a dialect that is told by the `ChatError` that ends it, behind Hi where nothing else is given."""
    if completion is None:
        stream, completion = HI + stream, answer("Hi", None)
    return Dialect(quirk, stream, completion, "error", error, **more)


def cut(quirk: str, stream: str, completion: Completion, message: str, **more: Any) -> Dialect:
    """Return a dialect that is told by its ending too early."""
    return Dialect(quirk, stream, completion, "truncated", {"message": message}, **more)


def event(payload: object) -> str:
    """Return `payload` as an event."""
    return f"data: {json.dumps(payload)}\n\n"


def chunk(delta: str, finish_reason: str = "null", more: str = "") -> str:
    """Return a chunk of choice 0, all of it JSON text; `more` begins with a comma, and stands behind the choices."""
    choice = f'{{"index":0,"delta":{delta},"finish_reason":{finish_reason}}}'
    return f'data: {{"object":"chat.completion.chunk","choices":[{choice}]{more}}}\n\n'


def part(
    delta: dict[str, Any], finish_reason: str | None = None, *, choice: dict[str, Any] | None = None, **more: object
) -> str:
    """Return a chunk with its names, as the API sends it; `choice` and `more` add to the choice and to the chunk."""
    choices = [{"index": 0, "delta": delta, "finish_reason": finish_reason, **(choice or {})}]
    return event({**NAMES, "choices": choices, **more})


def whole(
    message: Message | None, finish_reason: str | None = "stop", usage: Usage | None = None, **names: Any
) -> Completion:
    """Return the completion of one choice of such chunks."""
    known: dict[str, Any] = {"id": "c1", "model": "m", "created": 7, **names}
    return Completion(**known, choices=[Choice(0, message, finish_reason)] if message else [], usage=usage)


def call(fields: str) -> str:
    """Return a chunk of fragments of tool calls."""
    return chunk(f'{{"tool_calls":[{fields}]}}')


def fragment(arguments: str, name: str = "", **fields: object) -> str:
    """Return a fragment of a tool call."""
    return json.dumps({**fields, "function": {"name": name, "arguments": arguments}})


def answer(
    content: str | None = None,
    finish_reason: str | None = "stop",
    *,
    role: str | None = "assistant",
    reasoning: str | None = None,
    refusal: str | None = None,
    usage: Usage | None = None,
) -> Completion:
    """Return the completion of one choice that most of the streams give."""
    return Completion(choices=[Choice(0, Message(role, content, reasoning, refusal), finish_reason)], usage=usage)
