"""Any iterable of events to chat deltas, asynchronous ones too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.adapters.openai._reader import ChatReader
from sse_client.errors import ConnectionFailed, SSEError, StreamTruncated

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

    from sse_client.adapters.openai.delta import ChatDelta
    from sse_client.events import Comment, Event

__all__ = ["adeltas", "deltas"]


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
    broken: SSEError | None = None
    try:
        for event in events:
            yield from feed(event)
            if reader.outcome is not None:
                return
    except SSEError as error:
        broken = _perhaps_the_end(reader, error)
    yield from _last(reader, events, broken)


async def adeltas(events: AsyncIterable[Event | Comment], *, choices: int = 1) -> AsyncIterator[ChatDelta]:
    """Yield the deltas of asynchronous `events`, as `deltas` does those of others.

    Args:
        events: any asynchronous iterable; it is not closed.
        choices: see `deltas`.

    Raises:
        ChatError: see `deltas`.
        StreamTruncated: see `deltas`.
    """
    reader = ChatReader(choices)
    feed = reader.feed
    broken: SSEError | None = None
    try:
        async for event in events:
            for delta in feed(event):
                yield delta
            if reader.outcome is not None:
                return
    except SSEError as error:
        broken = _perhaps_the_end(reader, error)
    for delta in _last(reader, events, broken):
        yield delta


def _perhaps_the_end(reader: ChatReader, error: SSEError) -> SSEError:
    """Return a loss behind which nothing more may have been to come.

    Raises:
        SSEError: `error` itself, where it is no such loss.
    """
    if not isinstance(error, ConnectionFailed):
        error.partial = error.partial or reader.partial
        raise error
    if reader.empty:
        # That is for `events` to say.
        raise error
    return error


def _last(reader: ChatReader, events: object, broken: SSEError | None) -> Iterator[ChatDelta]:
    try:
        yield from reader.end(getattr(events, "tail", ""))
    except StreamTruncated as truncated:
        raise truncated from broken
