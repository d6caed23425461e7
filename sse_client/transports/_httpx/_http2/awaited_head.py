"""Waits for the head of a response over HTTP/2, and for room to send its request; see `frames.py`.

If this wait times out, httpcore treats the whole connection as ended, and so all of its streams. While another stream
is being read, it ignores the timeout. And it does not inform the server that nobody waits any more.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from sse_client.transports._httpx._http2.leaving import reset_stream
from sse_client.transports._requests.opening import seconds_left

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.transports._httpx._http2.async_frames import AsyncFrameSource
    from sse_client.transports._httpx._http2.blocking_frames import FrameSource

__all__ = ["Unanswered", "await_head", "await_room", "wait_for_head", "wait_for_room"]

_MOST_INTERIM = 1000  # responses, as with aiohttp
_STATUS = re.compile(rb"[1-9][0-9]{2}")


class Unanswered:
    """A request over HTTP/2 that has no response yet, or whose response is not read.

    Args:
        connection: the connection of httpcore.
        request: the request of httpcore.
        stream_id: the stream ID of the request.
    """

    def __init__(self, connection: Any, request: Any, stream_id: int) -> None:
        self._connection = connection
        self._request = request
        self.extensions = {"stream_id": stream_id}

    def reset(self, errors: tuple[type[Exception], ...]) -> None:
        """Reset the stream of a blocking client's request, because nobody waits for its response."""
        with suppress(*errors):  # the connection is gone
            reset_stream(self, self)

    async def areset(self, errors: tuple[type[Exception], ...], seconds: float) -> None:
        """Reset the stream of an asynchronous client's request, within `seconds`."""
        with suppress(*errors), anyio.move_on_after(seconds, shield=True):
            written = reset_stream(self, self)
            if written is not None:
                await written


def wait_for_head(source: FrameSource, silence: float | None, deadline: float | None) -> None:
    """Wait until the source's events contain the response's head, or the end of the stream.

    Args:
        source: the source of the stream.
        silence: seconds without a sign of life of the stream after which it counts as dead; None for no limit.
        deadline: when to stop waiting, by `time.monotonic`; None: no limit.

    Raises:
        TimeoutError: the head did not arrive in time.
        ConnectionError: the head is malformed, or the stream was closed.
        Exception: the connection has ended; the exception is that of httpcore or h2.
    """
    head = _Head(source.events)
    while not head.has_come():
        source.wait(seconds_left(silence, deadline))


def wait_for_room(source: FrameSource, silence: float | None, deadline: float | None) -> None:
    """Wait until a piece of the request's body may be sent; see `wait_for_head`."""
    source.wait(seconds_left(silence, deadline), source.room)


async def await_head(source: AsyncFrameSource, silence: float | None) -> None:
    """Do what `wait_for_head` does, asynchronously; the caller enforces the deadline."""
    head = _Head(source.events)
    while not head.has_come():
        await _await(source, silence, None)


async def await_room(source: AsyncFrameSource, silence: float | None) -> None:
    """Do what `wait_for_room` does, asynchronously."""
    await _await(source, silence, source.room)


async def _await(source: AsyncFrameSource, silence: float | None, arrived: Callable[[], object] | None) -> None:
    with anyio.move_on_after(silence) as scope:
        try:
            await source.wait(arrived)
        except source.errors as error:
            raise ConnectionError("it was closed") from error
    if scope.cancelled_caught:
        raise TimeoutError("timed out")


class _Head:
    """Finds the head of a response among the events of its stream.

    Args:
        events: the events of the stream that have not been taken yet.
    """

    def __init__(self, events: list[Any]) -> None:
        self._events = events
        self._interim = 0

    def has_come(self) -> bool:
        """Return whether the head has arrived, or the stream has ended; remove interim responses.

        Raises:
            ConnectionError: the head is malformed (RFC 9113 8.3.2), or there were too many interim responses.
        """
        events = self._events
        while events and type(events[0]).__name__ == "InformationalResponseReceived":
            del events[0]
            self._interim += 1
            if self._interim > _MOST_INTERIM:
                raise ConnectionError(f"there were more than {_MOST_INTERIM} interim responses before the head")
        if events and type(events[0]).__name__ == "ResponseReceived":
            statuses = [value for name, value in events[0].headers if name == b":status"]
            if len(statuses) != 1 or not _STATUS.fullmatch(statuses[0]):
                raise ConnectionError("the response's head is malformed")
        return bool(events)
