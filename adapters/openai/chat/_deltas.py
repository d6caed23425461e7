"""Turns any iterable of events into chat deltas; asynchronous iterables too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.adapters._events import check_event, check_events
from sse_client.adapters.openai._shared.undispatched import undispatched
from sse_client.adapters.openai.chat._reader import ChatReader
from sse_client.errors import ConnectionFailed, SSEError, StreamTruncated

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
    check_events(events, "__iter__", "read")
    reader = ChatReader(choices)
    feed = reader.feed
    broken: SSEError | None = None
    event: object = None
    try:
        for event in events:
            yield from feed(event)
            if reader.outcome is not None:
                return
    except SSEError as error:
        broken = _loss(reader, error, events)
    except AttributeError:
        check_event(event, "read")
        raise
    yield from _last(reader, events, broken)


async def adeltas(events: AsyncIterable[Event | Comment], *, choices: int | None = None) -> AsyncIterator[ChatDelta]:
    """Yield the deltas of asynchronous `events`; see `deltas`.

    Args:
        events: any asynchronous iterable of events; it is not closed.
        choices: see `deltas`.

    Raises:
        ChatError: see `deltas`.
        StreamTruncated: see `deltas`.
        TypeError: see `deltas`.
    """
    check_events(events, "__aiter__", "aread")
    reader = ChatReader(choices)
    feed = reader.feed
    broken: SSEError | None = None
    event: object = None
    try:
        async for event in events:
            for delta in feed(event):
                yield delta
            if reader.outcome is not None:
                return
    except SSEError as error:
        broken = _loss(reader, error, events)
    except AttributeError:
        check_event(event, "aread")
        raise
    for delta in _last(reader, events, broken):
        yield delta


def _loss(reader: ChatReader, error: SSEError, events: object) -> SSEError:
    """Return `error` if the reply may have been complete before it.

    Raises:
        SSEError: `error` itself, if the reply is certainly not complete.
    """
    if reader.outcome is not None:
        if reader.empty and undispatched(_tail(events))[1]:
            reader.outcome = None  # set by a `[DONE]` that followed what may be a whole completion
            return error
        raise error
    if not isinstance(error, ConnectionFailed):
        error.partial = error.partial or reader.partial
        raise error
    if reader.empty:
        raise error
    return error


def _last(reader: ChatReader, events: object, broken: SSEError | None) -> Iterator[ChatDelta]:
    try:
        yield from reader.end(_tail(events))
    except StreamTruncated as truncated:
        raise truncated from broken


def _tail(events: object) -> str:
    """Return the undispatched text of `events`, if it is a stream with a `tail`."""
    tail: str = getattr(events, "tail", "")
    return tail
