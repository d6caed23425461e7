"""Chunks to deltas and, added up, to a completion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client.adapters.openai._json import array, is_array, is_mapping, mapping
from sse_client.adapters.openai._text import FULL, Text
from sse_client.adapters.openai._tool_calls import ToolCalls
from sse_client.adapters.openai.completion import Choice, Completion, Message
from sse_client.adapters.openai.delta import ChatDelta

if TYPE_CHECKING:
    from sse_client.adapters.openai._payload import Chunk, ChunkChoice
    from sse_client.adapters.openai.completion import Usage
    from sse_client.adapters.openai.delta import ToolCallDelta

__all__ = ["Accumulator"]


class _Answer:
    """A choice that is being put together."""

    __slots__ = ("content", "finish_reason", "logprobs", "reasoning", "refusal", "role", "tool_calls")

    def __init__(self) -> None:
        self.role: str | None = None
        self.content = Text()
        self.reasoning = Text()
        self.refusal = Text()
        self.tool_calls = ToolCalls()
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
        return tuple([self.tool_calls.add(fragment) for fragment in delta.tool_calls or ()])

    def choice(self, index: int) -> Choice:
        """Return the choice as it is now."""
        message = Message(
            self.role,
            self.content.value(),
            self.reasoning.value(),
            self.refusal.value(),
            self.tool_calls.calls(),
        )
        return Choice(index, message, self.finish_reason, _joined({}, self.logprobs))


class Accumulator:
    """What has arrived of a completion."""

    __slots__ = ("_answers", "_created", "_id", "_model", "_nameless", "usage")

    def __init__(self) -> None:
        self._answers: dict[int, _Answer] = {}
        self._nameless = True
        self._id: str | None = None
        self._model: str | None = None
        self._created: int | None = None
        self.usage: Usage | None = None

    # The hot path: one pass that reads each field once, and calls nothing for what is not there. `Text.add` is
    # written out for the content: the call takes a tenth of the whole.
    def add(self, chunk: Chunk, raw: str) -> list[ChatDelta]:
        """Add `chunk`, and return its deltas: one for each choice, or one of its usage alone."""
        usage = None
        if self._nameless or chunk.usage is not None or chunk.x_groq is not None:
            usage = self._add_rare(chunk)
        deltas: list[ChatDelta] = []
        for choice in chunk.choices:
            index, delta, finish_reason, logprobs = choice.index, choice.delta, choice.finish_reason, choice.logprobs
            role, content, refusal = delta.role, delta.content, delta.refusal
            reasoning = delta.reasoning_content
            if not reasoning and delta.reasoning is not None:
                reasoning = delta.reasoning
            tool_calls: tuple[ToolCallDelta, ...] = ()
            try:
                answer = self._answers[index]
            except KeyError:
                answer = self._answers[index] = _Answer()
            if content is not None:
                pieces = answer.content.pieces
                pieces.append(content)
                if len(pieces) >= FULL:
                    answer.content.settle()
            if reasoning is not None:
                answer.reasoning.add(reasoning)
            if role or finish_reason or logprobs is not None or refusal is not None or delta.tool_calls:
                tool_calls = answer.add_rare(choice)
            deltas.append(
                ChatDelta(
                    index,
                    role,
                    content,
                    reasoning,
                    refusal,
                    tool_calls,
                    finish_reason or None,
                    logprobs,
                    usage,
                    chunk.id,
                    chunk.model,
                    raw,
                )
            )
        if not deltas and usage is not None:
            deltas.append(ChatDelta(usage=usage, id=chunk.id, model=chunk.model, raw=raw))
        return deltas

    @property
    def empty(self) -> bool:
        """Whether nothing has come, neither a choice nor usage."""
        return not self._answers and self.usage is None

    @property
    def unfinished(self) -> list[int]:
        """The choices that have begun, and have no finish reason."""
        return sorted(index for index, answer in self._answers.items() if answer.finish_reason is None)

    @property
    def failed(self) -> list[int]:
        """The choices that the server ended with an error."""
        return sorted(index for index, answer in self._answers.items() if answer.finish_reason == "error")

    @property
    def finished(self) -> bool:
        """Whether a choice has come, and every one that has come is finished."""
        return bool(self._answers) and not self.unfinished

    def completion(self) -> Completion:
        """Return the completion as it is now."""
        choices = [answer.choice(index) for index, answer in sorted(self._answers.items())]
        return Completion(self._id, self._model, self._created, choices, self.usage)

    def _add_rare(self, chunk: Chunk) -> Usage | None:
        """Add all of `chunk` that most chunks do not have, and return its usage."""
        # The first that is not empty: Azure begins with a chunk of empty names, others change the id on the way.
        self._id = self._id or chunk.id
        self._model = self._model or chunk.model
        self._created = self._created or chunk.created
        self._nameless = not (self._id and self._model and self._created)
        usage = chunk.usage
        if usage is None and chunk.x_groq is not None:
            usage = chunk.x_groq.usage
        self.usage = usage or self.usage
        return usage


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
