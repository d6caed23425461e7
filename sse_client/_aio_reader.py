"""Bytes out of the hands of aiohttp's `StreamReader`: all that has arrived, in one go, and a future for more.

The documented `readany` takes HTTP chunk by HTTP chunk, and has the parser look for more after each. So this reaches
below what aiohttp documents, here alone, and only where `reachable` has found all of it as it is expected.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["more", "reachable", "take"]

_LIMIT = 4  # bytes from which on the reader of a trial holds its connection back


def reachable(content: aiohttp.StreamReader) -> bool:
    """Tell whether `take` and `more` do to it, in this version of aiohttp, what its own methods would do."""
    known = type(content) is aiohttp.StreamReader
    return known and type(getattr(content._protocol, "_reading_paused", None)) is bool and _as_expected()


def take(content: Any) -> bytes:
    """Return what has arrived, as `read_nowait` would; `b""` where there is nothing, or something else to say.

    In a burst, an HTTP chunk costs two thirds of what it costs by `readany`; where they come one by one, the look for
    more would cost a seventh of all else that is done for an event.
    """
    buffer = content._buffer
    if not buffer or content._buffer_offset or content._exception is not None:
        return b""
    data: bytes = buffer[0] if len(buffer) == 1 else b"".join(buffer)
    buffer.clear()
    content._size = 0
    content._cursor += len(data)
    splits = content._http_chunk_splits
    if splits:
        # Only the end of a chunk that was taken last is of use to anyone.
        last = splits[-1]
        splits.clear()
        if last == content._cursor:
            splits.append(last)
    if content._protocol._reading_paused:
        content._protocol.resume_reading()
    return data


def more(content: Any) -> asyncio.Future[None] | None:
    """Return what is done when there is more to take, or something else to say; None if that is so already."""
    if content._buffer or content._eof or content._exception is not None or content._waiter is not None:
        return None
    if not content._protocol.connected:
        return None
    waiter: asyncio.Future[None] = content._loop.create_future()
    content._waiter = waiter
    return waiter


class _Protocol:
    """As much of a connection as a `StreamReader` uses."""

    connected = True
    _reading_paused = False

    def pause_reading(self) -> None:
        self._reading_paused = True

    def resume_reading(self, **_: bool) -> None:
        self._reading_paused = False


@cache
def _as_expected() -> bool:
    """Compare what is left behind of a small body here with what the documented way leaves of it."""
    try:
        ours, theirs = _reader(), _reader()
        for reader in (ours, theirs):
            for piece in (b"ab", b"c" * _LIMIT, b"d" * 2 * _LIMIT):
                reader.begin_http_chunk_receiving()
                reader.feed_data(piece)
                reader.end_http_chunk_receiving()
        same = more(ours) is None and take(ours) == theirs.read_nowait() and _state(ours) == _state(theirs)
        return (
            same and _wakes(ours, lambda: ours.feed_data(b"x")) and take(ours) == b"x" and _wakes(ours, ours.feed_eof)
        )
    except Exception:  # noqa: BLE001  (whatever it is, it is not what is expected)
        return False


def _wakes(reader: aiohttp.StreamReader, say: Callable[[], object]) -> bool:
    """Tell whether what is told to a reader wakes who waits for it, and lets nobody wait afterwards."""
    waiter = more(reader)
    say()
    return waiter is not None and waiter.done() and more(reader) is None


def _reader() -> aiohttp.StreamReader:
    protocol: Any = _Protocol()
    return aiohttp.StreamReader(protocol, _LIMIT, loop=asyncio.get_running_loop())


def _state(reader: Any) -> dict[str, Any]:
    """Return all that a reader knows, and what it has said to its connection."""
    state: dict[str, Any] = {name: getattr(reader, name, None) for name in aiohttp.StreamReader.__slots__}
    return {**state, "_protocol": reader._protocol._reading_paused, "_timer": None}
