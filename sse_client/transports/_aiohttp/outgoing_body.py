"""Wraps a request's body so that aiohttp sends it unchanged."""

from __future__ import annotations

import asyncio
import threading
import weakref
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sse_client._http.encoded_body import octets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    HeaderFields = Mapping[str, tuple[str, str | bytes]]

__all__ = ["NO_BODY", "OutgoingBody", "stop_reading"]

_PIECE = 64 * 1024
_END: Any = object()


class OutgoingBody:
    """The body of one request, which keeps the caller's errors apart from those of the network.

    Args:
        content: bytes, a string, a file, an iterable of bytes, which may be asynchronous, or None.
        headers: the header fields of its request.

    Attributes:
        data: the body in the form that aiohttp gets.
        error: the exception that the caller's own iterable or file raised, if it did.
    """

    __slots__ = ("__weakref__", "_content", "_reading", "_stopped", "data", "error")

    def __init__(self, content: Any, headers: HeaderFields = MappingProxyType({})) -> None:
        self.error: BaseException | None = None
        self._content: Any = content.encode() if isinstance(content, str) else content
        if content is None or (isinstance(self._content, (bytes, bytearray)) and len(self._content) <= _PIECE):
            self.data: Any = self._content
            return
        self.data = self._pieces(headers)
        if hasattr(content, "read"):
            self._reading = threading.Lock()
            self._stopped = False
            _readers[id(content)] = self

    async def _pieces(self, headers: HeaderFields) -> AsyncIterator[bytes]:
        from sse_client._http.declared_length import BytesLeft, declared_length, length_field  # most bodies are bytes

        pieces: Any = None
        is_file = hasattr(self._content, "read") and not hasattr(self._content, "__aiter__")
        left = BytesLeft(declared_length(length_field(headers)), cut=is_file)
        while True:
            try:
                if pieces is None and not is_file:
                    pieces = self._iterator()
                piece = _END if left.done else await self._next(pieces)
                if piece is _END:
                    left.end()
                    return
                piece = left.take(octets(piece))
            except Exception as error:
                self.error = error
                raise
            except (GeneratorExit, KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:
                task = asyncio.current_task()
                if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                    raise  # aiohttp cancels its own task when it stops sending
                self.error = error
                # aiohttp sees only an `Exception`: it would wait for the response to a body that has not been sent.
                raise RuntimeError("the request's body could not be read") from None
            yield piece

    def _iterator(self) -> Any:
        content = self._content
        if isinstance(content, (bytes, bytearray)):
            return (bytes(content[start : start + _PIECE]) for start in range(0, len(content), _PIECE))
        return aiter(content) if hasattr(content, "__aiter__") else iter(content)

    async def _next(self, pieces: Any) -> Any:
        """Return the next piece of an iterator, or of the file if there is none; `_END` after the last one."""
        if pieces is None:
            # Reading from a disk or a pipe may block, so it is not done in the event loop's thread.
            return await asyncio.to_thread(self._read) or _END
        return await anext(pieces, _END) if hasattr(pieces, "__anext__") else next(pieces, _END)

    def _read(self) -> Any:
        with self._reading:
            try:
                return b"" if self._stopped else self._content.read(_PIECE)
            except StopIteration as error:  # no future can hold one, so its task would wait forever
                raise RuntimeError("the file's read raised StopIteration") from error

    async def stop(self) -> None:
        """Wait until no thread reads from the file; none will begin to."""
        self._stopped = True
        await asyncio.to_thread(self._reading.acquire)
        self._reading.release()


NO_BODY = OutgoingBody(None)  # shared by all requests without a body, because reading an empty body never fails

# The body that reads from a file, by the file's identity. A thread that reads keeps the body, and so the file, alive.
_readers: weakref.WeakValueDictionary[int, OutgoingBody] = weakref.WeakValueDictionary()


async def stop_reading(content: Any) -> bool:
    """Stop earlier requests from reading a file; return whether one may have moved its position.

    If a response arrives before the body has been sent, aiohttp stops asking for more, but does not stop the thread
    that reads.
    """
    reader = _readers.get(id(content))
    if reader is None:
        return False
    await reader.stop()
    return True
