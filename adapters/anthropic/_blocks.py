"""Assembles the content blocks of a message, however a server numbers and orders their beginnings and pieces.

Anthropic begins each block once, under an index of its own, and ends it before the next one. Gateways give every block
the index 0, begin a block again, or send its pieces first. `Blocks.begin` decides which block a beginning belongs to.
"""

from __future__ import annotations

from typing import Any

from sse_client.adapters.anthropic._json import array, joined, text
from sse_client.adapters.anthropic.message import ContentBlock

__all__ = ["TEXTS", "Block", "Blocks"]

TEXTS = ("text", "thinking", "signature", "input_json")
"""The fields of a block that come in pieces."""


class Block:
    """A block, as far as it has come.

    Attributes:
        index: its place in the message: the server's index, unless that is another block's.
        kind: its type.
    """

    __slots__ = ("_begun", "_fields", "_half", "_pieces", "ended", "index", "kind")

    def __init__(self, index: int, kind: str) -> None:
        self.index = index
        self.kind = kind
        self.ended = False
        self._begun = False
        self._fields: dict[str, Any] = {}
        self._pieces: dict[str, list[Any]] = {}
        self._half: tuple[str, str] = (
            "",
            "",
        )  # the name of a text, and the first half of a character whose second is in its next piece

    def may_begin_as(self, kind: str, block: dict[str, Any]) -> bool:
        """Tell whether a beginning may be that of this block: the first one, or the same again."""
        if not self._begun:  # made of a piece: that of an input may be any tool's
            return kind == self.kind or (self.kind == "tool_use" and kind not in {"text", "thinking"})
        same = kind == self.kind and block.get("id") == self._fields.get("id")
        return same and not (self.ended and block.get("id") is None)

    def begin(self, kind: str, block: dict[str, Any]) -> dict[str, str]:
        """Take the beginning, and return the texts in it that are not there yet."""
        self.kind = kind
        self._fields.update({name: value for name, value in block.items() if name not in {"type", "citations", *TEXTS}})
        texts: dict[str, str] = {}
        for name in TEXTS:
            written = text(block.get(name))
            if not written or (self._begun and name in self._pieces):
                continue
            if name in self._pieces:
                texts[name] = joined("", written)[0]
                self._pieces[name].insert(0, texts[name])
            else:
                texts[name] = self.add(name, written)
        if not self._begun:
            self._pieces["citation"] = [*array(block.get("citations")), *self._pieces.get("citation", ())]
        self._begun = True
        return texts

    def add(self, name: str, piece: Any) -> Any:
        """Append a piece of a text, or a citation; return it, without half a character at its end."""
        if name in TEXTS:
            place, half = self._half
            piece, half = joined(half if place == name else "", piece)
            self._half = name, half
        self._pieces.setdefault(name, []).append(piece)
        return piece

    def content(self) -> ContentBlock:
        """Return the block as it is now."""
        texts = {name: "".join(self._pieces[name]) for name in TEXTS if name in self._pieces}
        citations = list(self._pieces.get("citation", ()))
        return ContentBlock(self.kind, citations=citations, fields=dict(self._fields), **texts)


class Blocks:
    """The blocks of one message."""

    __slots__ = ("_at", "_blocks", "_last", "_next")

    def __init__(self) -> None:
        self._at: dict[int, Block] = {}  # by the server's index: the block that last had it
        self._blocks: dict[int, Block] = {}
        self._last: Block | None = None
        self._next = 0

    def __bool__(self) -> bool:
        return bool(self._blocks)

    def __contains__(self, index: int) -> bool:
        return index in self._blocks

    def begin(self, index: int | None, kind: str, block: dict[str, Any]) -> tuple[Block, dict[str, str]]:
        """Return the block that begins, and the texts of its beginning that are new."""
        known = None if index is None else self._at.get(index)
        if known is None or not known.may_begin_as(kind, block):
            known = self._new(index, kind)
        self._last = known
        return known, known.begin(kind, block)

    def piece_of(self, index: int | None, kind: str) -> Block:
        """Return the block that a piece belongs to; one of type `kind` where its beginning is missing."""
        block = self._last if index is None else self._at.get(index)
        if block is None:
            block = self._new(index, kind)
        self._last = block
        return block

    def end(self, index: int | None) -> None:
        """Take the end of a block."""
        block = self._last if index is None else self._at.get(index)
        if block is not None:
            block.ended = True

    def content(self) -> list[ContentBlock]:
        """Return the blocks as they are now, in the order of their indexes."""
        return [block.content() for _, block in sorted(self._blocks.items())]

    def _new(self, index: int | None, kind: str) -> Block:
        free = self._next if index is None or index in self._blocks else index
        self._next = max(self._next, free + 1)
        block = self._blocks[free] = Block(free, kind)
        self._at[free if index is None else index] = block
        return block
