"""What a stream leaves undispatched to the event in it: servers forget the last blank line."""

from __future__ import annotations

from sse_client.adapters.anthropic._json import json_object
from sse_client.events import Event
from sse_client.parser import Parser

__all__ = ["undispatched"]

_SMALL = 64 * 1024  # characters of a tail that is parsed; a longer one is not copied more often than it must be
_HEAD = 1024  # characters in which the data of a longer one begins


def undispatched(tail: str) -> list[Event]:
    """Return the events in a tail of a parser whose data is complete: JSON, which the last character tells."""
    if not tail[-_HEAD:].rstrip().endswith("}"):
        return []
    head, data = f"{tail}\n\n", None
    if len(tail) > _SMALL:
        head, found, _ = f"\n{tail[:_HEAD]}".partition("\ndata:")
        if not found:
            return []
        data = tail[len(head) + len("data:") :].replace("\ndata:", "\n")
        head += "\ndata: \n\n"
    events = Parser(max_event_size=None).feed(head.encode(errors="replace"))
    if data is not None:
        events = [Event(data, event.event) for event in events]
    return [event for event in events if json_object(event.data) is not None]
