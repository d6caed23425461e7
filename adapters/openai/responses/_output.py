"""Events to the output that they add up to, until the server sends the whole of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from sse_client.adapters.openai._json import array, text
from sse_client.adapters.openai._text import FULL, Text
from sse_client.adapters.openai.responses._item import Growing, Item, Place
from sse_client.adapters.openai.responses._lenient import lenient
from sse_client.adapters.openai.responses.response import OutputItem

if TYPE_CHECKING:
    from sse_client.adapters.openai.responses._item import Key
    from sse_client.adapters.openai.responses.events import (
        ResponseAnnotationEvent,
        ResponseDeltaEvent,
        ResponseItemEvent,
        ResponsePartEvent,
        ResponseTextDeltaEvent,
        ResponseTextEvent,
    )

__all__ = ["Output"]

_PLACES = {
    "response.output_text": Place("message", "text", "content", "output_text"),
    "response.refusal": Place("message", "refusal", "content", "refusal"),
    "response.reasoning_text": Place("reasoning", "text", "content", "reasoning_text"),
    "response.reasoning_summary_text": Place("reasoning", "text", "summary", "summary_text"),
    "response.function_call_arguments": Place("function_call", "arguments"),
    "response.mcp_call_arguments": Place("mcp_call", "arguments"),
    "response.custom_tool_call_input": Place("custom_tool_call", "input"),
    "response.code_interpreter_call_code": Place("code_interpreter_call", "code"),
}


class Output:
    """The items that have arrived, in their order."""

    __slots__ = ("_at", "_growing", "_items")

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}
        self._at: dict[int, Item] = {}
        self._growing: dict[Key, Text] = {}

    # The hot path: numbers alone are a quick key, and `Text.add` is written out, as for chat.
    def add_text(self, event: ResponseTextDeltaEvent) -> None:
        """Append a piece of the answer's text."""
        key = (event.output_index, event.content_index)
        grown = self._growing.get(key)
        if grown is None:
            grown = self._begin(event, key, _PLACES["response.output_text"])
        pieces = grown.pieces
        pieces.append(event.delta)
        if len(pieces) >= FULL:
            grown.settle()
        if event.logprobs:
            item = self._item(event.output_index, event.item_id, "message")
            part = item.part("content", event.content_index, "output_text")
            part["logprobs"] = [*array(part.get("logprobs")), *array(event.logprobs)]

    def add(self, event: ResponseDeltaEvent) -> None:
        """Append a piece of any other text; those that belong to no item are not kept."""
        place = _PLACES.get(event.type.removesuffix(".delta"))
        if place is not None:
            key = (event.output_index, event.content_index, event.summary_index, event.type)
            (self._growing.get(key) or self._begin(event, key, place)).add(event.delta)

    def annotate(self, event: ResponseAnnotationEvent) -> None:
        """Append an annotation."""
        item = self._item(event.output_index, event.item_id, "message")
        part = item.part("content", event.content_index, "output_text")
        part["annotations"] = [*array(part.get("annotations")), event.annotation]

    def finish(self, event: ResponseTextEvent) -> None:
        """Set a text that is whole."""
        place = _PLACES.get(event.type.removesuffix(".done"))
        if place is None or event.value is None:
            return
        item = self._settled(self._item(event.output_index, event.item_id, place.item))
        item.holder(place, _index(event))[place.name] = event.value

    def add_part(self, event: ResponsePartEvent) -> None:
        """Set a part that begins, or is whole."""
        summary = event.type.startswith("response.reasoning_summary_part.")
        kind = "reasoning" if summary or event.part.type == "reasoning_text" else "message"
        item = self._settled(self._item(event.output_index, event.item_id, kind))
        part = {name: value for name, value in asdict(event.part).items() if value is not None}
        item.replace("summary" if summary else "content", _index(event), part)

    def add_item(self, event: ResponseItemEvent) -> None:
        """Set an item that begins, or is whole."""
        if not event.item.raw:
            return
        known = self._known(event.output_index, event.item.id)
        # Some servers number all items 0.
        if known is None or (event.type.endswith(".added") and known.is_other(event.item)):
            self._new(event.output_index, event.item)
        else:
            self._settled(known).become(event.item)

    def add_missing(self, items: list[OutputItem]) -> None:
        """Add those of `items`, which are the whole output, of which nothing has come."""
        for index, item in enumerate(items):
            if index not in self._items:
                self._new(index, item)

    def items(self) -> list[OutputItem]:
        """Return the items as they are now."""
        return [item.now() for _, item in sorted(self._items.items())]

    def _begin(self, event: ResponseDeltaEvent, key: Key, place: Place) -> Text:
        item = self._item(event.output_index, event.item_id, place.item)
        holder, grown = item.holder(place, _index(event)), Text()
        said = text(holder.get(place.name))
        if said:
            grown.add(said)
        item.growing[key] = Growing(holder, place.name, grown)
        self._growing[key] = grown
        return grown

    def _settled(self, item: Item) -> Item:
        """Return `item`, in which no text grows any more."""
        for key, (holder, name, grown) in item.growing.items():
            holder[name] = grown.value()
            self._growing.pop(key, None)
        item.growing.clear()
        return item

    def _item(self, index: int | None, item_id: str | None, kind: str) -> Item:
        """Return the item of an event, which the server may have forgotten to begin."""
        known = self._known(index, item_id)
        if known is not None:
            return known
        return self._new(index, lenient(OutputItem, json.dumps({"type": kind, "id": item_id})))

    def _known(self, index: int | None, item_id: str | None) -> Item | None:
        if index is not None:
            return self._at.get(index)
        last = next(reversed(self._items.values()), None)
        return next((item for item in self._items.values() if item.named(item_id)), None if item_id else last)

    def _new(self, index: int | None, item: OutputItem) -> Item:
        position = max(self._items, default=-1) + 1 if index is None or index in self._items else index
        made = self._items[position] = Item(item)
        if index is not None:
            if index in self._at:
                self._settled(self._at[index])
            self._at[index] = made
        return made


def _index(event: ResponseDeltaEvent | ResponseTextEvent | ResponsePartEvent) -> int | None:
    """Return which part of its item an event is about."""
    return event.summary_index if event.content_index is None else event.content_index
