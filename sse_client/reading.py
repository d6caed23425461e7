"""Reads the events of a response that some HTTP library has opened: requests, urllib3, httpx, aiohttp and others.

Nothing is reconnected, and the library's own timeouts apply.
"""

from __future__ import annotations

import inspect
from time import monotonic
from typing import TYPE_CHECKING, Any

from sse_client._core.delivery import Delivery, named_last
from sse_client._core.received_parts import ReceivedParts
from sse_client._core.response_body import TURN
from sse_client.errors import StreamTruncated
from sse_client.options import DEFAULTS, merged
from sse_client.parser import DEFAULT_MAX_EVENT_SIZE
from sse_client.transports.event_loops import turn
from sse_client.transports.open_response import apieces_of, pieces_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from sse_client.events import Event

__all__ = ["aread", "read"]


def read(
    response: Any,
    *,
    until: str | Callable[[Event], bool] | None = None,
    include_last: bool = False,
    comments: bool = False,
    max_event_size: int | None = DEFAULT_MAX_EVENT_SIZE,
    last_event_id: str = "",
) -> Iterator[Event]:
    """Return an iterator of the events of an open response, as its bytes arrive.

    The response is closed when the iteration ends, or when the iterator is closed after it has started. The status and
    the content type are not checked; the caller has to do that.

    Args:
        response: a response of requests (with `stream=True`), urllib3 (`preload_content=False`), http.client, httpx and
            httpx2 (`client.stream`), niquests or pyreqwest (`build_streamed`); a response of requests, urllib3 or httpx
            that was already read to its end; or any iterable of bytes.
        until: the last event: a string that equals its data, or a predicate.
        include_last: whether the event that `until` names is yielded, too.
        comments: whether `Comment`s are yielded, too.
        max_event_size: the most bytes of one event; None: no limit, and none on what a compressed body inflates to.
        last_event_id: the ID that events have until the stream names one.

    Raises:
        StreamTruncated: when iterated over: the response ended before the event that `until` names.
        EventTooLarge: when iterated over: a block is longer than `max_event_size`, or a compressed body inflates too
            far.
        ResponseError: when iterated over: the body's content codings cannot be undone.
        ConnectionFailed: when iterated over: http.client's compressed body is corrupt, or was cut off. The other
            libraries notice this themselves, and raise their own errors.
        TypeError: an option is of the wrong type, or `include_last` comes without `until`; or the response can only be
            read by `aread`, or not at all.
        ValueError: an option is out of range.
    """
    delivery = _delivery(until, include_last, comments, max_event_size, last_event_id)
    pieces, received = pieces_of(response)
    return _events(response, pieces, ReceivedParts(delivery, received, max_event_size), delivery, until)


def aread(
    response: Any,
    *,
    until: str | Callable[[Event], bool] | None = None,
    include_last: bool = False,
    comments: bool = False,
    max_event_size: int | None = DEFAULT_MAX_EVENT_SIZE,
    last_event_id: str = "",
) -> AsyncIterator[Event]:
    """Return an asynchronous iterator of the events of an open response; see `read` for the options and errors.

    Args:
        response: a response of aiohttp, httpx and httpx2 (`async_client.stream`), niquests or pyreqwest
            (`build_streamed`); one that was already read to its end; or any asynchronous iterable of bytes.
        until: see `read`.
        include_last: see `read`.
        comments: see `read`.
        max_event_size: see `read`.
        last_event_id: see `read`.
    """
    delivery = _delivery(until, include_last, comments, max_event_size, last_event_id)
    pieces, received = apieces_of(response)
    parts = ReceivedParts(delivery, received, max_event_size, shares_loop=True)
    return _aevents(response, pieces, parts, delivery, until)


def _delivery(
    until: str | Callable[[Event], bool] | None,
    include_last: bool,
    comments: bool,
    max_event_size: int | None,
    last_event_id: str,
) -> Delivery:
    """Return the delivery that turns the bytes of one response into events."""
    chosen = {
        "until": until,
        "include_last": include_last,
        "comments": comments,
        "max_event_size": max_event_size,
        "last_event_id": last_event_id,
    }
    delivery = Delivery(merged(DEFAULTS, chosen))
    delivery.begin()
    return delivery


def _is_over(delivery: Delivery) -> bool:
    """Return whether the last event has arrived; raise the error that follows the events of the last read, if any."""
    error = delivery.consumed()
    if error is not None:
        raise error
    return delivery.last is not None


def _check_end(until: str | Callable[[Event], bool] | None) -> None:
    """Raise StreamTruncated if a last event was expected."""
    if until is not None:
        raise StreamTruncated(f"the response ended before {named_last(until)}")


def _events(
    response: Any,
    pieces: Iterator[bytes],
    parts: ReceivedParts,
    delivery: Delivery,
    until: str | Callable[[Event], bool] | None,
) -> Iterator[Event]:
    try:
        for data in pieces:
            for part in parts.of(data):
                yield from delivery.feed(part)
                if _is_over(delivery):
                    return
        _check_end(until)
    finally:
        close = getattr(response, "close", None)
        if close is not None:
            close()


async def _aevents(
    response: Any,
    pieces: AsyncIterator[bytes],
    parts: ReceivedParts,
    delivery: Delivery,
    until: str | Callable[[Event], bool] | None,
) -> AsyncIterator[Event]:
    asked = turned = monotonic()
    try:
        async for data in pieces:
            if (now := monotonic()) - asked > TURN:  # after a shorter wait, other tasks may not have run
                turned = now
            for part in parts.of(data):
                if monotonic() - turned > TURN:
                    await turn()
                    turned = monotonic()
                for event in delivery.feed(part):
                    yield event
                if _is_over(delivery):
                    return
            asked = monotonic()
        _check_end(until)
    finally:
        close = getattr(response, "aclose", None) or getattr(response, "close", None)
        closing = None if close is None else close()
        if inspect.isawaitable(closing):
            await closing
