"""A regular chunk's JSON text to structs (API reference, "The chat completion chunk object").

The structs are strict on purpose: what they refuse, a missing `delta` or an `error` say, is irregular and goes
to `_irregular`. So a regular chunk, nearly all that ever comes, is told apart by the decoder at no cost.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

# The decoder resolves the annotations when the module is imported.
from sse_client.adapters.openai.completion import Usage  # noqa: TC001
from sse_client.adapters.openai.delta import AudioDelta  # noqa: TC001

__all__ = [
    "Chunk",
    "ChunkChoice",
    "CustomFragment",
    "Fields",
    "FunctionFragment",
    "GroqExtras",
    "ToolCallFragment",
    "decode",
]


class FunctionFragment(msgspec.Struct, gc=False):
    """A piece of a tool call's function."""

    name: str | None = None
    arguments: str | None = None


class CustomFragment(msgspec.Struct, gc=False):
    """A piece of a call of a custom tool, whose input is a text."""

    name: str | None = None
    input: str | None = None


class ToolCallFragment(msgspec.Struct, gc=False):
    """An element of `delta.tool_calls`."""

    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: FunctionFragment | None = None
    custom: CustomFragment | None = None


class Fields(msgspec.Struct, gc=False):
    """A choice's `delta`."""

    role: str | None = None
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCallFragment] | None = None
    function_call: FunctionFragment | None = None
    audio: AudioDelta | None = None


class ChunkChoice(msgspec.Struct, gc=False, kw_only=True):
    """An element of `choices`."""

    index: int = 0
    delta: Fields
    logprobs: Any = None
    finish_reason: str | None = None
    error: None = None


class GroqExtras(msgspec.Struct, gc=False):
    """Groq's `x_groq`, the only place of its usage unless `include_usage` is asked for."""

    usage: Usage | None = None


class Chunk(msgspec.Struct, gc=False, kw_only=True):
    """A chunk, in the order in which OpenAI sends the fields, which the decoder is fastest with."""

    id: str | None = None
    created: int | None = None
    model: str | None = None
    choices: Annotated[list[ChunkChoice], msgspec.Meta(min_length=1)]
    usage: Usage | None = None
    x_groq: GroqExtras | None = None
    error: None = None


decode = msgspec.json.Decoder(Chunk).decode
