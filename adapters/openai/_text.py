"""Pieces of a text to the text, in linear time and in the space of the text."""

from __future__ import annotations

__all__ = ["FULL", "Text"]

# Pieces that are joined at a time. A piece of five letters takes 62 bytes as an object of its own.
FULL = 1024


class Text:
    """A text that grows at its end.

    Attributes:
        pieces: what came last; whoever appends to it calls `settle` when there are `FULL`.
    """

    __slots__ = ("_blocks", "pieces")

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self.pieces: list[str] = []

    def add(self, piece: str) -> None:
        """Append `piece`."""
        self.pieces.append(piece)
        if len(self.pieces) >= FULL:
            self.settle()

    def settle(self) -> None:
        """Join the pieces to one string."""
        self._blocks.append("".join(self.pieces))
        self.pieces.clear()

    def value(self) -> str | None:
        """Return the text until now; None if no piece came, not even an empty one."""
        if not self._blocks and not self.pieces:
            return None
        return "".join(self._blocks) + "".join(self.pieces)
