"""Responses to bytes, blocking: the body as it arrives, on every framing, without the framing."""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, TypeVar

from sse_client._incoming import Incoming
from sse_client._translate import TRANSPORT_ERRORS, broken, innermost
from sse_client._unchunk import Unchunker
from sse_client.observer import Response

if TYPE_CHECKING:
    from collections.abc import Awaitable

    import requests

    from sse_client._interrupt import Interrupt

__all__ = ["Connection"]

_T = TypeVar("_T")

_RECEIVE = 64 * 1024


class Connection(Incoming):
    """A response of `requests`.

    Args:
        response: what the adapter returned, its body unread.
        interrupt: what holds the connection's socket.
    """

    __slots__ = ("_file", "_interrupt", "_limit", "_raw", "_unchunker")

    def __init__(self, response: requests.Response, interrupt: Interrupt) -> None:
        super().__init__(Response(response.status_code, response.headers, response.url, response))
        self._raw: Any = response.raw
        self._interrupt = interrupt
        self._limit: float | None = None  # of `time.monotonic`
        self._file, self._unchunker = _plain_chunks(self._raw)

    def close(self) -> None:
        """Close the connection, unless its body was read to the end: then it is back in the pool already."""
        self._interrupt.forget()
        self.response.raw.close()

    async def _within(self, seconds: float, work: Awaitable[_T]) -> _T:
        self._limit = time.monotonic() + seconds
        if self._unchunker is None or not self._unchunker.ended:
            self._interrupt.time_out_after(seconds)
        return await work

    async def _receive(self) -> bytes:
        """Return bytes of the body as they are coded; `b""` at its end."""
        try:
            if self._limit is not None:
                self._keep_limit()
            if self._unchunker is None:
                # Of all ways to read, `read1` alone is prompt on every framing.
                data: bytes = self._raw.read1(_RECEIVE, decode_content=False)
                if getattr(self._raw, "connection", None) is None:
                    self._interrupt.forget()  # at the body's end, urllib3 gives it back; it may serve another already
                return data
            self._unchunker.check()
            while not self._unchunker.ended:
                data = self._file.read1(_RECEIVE)
                if not data:
                    raise EOFError("it ended inside the chunked framing")
                data = self._unchunker.feed(data)
                if data:
                    return data
                self._keep_limit()
            self._hand_back()
        except (*TRANSPORT_ERRORS, EOFError) as error:
            raise broken(error, self.response.url) from innermost(error)
        return b""

    def _keep_limit(self) -> None:
        # Framing, or a gzip member's header, may dribble for ever, and each byte of it begins the socket's wait anew.
        if self._limit is not None and time.monotonic() >= self._limit:
            raise TimeoutError("timed out")

    def _hand_back(self) -> None:
        """Give the connection back to its pool, after reading behind urllib3's back; not if there is more to read."""
        self._interrupt.forget()
        if self._unchunker is not None and self._unchunker.surplus:
            self._raw.close()
        self._raw._original_response.close()  # noqa: SLF001  (as urllib3 does at the end of a chunked body)
        self._raw.release_conn()


def _plain_chunks(raw: Any) -> tuple[Any, Unchunker | None]:
    """Return the buffered file under a plain chunked HTTP/1.1 body, and what takes its framing away.

    This reaches below what urllib3 documents, for speed (see `Unchunker`); anything that does not look exactly as
    expected is read through urllib3.
    """
    original = getattr(raw, "_original_response", None)
    if getattr(raw, "_fp", None) is not original or not isinstance(original, HTTPResponse):
        return None, None
    # A length stands for a body that is not there, as in the answer to HEAD.
    if not original.chunked or original.chunk_left is not None or original.length is not None:
        return None, None
    return (original.fp, Unchunker()) if type(original.fp) is io.BufferedReader else (None, None)
