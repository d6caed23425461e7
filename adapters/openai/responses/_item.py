"""One item of the output, as far as it has come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from sse_client.adapters.openai._json import array, mapping
from sse_client.adapters.openai.responses._lenient import lenient
from sse_client.adapters.openai.responses.response import OutputItem

if TYPE_CHECKING:
    from sse_client.adapters.openai._text import Text

__all__ = ["Growing", "Item", "Key", "Place"]

Key = tuple[int | None, int | None] | tuple[int | None, int | None, int | None, str]
"""What tells a text from the others of a response."""

_Position = tuple[str, int]  # of a part: the list that it is in, and where


class Place(NamedTuple):
    """Where the pieces of a text go: a field of an item, or of a part in one of its lists."""

    item: str
    name: str
    parts: str = ""
    part: str = ""


class Growing(NamedTuple):
    """A text that still grows, and the object that holds what there is of it."""

    holder: dict[str, Any]
    name: str
    text: Text


class Item:
    """An item that is being put together."""

    __slots__ = ("_fields", "_parts", "_whole", "growing")

    def __init__(self, item: OutputItem) -> None:
        self.growing: dict[Key, Growing] = {}
        self.become(item)

    def become(self, item: OutputItem) -> None:
        """Take `item` for all that has come."""
        self._whole: OutputItem | None = item
        self._fields: dict[str, Any] = mapping(json.loads(item.raw))
        self._parts: dict[_Position, dict[str, Any]] = {}
        for name in ("content", "summary"):
            for index, part in enumerate(array(self._fields.get(name))):
                self._parts[name, index] = mapping(part)

    def is_other(self, item: OutputItem) -> bool:
        """Tell whether `item` is certainly not this one."""
        known = self._fields.get("id")
        return self._fields.get("type") != item.type or bool(known and item.id and known != item.id)

    def named(self, item_id: str | None) -> bool:
        """Tell whether this is the item of that ID."""
        return item_id is not None and self._fields.get("id") == item_id

    def holder(self, place: Place, index: int | None) -> dict[str, Any]:
        """Return the object that holds the text at `place`."""
        return self.part(place.parts, index, place.part) if place.parts else self._changing()

    def part(self, parts: str, index: int | None, kind: str) -> dict[str, Any]:
        """Return a part, to be changed; one of that `kind` if there is none yet."""
        self._changing()
        return self._parts.setdefault((parts, index or 0), {"type": kind})

    def replace(self, parts: str, index: int | None, part: dict[str, Any]) -> None:
        """Set a part."""
        self._changing()
        self._parts[parts, index or 0] = part

    def now(self) -> OutputItem:
        """Return the item as it is now."""
        if self._whole is not None:
            return self._whole
        for growing in self.growing.values():
            growing.holder[growing.name] = growing.text.value()
        lists: dict[str, list[Any]] = {}
        for (name, _), part in sorted(self._parts.items(), key=lambda placed: placed[0]):
            lists.setdefault(name, []).append(part)
        return lenient(OutputItem, json.dumps({**self._fields, **lists}, ensure_ascii=False))

    def _changing(self) -> dict[str, Any]:
        self._whole = None
        return self._fields
