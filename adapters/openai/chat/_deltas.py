"""Turns any iterable of events into chat deltas; asynchronous iterables too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.adapters.openai.chat._reader import ChatReader
from sse_client.replies.iterables import aread_events, read_events

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

    from sse_client.adapters.openai.delta import ChatDelta
    from sse_client.events import Comment, Event

__all__ = ["adeltas", "deltas"]


def deltas(events: Iterable[Event | Comment], *, choices: int | None = None) -> Iterator[ChatDelta]:
    """Yield the deltas of a chat stream's `events`, until `[DONE]`.

    Does no I/O, and reads nothing from `events` after `[DONE]`. A chunk gives one delta for each of its choices. If
    `events` is an `EventStream`, a complete event in its `tail` counts too, because servers forget the last blank line.

    Args:
        events: any iterable of events.
        choices: the number of choices that were requested (`n`). If there is no `[DONE]`, that many have to finish. If
            it is 1, all deltas belong to choice 0, whatever index the server gives them.

    Raises:
        ChatError: the server reported an error in the stream, or sent an event that is not a chunk.
        StreamTruncated: `events` ended, or broke off, without `[DONE]`, and before every choice had finished; or the
            server reports that it has broken a choice off.
        TypeError: `events` is not an iterable of events.
    """
    return read_events(events, ChatReader(choices))


def adeltas(events: AsyncIterable[Event | Comment], *, choices: int | None = None) -> AsyncIterator[ChatDelta]:
    """Yield the deltas of asynchronous `events`; see `deltas`.

    Args:
        events: any asynchronous iterable of events; it is not closed.
        choices: see `deltas`.

    Raises:
        ChatError: see `deltas`.
        StreamTruncated: see `deltas`.
        TypeError: see `deltas`.
    """
    return aread_events(events, ChatReader(choices))
