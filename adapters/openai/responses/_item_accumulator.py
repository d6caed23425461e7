"""Accumulates one item of the output."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from sse_client.adapters.openai._shared.growing_text import GrowingText
from sse_client.adapters.openai.responses._tolerant_json import lenient
from sse_client.adapters.openai.responses.response import OutputItem
from sse_client.replies.json_values import array, is_array, is_mapping, json_value, label, mapping, text

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ItemAccumulator", "Place"]

_LABELS = ("id", "call_id")  # fields by which events refer to an item
_LISTS = ("content", "summary")  # fields of an item that are lists of parts
_PART_TEXTS = ("text", "refusal")
_ITEM_TEXTS = ("arguments", "input", "code")
_PART_TYPES = {
    "content of message": "output_text",
    "content of reasoning": "reasoning_text",
    "summary of reasoning": "summary_text",
}
_MOST_MERGES = 4  # how often an item keeps texts that the server left out; each time costs as much as all texts


class Place(NamedTuple):
    """The place of a text: a field of an item, or of a part in one of its lists."""

    item: str
    name: str
    parts: str = ""
    part: str = ""


class _Key(NamedTuple):
    """A text of an item: its field, and where its part is; "" and 0 for a field of the item itself."""

    parts: str
    position: int
    name: str


# A struct, like `GrowingText`, because a server decides how many items there are.
class ItemAccumulator(msgspec.Struct, gc=False, eq=False):
    """Accumulates an item."""

    _item: OutputItem | None  # the item as the server sent it, if nothing has arrived since
    _fields: dict[str, Any] = {}
    _parts: dict[tuple[str, int], dict[str, Any]] = {}
    _texts: dict[_Key, GrowingText] = {}
    _whole: dict[_Key, tuple[str, int]] = {}  # complete texts, and how much of each came in pieces
    _merges: int = 0
    done: bool = False  # whether the server has sent the complete item

    def __post_init__(self) -> None:
        if self._item is not None:
            self._read(self._item)

    @property
    def type(self) -> str | None:
        """The type of the item: `message`, `function_call`, ..."""
        return text(self._fields.get("type"))

    @property
    def names(self) -> Iterator[str]:
        """The IDs by which events may refer to the item: its own, and that of its call."""
        return (name for field in _LABELS if (name := text(self._fields.get(field))))

    def is_other(self, item: OutputItem, *, begins: bool) -> bool:
        """Return whether `item`, which begins or is complete, is certainly not this one."""
        if self.type != item.type:
            return True
        call_id, other_call = self._fields.get("call_id"), getattr(item, "call_id", None)
        if call_id and other_call:
            return bool(call_id != other_call)
        known = self._fields.get("id")
        if known and item.id and known != item.id:
            return begins or self.done  # some servers give an item another ID in each event
        return self.done and not (known or item.id)

    def end(self) -> None:
        """Mark the item as complete in its present form."""
        self.done = True
        for key in self._keys():
            self._close(key, self._written(key), None)

    def become(self, item: OutputItem, *, whole: bool) -> None:
        """Replace what has arrived by `item`, but keep texts that it lacks: servers forget to send them again.

        Args:
            item: the item as the server sent it.
            whole: whether the item is complete.
        """
        grown = self._texts
        kept: dict[_Key, str] = {}
        if item.type == self.type and self._merges < _MOST_MERGES:
            kept = {key: value for key in self._keys() if (value := self._value(key))}
        self._read(item)
        for key in self._keys() if whole else ():
            self._close(key, self._written(key), grown.get(key))
        for key, value in kept.items():
            if not self._value(key):
                self._item = None
                self._merges += 1
                if key.parts:
                    self._parts.setdefault((key.parts, key.position), {"type": "output_text"})
                self._texts[key] = _begun(value)

    def grows_at(self, place: Place, index: int | None) -> GrowingText:
        """Return the text at `place`, for appending; create its part if necessary."""
        self._item = None
        key = _key(place, index)
        if place.parts:
            self.part(place.parts, index, place.part)
        grown = self._texts.get(key)
        if grown is None:
            written = self._written(key)
            # Arguments that are complete before their pieces arrive are placeholders, or will be repeated.
            again = place.name == "arguments" and written and json_value(written) is not None
            grown = self._texts[key] = _begun(None if again else written)
        return grown

    def is_late(self, place: Place, index: int | None, piece: str) -> bool:
        """Tell whether `piece` comes after its whole text, and advance past it in that text."""
        key = _key(place, index)
        if key not in self._whole:
            return False
        value, come = self._whole[key]
        if not value.startswith(piece, come):
            del self._whole[key]
            return False
        self._whole[key] = value, come + len(piece)
        return True

    def finish(self, place: Place, index: int | None, value: str, *, whole: bool = True) -> str | None:
        """Set the text at `place`; return the part of it that has not come in pieces.

        An empty text sets nothing, because the server has only forgotten to send it again.

        Args:
            place: the place of the text in the item.
            index: the index of the text's part.
            value: the text.
            whole: whether the text is complete; otherwise it is the beginning.
        """
        grown = self.grows_at(place, index)
        if whole:
            self._close(_key(place, index), value, grown)
        rest = grown.rest_of(value)
        if rest is not None or value:
            grown.replace(value)
        return rest

    def rest_of(self, place: Place, index: int, value: str) -> str | None:
        """Return the part of `value`, the complete text at `place`, that has not arrived yet."""
        key = _Key(place.parts, index, place.name)
        return (self._texts.get(key) or _begun(self._written(key))).rest_of(value)

    def part(self, parts: str, index: int | None, kind: str) -> dict[str, Any]:
        """Return a part for modification; create one of that `kind` if there is none yet."""
        self._item = None
        return self._parts.setdefault((parts, index or 0), {"type": kind})

    def extend(self, place: Place, index: int | None, name: str, values: list[Any]) -> None:
        """Append to a list of the part at `place`."""
        part = self.part(place.parts, index, place.part)
        if not is_array(part.get(name)):
            part[name] = []
        array(part[name]).extend(values)

    def replace(self, parts: str, index: int | None, part: dict[str, Any], *, whole: bool) -> str | None:
        """Set a part, complete if `whole`; return the piece of its text that has not arrived yet."""
        known = self.part(parts, index, "")
        rest: str | None = None
        for name, value in part.items():
            if name in _PART_TEXTS:
                more = self.finish(Place("", name, parts), index, value, whole=whole)
                rest = more if name == "text" else rest
            elif value or name not in known:
                known[name] = [*value] if is_array(value) else value
        return rest

    def move(self, status: str) -> None:
        """Set the status."""
        self._item = None
        self._fields["status"] = status

    def name(self, name: str) -> None:
        """Set the name of a call whose announcement, which contains it, never arrived."""
        if not text(self._fields.get("name")):
            self._item = None
            self._fields["name"] = name

    def now(self) -> OutputItem:
        """Return the item so far."""
        if self._item is not None:
            return self._item
        for (parts, index, name), grown in self._texts.items():
            value = grown.value()
            if value is not None:
                (self._parts[parts, index] if parts else self._fields)[name] = value
        lists: dict[str, list[Any]] = {}
        for (name, _), part in sorted(self._parts.items(), key=lambda placed: placed[0]):
            lists.setdefault(name, []).append(part)
        # Not cached, because the pieces of a text are appended without this item's knowledge.
        return lenient(OutputItem, json.dumps({**self._fields, **lists}, ensure_ascii=False))

    def _close(self, key: _Key, value: str | None, grown: GrowingText | None) -> None:
        """Remember a complete text, and how much of it had come in pieces: more pieces may follow."""
        if not value:
            return
        before, come = self._whole.get(key, ("", 0))
        if before != value:
            known = "" if grown is None or len(grown) > len(value) else grown.value() or ""
            come = len(known) if value.startswith(known) else 0
        self._whole[key] = value, come

    def _read(self, item: OutputItem) -> None:
        self._item, self._fields = item, mapping(json.loads(item.raw))
        for name in _LABELS:
            if (value := label(self._fields.get(name))) is not None:
                self._fields[name] = value
        self._parts = {
            (name, index): mapping(part)
            for name in _LISTS
            for index, part in enumerate(_listed(self._fields.get(name), f"{name} of {item.type}"))
        }
        self._texts = {}

    def _keys(self) -> set[_Key]:
        """Return the keys of all texts that may have arrived."""
        of_parts = {_Key(*position, name) for position in self._parts for name in _PART_TEXTS}
        return of_parts | {_Key("", 0, name) for name in _ITEM_TEXTS} | self._texts.keys()

    def _value(self, key: _Key) -> str | None:
        return self._texts[key].value() if key in self._texts else self._written(key)

    def _written(self, key: _Key) -> str | None:
        holder = self._parts.get((key.parts, key.position), {}) if key.parts else self._fields
        return text(holder.get(key.name))


def _key(place: Place, index: int | None) -> _Key:
    return _Key(place.parts, index or 0, place.name) if place.parts else _Key("", 0, place.name)


def _listed(parts: object, where: str) -> list[Any]:
    """Return the parts of an item; some servers send a single text or part instead."""
    if isinstance(parts, str) and where in _PART_TYPES:
        return [{"type": _PART_TYPES[where], "text": parts}]
    return [parts] if is_mapping(parts) else array(parts)


def _begun(value: str | None) -> GrowingText:
    grown = GrowingText()
    if value:
        grown.add(value)
    return grown
