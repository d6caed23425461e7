"""Reads a response's bytes directly from its connection, asynchronously."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from sse_client._core.response_body import TURN, ResponseBody
from sse_client.transports._httpx._http2.leaving import reset_stream
from sse_client.transports._httpx.closing import abort_connection
from sse_client.transports._httpx.errors import answered, transport_errors
from sse_client.transports._httpx.source import part_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.observer import Response
    from sse_client.transports._httpx._http2.async_frames import AsyncFrameSource
    from sse_client.transports._httpx.chunks import AsyncChunkSource
    from sse_client.transports._httpx.library import Library
    from sse_client.transports._httpx.wakeup import ScopedWakeup

__all__ = ["AsyncDirectBody", "PlainAsyncDirectBody", "async_direct_body"]

_CLOSING = 1.0  # seconds allowed for closing a response


class AsyncDirectBody(ResponseBody):
    """The body of an asynchronous client's response.

    Args:
        head: the head.
        library: the library that made the response.
        source: reads the encoded bytes from the connection.
        wakeup: wakes the reader.
        silence: seconds without a byte after which the connection counts as dead; None for no limit.
    """

    __slots__ = ("_closed", "_errors", "_raw", "_source", "_turn_since", "_wakeup")

    closes_by_awaiting = True
    shares_loop = True

    def __init__(
        self,
        head: Response,
        library: Library,
        source: AsyncChunkSource | AsyncFrameSource,
        wakeup: ScopedWakeup,
        silence: float | None,
    ) -> None:
        super().__init__(head, silence)
        self._raw: Any = head.raw
        self._source = source
        self._errors: tuple[type[Exception], ...] = (*transport_errors(library), ValueError, *source.errors)
        self._wakeup = wakeup
        self._turn_since = time.monotonic()
        self._closed = False

    async def _receive(self, deadline: float | None) -> bytes:
        """Return encoded bytes of the body; `b""` at its end."""
        source = self._source
        try:
            data = source.ready()
            if data and time.monotonic() - self._turn_since > TURN:
                await self._breathe(deadline)
            while not data and not source.ended:
                now = self._turn_since = time.monotonic()
                end = deadline
                if self.silence is not None:
                    end = now + self.silence if deadline is None else min(now + self.silence, deadline)
                with self._wakeup.waiting(end) as scope:
                    data = await source.receive()
                if scope.cancelled_caught:
                    raise TimeoutError("timed out")
        except self._errors as error:
            failure = answered(error, self.response.url, self.silence)
        else:
            if not data:
                await source.afinish(self._errors)
                await self.aclose()
            return data
        try:
            raise failure from failure.__cause__
        finally:
            del failure  # its traceback would keep this frame alive

    async def read(self, deadline: float | None) -> bytes:
        """Return the decoded bytes that have arrived; see `ResponseBody.read`."""
        if self._decoder is not None:
            return await self._read_decoded(self._decoder, deadline)
        return await self._receive(deadline)

    def close(self) -> None:
        """Do nothing: only `aclose` can close the connection."""

    async def aclose(self) -> None:
        """Close the connection, or reset the stream, unless its body was read to the end."""
        self._closed = True
        with anyio.move_on_after(_CLOSING, shield=True):
            if not self._source.ended:
                with suppress(*self._errors):  # the connection is gone
                    self._source.leave()
                    written = reset_stream(self._raw, part_of(self._raw))
                    if written is not None:
                        await written
            await self._raw.stream.aclose()
            await self._raw.aclose()

    def abandon(self) -> None:
        """End the connection of a stream that nobody closed, so that its server notices; only over HTTP/1.1.

        The connection of HTTP/2 may carry other streams.
        """
        if not self._closed and not self._source.shared and not self._wakeup.inherited:
            abort_connection(self._raw.extensions["network_stream"])

    async def _next_in_thread(self, steps: Iterator[bytes]) -> bytes | None:
        return await self._wakeup.next_in_thread(steps)

    async def _breathe(self, deadline: float | None) -> None:
        self._turn_since = await self._wakeup.check(self._turn_since, deadline, self.response.url)


class PlainAsyncDirectBody(AsyncDirectBody):
    """A body without content codings, whose `read` is `_receive` itself, which saves a call per live event."""

    __slots__ = ()

    read = AsyncDirectBody._receive  # noqa: SLF001  (of its own base)


def async_direct_body(
    head: Response,
    library: Library,
    source: AsyncChunkSource | AsyncFrameSource,
    wakeup: ScopedWakeup,
    silence: float | None,
) -> AsyncDirectBody:
    """Return a body that is read directly from its connection; see `AsyncDirectBody`."""
    kind = AsyncDirectBody if head.headers.get("Content-Encoding") else PlainAsyncDirectBody
    return kind(head, library, source, wakeup, silence)
