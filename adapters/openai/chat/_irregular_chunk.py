"""Reads a chunk that differs from the API's description as the regular chunk that was meant.

A field of the wrong type is treated as absent, because one vendor's odd field must not end a stream.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from sse_client.adapters.openai.chat._chunk import (
    Chunk,
    ChunkChoice,
    ChunkUsage,
    CustomFragment,
    Fields,
    FunctionFragment,
    ToolCallFragment,
)
from sse_client.adapters.openai.completion import CompletionTokensDetails, PromptTokensDetails
from sse_client.adapters.openai.delta import AudioDelta
from sse_client.replies.json_values import array, is_array, is_mapping, label, mapping, number, text, whole_number

__all__ = ["is_chunk", "parts"]

# The fields of a delta that hold reasoning. DeepSeek, OpenRouter and GitHub Copilot use one each of the first three.
_REASONING = (
    "reasoning_content",
    "reasoning",
    "reasoning_text",
    "thinking",
    "thinking_content",
    "thought",
    "thoughts",
    "reasoning_details",
    "thinking_blocks",
    "cot_summary",
    "reasoning_summary",
    "thinking_text",
    "thought_content",
    "reasoningContent",
)
# The types of content parts that hold reasoning.
_THOUGHT_PARTS = ("thinking", "reasoning")
# The fields of a reasoning object that may hold its text.
_TEXTS = ("thinking", "reasoning", "text", "content", "summary", "reasoningText")

# The usage fields that are objects.
_DETAILS: dict[str, type[PromptTokensDetails | CompletionTokensDetails]] = {
    "prompt_tokens_details": PromptTokensDetails,
    "input_tokens_details": PromptTokensDetails,
    "completion_tokens_details": CompletionTokensDetails,
    "output_tokens_details": CompletionTokensDetails,
}
_ARGUMENTS = ("arguments", "parameters", "input")  # the last one is Anthropic's name


def is_chunk(payload: dict[str, Any]) -> bool:
    """Return whether `payload` looks like a chunk; events of other APIs do not."""
    named = (text(payload.get("object")) or "").startswith("chat.completion")
    return named or not payload.keys().isdisjoint(("choices", "usage", "x_groq"))


def parts(payload: dict[str, Any]) -> tuple[Chunk, list[ChunkChoice]]:
    """Return the chunk that `payload` means, and the choices that are complete messages. Both may be empty.

    A complete message comes beside or instead of a delta: in a whole completion, or after the deltas of a stream.
    """
    found = payload.get("choices")
    choices = [choice for choice in (_several(found) if found else ()) if is_mapping(choice)]
    within: list[dict[str, Any]] = []
    for fields in choices:
        for name in ("delta", "message"):
            if name in fields:
                fields[name] = _single(fields[name])
                within.append(mapping(fields[name]))
    # Moonshot has the usage in the choice; Groq in `x_groq`, unless `include_usage` is asked for.
    places = [place for place in (payload, *choices, *within, mapping(payload.get("x_groq"))) if "usage" in place]
    usages = [usage for place in places if (usage := _usage(_single(place["usage"]))) is not None]
    chunk = Chunk(
        id=text(payload.get("id")),
        created=_number(payload.get("created")),
        model=text(payload.get("model")),
        choices=[
            _choice(choice)
            for choice in choices
            if is_mapping(choice.get("delta")) or not is_mapping(choice.get("message"))
        ],
        usage=next((usage for usage in usages if usage != ChunkUsage()), usages[0] if usages else None),
    )
    complete = [_message(choice) for choice in choices if is_mapping(choice.get("message"))]
    if len(choices) > 1 and all(choice.get("index") is None for choice in choices):
        for several in (chunk.choices, complete):
            for position, choice in enumerate(several):
                choice.index = position
    return chunk, complete


def _choice(choice: dict[str, Any]) -> ChunkChoice:
    delta = choice.get("delta")
    said = delta if isinstance(delta, str) else text(choice.get("text"))
    return ChunkChoice(
        index=_number(choice.get("index")) or 0,
        # The legacy completions API has a `text` instead.
        delta=_fields(delta) if is_mapping(delta) else Fields(content=said),
        logprobs=choice.get("logprobs"),
        finish_reason=text(choice.get("finish_reason")) or text(mapping(delta).get("finish_reason")),
    )


def _message(choice: dict[str, Any]) -> ChunkChoice:
    alone = not is_mapping(choice.get("delta"))
    message = _fields(mapping(choice.get("message")))
    # Gateways that give every call the index 0 do so in complete messages, too; there only the order distinguishes
    # calls.
    uses = Counter(call.index for call in message.tool_calls or ())
    for call in message.tool_calls or ():
        if uses[call.index] > 1:
            call.index = None
    return ChunkChoice(
        index=_number(choice.get("index")) or 0,
        delta=message,
        logprobs=choice.get("logprobs") if alone else None,
        finish_reason=text(choice.get("finish_reason")) if alone else None,
    )


def _fields(delta: dict[str, Any]) -> Fields:
    content, thinking = _content(delta.get("text") if delta.get("content") is None else delta["content"])
    if mapping(mapping(delta.get("extra_content")).get("google")).get("thought") is True:
        content, thinking = None, content
    reasoning = _reasoning(delta)
    return Fields(
        role=text(delta.get("role")),
        content=content,
        reasoning_content=reasoning if reasoning or thinking is None else thinking,
        refusal=text(delta.get("refusal")),
        tool_calls=[_tool_call(call) for each in _several(delta.get("tool_calls")) if (call := mapping(each))],
        function_call=_function(delta.get("function_call")),
        audio=_audio(delta.get("audio")),
    )


def _reasoning(delta: dict[str, Any]) -> str | None:
    """Return the reasoning of a delta, under any of its names; if it has several, they repeat each other."""
    found = [thoughts for name in _REASONING if (thoughts := _thoughts(delta.get(name))) is not None]
    return next(filter(None, found), found[0] if found else None)


def _thoughts(value: object, depth: int = 4) -> str | None:
    """Return the text of reasoning that is a string, an object, or a list of those, nested up to `depth`."""
    if isinstance(value, str) or not depth:
        return text(value)
    if is_array(value):
        parts = [thoughts for part in value if (thoughts := _thoughts(part, depth - 1)) is not None]
        return "".join(parts) if parts else None
    if is_mapping(value):
        return next((said for name in _TEXTS if (said := _thoughts(value.get(name), depth - 1)) is not None), None)
    return None


def _content(content: object) -> tuple[str | None, str | None]:
    """Return the text and the reasoning of a `content` that is a string, a part, or a list of parts."""
    if isinstance(content, str):
        return content, None
    if type(content) in (int, float):
        return json.dumps(content), None  # a text of digits that a server has decoded
    said: list[str] = []
    thought: list[str] = []
    for part in [content] if is_mapping(content) else array(content):
        fields = mapping(part)
        if fields.get("thinking") or fields.get("reasoning") or fields.get("type") in _THOUGHT_PARTS:
            thought.append(_thoughts(fields) or "")
        else:
            said.append(text(part) or _part_text(fields))
    return "".join(said) if said else None, "".join(thought) if thought else None


def _part_text(fields: dict[str, Any]) -> str:
    """Return the text of a part; in the Assistants API, the text is an object."""
    said = fields.get("text") or fields.get("content")
    return text(said) or text(mapping(said).get("value")) or ""


def _several(elements: object) -> list[Any]:
    """Return the elements of a list.

    Some gateways send a single element without a list; those written in PHP, an object whose keys are the indexes.
    """
    if not is_mapping(elements):
        return array(elements)
    if elements and all(key.isdecimal() for key in elements):
        return list(elements.values())
    return [elements]


def _single(value: object) -> object:
    """Return `value`, or the only element of a list that stands for it."""
    return value[0] if is_array(value) and len(value) == 1 and is_mapping(value[0]) else value


def _tool_call(call: dict[str, Any]) -> ToolCallFragment:
    function, custom = call.get("function"), call.get("custom")
    if function is None and not is_mapping(custom) and (call.get("name") or call.get("arguments")):
        function = call
    return ToolCallFragment(
        index=_number(call.get("index")),
        id=label(call.get("id")),
        type=text(call.get("type")),
        function=_function(function),
        custom=CustomFragment(text(custom.get("name")), _written(custom.get("input"))) if is_mapping(custom) else None,
    )


def _function(function: object) -> FunctionFragment | None:
    if not is_mapping(function):
        return None
    written = (function.get(name) for name in _ARGUMENTS)
    arguments = next((each for each in written if each is not None), None)
    return FunctionFragment(text(function.get("name")), _written(arguments))


def _written(arguments: object) -> str | None:
    """Return arguments as JSON text; some servers send them decoded."""
    if arguments is None or isinstance(arguments, str):
        return arguments
    return json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))


def _audio(audio: object) -> AudioDelta | None:
    if not is_mapping(audio):
        return None
    return AudioDelta(
        text(audio.get("id")), text(audio.get("data")), text(audio.get("transcript")), _number(audio.get("expires_at"))
    )


def _usage(usage: object) -> ChunkUsage | None:
    if not is_mapping(usage):
        return None
    found: dict[str, Any] = {}
    for field, name in zip(ChunkUsage.__struct_fields__, ChunkUsage.__struct_encode_fields__, strict=True):
        if name not in usage:
            continue
        details = _DETAILS.get(name)
        if details is None:
            found[field] = _count(usage, name)
        elif is_mapping(counts := usage.get(name)):
            found[field] = details(*[_count(counts, each) for each in details.__struct_fields__])
    return ChunkUsage(**found)


def _count(counts: dict[str, Any], name: str) -> int:
    return _number(counts.get(name)) or 0


def _number(value: object) -> int | None:
    """Return a number as an integer; some servers send it as a string."""
    whole = whole_number(value)
    return number(value) if whole is None else whole
