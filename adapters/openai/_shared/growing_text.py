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
        pieces: the latest pieces; whoever appends to it calls `settle` when there are `FULL`.
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
        """Join the pieces to one string."""
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
        """Take the last `piece` off again, if it is all that came before it; tell whether it was."""
        if len(self) != 2 * len(piece) or self.value() != 2 * piece:
            return False
        self.replace(piece)
        return True

    def replace(self, text: str) -> None:
        """Be `text` from now on."""
        self._blocks, self._settled = [text], len(text)
        self.pieces.clear()

    def rest_of(self, whole: str | None) -> str | None:
        """Return what `whole`, the complete text, has beyond the text until now; None if that is nothing.

        A complete text that does not begin with the text until now has nothing that could be appended.
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
        """Become `whole`, which is the text until now; return what is new in it, None if nothing is.

        A text that is less than half as long is taken for one that is only repeated in part.
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
        """Tell whether `text` is this one again, in part at least; or has grown out of it; or is another one."""
        known = self.value() or ""
        if known.startswith(text):
            return "same"
        return "grown" if 2 * _common(known, text) >= len(known) else "other"


def _common(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    alike, most = 0, min(len(one), len(other))
    while alike < most:
        middle = (alike + most + 1) // 2
        if one[alike:middle] == other[alike:middle]:
            alike = middle
        else:
            most = middle - 1
    return alike
