"""Finds complete events in what a connection leaves undispatched: some servers forget the last blank line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.adapters._events import inner_events, is_done, is_whole
from sse_client.adapters._tolerant_parser import TolerantParser
from sse_client.events import Event

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["complete_events", "undispatched"]

_SMALL = 64 * 1024  # characters; a longer tail is searched instead of parsed, which saves copies
_HEAD = 1024  # characters of a longer tail within which its data begins


def complete_events(events: Iterable[Event]) -> list[Event]:
    """Return the complete ones among `events`, which may have been cut."""
    return [event for event in events if event.event == "error" or _is_complete(event) or _has_complete(event)]


def _is_complete(event: Event) -> bool:
    return is_done(event.data) or is_whole(event.data)


def _has_complete(event: Event) -> bool:
    """Return whether the data consists of complete events."""
    events = inner_events(event)
    return bool(events) and all(map(_is_complete, events))


def undispatched(tail: str) -> tuple[list[Event], str]:
    """Return the complete events in a parser's tail, and the lines in it that do not belong to an event stream."""
    if len(tail) > _SMALL:
        return _undispatched_at_length(tail)
    parser = TolerantParser(max_event_size=None)
    events = parser.feed(f"{tail}\n\n".encode(errors="replace"))
    return complete_events(events), parser.stray.strip()


def _undispatched_at_length(tail: str) -> tuple[list[Event], str]:
    if tail[:_HEAD].lstrip().startswith(("{", "[", "<")):
        return [], tail.strip()
    head, found, _ = f"\n{tail[:_HEAD]}".partition("\ndata:")
    # The last character nearly always shows whether JSON was cut off.
    if not found or not tail[-_HEAD:].rstrip().endswith(("}", "]")):
        return [], ""
    data = tail[len(head) + len("data:") :].replace("\ndata:", "\n")
    (event,) = TolerantParser().feed(f"{head}\ndata: \n\n".encode(errors="replace"))
    return complete_events([Event(data, event.event)]), ""
