"""What a connection leaves undispatched to the events in it that are whole: servers forget the last blank line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sse_client.adapters.openai._data import is_done, is_whole
from sse_client.adapters.openai._json import mapping
from sse_client.adapters.openai._parser import ChatParser
from sse_client.adapters.openai.responses._arrived import LAST

if TYPE_CHECKING:
    from sse_client.events import Event

__all__ = ["has_last", "undispatched"]


def undispatched(tail: str) -> list[Event]:
    """Return the events of `tail` that are whole."""
    events = ChatParser(max_event_size=None).feed(f"{tail}\n\n".encode())
    return [each for each in events if each.event == "error" or is_done(each.data) or is_whole(each.data)]


def has_last(tail: str) -> bool:
    """Tell whether the event that ends a response is in `tail`, and whole."""
    whole = [each.data for each in undispatched(tail) if is_whole(each.data)]
    return any(mapping(json.loads(data)).get("type") in LAST for data in whole)
