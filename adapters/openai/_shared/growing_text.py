"""Joins the pieces of a text in linear time, and in the space of the text."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["FULL", "GrowingText"]

# How many pieces are joined at once. As an object, a piece of five letters takes 62 bytes.
FULL = 1024


# A server decides how many texts there are. These structs are not tracked by the garbage collector, so tens of
# thousands of them do not slow it down; a text refers only to strings.
class GrowingText(msgspec.Struct, gc=False, eq=False):
    """A text that grows at its end.

    Attributes:
        pieces: the latest pieces; code that appends to it must call `settle` when there are `FULL` pieces.
    """

    pieces: list[str] = []
    _blocks: list[str] | None = None
    _settled: int = 0  # characters of the blocks

    def __len__(self) -> int:
        """Return the number of characters until now."""
        return self._settled + sum(map(len, self.pieces))

    def add(self, piece: str) -> None:
        """Append `piece`."""
        self.pieces.append(piece)
        if len(self.pieces) >= FULL:
            self.settle()

    def settle(self) -> None:
        """Join the pieces into one string."""
        block = "".join(self.pieces)
        if self._blocks is None:
            self._blocks = []
        self._blocks.append(block)
        self._settled += len(block)
        self.pieces.clear()

    def value(self) -> str | None:
        """Return the text until now; None if no piece came, not even an empty one."""
        if not self._blocks and not self.pieces:
            return None
        return "".join(self._blocks or ()) + "".join(self.pieces)

    def drop_repetition(self, piece: str) -> bool:
        """Remove the last `piece` if it repeats the whole text before it; return whether it did."""
        if len(self) != 2 * len(piece) or self.value() != 2 * piece:
            return False
        self.replace(piece)
        return True

    def replace(self, text: str) -> None:
        """Replace the whole text by `text`."""
        self._blocks, self._settled = [text], len(text)
        self.pieces.clear()

    def rest_of(self, whole: str | None) -> str | None:
        """Return the part of the complete text `whole` that is missing here; None if nothing is.

        If `whole` does not begin with the text so far, nothing can be appended.
        """
        if whole is None:
            return None
        known = len(self)
        if not known:
            return whole if whole or self.value() is None else None
        if len(whole) <= known or not whole.startswith(self.value() or ""):
            return None
        return whole[known:]

    def add_rest_of(self, whole: str | None) -> str | None:
        """Append what `rest_of` returns, and return it."""
        rest = self.rest_of(whole)
        if rest is not None:
            self.add(rest)
        return rest

    def follow(self, whole: str | None) -> str | None:
        """Replace the text by `whole`, its latest version; return the new part, None if there is none.

        A version that is less than half as long counts as a partial repetition.
        """
        known = len(self)
        if whole is None or 2 * len(whole) < known:
            return None
        before = self.value() or ""
        if whole.startswith(before) or before.startswith(whole):
            return self.add_rest_of(whole)
        self.replace(whole)
        return whole[_common(before, whole) :]

    def relation(self, text: str) -> Literal["same", "grown", "other"]:
        """Return whether `text` repeats this text, at least in part, or extends it, or is a different text."""
        known = self.value() or ""
        if known.startswith(text):
            return "same"
        return "grown" if 2 * _common(known, text) >= len(known) else "other"


def _common(one: str, other: str) -> int:
    """Return the length of the common beginning of two texts."""
    alike, most = 0, min(len(one), len(other))
    while alike < most:
        middle = (alike + most + 1) // 2
        if one[alike:middle] == other[alike:middle]:
            alike = middle
        else:
            most = middle - 1
    return alike
