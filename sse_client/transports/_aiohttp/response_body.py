"""Reads response bodies for asyncio: bytes as they arrive, with every framing."""

from __future__ import annotations

import asyncio
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import aiohttp

from sse_client._core.failures import no_data
from sse_client._core.response_body import TURN, ResponseBody
from sse_client.transports._aiohttp.errors import TRANSPORT_ERRORS, translated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.errors import ConnectionFailed
    from sse_client.observer import Response
    from sse_client.transports._aiohttp.wakeup import Wakeup

__all__ = ["AiohttpBody"]


class AiohttpBody(ResponseBody):
    """A response of aiohttp, read by documented methods.

    Args:
        response: the head; its `raw` has an unread body.
        wakeup: wakes the task that reads.
        silence: seconds without a byte after which the connection counts as dead; None for no limit.
    """

    __slots__ = (
        "_content",
        "_failure",
        "_loop",
        "_lost",
        "_on_lost",
        "_protocol",
        "_raw",
        "_timer",
        "_turn_since",
        "_waiter",
        "_waits_since",
        "_wakeup",
    )

    shares_loop = True

    def __init__(self, response: Response, wakeup: Wakeup, silence: float | None) -> None:
        super().__init__(response, silence)
        self._wakeup = wakeup
        self._raw: aiohttp.ClientResponse = response.raw
        self._content: Any = self._raw.content
        self._failure: ConnectionFailed | None = None
        self._protocol: Any = None
        self._lost: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._waits_since = self._turn_since = monotonic()
        self._timer: asyncio.TimerHandle | None = None
        connection = self._raw.connection
        if connection is not None:  # the whole body may have arrived with the head
            # aiohttp's own timeout runs even while nobody reads, and discards what has arrived.
            self._protocol = connection.protocol
            self._protocol.read_timeout = None
            self._protocol.start_timeout()
            # If the framing is malformed, aiohttp closes the connection, but leaves the reader waiting.
            self._lost = self._protocol.closed
            if self._lost is not None:
                self._on_lost = partial(_end_early, self._content)
                self._lost.add_done_callback(self._on_lost)

    async def read(self, deadline: float | None) -> bytes:
        """Return the decoded bytes that have arrived; see `ResponseBody.read`."""
        if self._decoder is not None:
            return await self._read_decoded(self._decoder, deadline)
        return await self._receive(deadline)

    async def _receive(self, deadline: float | None) -> bytes:
        """Return encoded bytes of the body; `b""` at its end."""
        self._turn_since = monotonic()
        if self._failure is not None:
            raise self._failure
        if deadline is not None:
            self._wakeup.arm(deadline)
        try:
            async with asyncio.timeout(self.silence):
                data: bytes = await self._content.readany()
            if not data and self._protocol is not None:
                # If a body ends with its connection, aiohttp treats a reset as the end of the body.
                error = self._protocol.exception()
                if isinstance(error, aiohttp.ClientOSError):
                    raise error
            return data
        except asyncio.CancelledError:
            if not self._is_late():
                raise
            self._failure = no_data(self.response.url)
        except TRANSPORT_ERRORS as error:
            reset = self._protocol.exception() if self._protocol is not None else None
            own = reset if isinstance(reset, aiohttp.ClientOSError) else error
            self._failure = translated(own, self.response.url, silence=self.silence)
            error.__traceback__ = None  # aiohttp keeps this exception; its traceback would keep the stream alive
            rest = self._unread()
            if rest:
                return rest
        finally:
            self._wakeup.deadline = None
        raise self._failure

    def _is_late(self) -> bool:
        """Handle a CancelledError; return whether it came only from the deadline."""
        return not self._wakeup.closed and self._wakeup.caught()

    def close(self) -> None:
        """Close the connection, unless the body was read to its end: then it is back in its pool."""
        if self._wakeup.inherited:
            return  # the processes share a selector: the parent's loop would no longer be notified of its connection
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._failure = None  # its traceback would keep the frames, and so the stream, alive
        if self._lost is not None:
            self._lost.remove_done_callback(self._on_lost)
            # Shared by all users of the connection. Without it, asyncio warns of an exception that was never retrieved.
            self._lost.remove_done_callback(_retrieve)
            self._lost.add_done_callback(_retrieve)
        connection = self._raw.connection
        if connection is None and self._raw.closed:
            return  # at the end of the body, aiohttp has returned the connection to its pool
        transport = getattr(connection, "transport", None)
        self._raw.close()
        if transport is not None and transport.get_extra_info("ssl_object") is not None:
            transport.abort()  # otherwise asyncio keeps the connection for up to 30 s, until the server ends TLS too

    def abandon(self) -> None:
        """Close the body from any thread; if its loop is closed, close only the socket, which needs no loop."""
        if self._wakeup.inherited:
            return
        try:
            self._loop.call_soon_threadsafe(self.close)
        except RuntimeError:
            _close_socket(self._raw)

    async def _next_in_thread(self, steps: Iterator[bytes]) -> bytes | None:
        # After a cancellation, the thread runs on for some milliseconds. That is safe: nothing else uses `steps` then.
        return await asyncio.to_thread(next, steps, None)

    async def _breathe(self, deadline: float | None) -> None:
        now = monotonic()
        if now - self._turn_since > TURN:
            await asyncio.sleep(0)
            self._turn_since = monotonic()
        if deadline is not None and now >= deadline:
            raise no_data(self.response.url)

    def _unread(self) -> bytes:
        """Return the bytes that arrived before the connection broke; aiohttp raises without returning them."""
        self._content.set_exception(None)
        data: bytes = self._content.read_nowait()
        return data


def _end_early(content: Any, lost: asyncio.Future[None]) -> None:
    """Wake a reader that waits for more of a body whose connection is lost."""
    if lost.cancelled() or content.is_eof() or content.exception() is not None:
        return
    content.set_exception(lost.exception() or aiohttp.ClientPayloadError("the connection is lost"))


def _close_socket(raw: Any) -> None:
    """Close the socket of a response whose loop is closed, so that garbage collection does not call the loop."""
    connection, raw._connection = raw._connection, None  # noqa: SLF001  (aiohttp has no way to do this)
    protocol = getattr(connection, "_protocol", None)
    if protocol is None:
        return
    connection._protocol = None  # noqa: SLF001  (as above)
    transport: Any = protocol.transport
    below = getattr(transport, "_ssl_protocol", None)
    if below is not None:
        transport._closed = True  # noqa: SLF001  (of asyncio's TLS: it would complain of not having been closed)
        transport = getattr(below, "_transport", None)
    sock = getattr(transport, "_sock", None)
    if sock is not None:
        transport._sock = None  # noqa: SLF001  (of asyncio's plain transport: its own `close` needs the loop)
        sock.close()


def _retrieve(lost: asyncio.Future[None]) -> None:
    if not lost.cancelled():
        lost.exception()
