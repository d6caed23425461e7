"""Finds complete events, or a body that is not a stream, in the undispatched text of a stream."""

from __future__ import annotations

from sse_client.adapters.anthropic._json import json_object
from sse_client.events import Event
from sse_client.parser import Parser

__all__ = ["undispatched"]

_SMALL = 64 * 1024  # characters; a longer tail is not parsed as a whole, which saves copies
_HEAD = 1024  # characters of a longer tail within which its data has to begin


def undispatched(tail: str) -> tuple[list[Event], str]:
    """Return the events in a parser's `tail` that are complete JSON, and the lines that belong to no event stream."""
    if tail[:_HEAD].lstrip().startswith(("{", "[", "<")):
        return [], tail.strip()
    # The last character nearly always shows that JSON was cut off.
    if not tail[-_HEAD:].rstrip().endswith("}"):
        return [], ""
    head, data = f"{tail}\n\n", None
    if len(tail) > _SMALL:
        head, found, _ = f"\n{tail[:_HEAD]}".partition("\ndata:")
        if not found:
            return [], ""
        data = tail[len(head) + len("data:") :].replace("\ndata:", "\n")
        head += "\ndata: \n\n"
    events = Parser(max_event_size=None).feed(head.encode(errors="replace"))
    if data is not None:
        events = [Event(data, event.event) for event in events]
    return [event for event in events if json_object(event.data) is not None], ""
