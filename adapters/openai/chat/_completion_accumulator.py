"""Turns chunks into deltas, and accumulates them into a completion."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sse_client.adapters.openai._shared.growing_text import FULL
from sse_client.adapters.openai.chat._choice_accumulator import ChoiceAccumulator
from sse_client.adapters.openai.chat._chunk import Chunk
from sse_client.adapters.openai.completion import Completion
from sse_client.adapters.openai.delta import ChatDelta

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sse_client.adapters.openai.chat._chunk import ChunkChoice, ChunkUsage, Fields
    from sse_client.adapters.openai.completion import Usage
    from sse_client.adapters.openai.delta import ToolCallDelta

__all__ = ["CompletionAccumulator"]

_USUAL = frozenset({None, "stop", "length", "tool_calls", "content_filter", "function_call"})

_MOST_CHOICES = 1024  # the most choices that are waited for, whatever the request says

# Finish reasons, in lower case, of an answer that the server broke off. The first is DeepSeek's; vLLM and SGLang send
# `abort` when the engine gives up on a request. Any that ends in `_error` counts, too, such as z.ai's `network_error`.
_BROKEN_OFF = frozenset(
    {"insufficient_system_resource", "abort", "aborted", "cancelled", "canceled", "interrupted", "timeout"}
)


class CompletionAccumulator:
    """What has arrived of a completion.

    Args:
        choices: the number of choices that were requested (`n`); None if it is unknown.
    """

    __slots__ = ("_by_index", "_choices", "_created", "_expected", "_id", "_model", "_nameless", "usage")

    def __init__(self, choices: int | None = None) -> None:
        self._expected = choices
        self._by_index: dict[int, ChoiceAccumulator] = {}  # by the server's index; several indexes may be one choice
        self._choices: dict[int, ChoiceAccumulator] = {}
        self._nameless = True
        self._id: str | None = None
        self._model: str | None = None
        self._created: int | None = None
        self.usage: Usage | None = None

    # The hot path: one pass that reads each field once, and calls nothing for a field that is absent.
    # `GrowingText.add` is written out for the content: the call takes a tenth of the whole.
    def add(self, chunk: Chunk, raw: str) -> list[ChatDelta]:
        """Add `chunk`, and return its deltas: one for each choice, or one of its usage alone."""
        usage = None
        if self._nameless or chunk.usage is not None or chunk.model != self._model:
            usage = self._add_rare(chunk)
        deltas: list[ChatDelta] = []
        for choice in chunk.choices:
            finish_reason, logprobs, delta = choice.finish_reason, choice.logprobs, choice.delta
            role, content, refusal, audio = delta.role, delta.content, delta.refusal, delta.audio
            reasoning = delta.reasoning_content
            if delta.reasoning is not None and not reasoning:
                reasoning = delta.reasoning
            tool_calls: tuple[ToolCallDelta, ...] = ()
            try:
                answer = self._by_index[choice.index]
            except KeyError:
                answer = self._begin(choice.index, delta)
            if content is not None:
                pieces = answer.content.pieces
                pieces.append(content)
                if len(pieces) >= FULL:
                    answer.content.settle()
            if reasoning is not None:
                answer.add_reasoning(reasoning)
            if (
                role or finish_reason or logprobs is not None or refusal is not None or audio is not None
                or delta.tool_calls or delta.function_call is not None
            ):  # fmt: skip
                tool_calls = answer.add_rare(choice)
                content, finish_reason = delta.content, choice.finish_reason
            deltas.append(
                ChatDelta(
                    answer.index, role, content, reasoning, refusal, tool_calls, finish_reason or None, logprobs, usage,
                    chunk.id, chunk.model, raw, audio,
                )
            )  # fmt: skip
        if not deltas and usage is not None:
            deltas.append(ChatDelta(usage=usage, id=chunk.id, model=chunk.model, raw=raw))
        return deltas

    def add_irregular(self, chunk: Chunk, complete: Sequence[ChunkChoice], raw: str) -> list[ChatDelta]:
        """Add `chunk`, and then those of its choices that are complete messages; return all deltas."""
        deltas = self.add(chunk, raw)
        usage = deltas[0].usage if deltas else None
        rest = [self._reconcile(chunk, choice, usage, raw) for choice in complete]
        # A chunk gives one delta for each choice.
        return [*deltas, *filter(_brings_something, rest)] if chunk.choices or not rest else rest

    def release(self) -> list[ChatDelta]:
        """Return the deltas that were held back, at the end of the stream; most streams have none."""
        deltas: list[ChatDelta] = []
        for choice in self._choices.values():
            if calls := choice.release():
                deltas.append(ChatDelta(choice.index, tool_calls=calls, id=self._id, model=self._model))
        return deltas

    @property
    def empty(self) -> bool:
        """Whether neither a choice nor usage has arrived."""
        return not self._choices and self.usage is None

    @property
    def sound(self) -> bool:
        """Whether a choice has begun, and all finish reasons are usual ones, so that none reports a failure."""
        for choice in self._choices.values():
            if choice.finish_reason not in _USUAL:
                return False
        return bool(self._choices)

    @property
    def silent(self) -> bool:
        """Whether no choice has begun."""
        return not self._choices

    @property
    def unfinished(self) -> list[int]:
        """The indexes of choices without a finish reason, and of requested choices that have not begun."""
        begun = [index for index, choice in self._choices.items() if choice.finish_reason is None]
        # Choices are counted, because a server that sends a single one may give it any index.
        expected = min(self._expected or 1, _MOST_CHOICES)
        lacking = max(0, expected - len(self._choices))
        waiting = [index for index in range(expected) if index not in self._choices]
        return sorted(begun + waiting[:lacking])

    @property
    def failed(self) -> list[int]:
        """The choices that the server ended with an error."""
        choices = sorted(self._choices.items())
        return [index for index, choice in choices if (choice.finish_reason or "").lower() == "error"]

    @property
    def broken_off(self) -> tuple[int, str] | None:
        """The first choice that the server reports as broken off, and its finish reason."""
        for index, choice in sorted(self._choices.items()):
            reason = choice.finish_reason
            if reason and _is_broken_off(reason):
                return index, reason
        return None

    @property
    def finished(self) -> bool:
        """Whether as many choices arrived as were requested, at least one, and all have a finish reason."""
        return not self.silent and not self.unfinished

    def completion(self) -> Completion:
        """Return the completion so far."""
        choices = [choice.choice() for _, choice in sorted(self._choices.items())]
        return Completion(self._id, self._model, self._created, choices, self.usage)

    def _begin(self, index: int, delta: Fields) -> ChoiceAccumulator:
        """Return the choice for an `index` that the server sends for the first time.

        LiteLLM and others number the parts of one answer: 0 for its reasoning, 1 for its text. So if one choice was
        requested, all indexes mean that choice. If the number is unknown, a new index means the existing choice if it
        brings a field that this choice lacks.
        """
        only = next(iter(self._choices.values())) if len(self._choices) == 1 else None
        if only is not None and (self._expected == 1 or (self._expected is None and only.may_continue_with(delta))):
            choice = only
        else:
            shown = 0 if self._expected == 1 else index
            choice = self._choices[shown] = ChoiceAccumulator(shown)
        self._by_index[index] = choice
        return choice

    def _reconcile(self, chunk: Chunk, complete: ChunkChoice, usage: Usage | None, raw: str) -> ChatDelta:
        """Add the parts of a complete message that have not arrived yet, and return them as a delta."""
        choice = self._by_index.get(complete.index) or self._begin(complete.index, complete.delta)
        if choice.is_piece(complete.delta):
            piece = Chunk(id=chunk.id, model=chunk.model, created=chunk.created, choices=[complete])
            (delta,) = self.add(piece, raw)
            return delta if usage is None else replace(delta, usage=usage)
        rest, tool_calls = choice.reconcile(complete)
        return ChatDelta(
            choice.index,
            rest.role,
            rest.content,
            rest.reasoning_content,
            rest.refusal,
            tool_calls,
            complete.finish_reason or None,
            complete.logprobs,
            usage,
            chunk.id,
            chunk.model,
            raw,
            rest.audio,
        )

    def _add_rare(self, chunk: Chunk) -> Usage | None:
        """Add the fields of `chunk` that most chunks lack; return the usage so far if the chunk has any."""
        # The first value that is not empty: Azure begins with a chunk of empty names, and others change the ID during
        # the stream.
        self._id = self._id or chunk.id
        self._created = self._created or chunk.created
        # The last value: a router names the answering model only once it is known.
        self._model = chunk.model or self._model
        self._nameless = not (self._id and self._model and self._created)
        if chunk.usage is None:
            return None
        self.usage = _merged_usage()(self.usage, chunk.usage)
        return self.usage


@cache
def _merged_usage() -> Callable[[Usage | None, ChunkUsage], Usage]:
    """Import `merged_usage` with the first usage; cached, because some servers send usage with every chunk."""
    from sse_client.adapters.openai.chat._usage import merged_usage

    return merged_usage


def _brings_something(delta: ChatDelta) -> bool:
    """Return whether a delta adds anything to its choice."""
    texts = (delta.role, delta.content, delta.reasoning, delta.refusal, delta.finish_reason)
    return bool(any(texts) or delta.tool_calls or delta.audio is not None)


def _is_broken_off(finish_reason: str) -> bool:
    reason = finish_reason.lower()
    return reason in _BROKEN_OFF or reason.endswith("_error")
