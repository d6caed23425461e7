"""Reads response bodies through the library: bytes as they arrive, before content decoding."""

from __future__ import annotations

import contextlib
import time
import weakref
from typing import TYPE_CHECKING, Any

import anyio

from sse_client._core.failures import no_data
from sse_client._core.response_body import TURN, ResponseBody
from sse_client.transports._httpx._http2.leaving import reset_stream
from sse_client.transports._httpx.closing import abort_connection
from sse_client.transports._httpx.errors import answered, transport_errors
from sse_client.transports._httpx.first_step import first_step
from sse_client.transports._httpx.source import apieces_of, part_of, pieces_of
from sse_client.transports._requests.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sse_client.errors import ConnectionFailed
    from sse_client.observer import Response
    from sse_client.transports._httpx.exchange import Exchange
    from sse_client.transports._httpx.library import Library
    from sse_client.transports._httpx.wakeup import ScopedWakeup
    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["AsyncHttpxBody", "HttpxBody"]

_CLOSING = 1.0  # seconds allowed for closing a response

# Generators that were started and not closed, kept here so that the garbage collector does not close those of a dropped
# stream in arbitrary order: `abandon` drops the outermost one, and the event loop closes that.
_begun: set[Any] = set()


class _LibraryBody(ResponseBody):
    """The part that blocking and asynchronous bodies share.

    Args:
        head: the head; its `raw` has an unread body.
        library: the library that made the response.
        exchange: the exchange of the request.
        silence: seconds without a byte after which the connection counts as dead; None for no limit.
    """

    __slots__ = ("_ended", "_errors", "_exchange", "_limit", "_raw")

    def __init__(self, head: Response, library: Library, exchange: Exchange, silence: float | None) -> None:
        super().__init__(head, silence)
        self._raw: Any = head.raw
        self._errors = transport_errors(library)
        self._exchange = exchange
        self._limit = silence  # the read timeout passed to the library
        self._ended = False

    def _whole(self) -> bytes | None:
        """Return a body that a hook or a mock has already read, decoded by the library; None if it is unread."""
        if not self._raw.is_stream_consumed:
            return None
        self._decoder, self.coding_error, self._ended = None, "", True
        whole: bytes = self._raw.content
        return whole

    def _until(self, deadline: float | None) -> float | None:
        """Return the time at which a wait has to be ended because the library does not end it."""
        if self.silence == self._limit or self.silence is None:
            return deadline
        end = time.monotonic() + self.silence
        return end if deadline is None else min(end, deadline)

    def _broken(self, error: BaseException) -> ConnectionFailed:
        return answered(error, self.response.url, self.silence)


class HttpxBody(_LibraryBody):
    """The body of a blocking client's response.

    Args:
        head: the head; its `raw` has an unread body.
        library: the library that made the response.
        exchange: the exchange of the request.
        wakeup: wakes the reader.
        silence: seconds without a byte after which the connection counts as dead; None for no limit.
        shared: the socket of a connection that other streams use, too; None if no other stream does.
    """

    __slots__ = ("__weakref__", "_late", "_pieces_of", "_shared", "_wakeup", "_watchdog")

    def __init__(
        self,
        head: Response,
        library: Library,
        exchange: Exchange,
        wakeup: Wakeup,
        silence: float | None,
        shared: Any = None,
    ) -> None:
        super().__init__(head, library, exchange, silence)
        self._shared = shared
        self._wakeup = wakeup
        self._watchdog: Watchdog | None = None
        self._late = False  # whether the connection was shut down at a deadline, and not by the server
        whole = self._whole()
        self._pieces_of: Iterator[bytes] = pieces_of(self._raw) if whole is None else iter((whole,))

    async def read(self, deadline: float | None) -> bytes:
        """Return the decoded bytes that have arrived; see `ResponseBody.read`."""
        if self._decoder is not None:
            return await self._read_decoded(self._decoder, deadline)
        return await self._receive(deadline)

    async def _receive(self, deadline: float | None) -> bytes:
        """Return encoded bytes of the body; `b""` at its end."""
        until = self._until(deadline)
        try:
            if self._late or (until is not None and time.monotonic() >= until):
                raise TimeoutError("timed out")
            data = self._next() if until is None else self._next_within(until)
            if self._is_late() and not data:
                raise TimeoutError("timed out")
        except self._errors as error:
            failure = no_data(self.response.url, self.silence) if self._late else self._broken(error)
        else:
            if not data:
                if not self._wakeup.closed:
                    self._ended = True
                self._release()
            return data
        try:
            raise failure from failure.__cause__
        finally:
            del failure  # its traceback would keep this frame alive

    def _is_late(self) -> bool:
        # A call, because a type checker assumes that an attribute keeps the value that it was last compared with.
        return self._late

    def _next(self) -> bytes:
        if self._shared is None:
            return next(filter(None, self._pieces_of), b"")
        self._wakeup.watch(self._shared)
        try:
            return next(filter(None, self._pieces_of), b"")
        finally:
            self._wakeup.release_socket()

    def _next_within(self, deadline: float) -> bytes:
        """Read once, and shut the connection down at the deadline."""
        if self._watchdog is None:
            self._watchdog = Watchdog(self._wakeup)
            weakref.finalize(self, self._watchdog.stop)  # for a body that is dropped without being closed
        self._watchdog.arm(deadline)
        try:
            return self._next()
        finally:
            self._late = self._watchdog.disarm()

    def close(self) -> None:
        """Close the connection, unless the body was read to its end: then it is back in its pool."""
        if self._watchdog is not None:
            self._watchdog.stop()
        self._release()

    def _release(self) -> None:
        self._wakeup.release_socket()
        if not self._ended and not self._wakeup.inherited:
            with contextlib.suppress(*self._errors):  # the connection is gone
                reset_stream(self._raw, part_of(self._raw))
        stream = self._raw.extensions.get("network_stream")
        if stream is not None and self._wakeup.inherited:
            stream.close()  # closes only this process's descriptor
        else:
            self._raw.stream.close()
            self._raw.close()

    async def _breathe(self, deadline: float | None) -> None:
        self._wakeup.check(deadline, self.response.url)


