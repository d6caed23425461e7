"""Turns any iterable of events into the values of a reply, no matter who opened the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sse_client.errors import ConnectionFailed, SSEError, StreamTruncated
from sse_client.replies.markers import is_done
from sse_client.replies.parsing import undispatched

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

    from sse_client.events import Comment, Event
    from sse_client.replies._reply import Reader

__all__ = ["aread_events", "read_events"]

_Item = TypeVar("_Item")


def read_events(events: Iterable[Event | Comment], reader: Reader[_Item]) -> Iterator[_Item]:
    """Yield the values that `reader` makes of `events`, until its outcome is known.

    Does no I/O, and reads nothing from `events` after the event that ends the reply. If `events` is an `EventStream`, a
    complete event in its `tail` counts too, because servers forget the last blank line.

    Args:
        events: any iterable of events, also of another library's, if they have the same attributes.
        reader: reads one reply; its `feed` receives every element of `events`, comments included.

    Raises:
        SSEError: as `reader` raises it; or as `events` raises it, with the reader's `partial`.
        StreamTruncated: `events` ended, or broke off, before the reply was complete.
        TypeError: `events` is not an iterable of events.
    """
    source = _checked(events, "__iter__", "read")
    feed = reader.feed
    broken: SSEError | None = None
    event: Any = None
    try:
        for event in source:
            yield from feed(event)
            if reader.outcome is not None:
                return
    except SSEError as error:
        broken = _loss(reader, error, event, events)
    except AttributeError:
        _check_event(event, "read")
        raise
    yield from _last(reader, events, broken)


async def aread_events(events: AsyncIterable[Event | Comment], reader: Reader[_Item]) -> AsyncIterator[_Item]:
    """Yield the values that `reader` makes of asynchronous `events`; see `read_events`.

    Args:
        events: any asynchronous iterable of events; it is not closed.
        reader: reads one reply.

    Raises:
        SSEError: see `read_events`.
        StreamTruncated: see `read_events`.
        TypeError: see `read_events`.
    """
    source = _checked(events, "__aiter__", "aread")
    feed = reader.feed
    broken: SSEError | None = None
    event: Any = None
    try:
        async for event in source:
            for item in feed(event):
                yield item
            if reader.outcome is not None:
                return
    except SSEError as error:
        broken = _loss(reader, error, event, events)
    except AttributeError:
        _check_event(event, "aread")
        raise
    for item in _last(reader, events, broken):
        yield item


def _loss(reader: Reader[_Item], error: SSEError, event: object, events: object) -> SSEError:
    """Return `error` if the reply may have been complete before it.

    Raises:
        SSEError: `error` itself, if the reply is certainly not complete.
    """
    if reader.outcome is not None:
        # The reader refuses a `[DONE]` before which nothing has arrived; but the stray lines may be a complete answer.
        if reader.empty and is_done(getattr(event, "data", "")) and undispatched(_tail(events))[1]:
            reader.outcome = None
            return error
        raise error
    if not isinstance(error, ConnectionFailed):
        error.partial = error.partial or reader.partial
        raise error
    if reader.empty:
        raise error
    return error


def _last(reader: Reader[_Item], events: object, broken: SSEError | None) -> Iterator[_Item]:
    try:
        yield from reader.conclude(*undispatched(_tail(events)))
    except StreamTruncated as truncated:
        raise truncated from broken


def _tail(events: object) -> str:
    """Return the undispatched text of `events`, if it is a stream with a `tail`."""
    tail: str = getattr(events, "tail", "")
    return tail


def _checked(events: Any, iterates: str, opener: str) -> Any:
    """Return `events` if they can be iterated over, and are no response: the bytes of one are no events."""
    if isinstance(events, (str, bytes)) or not hasattr(events, iterates) or hasattr(events, "status_code"):
        raise _no_event(events, opener)
    return events


def _check_event(event: object, opener: str) -> None:
    # Called only if reading the event failed, so that events cost nothing.
    if event is not None and not hasattr(event, "data"):
        raise _no_event(event, opener) from None


def _no_event(value: object, opener: str) -> TypeError:
    kind = type(value).__name__
    return TypeError(
        f"events: expected an iterable of Event, got {kind}; those of a response: sse_client.{opener}(response)"
    )
