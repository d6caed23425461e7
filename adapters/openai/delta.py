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
        data: a piece of the sound, in base64.
        transcript: a piece of the spoken words.
        expires_at: the time until which the answer can be referred to by its `id`, in seconds since the epoch.
    """

    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: int | None = None


# Nothing in a delta refers back to it, so the garbage collector need not track the thousands of them.
class ChatDelta(msgspec.Struct, frozen=True, gc=False):
    """What one chunk adds to one choice.

    Attributes:
        index: the choice; None if the chunk has no choice, only `usage`.
        usage: the usage of the whole answer so far; not to be summed.
        raw: the chunk's JSON text as received, with all fields.
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
