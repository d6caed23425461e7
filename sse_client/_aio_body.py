"""Responses to bytes, for asyncio: the body as it arrives, on every framing, without framing and codings."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

import aiohttp

from sse_client._aio_translate import TRANSPORT_ERRORS, translated
from sse_client._coding import Decoder, decoder_for
from sse_client.errors import ConnectionFailed, SSEError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.observer import Response

__all__ = ["Connection"]

_DRAIN_BYTES, _DRAIN_SECONDS = 64 * 1024, 0.25
_EXCERPT_SECONDS, _EXCERPT_SILENCE = 5.0, 2.0


class Connection:
    """One response: its head, and its body."""

    def __init__(self, response: Response) -> None:
        self.response = response
        self._raw: aiohttp.ClientResponse = response.raw
        self._content = self._raw.content
        self._pieces: Iterator[bytes] = iter(())
        self._decoder: Decoder | None = None
        self._readable = True
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
        try:
            self._decoder = decoder_for(response.headers.get("Content-Encoding", ""))
        except ValueError:
            self._readable = False

    async def read(self) -> bytes:
        """Return what has arrived, waiting for the first byte of it; `b""` at the body's end.

        Raises:
            ConnectionFailed: the body was cut off, or is corrupt.
        """
        if self._decoder is None:
            return await self._receive()
        while True:
            try:
                for piece in self._pieces:
                    return piece
            except ValueError as error:
                raise ConnectionFailed(str(error)) from None
            data = await self._receive()
            if data:
                self._pieces = self._decoder.decode(data)
            elif self._decoder.complete:
                return data
            else:
                raise ConnectionFailed("the compressed body was cut off before its end")

    async def excerpt(self, most: int) -> bytes:
        """Return the body's first bytes, as many as come soon and `most` at most; then close.

        There are none if the body is coded in a way that cannot be undone.
        """
        body = b""
        try:
            with contextlib.suppress(SSEError, TimeoutError):
                async with asyncio.timeout(_EXCERPT_SECONDS):
                    while self._readable and len(body) < most:
                        async with asyncio.timeout(_EXCERPT_SILENCE):
                            data = await self.read()
                        if not data:
                            break
                        body += data
        finally:
            self.close()
        return body[:most]

    async def drain(self) -> None:
        """Let what little may still come pass, so that the connection goes back to its pool; then close."""
        received = 0
        try:
            with contextlib.suppress(SSEError, TimeoutError):
                async with asyncio.timeout(_DRAIN_SECONDS):
                    while received <= _DRAIN_BYTES and (data := await self._receive()):
                        received += len(data)
        finally:
            self.close()

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
