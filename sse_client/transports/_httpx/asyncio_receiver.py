"""Reads an anyio connection under asyncio, and leaves it registered with the event loop between quick reads.

anyio registers the socket with the loop's selector for each read, and unregisters it afterwards, which is a fifth of
the cost of a live event. Here it is unregistered only if nobody waits for it in the next turn of the loop. anyio
documents none of the parts that this relies on; if they have changed, anyio itself reads.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["asyncio_receiver"]


def asyncio_receiver(stream: Any) -> Callable[[int], Awaitable[bytes]] | None:
    """Return a receiver for an anyio socket stream under asyncio; None for other streams, or if anyio has changed.

    It receives all available bytes, and raises the same exceptions as the stream's own `receive`.
    """
    guard, transport, protocol = (getattr(stream, name, None) for name in ("_receive_guard", "_transport", "_protocol"))
    known = type(stream).__module__ == "anyio._backends._asyncio" and hasattr(guard, "_guarded")
    known = known and hasattr(transport, "is_closing")
    if not known or not all(hasattr(protocol, name) for name in ("read_queue", "read_event", "is_at_eof")):
        return None
    return _Receiver(stream, guard, transport, protocol).receive


class _Receiver:
    __slots__ = ("_call_soon", "_guard", "_protocol", "_sleep", "_stream", "_transport")

    def __init__(self, stream: Any, guard: Any, transport: Any, protocol: Any) -> None:
        asyncio: Any = sys.modules["asyncio"]  # already imported, because it is running
        self._stream = stream
        self._guard = guard
        self._transport = transport
        self._protocol = protocol
        self._call_soon = asyncio.get_running_loop().call_soon
        self._sleep = asyncio.sleep

    async def receive(self, max_bytes: int) -> bytes:
        """Wait for data, and return all bytes that have arrived."""
        protocol, transport = self._protocol, self._transport
        with self._guard:
            if protocol.read_event.is_set():
                await self._sleep(0)  # gives other tasks a turn, as anyio does
            elif not protocol.is_at_eof and not transport.is_closing():
                transport.resume_reading()
                try:
                    await protocol.read_event.wait()
                finally:
                    self._call_soon(self._pause)
            queue = protocol.read_queue
            if queue:
                data: bytes = queue.popleft()
                if not queue:
                    protocol.read_event.clear()
                return data
        rest: bytes = await self._stream.receive(max_bytes)  # raises the stream's error, if it has one
        return rest

    def _pause(self) -> None:
        """Unregister the connection from the selector, unless a reader waits again; so a slow reader gets no buffer."""
        if not self._guard._guarded and not self._transport.is_closing():
            self._transport.pause_reading()
