"""Assembles a content block, in whatever order a server sends its start and its pieces.

Anthropic starts each block once, under an index of its own, and ends it before the next one. Some gateways give every
block the index 0, start a block twice, or send its pieces first.
"""

from __future__ import annotations

from typing import Any

from sse_client.adapters.anthropic.message import ContentBlock
from sse_client.replies.json_values import array, listed, mapping, text
from sse_client.replies.texts import Texts

__all__ = ["TEXTS", "Block", "whole_blocks"]

TEXTS = ("text", "thinking", "signature", "input_json")
"""The fields of a block whose text arrives in pieces."""


class Block:
    """A content block, as far as it has arrived.

    Attributes:
        index: the block's place in the message: the server's index, unless another block has that place.
        kind: the block's type, such as `text` or `tool_use`.
        texts: the block's texts, by the names in `TEXTS`.
        citations: the citations of its text.
        ended: whether the server has ended the block.
    """

    __slots__ = ("_begun", "_fields", "citations", "ended", "index", "kind", "texts")

    def __init__(self, index: int, kind: str) -> None:
        self.index = index
        self.kind = kind
        self.texts = Texts()
        self.citations: list[Any] = []
        self.ended = False
        self._begun = False
        self._fields: dict[str, Any] = {}

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
            if written and not (self._begun and name in self.texts):
                texts[name] = self.texts.begin(name, written)
        if not self._begun:
            self.citations[:0] = array(block.get("citations"))
        self._begun = True
        return texts

    def complete(self, block: dict[str, Any]) -> dict[str, Any]:
        """Add the parts of a complete block that have not arrived; return the texts among them."""
        rests = {name: self.texts.complete(name, text(block.get(name)) or "") for name in TEXTS}
        if not self.content().input_json and block.get("input"):
            self._fields["input"] = block["input"]
        return {name: rest for name, rest in rests.items() if rest}

    def compact(self, delta: dict[str, Any]) -> None:
        """Add a piece of a summary of the conversation, whose block has to be sent back with the next request."""
        content = text(delta.get("content"))
        if content is not None:
            self.texts.add("content", content)
        self._fields.update({name: value for name, value in delta.items() if name not in {"type", "content"}})

    def content(self) -> ContentBlock:
        """Return the block as far as it has arrived."""
        texts, fields = self.texts.joined(), dict(self._fields)
        if "content" in texts:
            fields["content"] = (text(fields.get("content")) or "") + texts.pop("content")
        return ContentBlock(self.kind, citations=list(self.citations), fields=fields, **texts)


def whole_blocks(content: object) -> list[dict[str, Any]]:
    """Return the blocks of a complete message; some gateways send a text, or a single block, instead of a list."""
    return [{"type": "text", "text": each} if isinstance(each, str) else mapping(each) for each in listed(content)]
