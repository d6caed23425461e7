"""Responses to bytes, for asyncio: the body as it arrives, on every framing, without the framing."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp

from sse_client._aio_translate import TRANSPORT_ERRORS, translated
from sse_client._incoming import Incoming

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from sse_client.errors import ConnectionFailed
    from sse_client.observer import Response

__all__ = ["Connection"]

_T = TypeVar("_T")


class Connection(Incoming):
    """A response of aiohttp's."""

    __slots__ = ("_content", "_failure", "_loop", "_lost", "_on_lost", "_protocol", "_raw")

    def __init__(self, response: Response) -> None:
        super().__init__(response)
        self._raw: aiohttp.ClientResponse = response.raw
        self._content = self._raw.content
        self._failure: ConnectionFailed | None = None
        self._protocol: Any = None
        self._lost: asyncio.Future[None] | None = None
        self._on_lost = partial(_end_early, self._content)
        self._loop = asyncio.get_running_loop()
        if self._raw.connection is not None:
            # aiohttp's timeout goes on while nobody reads, and throws away what has arrived.
            self._protocol = self._raw.connection.protocol
            self._protocol.read_timeout = None
            self._protocol.start_timeout()
            # Where it finds the framing malformed, aiohttp closes the connection, and lets the reader wait.
            self._lost = self._protocol.closed
            if self._lost is not None:
                self._lost.add_done_callback(self._on_lost)

    def close(self) -> None:
        """Close the connection, unless its body was read to the end: then it is back in the pool already."""
        if self._lost is not None:
            self._lost.remove_done_callback(self._on_lost)
            # One for all who use the connection: without it, asyncio complains of an exception that nobody looks at.
            self._lost.remove_done_callback(_retrieve)
            self._lost.add_done_callback(_retrieve)
        self._raw.close()

    def abandon(self) -> None:
        """Close it from any thread, and if its loop is closed, not at all."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.close)

    async def _within(self, seconds: float, work: Awaitable[_T]) -> _T:
        async with asyncio.timeout(seconds):
            return await work

    async def _receive(self) -> bytes:
        """Return bytes of the body as they are coded; `b""` at its end."""
        if self._failure is not None:
            raise self._failure
        try:
            data: bytes = await self._content.readany()
            if not data and self._protocol is not None:
                # A connection that was reset is to aiohttp the end of a body that ends with the connection.
                error = self._protocol.exception()
                if isinstance(error, aiohttp.ClientOSError):
                    raise error
            return data
        except TRANSPORT_ERRORS as error:
            reset = self._protocol.exception() if self._protocol is not None else None
            self._failure = translated(reset if isinstance(reset, aiohttp.ClientOSError) else error, self.response.url)
            rest = self._unread()
            if rest:
                return rest
            raise self._failure from self._failure.__cause__

    def _unread(self) -> bytes:
        """Return what arrived before the connection broke: aiohttp raises, and keeps it to itself."""
        content: Any = self._content
        content.set_exception(None)
        data: bytes = content.read_nowait()
        return data


def _end_early(content: aiohttp.StreamReader, lost: asyncio.Future[None]) -> None:
    """Wake who waits for more of a body whose connection is lost."""
    error = lost.exception()
    if not content.is_eof() and content.exception() is None:
        content.set_exception(error or aiohttp.ClientPayloadError())


def _retrieve(lost: asyncio.Future[None]) -> None:
    lost.exception()
