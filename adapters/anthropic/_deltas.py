"""Turns any iterable of events into the deltas of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.adapters.anthropic._reader import MessageReader
from sse_client.replies.iterables import read_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sse_client.adapters.anthropic.message import MessageDelta
    from sse_client.events import Comment, Event

__all__ = ["deltas"]


def deltas(events: Iterable[Event | Comment]) -> Iterator[MessageDelta]:
    """Yield the deltas of a message stream's `events`, until `message_stop`.

    Does no I/O, and reads nothing from `events` after `message_stop`. If `events` is an `EventStream`, a complete event
    in its `tail` counts too, because servers forget the last blank line.

    Args:
        events: any iterable of events.

    Raises:
        MessagesError: the server reported an error in the stream, or sent an event that does not belong to a message
            stream.
        StreamTruncated: `events` ended, or broke off, before the model had stopped; `partial` is the `Message` so far.
        TypeError: `events` is not an iterable of events.
    """
    return read_events(events, MessageReader())
