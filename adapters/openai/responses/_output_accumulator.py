"""Accumulates the output from events, until the server sends all of it.

`OutputAccumulator._known` decides which item an event is about: by its ID, its number, or its type.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from sse_client.adapters.openai._shared.growing_text import FULL
from sse_client.adapters.openai.responses._item_accumulator import ItemAccumulator, Place
from sse_client.adapters.openai.responses._tolerant_json import lenient
from sse_client.adapters.openai.responses.response import (
    TEXT_PARTS,
    CustomToolCall,
    FunctionToolCall,
    OutputItem,
    OutputMessage,
)
from sse_client.replies.json_values import array, json_value, label, mapping

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sse_client.adapters.openai._shared.growing_text import GrowingText
    from sse_client.adapters.openai.responses.events import (
        ResponseAnnotationEvent,
        ResponseDeltaEvent,
        ResponseItemEvent,
        ResponsePartEvent,
        ResponseProgressEvent,
        ResponseTextDeltaEvent,
        ResponseTextEvent,
    )

__all__ = ["OutputAccumulator"]

_TEXT = Place("message", "text", "content", "output_text")
_PLACES = {
    "response.output_text": _TEXT,
    "response.refusal": Place("message", "refusal", "content", "refusal"),
    "response.reasoning_text": Place("reasoning", "text", "content", "reasoning_text"),
    "response.reasoning_summary_text": Place("reasoning", "text", "summary", "summary_text"),
    "response.function_call_arguments": Place("function_call", "arguments"),
    "response.mcp_call_arguments": Place("mcp_call", "arguments"),
    "response.custom_tool_call_input": Place("custom_tool_call", "input"),
    "response.code_interpreter_call_code": Place("code_interpreter_call", "code"),
}

# Former names of events.
_PLACES["response.reasoning"] = _PLACES["response.reasoning_text"]
_PLACES["response.reasoning_summary"] = _PLACES["response.reasoning_summary_text"]

_APART = frozenset({"message", "reasoning"})  # items whose texts are never another item's

_TextKey = tuple[int | None, int | None, str | None]  # the item's number, the part's, and the item's ID


class OutputAccumulator:
    """Accumulates the items of the output, in their order."""

    __slots__ = ("_by_id", "_by_index", "_items", "_latest", "_next", "_texts")

    def __init__(self) -> None:
        self._items: dict[int, ItemAccumulator] = {}
        self._by_index: dict[int, ItemAccumulator] = {}  # the latest item at each of the server's numbers
        self._by_id: dict[str, ItemAccumulator] = {}
        self._latest: dict[str | None, ItemAccumulator] = {}  # by type
        self._next = 0
        self._texts: dict[_TextKey, GrowingText] = {}  # the texts of messages, while only their pieces arrive

    # The hot path: `GrowingText.add` is written out, as for chat.
    def add_text(self, event: ResponseTextDeltaEvent) -> bool:
        """Append a piece of the answer's text; return False for a piece after its whole text, which adds nothing."""
        key = (event.output_index, event.content_index, event.item_id)
        grown = self._texts.get(key)
        if grown is None:
            item = self._item(event.output_index, event.item_id, "message")
            if item.is_late(_TEXT, event.content_index, event.delta):
                return False
            grown = self._texts[key] = item.grows_at(_TEXT, event.content_index)
        pieces = grown.pieces
        pieces.append(event.delta)
        if len(pieces) >= FULL:
            grown.settle()
        if event.logprobs:
            item = self._item(event.output_index, event.item_id, "message")
            item.extend(_TEXT, event.content_index, "logprobs", array(event.logprobs))
        return True

    def add(self, event: ResponseDeltaEvent) -> None:
        """Append a piece of any other text; a piece that belongs to no item is dropped."""
        place = _PLACES.get(event.type.removesuffix(".delta"))
        if place is not None:
            item = self._item(event.output_index, _item_id(event), place.item)
            if not item.is_late(place, _index(event), event.delta):
                item.grows_at(place, _index(event)).add(event.delta)

    def annotate(self, event: ResponseAnnotationEvent) -> None:
        """Append an annotation."""
        item = self._changed(event.output_index, event.item_id, "message")
        item.extend(_TEXT, event.content_index, "annotations", [event.annotation])

    # The next three methods return the part of the answer's text that has not come in pieces.

    def finish(self, event: ResponseTextEvent) -> str:
        """Set a text that is complete."""
        place = _PLACES.get(event.type.removesuffix(".done"))
        if place is None or event.value is None:
            return ""
        item = self._changed(event.output_index, _item_id(event), place.item)
        if event.name and not place.parts:
            item.name(event.name)
        rest = item.finish(place, _index(event), event.value)
        return (rest or "") if place is _TEXT else ""

    def add_part(self, event: ResponsePartEvent) -> str:
        """Set a part that begins, or is complete."""
        summary = event.type.startswith("response.reasoning_summary_part.")
        kind = "reasoning" if summary or event.part.type == "reasoning_text" else "message"
        item = self._changed(event.output_index, event.item_id, kind)
        part = {name: value for name, value in asdict(event.part).items() if value is not None}
        whole = event.type.endswith(".done")
        rest = item.replace("summary" if summary else "content", _index(event), part, whole=whole)
        return (rest or "") if kind == "message" and event.part.type in ("", *TEXT_PARTS) else ""

    def add_item(self, event: ResponseItemEvent) -> str:
        """Set an item that begins, or is complete."""
        item, index = event.item, event.output_index
        if not item.raw:
            return ""
        begins = event.type.endswith(".added")
        call_id = item.call_id if isinstance(item, FunctionToolCall | CustomToolCall) else None
        known = None
        if not begins or index is not None or item.id:
            known = self._by_id.get(item.id or call_id or "") or self._known(index, item.id, item.type)
        # Some servers give all items the number 0.
        if known is None or known.is_other(item, begins=begins):
            known = self._new(index, item)
            if not begins:
                known.end()
            return _rest(None, item)
        rest = _rest(known, item)
        self._become(known, item, whole=not begins)
        known.done = known.done or not begins
        return rest

    def move(self, event: ResponseProgressEvent) -> None:
        """Set the status of an item from the event's type, such as `response.web_search_call.searching`."""
        kind, _, status = event.type.removeprefix("response.").rpartition(".")
        known = self._known(event.output_index, event.item_id, kind)
        if known is not None and known.type == kind:
            known.move(status)

    def add_missing(self, items: list[OutputItem]) -> None:
        """Add those of `items`, the whole output, of which nothing has arrived yet."""
        for index, item in enumerate(items):
            if index not in self._items:
                self._new(index, item)

    def complete(self, items: list[OutputItem]) -> tuple[list[OutputItem], str]:
        """Accept `items` as the whole output at its end.

        Returns:
            The items, completed with texts that arrived before and that they lack; and the part of the answer's text
            that has not come in pieces.
        """
        found: list[OutputItem] = []
        rests: list[str] = []
        named = [self._by_id.get(item.id or "") for item in items]
        taken = {id(known) for known in named if known is not None}
        for index, (item, by_id) in enumerate(zip(items, named, strict=True)):
            known = by_id or self._counterpart(index, item, taken)
            if known is None or known.type != item.type:
                rests.append(_rest(None, item))
                found.append(item)
            else:
                rests.append(_rest(known, item))
                self._become(known, item, whole=True)
                found.append(known.now())
        return found, "".join(rests)

    def _counterpart(self, index: int, item: OutputItem, taken: set[int]) -> ItemAccumulator | None:
        """Return the accumulated item for an item of the whole output with another ID, and perhaps another position."""
        others = [each for _, each in sorted(self._items.items()) if each.type == item.type and id(each) not in taken]
        known = self._items.get(index)
        if known not in others:
            known = others[0] if others else None
        if known is not None:
            taken.add(id(known))
        return known

    def items(self) -> list[OutputItem]:
        """Return the items so far."""
        return [item.now() for _, item in sorted(self._items.items())]

    def _item(self, index: int | None, item_id: str | None, kind: str) -> ItemAccumulator:
        """Return the item of an event; create it if the server has not announced it."""
        known = self._known(index, item_id, kind)
        if known is None:
            return self._new(index, lenient(OutputItem, json.dumps({"type": kind, "id": item_id})))
        if item_id and item_id not in self._by_id:
            self._by_id[item_id] = known  # some servers give an item another ID in each event
        return known

    def _changed(self, index: int | None, item_id: str | None, kind: str) -> ItemAccumulator:
        """Return the item of an event that brings more than a piece of the answer's text."""
        self._texts.clear()
        return self._item(index, item_id, kind)

    def _become(self, known: ItemAccumulator, item: OutputItem, *, whole: bool) -> None:
        self._texts.clear()
        known.become(item, whole=whole)
        self._named(known, known.names)

    def _known(self, index: int | None, item_id: str | None, kind: str) -> ItemAccumulator | None:
        known = self._by_id.get(item_id) if item_id else None
        if known is not None:
            return known
        if index is not None:
            known = self._by_index.get(index)
            if known is None or known.type == kind or not _APART & {known.type, kind}:
                return known
            # Some servers number the calls and the messages separately, so the item at `index` is another one.
        return None if item_id else self._latest.get(kind)

    def _new(self, index: int | None, item: OutputItem) -> ItemAccumulator:
        position = self._next if index is None or index in self._items else index
        self._next = max(self._next, position + 1)
        made = self._items[position] = self._latest[item.type] = ItemAccumulator(item)
        self._texts.clear()
        if index is not None:
            self._by_index[index] = made
        self._named(made, made.names)
        return made

    def _named(self, item: ItemAccumulator, names: Iterable[str]) -> None:
        for name in names:
            self._by_id[name] = item


def _item_id(event: ResponseDeltaEvent | ResponseTextEvent) -> str | None:
    """Return the ID of an event's item; some servers give a call's events only the ID of the call."""
    if event.item_id or event.output_index is not None:
        return event.item_id
    return label(mapping(json_value(event.raw)).get("call_id"))


def _index(event: ResponseDeltaEvent | ResponseTextEvent | ResponsePartEvent) -> int | None:
    """Return the number of the item's part that an event is about."""
    return event.summary_index if event.content_index is None else event.content_index


def _rest(known: ItemAccumulator | None, item: OutputItem) -> str:
    """Return the part of a message's texts that has not arrived yet; `known` is the accumulated message."""
    rests: list[str] = []
    for index, part in enumerate(item.content if isinstance(item, OutputMessage) else ()):
        if part.type in TEXT_PARTS and part.text:
            rests.append(part.text if known is None else known.rest_of(_TEXT, index, part.text) or "")
    return "".join(rests)
