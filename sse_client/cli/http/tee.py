"""A response body that copies its bytes to an observer as they are read; the observer may replace them."""

from __future__ import annotations

import io
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import ProtocolError, ReadTimeoutError

from sse_client.cli.http.chunks import Chunks

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Tee"]

_RECEIVE = 64 * 1024
_BURST = 1024 * 1024  # bytes of a receive after a full one; with a quarter of that, a burst takes a tenth longer


class Tee:
    """Replaces the `raw` of a response of requests, with only the documented interface of urllib3.

    Args:
        raw: the response of urllib3.
        see: called with the bytes that were read, before the reader gets them; returns bytes for the reader to get
            instead, or None for the same.
    """

    def __init__(self, raw: Any, see: Callable[[bytes], bytes | None]) -> None:
        self._raw = raw
        self._see = see
        self._file = _chunked_file(raw)
        self._chunks = Chunks()
        self._size = _RECEIVE

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        """Return received bytes; in a burst, more than `amt` if the reader asks for many."""
        if self._file is not None:
            return self._shown(self._read_chunks())
        size = self._size if amt == _RECEIVE else amt
        data: bytes = self._raw.read1(size, decode_content=decode_content)
        self._received(data)
        return self._shown(data)

    def read(self, amt: int | None = None, decode_content: bool | None = None, cache_content: bool = False) -> bytes:
        """Wait for `amt` bytes, and return them or their replacement."""
        data: bytes = self._raw.read(amt, decode_content=decode_content, cache_content=cache_content)
        return self._shown(data)

    def _received(self, data: bytes) -> None:
        """Use a larger buffer next time if `data` has filled this one."""
        self._size = _BURST if len(data) >= _RECEIVE else _RECEIVE

    def _shown(self, data: bytes) -> bytes:
        replaced = self._see(data) if data else None
        return data if replaced is None else replaced

    def __getattr__(self, name: str) -> Any:
        # Public names only: with private attributes, a reader would bypass this object.
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._raw, name)

    def _read_chunks(self) -> bytes:
        """Return all chunks of one receive; urllib3 returns one per call, at 6 µs instead of 0.5."""
        try:
            self._chunks.check()
            while not self._chunks.ended:
                received = self._file.read1(self._size)
                self._received(received)
                if not received:
                    raise ProtocolError("Connection broken", EOFError("it ended before the body's end"))
                data = self._chunks.feed(received)
                if data:
                    return data
        except TimeoutError as error:
            raise ReadTimeoutError(None, "", "Read timed out.") from error  # type: ignore[arg-type]  # no pool: its message is not shown
        except (OSError, ValueError) as error:
            raise ProtocolError("Connection broken", error) from error
        self._raw.close()  # the body was read without urllib3's knowledge, so urllib3 must not reuse the connection
        return b""


def _chunked_file(raw: Any) -> Any:
    """Return the buffered file of an unread chunked body; None if it is not found as expected.

    This relies on undocumented parts of urllib3 and http.client.
    """
    original: Any = getattr(raw, "_original_response", None)
    if not isinstance(original, HTTPResponse) or getattr(raw, "_fp", None) is not original:
        return None
    chunked = getattr(original, "chunked", False) and getattr(original, "chunk_left", 0) is None
    file: Any = getattr(original, "fp", None)
    return file if chunked and type(file) is io.BufferedReader else None
