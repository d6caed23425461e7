"""Joins characters that a server has cut in two, in all texts of a chat's chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sse_client.replies.surrogates import Halves

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sse_client.adapters.openai.chat._chunk import ChunkChoice

__all__ = ["ChunkHalves"]


class ChunkHalves(Halves):
    """The halves that wait in the texts of a chat's chunks."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        super().__init__()
        self._last: int | str | None = None  # the tool call of the last fragment

    def mend(self, choices: Iterable[ChunkChoice]) -> None:
        """Join the halves in the texts of `choices`, and hold back a first half at the end of a text."""
        for choice in choices:
            delta, index = choice.delta, choice.index
            delta.content = self.join((index, "content", None), delta.content)
            delta.reasoning_content = self.join((index, "reasoning_content", None), delta.reasoning_content)
            delta.reasoning = self.join((index, "reasoning", None), delta.reasoning)
            delta.refusal = self.join((index, "refusal", None), delta.refusal)
            for call in delta.tool_calls or ():
                self._last = (call.id or self._last) if call.index is None else call.index
                if call.function is not None:
                    place = (index, "arguments", self._last)
                    call.function.arguments = self.join(place, call.function.arguments)
                if call.custom is not None:
                    call.custom.input = self.join((index, "input", self._last), call.custom.input)
            if delta.function_call is not None:
                arguments = delta.function_call.arguments
                delta.function_call.arguments = self.join((index, "function_call", None), arguments)
            if delta.audio is not None:
                transcript = self.join((index, "transcript", None), delta.audio.transcript)
                delta.audio = replace(delta.audio, transcript=transcript)
