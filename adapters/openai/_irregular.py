"""A chunk that is not as the API describes it, as the regular chunk that was meant.

A field of the wrong type is as good as absent: one odd field of one vendor must not end a stream.
"""

from __future__ import annotations

import json
from typing import Any

from sse_client.adapters.openai._json import array, is_mapping, mapping, number, text
from sse_client.adapters.openai._payload import (
    Chunk,
    ChunkChoice,
    CustomFragment,
    Fields,
    FunctionFragment,
    GroqExtras,
    ToolCallFragment,
)
from sse_client.adapters.openai.completion import CompletionTokensDetails, PromptTokensDetails, Usage
from sse_client.adapters.openai.delta import AudioDelta

__all__ = ["chunk", "is_chunk"]


def is_chunk(payload: dict[str, Any]) -> bool:
    """Tell whether `payload` looks like a chunk at all: another API's events do not."""
    named = (text(payload.get("object")) or "").startswith("chat.completion")
    return named or not payload.keys().isdisjoint(("choices", "usage", "x_groq"))


def chunk(payload: dict[str, Any]) -> Chunk:
    """Return the chunk that `payload` means. Its `choices` may be empty."""
    return Chunk(
        id=text(payload.get("id")),
        created=number(payload.get("created")),
        model=text(payload.get("model")),
        choices=[_choice(mapping(choice)) for choice in array(payload.get("choices"))],
        usage=_usage(payload.get("usage")),
        x_groq=GroqExtras(_usage(mapping(payload.get("x_groq")).get("usage"))),
    )


def _choice(choice: dict[str, Any]) -> ChunkChoice:
    # A whole completion has a `message` instead, and the legacy completions API a `text`.
    for delta in (choice.get("delta"), choice.get("message")):
        if is_mapping(delta):
            fields = _fields(delta)
            break
    else:
        fields = Fields(content=text(choice.get("text")))
    return ChunkChoice(
        index=number(choice.get("index")) or 0,
        delta=fields,
        logprobs=choice.get("logprobs"),
        finish_reason=text(choice.get("finish_reason")),
    )


def _fields(delta: dict[str, Any]) -> Fields:
    content, thinking = _content(delta.get("content"))
    return Fields(
        role=text(delta.get("role")),
        content=content,
        reasoning_content=text(delta.get("reasoning_content")) or thinking,
        reasoning=text(delta.get("reasoning")),
        refusal=text(delta.get("refusal")),
        tool_calls=[_tool_call(mapping(call)) for call in array(delta.get("tool_calls"))],
        function_call=_function(delta.get("function_call")),
        audio=_audio(delta.get("audio")),
    )


def _content(content: object) -> tuple[str | None, str | None]:
    """Return the text and the thinking of a `content` that is a string or a list of parts."""
    if isinstance(content, str):
        return content, None
    said: list[str] = []
    thought: list[str] = []
    for part in array(content):
        fields = mapping(part)
        if "thinking" in fields:
            thought.append(_content(fields["thinking"])[0] or "")
        else:
            said.append(text(part) or text(fields.get("text")) or "")
    return "".join(said) if said else None, "".join(thought) if thought else None


def _tool_call(call: dict[str, Any]) -> ToolCallFragment:
    custom = call.get("custom")
    return ToolCallFragment(
        index=number(call.get("index")),
        id=text(call.get("id")),
        type=text(call.get("type")),
        function=_function(call.get("function")),
        custom=CustomFragment(text(custom.get("name")), text(custom.get("input"))) if is_mapping(custom) else None,
    )


def _function(function: object) -> FunctionFragment | None:
    if not is_mapping(function):
        return None
    arguments = function.get("arguments")
    if arguments is not None and not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    return FunctionFragment(text(function.get("name")), arguments)


def _audio(audio: object) -> AudioDelta | None:
    if not is_mapping(audio):
        return None
    return AudioDelta(
        text(audio.get("id")), text(audio.get("data")), text(audio.get("transcript")), number(audio.get("expires_at"))
    )


def _usage(usage: object) -> Usage | None:
    if not is_mapping(usage):
        return None
    prompt, completion = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    return Usage(
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
        total_tokens=_count(usage, "total_tokens"),
        prompt_tokens_details=PromptTokensDetails(
            *[_count(prompt, name) for name in PromptTokensDetails.__struct_fields__]
        )
        if is_mapping(prompt)
        else None,
        completion_tokens_details=CompletionTokensDetails(
            *[_count(completion, name) for name in CompletionTokensDetails.__struct_fields__]
        )
        if is_mapping(completion)
        else None,
    )


def _count(counts: dict[str, Any], name: str) -> int:
    return number(counts.get(name)) or 0
