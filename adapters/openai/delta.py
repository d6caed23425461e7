"""A delta: what one chunk adds to one choice (API reference, "The chat completion chunk object")."""

from __future__ import annotations

from typing import Any

import msgspec

# Imported at run time, because msgspec resolves the annotations when a stored delta is decoded.
from sse_client.adapters.openai.completion import Usage  # noqa: TC001

__all__ = ["AudioDelta", "ChatDelta", "ToolCallDelta"]


class ToolCallDelta(msgspec.Struct, frozen=True, gc=False):
    """A fragment of a tool call: its `arguments` are appended, and its other fields replace earlier ones unless empty.

    The deprecated `function_call` also becomes such a fragment, without an `id` and a `type`.

    Attributes:
        index: the number of the call in its choice: the server's index, unless it sends none, or uses one for several
            calls.
        id: the ID to which the tool's result refers.
        type: the kind of tool, `function` or `custom`.
        name: the function or the tool.
        arguments: a piece of the arguments' JSON text, or of the text for a custom tool.
    """

    index: int = 0
    id: str | None = None
    type: str | None = None
    name: str | None = None
    arguments: str | None = None


class AudioDelta(msgspec.Struct, frozen=True, gc=False):
    """A piece of a spoken answer: `data` and `transcript` are appended, and other fields replace earlier ones.

    Attributes:
        id: the ID by which a later request can refer to the answer.
        data: a piece of the sound, in base64.
        transcript: a piece of the spoken words.
        expires_at: the time until which it can be referred to, in seconds since the epoch.
    """

    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: int | None = None


# Nothing in a delta refers back to it, so the garbage collector need not track the thousands of them.
class ChatDelta(msgspec.Struct, frozen=True, gc=False):
    """What one chunk adds to one choice. A field that the chunk does not have is None, or empty.

    Attributes:
        index: the choice; None if the chunk has no choice, only `usage`.
        role: who speaks, usually `assistant`; most servers send it once.
        content: a piece of the answer's text.
        reasoning: a piece of the model's reasoning, under whatever name the server sends it.
        refusal: a piece of the text with which the model refuses to answer.
        tool_calls: fragments of the calls that the model asks for.
        finish_reason: why the choice has ended, such as `stop`, `length` or `tool_calls`; an open set of words.
        logprobs: the log probabilities of this chunk's tokens, as the server sends them.
        usage: the usage of the whole answer so far; not to be summed.
        id: the ID of the completion.
        model: the model that answers, as the server names it.
        raw: the chunk's JSON text as received, with all fields.
        audio: a piece of a spoken answer.
    """

    index: int | None = None
    role: str | None = None
    content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: tuple[ToolCallDelta, ...] = ()
    finish_reason: str | None = None
    logprobs: Any = None
    usage: Usage | None = None
    id: str | None = None
    model: str | None = None
    raw: str = ""
    audio: AudioDelta | None = None