class AsyncHttpxBody(_LibraryBody):
    """The body of an asynchronous client's response."""

    __slots__ = ("_begun", "_pieces_of", "_turn_since", "_wakeup")

    closes_by_awaiting = True
    shares_loop = True

    def __init__(
        self, head: Response, library: Library, exchange: Exchange, wakeup: ScopedWakeup, silence: float | None
    ) -> None:
        super().__init__(head, library, exchange, silence)
        self._wakeup = wakeup
        self._turn_since = time.monotonic()
        whole = self._whole()
        self._begun = False
        self._pieces_of: Any = apieces_of(self._raw) if whole is None else _once(whole)

    async def read(self, deadline: float | None) -> bytes:
        """Return the decoded bytes that have arrived; see `ResponseBody.read`."""
        if self._decoder is not None:
            return await self._read_decoded(self._decoder, deadline)
        return await self._receive(deadline)

    async def _receive(self, deadline: float | None) -> bytes:
        """Return encoded bytes of the body; `b""` at its end."""
        began = time.monotonic()
        if began - self._turn_since > TURN:
            await self._breathe(deadline)
        try:
            data: bytes = b""
            with self._wakeup.waiting(self._until(deadline)) as scope:
                if not self._begun:
                    self._begun = True
                    _begun.add(self._pieces_of)
                    with contextlib.suppress(StopAsyncIteration):
                        # httpcore's own generator does not wait when it is closed.
                        if data := await first_step(self._pieces_of, known=part_of(self._raw) is None):
                            return data
                async for data in self._pieces_of:
                    if data:
                        return data
            if scope.cancelled_caught:
                raise TimeoutError("timed out")
        except self._errors as error:
            failure = self._broken(error)
        else:
            self._ended = True
            await self.aclose()
            return b""
        finally:
            # The library may have returned without waiting, because it has more chunks of one receive.
            if (now := time.monotonic()) - began > TURN:
                self._turn_since = now
        try:
            raise failure from failure.__cause__
        finally:
            del failure  # its traceback would keep this frame alive

    def close(self) -> None:
        """Do nothing: only `aclose` can close the connection."""

    async def aclose(self) -> None:
        """Close the connection, unless the body was read to its end: then it is back in its pool."""
        with anyio.move_on_after(_CLOSING, shield=True):
            if not self._ended:
                written = reset_stream(self._raw, part_of(self._raw))
                if written is not None:
                    with contextlib.suppress(*self._errors):  # the connection is gone
                        await written
            if hasattr(self._pieces_of, "aclose"):
                await self._pieces_of.aclose()
            await self._raw.stream.aclose()
            await self._raw.aclose()
        _begun.discard(self._pieces_of)

    def abandon(self) -> None:
        """End the connection of a stream that nobody closed, so that its server notices; only over HTTP/1.1.

        The connection of HTTP/2 may carry other streams.
        """
        if self._wakeup.inherited:
            return
        stream = self._raw.extensions.get("network_stream")
        if not self._ended and stream is not None and self._raw.http_version != "HTTP/2":
            abort_connection(stream)
        _begun.discard(self._pieces_of)
        self._pieces_of = None

    async def _next_in_thread(self, steps: Iterator[bytes]) -> bytes | None:
        return await self._wakeup.next_in_thread(steps)

    async def _breathe(self, deadline: float | None) -> None:
        self._turn_since = await self._wakeup.check(self._turn_since, deadline, self.response.url)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
