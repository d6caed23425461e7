"""A response, whatever brings its bytes: the body as it arrives, without its codings; its first bytes; its rest."""

from __future__ import annotations

import contextlib
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar

from sse_client._coding import Decoder, decoder_for
from sse_client.errors import ConnectionFailed, SSEError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from sse_client.observer import Response

__all__ = ["Incoming"]

_T = TypeVar("_T")

_NOTHING: Iterator[bytes] = iter(())  # of no body: it is at its end, and stays there
_DRAIN_BYTES, _DRAIN_SECONDS = 64 * 1024, 0.25
_EXCERPT_SECONDS, _EXCERPT_SILENCE = 5.0, 2.0


class Incoming(ABC):
    """One response: its head, and its body. A shell says how to receive, with what limit of time, and how to close."""

    __slots__ = ("_decoder", "_pieces", "_readable", "response")

    def __init__(self, response: Response) -> None:
        self.response = response
        self._pieces = _NOTHING
        self._decoder: Decoder | None = None
        self._readable = True
        try:
            self._decoder = decoder_for(response.headers.get("Content-Encoding", ""))
        except ValueError:
            self._readable = False

    def read(self) -> Awaitable[bytes]:
        """Return what has arrived, waiting for the first byte of it; `b""` at the body's end.

        Raises:
            ConnectionFailed: the body was cut off, or is corrupt; `IdleTimeout` where a shell knows of silence.
        """
        return self._receive() if self._decoder is None else self._decoded(self._decoder)

    async def _decoded(self, decoder: Decoder) -> bytes:
        while True:
            try:
                for piece in self._pieces:
                    return piece
            except ValueError as error:
                raise ConnectionFailed(str(error)) from None
            data = await self._receive()
            if data:
                self._pieces = decoder.decode(data)
            elif decoder.complete:
                return data
            else:
                raise ConnectionFailed("the compressed body was cut off before its end")

    async def excerpt(self, most: int) -> bytes:
        """Return the body's first bytes, as many as come soon and `most` at most; then close.

        There are none if the body is coded in a way that cannot be undone.
        """
        body = b""
        deadline = time.monotonic() + _EXCERPT_SECONDS
        try:
            with contextlib.suppress(SSEError, TimeoutError):
                while self._readable and len(body) < most and (left := deadline - time.monotonic()) > 0:
                    data = await self._within(min(left, _EXCERPT_SILENCE), self.read())
                    if not data:
                        break
                    body += data
        finally:
            self.close()
        return body[:most]

    async def drain(self) -> None:
        """Let what little may still come pass, so that the connection goes back to its pool; then close."""
        received = 0
        deadline = time.monotonic() + _DRAIN_SECONDS
        try:
            with contextlib.suppress(SSEError, TimeoutError):
                while received <= _DRAIN_BYTES and (left := deadline - time.monotonic()) > 0:
                    data = await self._within(left, self._receive())
                    if not data:
                        break
                    received += len(data)
        finally:
            self.close()

    @abstractmethod
    def close(self) -> None:
        """Close the connection, unless its body was read to the end: then it is back in the pool already."""

    @abstractmethod
    async def _receive(self) -> bytes:
        """Return bytes of the body as they are coded; `b""` at its end."""

    @abstractmethod
    async def _within(self, seconds: float, work: Awaitable[_T]) -> _T:
        """Await `work`, for so long at most.

        Raises:
            SSEError, TimeoutError: it took longer.
        """
