"""Accumulates the chunks of one choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from sse_client.adapters.openai._shared.growing_text import GrowingText
from sse_client.adapters.openai.chat._chunk import Fields
from sse_client.adapters.openai.completion import Choice, Message
from sse_client.replies.json_values import array, is_array, is_mapping, mapping

if TYPE_CHECKING:
    from sse_client.adapters.openai.chat._audio_accumulator import AudioAccumulator
    from sse_client.adapters.openai.chat._chunk import ChunkChoice
    from sse_client.adapters.openai.chat._tool_calls import ToolCalls
    from sse_client.adapters.openai.delta import ToolCallDelta

__all__ = ["ChoiceAccumulator"]

# If a last piece repeats the text so far, but is shorter than this, it may be an ordinary piece. If the text came in
# several pieces, the second limit applies.
_CERTAIN = 16
_LIKELY = 4

_UNFINISHED = frozenset({"null", "none", "None"})  # these mean no finish reason; KoboldCpp sends "null" as a string
_UNDECODED = "\ufffd"  # in a growing text, a character whose bytes have not all arrived


# A struct, like `GrowingText`, because a server decides how many choices there are.
class ChoiceAccumulator(msgspec.Struct, gc=False, eq=False):
    """Accumulates a choice.

    Attributes:
        index: the index of the choice in the completion.
        reasoning: None until some arrives; so are the next three.
        messages: the kind of the complete messages that arrive: `repeating` the deltas; or, without deltas, `growing`
            (each has the whole answer so far) or `pieces`.
    """

    index: int
    role: str | None = None
    content: GrowingText = msgspec.field(default_factory=GrowingText)
    reasoning: GrowingText | None = None
    refusal: GrowingText | None = None
    tool_calls: ToolCalls | None = None
    audio: AudioAccumulator | None = None
    finish_reason: str | None = None
    logprobs: Any = None
    messages: Literal["repeating", "growing", "pieces"] | None = None
    _certain: bool = False  # whether it is certain that the messages grow

    def add_reasoning(self, piece: str) -> None:
        """Append to the reasoning."""
        self.reasoning = _extended(self.reasoning, piece)

    def add_rare(self, choice: ChunkChoice) -> tuple[ToolCallDelta, ...]:
        """Add the rare parts of `choice`, and return its tool calls.

        If its content, which has already been added, is not a piece, it is removed again and set to None. A finish
        reason that means none is also set to None.
        """
        if choice.finish_reason in _UNFINISHED:
            choice.finish_reason = None
        delta = choice.delta
        if delta.role:
            self.role = delta.role
        if delta.refusal is not None:
            self.refusal = _extended(self.refusal, delta.refusal)
        if choice.logprobs is not None:
            self.logprobs = _joined(self.logprobs, choice.logprobs)
        if delta.audio is not None:
            if self.audio is None:
                from sse_client.adapters.openai.chat._audio_accumulator import AudioAccumulator  # most answers are text

                self.audio = AudioAccumulator()
            self.audio.add(delta.audio)
        calls: list[ToolCallDelta] = []
        if delta.tool_calls:
            final, alone = bool(choice.finish_reason), len(delta.tool_calls) == 1
            calls += [self._calls().add(fragment, final=final, alone=alone) for fragment in delta.tool_calls]
        elif delta.function_call is not None:
            # If both are present, the old field repeats the new one.
            calls.append(self._calls().add_function(delta.function_call))
        if choice.finish_reason:
            # Some servers finish twice: the first reason stays, but an error replaces it.
            if self.finish_reason is None or choice.finish_reason.lower() == "error":
                self.finish_reason = choice.finish_reason
            if self.tool_calls is not None:
                calls += self.tool_calls.release()
            # Some servers send the whole text again at the end.
            if delta.content and self._may_repeat(delta.content) and self.content.drop_repetition(delta.content):
                delta.content = None
        return tuple(calls)

    def _may_repeat(self, last: str) -> bool:
        """Return whether the last piece is so long that it does not match the text before it by chance."""
        several = sum(map(bool, self.content.pieces)) > 2
        return len(last) >= (_LIKELY if several else _CERTAIN)

    def may_continue_with(self, delta: Fields) -> bool:
        """Return whether `delta`, at a new index, may belong to this answer: it brings only what this answer lacks."""
        known = (len(self.content), self.reasoning, self.tool_calls)
        reasoning = delta.reasoning_content or delta.reasoning
        new = (delta.content, reasoning, delta.tool_calls or delta.function_call)
        other = delta.role and delta.role != self.role
        if other or delta.refusal or delta.audio or not any(known) or not any(new):
            return False
        return not any(old and more for old, more in zip(known, new, strict=True))

    def is_piece(self, message: Fields) -> bool:
        """Return whether a complete message is really a piece: some servers call their deltas messages."""
        if self.messages is None and (message.content or message.reasoning_content or message.tool_calls):
            begun = len(self.content) or self.reasoning or self.tool_calls
            self.messages = "repeating" if begun else "growing"
        elif self.messages == "growing" and not self._certain:
            relations = self._relations(message)
            self._certain = "grown" in relations
            if "other" in relations and not self._certain:
                self.messages = "pieces"
        # The last message may nevertheless be complete.
        content = message.content or ""
        return self.messages == "pieces" and not (
            content and len(content) == len(self.content) and content == self.content.value()
        )

    def reconcile(self, whole: ChunkChoice) -> tuple[Fields, tuple[ToolCallDelta, ...]]:
        """Add the parts of a complete message that have not arrived yet, and return them: fields, and tool calls."""
        message = whole.delta
        growing = self.messages == "growing"
        final = bool(whole.finish_reason or self.finish_reason)
        reasoning = message.reasoning_content or message.reasoning
        if reasoning is not None and self.reasoning is None:
            self.reasoning = GrowingText()
        texts = [(self.content, message.content), (self.reasoning, reasoning)]
        if growing and not final:
            texts = [(known, text and text.rstrip(_UNDECODED)) for known, text in texts]
        take = GrowingText.follow if growing else GrowingText.add_rest_of
        content, reasoning = (None if known is None else take(known, text) for known, text in texts)
        rest = Fields(
            role=message.role if self.role is None else None,
            content=content,
            reasoning_content=reasoning,
            refusal=message.refusal if self.refusal is None else self.refusal.rest_of(message.refusal),
        )
        if message.audio is not None:
            rest.audio = message.audio if self.audio is None else self.audio.rest_of(message.audio)
        if message.function_call is not None and not self.tool_calls:
            rest.function_call = message.function_call
        whole.logprobs = _beyond(self.logprobs, whole.logprobs)
        missing: list[ToolCallDelta] = []
        if message.tool_calls:
            missing = self._calls().reconcile(message.tool_calls, growing=growing, final=final)
        whole.delta = rest
        return rest, (*missing, *self.add_rare(whole))

    def _relations(self, message: Fields) -> set[str]:
        """Return how the texts of a complete message are related to those that have arrived."""
        texts = (self.content, message.content), (self.reasoning, message.reasoning_content)
        relations: set[str] = {
            known.relation(text) for known, text in texts if known is not None and len(known) and text
        }
        if self.tool_calls is not None and message.tool_calls:
            relations |= self.tool_calls.relations(message.tool_calls)
        return relations

    def release(self) -> tuple[ToolCallDelta, ...]:
        """Return the arguments that were held back because others might have replaced them."""
        return () if self.tool_calls is None else tuple(self.tool_calls.release())

    def choice(self) -> Choice:
        """Return the choice so far."""
        message = Message(
            self.role,
            self.content.value(),
            None if self.reasoning is None else self.reasoning.value(),
            None if self.refusal is None else self.refusal.value(),
            [] if self.tool_calls is None else self.tool_calls.calls(),
            None if self.audio is None else self.audio.value(),
        )
        return Choice(self.index, message, self.finish_reason, _joined({}, self.logprobs))

    def _calls(self) -> ToolCalls:
        if self.tool_calls is None:
            from sse_client.adapters.openai.chat._tool_calls import ToolCalls  # loaded with the first call

            self.tool_calls = ToolCalls()
        return self.tool_calls


def _extended(grown: GrowingText | None, piece: str) -> GrowingText:
    grown = GrowingText() if grown is None else grown
    grown.add(piece)
    return grown


def _beyond(known: Any, whole: Any) -> Any:
    """Return the log probabilities of a complete message that have not arrived yet; None if there are none."""
    if known is None or not is_mapping(known) or not is_mapping(whole):
        return whole if known is None else None
    rest = {name: value[len(array(known.get(name))) :] for name, value in whole.items() if is_array(value)}
    return rest if any(rest.values()) else None


def _joined(known: Any, more: Any) -> Any:
    """Merge further log probabilities: lists are extended in place, and other fields replaced."""
    if is_array(more):
        several = array(known)
        several.extend(more)
        return several
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
