"""Any iterable of events to chat deltas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.adapters.openai._reader import ChatReader
from sse_client.errors import ConnectionFailed, SSEError, StreamTruncated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sse_client.adapters.openai.delta import ChatDelta
    from sse_client.events import Comment, Event

__all__ = ["deltas"]


def deltas(events: Iterable[Event | Comment], *, choices: int = 1) -> Iterator[ChatDelta]:
    """Yield the deltas of a chat stream's `events`, until `[DONE]`.

    Does no I/O, and takes nothing from `events` after `[DONE]`. One delta for each choice of a chunk. At the end, the
    `tail` that an `EventStream` has counts too: servers forget the last blank line.

    Args:
        events: any iterable.
        choices: how many were asked for, the request's `n`; so many have to finish, where there is no `[DONE]`.

    Raises:
        ChatError: the server reported an error in the stream, or sent what is no chunk.
        StreamTruncated: `events` ended, or broke off, without `[DONE]`, and before every choice had finished.
    """
    reader = ChatReader(choices)
    feed = reader.feed
    broken: ConnectionFailed | None = None
    try:
        for event in events:
            yield from feed(event)
            if reader.outcome is not None:
                return
    except ConnectionFailed as error:
        # What had come may be all there is to come; where nothing had, that is for `events` to say.
        if reader.empty:
            raise
        broken = error
    except SSEError as error:
        error.partial = error.partial or reader.partial
        raise
    try:
        yield from reader.end(getattr(events, "tail", ""))
    except StreamTruncated as truncated:
        raise truncated from broken
