"""What the chunks bring of one choice, added up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client.adapters.openai._json import array, is_array, is_mapping, mapping
from sse_client.adapters.openai._text import Text
from sse_client.adapters.openai._tool_calls import ToolCalls
from sse_client.adapters.openai.completion import Audio, Choice, Message

if TYPE_CHECKING:
    from sse_client.adapters.openai._payload import ChunkChoice
    from sse_client.adapters.openai.delta import AudioDelta, ToolCallDelta

__all__ = ["Answer"]


class _Sound:
    """A spoken answer that is being put together."""

    __slots__ = ("data", "expires_at", "id", "transcript")

    def __init__(self) -> None:
        self.id: str | None = None
        self.data = Text()
        self.transcript = Text()
        self.expires_at: int | None = None

    def add(self, piece: AudioDelta) -> None:
        """Add `piece`. The last one may hold no more than `expires_at`."""
        self.id = piece.id or self.id
        if piece.data is not None:
            self.data.add(piece.data)
        if piece.transcript is not None:
            self.transcript.add(piece.transcript)
        if piece.expires_at is not None:
            self.expires_at = piece.expires_at

    def value(self) -> Audio:
        """Return it as it is now."""
        return Audio(self.id, self.data.value(), self.transcript.value(), self.expires_at)


class Answer:
    """A choice that is being put together."""

    __slots__ = ("audio", "content", "finish_reason", "logprobs", "reasoning", "refusal", "role", "tool_calls")

    def __init__(self) -> None:
        self.role: str | None = None
        self.content = Text()
        self.reasoning = Text()
        self.refusal = Text()
        self.tool_calls = ToolCalls()
        self.audio: _Sound | None = None
        self.finish_reason: str | None = None
        self.logprobs: Any = None

    def add_rare(self, choice: ChunkChoice) -> tuple[ToolCallDelta, ...]:
        """Add all of `choice` that most chunks do not have, and return its tool calls."""
        delta = choice.delta
        if delta.role:
            self.role = delta.role
        if delta.refusal is not None:
            self.refusal.add(delta.refusal)
        # Some servers finish twice. The first reason is the one, but an error after it is news.
        if choice.finish_reason and (self.finish_reason is None or choice.finish_reason == "error"):
            self.finish_reason = choice.finish_reason
        if choice.logprobs is not None:
            self.logprobs = _joined(self.logprobs, choice.logprobs)
        if delta.audio is not None:
            self.audio = self.audio or _Sound()
            self.audio.add(delta.audio)
        if delta.tool_calls:
            return tuple([self.tool_calls.add(fragment) for fragment in delta.tool_calls])
        # Where both come, the old field repeats the new one.
        return () if delta.function_call is None else (self.tool_calls.add_function(delta.function_call),)

    def choice(self, index: int) -> Choice:
        """Return the choice as it is now."""
        message = Message(
            self.role,
            self.content.value(),
            self.reasoning.value(),
            self.refusal.value(),
            self.tool_calls.calls(),
            None if self.audio is None else self.audio.value(),
        )
        return Choice(index, message, self.finish_reason, _joined({}, self.logprobs))


def _joined(known: Any, more: Any) -> Any:
    """Return log probabilities with more of them: lists append, in place, and all else replaces."""
    if not is_mapping(more):
        return more
    joined = mapping(known)
    for name, value in more.items():
        if is_array(value):
            joined[name] = array(joined.get(name))
            joined[name].extend(value)
        elif value is not None or name not in joined:
            joined[name] = value
    return joined
