"""Splits the body of a request into pieces of bytes, and keeps the caller's own errors apart from the network's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client._http.declared_length import BytesLeft, declared_length, length_field
from sse_client._http.encoded_body import awaited_nowhere, octets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sse_client._http.outgoing import OutgoingRequest

__all__ = ["AsyncBody", "SyncBody"]

_PIECE = 64 * 1024


class SyncBody:
    """A body for a blocking client.

    Args:
        request: the request, whose body is bytes, text, a file, an iterable of bytes, or None.

    Attributes:
        data: the body as bytes, text, an iterator of bytes, or None.
        error: the exception raised by reading it; None if there was none.
    """

    def __init__(self, request: OutgoingRequest) -> None:
        content = request.body
        if (mistake := awaited_nowhere(content)) is not None:
            raise mistake
        self.error: Exception | None = None
        self.data: Any = content if _is_whole(content) else self._pieces(content, _left(request))

    def _pieces(self, content: Any, left: BytesLeft) -> Iterator[bytes]:
        try:
            if hasattr(content, "read"):
                while not left.done and (piece := content.read(_PIECE)):
                    yield left.take(octets(piece))
            else:
                for piece in content:
                    yield left.take(octets(piece))
            left.end()
        except Exception as error:
            self.error = error
            raise


class AsyncBody:
    """The same for an asynchronous client; files are read in another thread."""

    def __init__(self, request: OutgoingRequest) -> None:
        self.error: Exception | None = None
        content = request.body
        self.data: Any = content if _is_whole(content) else self._pieces(content, _left(request))

    async def _pieces(self, content: Any, left: BytesLeft) -> AsyncIterator[bytes]:
        from anyio import to_thread

        try:
            if hasattr(content, "__aiter__"):
                async for piece in content:
                    yield left.take(octets(piece))
            elif hasattr(content, "read"):
                while not left.done and (piece := await to_thread.run_sync(content.read, _PIECE)):
                    yield left.take(octets(piece))
            else:
                for piece in content:
                    yield left.take(octets(piece))
            left.end()
        except Exception as error:
            self.error = error
            raise


def _is_whole(content: object) -> bool:
    return content is None or isinstance(content, (bytes, bytearray, str))


def _left(request: OutgoingRequest) -> BytesLeft:
    content = request.body
    is_file = hasattr(content, "read") and not hasattr(content, "__aiter__")
    return BytesLeft(declared_length(length_field(request.headers)), cut=is_file)
