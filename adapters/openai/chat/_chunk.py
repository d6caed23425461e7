"""Decodes a regular chunk's JSON into structs (API reference, "The chat completion chunk object").

The structs are strict on purpose. A chunk that they refuse, for example because it has no `delta` or has an `error`, is
irregular, and `_irregular_chunk` reads it. So the decoder itself recognises regular chunks, which nearly all are, at no
extra cost.

Unlike in other modules, the annotations here are not strings: msgspec would have to compile each of the sixty.
"""

from typing import Annotated, Any

import msgspec

# The decoder resolves the annotations when the module is imported.
from sse_client.adapters.openai.completion import (
    CompletionTokensDetails,
    PromptTokensDetails,
    Usage,
)
from sse_client.adapters.openai.delta import AudioDelta

__all__ = [
    "Chunk",
    "ChunkChoice",
    "ChunkUsage",
    "CustomFragment",
    "Fields",
    "FunctionFragment",
    "ToolCallFragment",
    "decode",
]


class FunctionFragment(msgspec.Struct, gc=False):
    """A piece of a tool call's function."""

    name: str | None = None
    arguments: str | None = None
    parameters: None = None  # arguments under another name


class CustomFragment(msgspec.Struct, gc=False):
    """A piece of a custom tool's call, whose input is plain text."""

    name: str | None = None
    input: str | None = None


class ToolCallFragment(msgspec.Struct, gc=False):
    """An element of `delta.tool_calls`."""

    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: FunctionFragment | None = None
    custom: CustomFragment | None = None
    # Fields that some servers send without the object around them.
    name: None = None
    arguments: None = None


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
    # Reasoning under other names.
    reasoning_text: None = None
    thinking: None = None
    thinking_content: None = None
    thought: None = None
    thoughts: None = None
    reasoning_details: None = None
    thinking_blocks: None = None
    cot_summary: None = None
    reasoning_summary: None = None
    thinking_text: None = None
    thought_content: None = None
    bedrock_reasoning: None = msgspec.field(default=None, name="reasoningContent")
    # Fields of other objects, which some gateways use here.
    finish_reason: None = None
    error: None = None
    text: None = None
    usage: None = None
    extra_content: None = None  # Gemini's, which sends its thoughts in the content


class ChunkChoice(msgspec.Struct, gc=False, kw_only=True):
    """An element of `choices`."""

    index: int = 0
    delta: Fields
    logprobs: Any = None
    finish_reason: str | None = None
    error: None = None
    message: None = None
    usage: None = None


class ChunkUsage(Usage, frozen=True, gc=False):
    """A chunk's `usage`, with the API's names and those of other servers."""

    # Names of Anthropic's API and the Responses API, which mlx-vlm and gateways use here.
    input_tokens: int = 0
    output_tokens: int = 0
    input_tokens_details: PromptTokensDetails | None = None
    output_tokens_details: CompletionTokensDetails | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    # Bedrock's names.
    camel_input: int = msgspec.field(default=0, name="inputTokens")
    camel_output: int = msgspec.field(default=0, name="outputTokens")
    camel_total: int = msgspec.field(default=0, name="totalTokens")
    # Details that Moonshot, DeepSeek and Perplexity send without an object around them.
    cached_tokens: int | None = None
    prompt_cache_hit_tokens: int | None = None
    reasoning_tokens: int | None = None


class Chunk(msgspec.Struct, gc=False, kw_only=True):
    """A chunk. The fields are in the order in which OpenAI sends them, which makes decoding fastest."""

    id: str | None = None
    created: int | None = None
    model: str | None = None
    choices: Annotated[list[ChunkChoice], msgspec.Meta(min_length=1)]
    usage: ChunkUsage | None = None
    x_groq: None = None
    error: None = None


decode = msgspec.json.Decoder(Chunk).decode
