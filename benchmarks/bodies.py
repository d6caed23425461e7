"""Events to bodies: framed, compressed where asked, in buffers that are made once."""

from __future__ import annotations

import time
import zlib
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from benchmarks.streams import chat_chunk, chat_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["FRAMINGS", "STAMP", "Answer", "Stamped", "body", "head", "last"]

STAMP = 19
"""Digits at the beginning of a stamped event's data: monotonic nanoseconds."""

_BLOCK = 1000
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
FRAMINGS = {
    "chunked": _HEAD + _CHUNKED,
    "unframed": _HEAD + b"Connection: close\r\n\r\n",
    "gzip": _HEAD + b"Content-Encoding: gzip\r\n" + _CHUNKED,
}


def head(framing: str) -> bytes:
    """Return the head of a response."""
    return FRAMINGS[framing]


def last(framing: str) -> bytes:
    """Return what ends a body, behind its last event; a gzip member aside."""
    return b"" if framing == "unframed" else b"0\r\n\r\n"


def body(framing: str, kind: str, count: int) -> Iterator[bytes]:
    """Yield the buffers of a body of `count` events, its end included.

    Args:
        framing: chunked and gzip: each event is a chunk of its own, flushed.
        kind: `events`, chat chunks; or `chat`, a whole answer: the last chunk has the finish reason, and `[DONE]`
            comes on top.
        count: of chunks.
    """
    if framing == "gzip":
        return iter(_compressed(kind, count))
    return _repeated(framing, kind, count)


def _repeated(framing: str, kind: str, count: int) -> Iterator[bytes]:
    blocks, rest = divmod(count - (kind == "chat"), _BLOCK)
    for _ in range(blocks):
        yield _block(framing, _BLOCK)
    yield _block(framing, rest) + b"".join(map(_framing(framing), _done(kind))) + last(framing)


@lru_cache
def _block(framing: str, count: int) -> bytes:
    return b"".join(map(_framing(framing), chat_stream(count)))


def _done(kind: str) -> list[bytes]:
    return [b"data: " + chat_chunk(0, finish="stop") + b"\n\n", b"data: [DONE]\n\n"] if kind == "chat" else []


@lru_cache(maxsize=4)
def _compressed(kind: str, count: int) -> list[bytes]:
    flush = _gzip()
    events = iter([*chat_stream(count - (kind == "chat")), *_done(kind)])
    buffers = []
    while block := list(islice(events, _BLOCK)):
        buffers.append(b"".join(_chunk(flush(event)) for event in block))
    return [*buffers, _chunk(flush(b"", zlib.Z_FINISH)) + last("gzip")]


def _gzip() -> Callable[..., bytes]:
    compressor = zlib.compressobj(wbits=31)

    def flush(data: bytes, mode: int = zlib.Z_SYNC_FLUSH) -> bytes:
        return compressor.compress(data) + compressor.flush(mode)

    return flush


def _framing(framing: str) -> Callable[[bytes], bytes]:
    return bytes if framing == "unframed" else _chunk


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Stamped:
    """The events of one stream, each with the time of its writing; as long as a chat chunk."""

    def __init__(self, framing: str) -> None:
        self._compress = _gzip() if framing == "gzip" else None
        self._frame = _framing(framing)
        self._filler = chat_chunk(0)[STAMP:] + b"\n\n"

    def events(self, count: int) -> bytes:
        """Return `count` events that are written now."""
        event = b"data: %0*d%b" % (STAMP, time.monotonic_ns(), self._filler)
        if self._compress is None:
            return self._frame(event) * count
        return b"".join([_chunk(self._compress(event)) for _ in range(count)])

    def end(self) -> bytes:
        """Return what is written behind the last one."""
        return _chunk(self._compress(b"", zlib.Z_FINISH)) if self._compress is not None else b""


class Answer:
    """The chunks of one chat answer, its finish reason and `[DONE]` at its end."""

    def __init__(self, framing: str) -> None:
        self._frame = _framing(framing)
        self._number = 0

    def events(self, count: int) -> bytes:
        """Return the next `count` chunks."""
        first, self._number = self._number, self._number + count
        return b"".join(self._frame(b"data: %b\n\n" % chat_chunk(number)) for number in range(first, self._number))

    def end(self) -> bytes:
        """Return what is written behind the last one."""
        return b"".join(map(self._frame, _done("chat")))
