"""Sends an HTTP/2 request body in pieces that fit the server's windows, so that httpcore never waits for room.

If a window is full, httpcore itself reads until it has room, and treats a timeout as the end of the connection, and so
of all its streams. httpcore 1.0 does not notice that another stream's reader has made room meanwhile. In a blocking
client, `shared_connection` sends the pieces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["AsyncPacedBody"]


class AsyncPacedBody:
    """The body of an asynchronous client's request.

    Args:
        pieces: the body, in httpcore's form.
        room: returns how many bytes may be sent now.
        wait: awaited until there is room.
    """

    def __init__(self, pieces: Any, room: Callable[[], int], wait: Callable[[], Awaitable[object]]) -> None:
        self.pieces: Any = pieces.pieces if isinstance(pieces, AsyncPacedBody) else pieces
        self._iterator: Any = None
        self._left = memoryview(b"")
        self._room = room
        self._wait = wait

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._iterator is None:
            self._iterator = aiter(self.pieces)
        while not self._left:
            self._left = memoryview(await anext(self._iterator))
        while (room := self._room()) <= 0:
            await self._wait()
        piece, self._left = bytes(self._left[:room]), self._left[room:]
        return piece

    async def aclose(self) -> None:
        """Close a body that is left in the middle."""
        if hasattr(self._iterator, "aclose"):
            await self._iterator.aclose()
