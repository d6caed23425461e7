"""Any iterable of events to chat deltas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.adapters.openai._reader import ChatReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sse_client.adapters.openai.delta import ChatDelta
    from sse_client.events import Comment, Event

__all__ = ["deltas"]


def deltas(events: Iterable[Event | Comment]) -> Iterator[ChatDelta]:
    """Yield the deltas of a chat stream's `events`, until `[DONE]`.

    Does no I/O, and takes nothing from `events` after `[DONE]`. One delta for each choice of a chunk.

    Raises:
        ChatError: the server reported an error in the stream, or sent what is no chunk.
        StreamTruncated: `events` ended without `[DONE]`, and before every choice had finished.
    """
    reader = ChatReader()
    feed = reader.feed
    for event in events:
        yield from feed(event)
        if reader.outcome is not None:
            return
    yield from reader.end()
