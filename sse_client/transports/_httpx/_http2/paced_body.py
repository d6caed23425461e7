"""The body of a request over HTTP/2 in pieces that the server's windows have room for, so that httpcore waits for none.

Where a window is closed, httpcore reads until it is open, and takes a timeout for the end of the connection, and so of
all its streams. In httpcore 1.0 it does not look whether another stream's reader has opened it meanwhile. Of a blocking
client, `shared_connection` sends the pieces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["AsyncPacedBody"]


class AsyncPacedBody:
    """A body of an asynchronous client's request.

    Args:
        pieces: the body, as httpcore has it.
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
        """Close the body that is left in the middle."""
        if hasattr(self._iterator, "aclose"):
            await self._iterator.aclose()
