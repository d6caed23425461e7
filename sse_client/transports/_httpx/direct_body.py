"""Reads a response's bytes directly from its connection, blocking."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sse_client._core.response_body import ResponseBody
from sse_client.transports._httpx._http2.leaving import reset_stream
from sse_client.transports._httpx.errors import answered, transport_errors
from sse_client.transports._httpx.source import part_of

if TYPE_CHECKING:
    from sse_client.observer import Response
    from sse_client.transports._httpx._http2.blocking_frames import FrameSource
    from sse_client.transports._httpx.chunks import ChunkSource
    from sse_client.transports._httpx.library import Library
    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["DirectBody", "PlainDirectBody", "direct_body"]


class DirectBody(ResponseBody):
    """The body of a blocking client's response.

    Args:
        head: the head.
        library: the library that made the response.
        source: reads the encoded bytes from the connection.
        wakeup: wakes the reader.
        silence: seconds without a byte after which the connection counts as dead; None for no limit.
    """

    __slots__ = ("_errors", "_finished", "_raw", "_source", "_wakeup")

    def __init__(
        self, head: Response, library: Library, source: ChunkSource | FrameSource, wakeup: Wakeup, silence: float | None
    ) -> None:
        super().__init__(head, silence)
        self._raw: Any = head.raw
        self._errors: tuple[type[Exception], ...] = (*transport_errors(library), ValueError)
        self._source = source
        self._finished = False
        self._wakeup = wakeup
        wakeup.watch(source.alarm)

    async def _receive(self, deadline: float | None) -> bytes:
        """Return encoded bytes of the body; `b""` at its end."""
        return self.read_blocking(deadline)

    def read_blocking(self, deadline: float | None) -> bytes:
        """Return encoded bytes of the body; `b""` at its end."""
        source = self._source
        try:
            data = source.ready()
            while not data and not source.ended:
                timeout = self.silence
                if deadline is not None:
                    left = deadline - time.monotonic()
                    if left <= 0:
                        raise TimeoutError("timed out")
                    timeout = left if timeout is None else min(left, timeout)
                data = source.receive(timeout)
        except self._errors as error:
            failure = answered(error, self.response.url, self.silence)
        else:
            if not data:
                self._end()
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

    def _end(self) -> None:
        """Return the connection to its pool, only once: at the body's end, `read` is called after `read_blocking`."""
        if not self._finished:
            self._finished = True
            self._source.finish(self._errors)
            self._release()

    def close(self) -> None:
        """Close the connection, or reset the stream, unless its body was read to the end."""
        if not self._source.ended and not self._wakeup.inherited:
            with suppress(*self._errors):  # the connection is gone
                self._source.leave()
                reset_stream(self._raw, part_of(self._raw))
        self._release()

    def _release(self) -> None:
        self._wakeup.release_socket()
        self._source.close()
        if self._wakeup.inherited:
            self._raw.extensions["network_stream"].close()  # closes only this process's descriptor
        else:
            self._raw.stream.close()
            self._raw.close()

    async def _breathe(self, deadline: float | None) -> None:
        self._wakeup.check(deadline, self.response.url)


class PlainDirectBody(DirectBody):
    """A body without content codings: received bytes are returned unchanged."""

    __slots__ = ()

    blocks = True
    read = DirectBody._receive  # noqa: SLF001  (of its own base)


def direct_body(
    head: Response, library: Library, source: ChunkSource | FrameSource, wakeup: Wakeup, silence: float | None
) -> DirectBody:
    """Return a body that is read directly from its connection; see `DirectBody`."""
    kind = DirectBody if head.headers.get("Content-Encoding") else PlainDirectBody
    return kind(head, library, source, wakeup, silence)
