"""Assembles the content blocks of a message, in whatever order a server sends their starts and pieces.

Anthropic starts each block once, under an index of its own, and ends it before the next one. Some gateways give every
block the index 0, start a block twice, or send its pieces first. `Blocks.begin` decides which block a start belongs to.
"""

from __future__ import annotations

from typing import Any

from sse_client.adapters.anthropic.message import ContentBlock
from sse_client.replies.json_values import array, mapping, text
from sse_client.replies.surrogates import Halves

__all__ = ["TEXTS", "Block", "Blocks", "whole_blocks"]

TEXTS = ("text", "thinking", "signature", "input_json")
"""The fields of a block whose text arrives in pieces."""


class Block:
    """A content block, as far as it has arrived.

    Attributes:
        index: the block's place in the message: the server's index, unless another block has that place.
        kind: the block's type, such as `text` or `tool_use`.
        ended: whether the server has ended the block.
    """

    __slots__ = ("_begun", "_fields", "_halves", "_pieces", "ended", "index", "kind")

    def __init__(self, index: int, kind: str) -> None:
        self.index = index
        self.kind = kind
        self.ended = False
        self._begun = False
        self._fields: dict[str, Any] = {}
        self._pieces: dict[str, list[Any]] = {}
        self._halves = Halves()

    def may_begin_as(self, kind: str, block: dict[str, Any]) -> bool:
        """Return whether a start may belong to this block: as its first start, or as the same start again."""
        if not self._begun:  # only pieces have arrived; a piece of an input may belong to any kind of tool
            return kind == self.kind or (self.kind == "tool_use" and kind not in {"text", "thinking"})
        same = kind == self.kind and block.get("id") == self._fields.get("id")
        return same and not (self.ended and block.get("id") is None)

    def begin(self, kind: str, block: dict[str, Any]) -> dict[str, Any]:
        """Add the fields of a start; return the texts in it that are new."""
        self.kind = kind
        self._fields.update({name: value for name, value in block.items() if name not in {"type", "citations", *TEXTS}})
        texts: dict[str, Any] = {}
        for name in TEXTS:
            written = text(block.get(name))
            if written and name not in self._pieces:
                texts[name] = self.add(name, written)
            elif written and not self._begun:
                texts[name] = Halves().join(name, written)
                self._pieces[name].insert(0, texts[name])
        if not self._begun:
            self._pieces["citation"] = [*array(block.get("citations")), *self._pieces.get("citation", ())]
        self._begun = True
        return texts

    def add(self, name: str, piece: Any) -> Any:
        """Append a piece of a text, or a citation; return it without half a character at its end."""
        if name in TEXTS:
            piece = self._halves.join(name, piece)
        self._pieces.setdefault(name, []).append(piece)
        return piece

    def complete(self, block: dict[str, Any]) -> dict[str, str]:
        """Add the parts of a complete block that have not arrived; return the texts among them."""
        rest: dict[str, str] = {}
        for name in TEXTS:
            known, written = "".join(self._pieces.get(name, ())), text(block.get(name)) or ""
            if len(written) > len(known) and written.startswith(known):
                rest[name] = self.add(name, written[len(known) :])
        if not any(self._pieces.get("input_json", ())) and block.get("input"):
            self._fields["input"] = block["input"]
        return rest

    def compact(self, delta: dict[str, Any]) -> None:
        """Add a piece of a summary of the conversation, whose block has to be sent back with the next request."""
        content = text(delta.get("content"))
        if content is not None:
            self._pieces.setdefault("content", []).append(content)
        self._fields.update({name: delta[name] for name in delta if name not in {"type", "content"}})

    def content(self) -> ContentBlock:
        """Return the block as far as it has arrived."""
        texts = {name: "".join(self._pieces[name]) for name in TEXTS if name in self._pieces}
        citations = list(self._pieces.get("citation", ()))
        fields = dict(self._fields)
        if "content" in self._pieces:
            fields["content"] = (text(fields.get("content")) or "") + "".join(self._pieces["content"])
        return ContentBlock(self.kind, citations=citations, fields=fields, **texts)


class Blocks:
    """The blocks of one message."""

    __slots__ = ("_at", "_blocks", "_last", "_next")

    def __init__(self) -> None:
        self._at: dict[int, Block] = {}  # the latest block of each index of the server
        self._blocks: dict[int, Block] = {}
        self._last: Block | None = None
        self._next = 0

    def __bool__(self) -> bool:
        return bool(self._blocks)

    def __contains__(self, index: int) -> bool:
        return index in self._blocks

    def __getitem__(self, index: int) -> Block:
        return self._blocks[index]

    def begin(self, index: int | None, kind: str, block: dict[str, Any]) -> tuple[Block, dict[str, Any]]:
        """Return the block that a start belongs to, and the texts in the start that are new."""
        known = None if index is None else self._at.get(index)
        if known is None or not known.may_begin_as(kind, block):
            known = self._new(index, kind)
        self._last = known
        return known, known.begin(kind, block)

    def piece_of(self, index: int | None, kind: str) -> Block:
        """Return the block that a piece belongs to; create a block of type `kind` if its start is missing."""
        block = self._last if index is None else self._at.get(index)
        self._last = block = block or self._new(index, kind)
        return block

    def end(self, index: int | None) -> None:
        """Mark a block as ended."""
        block = self._last if index is None else self._at.get(index)
        if block is not None:
            block.ended = True

    def content(self) -> list[ContentBlock]:
        """Return the blocks as far as they have arrived, ordered by index."""
        return [block.content() for _, block in sorted(self._blocks.items())]

    def _new(self, index: int | None, kind: str) -> Block:
        free = self._next if index is None or index in self._blocks else index
        self._next = max(self._next, free + 1)
        block = self._blocks[free] = Block(free, kind)
        self._at[free if index is None else index] = block
        return block


def whole_blocks(content: object) -> list[dict[str, Any]]:
    """Return the blocks of a complete message; some gateways send a text, or a single block, instead of a list."""
    alone = content if isinstance(content, str) else mapping(content)
    blocks = [alone] if alone else array(content)
    return [{"type": "text", "text": block} if isinstance(block, str) else mapping(block) for block in blocks]
