"""Splits the body of a request into pieces of bytes, and keeps the caller's own errors apart from the network's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client._http.encoded_body import awaited_nowhere, octets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["AsyncBody", "SyncBody"]

_PIECE = 64 * 1024


class SyncBody:
    """A body for a blocking client.

    Args:
        content: bytes, text, a file, an iterable of bytes, or None.

    Attributes:
        data: the body as bytes, text, an iterator of bytes, or None.
        error: the exception raised by reading it; None if there was none.
    """

    def __init__(self, content: Any) -> None:
        if (mistake := awaited_nowhere(content)) is not None:
            raise mistake
        self.error: Exception | None = None
        whole = content is None or isinstance(content, (bytes, bytearray, str))
        self.data: Any = content if whole else self._pieces(content)

    def _pieces(self, content: Any) -> Iterator[bytes]:
        try:
            if hasattr(content, "read"):
                while piece := content.read(_PIECE):
                    yield octets(piece)
            else:
                for piece in content:
                    yield octets(piece)
        except Exception as error:
            self.error = error
            raise


class AsyncBody:
    """The same for an asynchronous client; files are read in another thread."""

    def __init__(self, content: Any) -> None:
        self.error: Exception | None = None
        whole = content is None or isinstance(content, (bytes, bytearray, str))
        self.data: Any = content if whole else self._pieces(content)

    async def _pieces(self, content: Any) -> AsyncIterator[bytes]:
        from anyio import to_thread

        try:
            if hasattr(content, "__aiter__"):
                async for piece in content:
                    yield octets(piece)
            elif hasattr(content, "read"):
                while piece := await to_thread.run_sync(content.read, _PIECE):
                    yield octets(piece)
            else:
                for piece in content:
                    yield octets(piece)
        except Exception as error:
            self.error = error
            raise
