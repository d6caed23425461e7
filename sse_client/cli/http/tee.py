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
_BURST = 256 * 1024  # bytes of a receive after a full one; at this size, the fixed cost is a quarter of the whole


class Tee:
    """Stands in for the `raw` of a response of requests: what urllib3 documents of it, and no more.

    Args:
        raw: the response of urllib3.
        see: called with what was read, before the reader gets it; returns what the reader gets in its place, and None
            where that is the same.
    """

    def __init__(self, raw: Any, see: Callable[[bytes], bytes | None]) -> None:
        self._raw = raw
        self._see = see
        self._file = _chunked_file(raw)
        self._chunks = Chunks()
        self._size = _RECEIVE

    def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        """Return what has arrived, as it came; in a burst, more than `amt` to a reader that asks for much."""
        if self._file is not None:
            return self._shown(self._read_chunks())
        size = self._size if amt == _RECEIVE else amt
        data: bytes = self._raw.read1(size, decode_content=decode_content)
        self._received(data)
        return self._shown(data)

    def read(self, amt: int | None = None, decode_content: bool | None = None, cache_content: bool = False) -> bytes:
        """Return `amt` bytes, waiting for them, or what they are replaced by."""
        data: bytes = self._raw.read(amt, decode_content=decode_content, cache_content=cache_content)
        return self._shown(data)

    def _received(self, data: bytes) -> None:
        """Receive more the next time if `data` was all that there was room for."""
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
        """Return all chunks that one receive brings: urllib3 hands out one a call, at 6 us instead of 0.5."""
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
    """Return the buffered file of a chunked body that nobody has read from; None if it is not there as expected.

    This reaches below what urllib3 and http.client document.
    """
    original: Any = getattr(raw, "_original_response", None)
    if not isinstance(original, HTTPResponse) or getattr(raw, "_fp", None) is not original:
        return None
    chunked = getattr(original, "chunked", False) and getattr(original, "chunk_left", 0) is None
    file: Any = getattr(original, "fp", None)
    return file if chunked and type(file) is io.BufferedReader else None
