"""Joins characters that a server has cut in two.

JSON escapes a character beyond U+FFFF as a pair of surrogates. A server that cuts its text between UTF-16 code units,
as one written in JavaScript may, sends the two halves in different chunks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sse_client.adapters.openai.chat._chunk import ChunkChoice

__all__ = ["Halves", "repaired"]

_HALF = "[\ud800-\udfff]"  # compiled when first needed

_Place = tuple[int, str, int | str | None]  # index of the choice, name of the field, index of the tool call, or its ID


class Halves:
    """High surrogates that wait for their low surrogates.

    A lone half becomes U+FFFD. If the text continues without the second half, the waiting one is dropped.
    """

    __slots__ = ("_last", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[_Place, str] = {}
        self._last: int | str | None = None  # the tool call of the last fragment

    def mend(self, choices: Iterable[ChunkChoice]) -> None:
        """Join the halves in the texts of `choices`, and hold back a first half at the end of a text."""
        for choice in choices:
            delta, index = choice.delta, choice.index
            delta.content = self._mended((index, "content", None), delta.content)
            delta.reasoning_content = self._mended((index, "reasoning_content", None), delta.reasoning_content)
            delta.reasoning = self._mended((index, "reasoning", None), delta.reasoning)
            delta.refusal = self._mended((index, "refusal", None), delta.refusal)
            for call in delta.tool_calls or ():
                self._last = (call.id or self._last) if call.index is None else call.index
                if call.function is not None:
                    place = (index, "arguments", self._last)
                    call.function.arguments = self._mended(place, call.function.arguments)
                if call.custom is not None:
                    call.custom.input = self._mended((index, "input", self._last), call.custom.input)
            if delta.function_call is not None:
                arguments = delta.function_call.arguments
                delta.function_call.arguments = self._mended((index, "function_call", None), arguments)
            if delta.audio is not None:
                transcript = self._mended((index, "transcript", None), delta.audio.transcript)
                delta.audio = replace(delta.audio, transcript=transcript)

    def _mended(self, place: _Place, text: str | None) -> str | None:
        if not text:
            return text
        half = self._waiting.pop(place, "")
        if "\udc00" <= text[0] <= "\udfff":
            text = half + text
        if "\ud800" <= text[-1] <= "\udbff":
            self._waiting[place] = text[-1]
            text = text[:-1]
        return repaired(text)


def repaired(text: str) -> str:
    """Return `text` with every lone surrogate replaced by U+FFFD; `text` itself if there is none."""
    if re.search(_HALF, text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
