"""Reads HTTP/2 bodies directly from their connection, in the asynchronous client; see `frames.py`."""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from sse_client.transports._httpx._http2.frames import Frames, frames_part, has_frames
from sse_client.transports._httpx.chunks import receiver_of
from sse_client.transports._httpx.pool import network_stream
from sse_client.transports.event_loops import turn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["AsyncFrameSource", "aframe_source", "ahead_source"]

_RECEIVE = 64 * 1024


class AsyncFrameSource(Frames):
    """Reads one stream of an HTTP/2 connection, in an asynchronous client.

    Attributes:
        errors: exceptions that `receive` raises besides OSError and those of the library.
    """

    __slots__ = ("_receive_some", "errors")

    shared = True  # the connection carries other streams, too

    def __init__(
        self,
        connection: Any,
        request: Any,
        stream_id: int,
        receiver: tuple[Callable[[int], Awaitable[bytes]], tuple[type[Exception], ...]],
    ) -> None:
        super().__init__(connection, request, stream_id)
        self._receive_some, self.errors = receiver

    async def receive(self) -> bytes:
        """Wait for the next events of the body; see `wait`."""
        await self.wait()
        return self.ready()

    async def wait(self, arrived: Callable[[], object] | None = None) -> None:
        """Wait for the next events of the stream.

        Args:
            arrived: returns whether to stop waiting; by default, whether there are events.

        Raises:
            Exception: the stream or its connection has ended; the exception is that of httpcore, h2 or the event loop.
        """
        connection = self._connection
        if self._credit_due:
            self._credit_due = False
            await connection._write_outgoing_data(self._request)
        while not (self.events if arrived is None else arrived()):
            over = False
            async with connection._read_lock:
                if not (self.events if arrived is None else arrived()):
                    over = self._is_over() or await self._read()
            if over and self.events:
                await connection._receive_events(self._request)  # raises the error that ended the connection
            elif over:
                self.events.append(await connection._receive_stream_event(self._request, self._stream_id))

    async def _read(self) -> bool:
        """Read what has arrived for any stream; return whether the connection has ended."""
        connection = self._connection
        try:
            data = await self._receive_some(_RECEIVE)
        except anyio.EndOfStream:
            return True
        except Exception:
            connection._connection_error = True  # makes the pool send no more requests over it
            raise
        ended = not data
        while data:
            data = await self._dispatch_some(data)
        if self._state._data_to_send:
            await connection._write_outgoing_data(self._request)  # h2's replies to pings and settings
        return ended

    async def _dispatch_some(self, data: bytes) -> bytes:
        """Distribute some of the received bytes, and let other tasks run; return the rest."""
        changes: list[Any] = []
        data = self._dispatched(data, changes)
        if not data and not changes:
            return data
        try:
            # The bytes may also belong to other streams, whose readers wait for this one.
            with anyio.CancelScope(shield=True):
                if changes:
                    async with self._connection._state_lock:
                        for event in changes:
                            await self._connection._receive_remote_settings_change(event)
                if data:
                    await turn()
        except BaseException:  # asyncio's own cancellation, which a shielded scope does not delay
            while data:
                data = self._dispatched(data, changes)
            raise
        return data

    def _dispatched(self, data: bytes, changes: list[Any]) -> bytes:
        try:
            return self._dispatch(data, set(), changes)
        except BaseException:
            self._connection._connection_error = True
            raise

    async def afinish(self, errors: tuple[type[Exception], ...]) -> None:
        """Write the pending window updates; errors are ignored, because the body is complete."""
        with suppress(*errors):
            await self._connection._write_outgoing_data(self._request)


def aframe_source(response: Any) -> AsyncFrameSource | None:
    """Return the body of an asynchronous client's response; None if `frame_source` returns None."""
    receiver = receiver_of(response.extensions.get("network_stream"))
    part = frames_part(response)
    return None if part is None or receiver is None else AsyncFrameSource(*part, receiver)


def ahead_source(connection: Any, request: Any, stream_id: int) -> AsyncFrameSource | None:
    """Return the source of a response that has not arrived yet; None if `head_source` returns None."""
    receiver = receiver_of(network_stream(connection))
    if receiver is None or not has_frames(connection, stream_id):
        return None
    return AsyncFrameSource(connection, request, stream_id, receiver)
