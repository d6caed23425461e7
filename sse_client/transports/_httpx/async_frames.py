"""Bodies of HTTP/2 off their connection, in the asynchronous client; see `frames`."""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from sse_client.transports._httpx.chunks import receiver_of
from sse_client.transports._httpx.frames import Frames, frames_part

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["AsyncFrameSource", "aframe_source"]

_RECEIVE = 64 * 1024


class AsyncFrameSource(Frames):
    """The same, of an asynchronous client.

    Attributes:
        errors: what `receive` raises beside OSError and what the library does.
    """

    __slots__ = ("_receive_some", "errors")

    shared = True  # the connection carries other streams, too

    def __init__(
        self, part: Any, receiver: tuple[Callable[[int], Awaitable[bytes]], tuple[type[Exception], ...]]
    ) -> None:
        super().__init__(part._connection, part._request, part._stream_id)
        self._receive_some, self.errors = receiver

    async def receive(self) -> bytes:
        """Wait for what comes of the stream next.

        Raises:
            Exception: the stream or its connection has ended, in the words of httpcore, h2 or the event loop.
        """
        connection = self._connection
        if self._credit_due:
            self._credit_due = False
            await connection._write_outgoing_data(self._request)
        while not self._events:
            over = False
            async with connection._read_lock:
                if not self._events:
                    over = self._is_over() or await self._read()
            if over:
                self._events.append(await connection._receive_stream_event(self._request, self._stream_id))
        return self.ready()

    async def _read(self) -> bool:
        """Read what has come for any stream; return whether it is over."""
        connection = self._connection
        try:
            data = await self._receive_some(_RECEIVE)
        except anyio.EndOfStream:
            return True
        except Exception:
            connection._connection_error = True  # the pool sends no more requests over it
            raise
        try:
            others = self._dispatch(data, set())
        except BaseException:
            connection._connection_error = True
            raise
        if others:
            with anyio.CancelScope(shield=True):
                async with connection._state_lock:
                    for event in others:
                        await connection._receive_remote_settings_change(event)
        if self._state._data_to_send:
            await connection._write_outgoing_data(self._request)  # what h2 answers to a ping, or to settings
        return not data

    async def afinish(self, errors: tuple[type[Exception], ...]) -> None:
        """Write what was credited; the body is whole, whether that can be written or not."""
        with suppress(*errors):
            await self._connection._write_outgoing_data(self._request)


def aframe_source(response: Any) -> AsyncFrameSource | None:
    """Return the body of an asynchronous client's response; None where `frame_source` returns None."""
    receiver = receiver_of(response.extensions.get("network_stream"))
    part = frames_part(response)
    return None if part is None or receiver is None else AsyncFrameSource(part, receiver)
