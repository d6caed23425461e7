"""Responses to bytes, for asyncio: the body as it arrives, on every framing, without the framing."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp

from sse_client._aio_reader import more, reachable, take
from sse_client._aio_translate import TRANSPORT_ERRORS, translated
from sse_client._incoming import Incoming

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from sse_client.errors import ConnectionFailed
    from sse_client.observer import Response

__all__ = ["Connection"]

_T = TypeVar("_T")


class Connection(Incoming):
    """A response of aiohttp's.

    Args:
        response: its body unread.
        silence: seconds without a byte after which the connection is taken for dead; None for no limit.

    Attributes:
        direct: whether `more` and `take` are a way to the next bytes of the body.
    """

    __slots__ = (
        "_content",
        "_failure",
        "_loop",
        "_lost",
        "_on_lost",
        "_protocol",
        "_raw",
        "_reachable",
        "_silence",
        "_timer",
        "_waiter",
        "_waits_since",
        "direct",
    )

    def __init__(self, response: Response, silence: float | None) -> None:
        super().__init__(response)
        self._raw: aiohttp.ClientResponse = response.raw
        self._content = self._raw.content
        self._failure: ConnectionFailed | None = None
        self._protocol: Any = None
        self._lost: asyncio.Future[None] | None = None
        self._on_lost = partial(_end_early, self._content)
        self._loop = asyncio.get_running_loop()
        self._silence = silence
        self._waiter: asyncio.Future[None] | None = None
        self._waits_since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._reachable = reachable(self._content)
        self.direct = self._reachable and self._decoder is None
        if self._raw.connection is not None:
            # aiohttp's timeout goes on while nobody reads, and throws away what has arrived.
            self._protocol = self._raw.connection.protocol
            self._protocol.read_timeout = None
            self._protocol.start_timeout()
            # Where it finds the framing malformed, aiohttp closes the connection, and lets the reader wait.
            self._lost = self._protocol.closed
            if self._lost is not None:
                self._lost.add_done_callback(self._on_lost)

    def more(self) -> asyncio.Future[None] | None:
        """Return what is done when there is more to take, or an end; None if that is so already."""
        waiter = self._waiter = more(self._content)
        if waiter is not None and self._silence is not None:
            self._waits_since = monotonic()
            if self._timer is None:
                self._timer = self._loop.call_later(self._silence, self._ring)
        return waiter

    def take(self) -> bytes:
        """Return what has arrived of the body, as it is coded; `b""` for what `read` is to tell."""
        return take(self._content)

    def close(self) -> None:
        """Close the connection, unless its body was read to the end: then it is back in the pool already."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._failure = None  # it holds the frames that it came through, and the stream that is in them
        if self._lost is not None:
            self._lost.remove_done_callback(self._on_lost)
            # One for all who use the connection: without it, asyncio complains of an exception that nobody looks at.
            self._lost.remove_done_callback(_retrieve)
            self._lost.add_done_callback(_retrieve)
        self._raw.close()

    def abandon(self) -> None:
        """Close it from any thread, and if its loop is closed, not at all."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.close)

    async def _within(self, seconds: float, work: Awaitable[_T]) -> _T:
        self._silence = None  # this limit stands in its place
        async with asyncio.timeout(seconds):
            return await work

    async def _receive(self) -> bytes:
        """Return bytes of the body as they are coded; `b""` at its end."""
        if self._failure is not None:
            raise self._failure
        try:
            data = await self._next()
            if not data and self._protocol is not None:
                # A connection that was reset is to aiohttp the end of a body that ends with the connection.
                error = self._protocol.exception()
                if isinstance(error, aiohttp.ClientOSError):
                    raise error
            return data
        except TRANSPORT_ERRORS as error:
            self.direct = False
            reset = self._protocol.exception() if self._protocol is not None else None
            self._failure = translated(reset if isinstance(reset, aiohttp.ClientOSError) else error, self.response.url)
            rest = self._unread()
            if rest:
                return rest
            raise self._failure from self._failure.__cause__

    async def _next(self) -> bytes:
        """Return the next bytes, or aiohttp's own word on why there are none."""
        if self._reachable:
            while (waiter := self.more()) is not None:
                await waiter
            data = self.take()
            if data:
                return data
        async with asyncio.timeout(self._silence):
            received: bytes = await self._content.readany()
            return received

    def _ring(self) -> None:
        """End a wait that has lasted too long. One timer serves them all: when it is over, it looks at the last."""
        self._timer = None
        waiter = self._waiter
        if waiter is None or waiter.done() or self._silence is None:
            return
        left = self._waits_since + self._silence - monotonic()
        if left > 0:
            self._timer = self._loop.call_later(left, self._ring)
        else:
            self._content.set_exception(TimeoutError("timed out"))

    def _unread(self) -> bytes:
        """Return what arrived before the connection broke: aiohttp raises, and keeps it to itself."""
        content: Any = self._content
        content.set_exception(None)
        data: bytes = content.read_nowait()
        return data


def _end_early(content: aiohttp.StreamReader, lost: asyncio.Future[None]) -> None:
    """Wake who waits for more of a body whose connection is lost."""
    error = lost.exception()
    if not content.is_eof() and content.exception() is None:
        content.set_exception(error or aiohttp.ClientPayloadError())


def _retrieve(lost: asyncio.Future[None]) -> None:
    lost.exception()
