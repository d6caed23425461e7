"""Takes all bytes that have arrived directly out of aiohttp's `StreamReader`, and waits there for more.

The documented `readany` returns one HTTP chunk a call, and runs the parser after each. In a burst, a chunk costs two
thirds here of what it costs with `readany`. This module relies on undocumented parts of aiohttp's reader, and is used
only if `_as_expected` has found these unchanged; `AiohttpBody` is the fallback.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

import asyncio
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Any

import aiohttp

from sse_client._core.failures import no_data
from sse_client._core.run_sync import run_sync
from sse_client.transports._aiohttp.response_body import AiohttpBody

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.observer import Response
    from sse_client.transports._aiohttp.wakeup import Wakeup

__all__ = ["LiveBody", "PlainLiveBody", "body_of", "reachable"]

_LIMIT = 4  # buffered bytes at which the trial's reader pauses its connection


class LiveBody(AiohttpBody):
    """A body whose bytes are taken directly out of the reader's buffer."""

    __slots__ = ()

    async def _receive(self, deadline: float | None) -> bytes:
        """Return the encoded bytes of the body that have arrived; `b""` at its end."""
        content = self._content
        try:
            while not content._buffer:
                if content._eof or content._exception or content._waiter or not content._protocol.connected:
                    break
                if deadline is not None:
                    self._wakeup.arm(deadline)
                self._waiter = content._waiter = waiter = self._loop.create_future()
                if self.silence is not None:
                    self._waits_since = monotonic()
                    if self._timer is None:
                        self._timer = self._loop.call_later(self.silence, self._ring)
                await waiter
        except asyncio.CancelledError:
            content._waiter = None
            if not self._is_late():
                raise
            self._failure = no_data(self.response.url)
        except Exception as error:  # noqa: BLE001  (it is the connection's: the documented way raises it again)
            error.__traceback__ = None  # aiohttp keeps this exception; its traceback would keep the stream alive
        if deadline is not None:
            self._wakeup.deadline = None
        buffer = content._buffer
        if not buffer or content._buffer_offset or content._exception is not None or self._failure is not None:
            return b"" if self._is_whole() else await AiohttpBody._receive(self, deadline)
        data: bytes = buffer[0] if len(buffer) == 1 else b"".join(buffer)
        buffer.clear()
        content._size = 0
        content._cursor += len(data)
        splits = content._http_chunk_splits
        if splits:
            # aiohttp uses only the end of the chunk that was consumed last.
            last = splits[-1]
            splits.clear()
            if last == content._cursor:
                splits.append(last)
        if content._protocol._reading_paused:
            content._protocol.resume_reading()
        return data

    async def drain(self) -> None:
        """Read and drop the little that may still arrive, usually nothing; see `ResponseBody.drain`."""
        if self._is_whole():
            self.close()
        else:
            await AiohttpBody.drain(self)

    def _is_whole(self) -> bool:
        """Return whether the whole body has been taken, and has ended without an error."""
        content, protocol = self._content, self._protocol
        taken = content._eof and not content._buffer and content._exception is None and self._failure is None
        return taken and (protocol is None or protocol.exception() is None)

    def _ring(self) -> None:
        """End a wait that has lasted too long. One timer serves all waits: it checks when the last one began."""
        self._timer = None
        waiter = self._waiter
        if waiter is None or waiter.done() or self.silence is None:
            return
        left = self._waits_since + self.silence - monotonic()
        if left > 0:
            self._timer = self._loop.call_later(left, self._ring)
        else:
            self._content.set_exception(TimeoutError("timed out"))


class PlainLiveBody(LiveBody):
    """A body without content codings, whose `read` is `_receive` itself, which saves a call per live event."""

    __slots__ = ()

    read = LiveBody._receive


def body_of(response: Response, wakeup: Wakeup, silence: float | None) -> AiohttpBody:
    """Return the body of a response, unread."""
    if not reachable(response.raw.content):
        return AiohttpBody(response, wakeup, silence)
    kind = LiveBody if "Content-Encoding" in response.raw.headers else PlainLiveBody
    return kind(response, wakeup, silence)


def reachable(content: aiohttp.StreamReader) -> bool:
    """Return whether `LiveBody` has the same effect on a reader of this aiohttp version as the reader's own methods."""
    known = type(content) is aiohttp.StreamReader
    protocol = getattr(content, "_protocol", None)
    return known and type(getattr(protocol, "_reading_paused", None)) is bool and _as_expected()


class _Protocol:
    """The part of a connection that a `StreamReader` uses."""

    connected = True
    _reading_paused = False

    def pause_reading(self) -> None:
        self._reading_paused = True

    def resume_reading(self, **_: bool) -> None:
        self._reading_paused = False


@cache
def _as_expected() -> bool:
    """Return whether taking a small body out of a reader leaves it as the documented way does."""
    try:
        return _behaves()
    except Exception:  # noqa: BLE001  (whatever it is, it is not what is expected)
        return False


def _behaves() -> bool:
    ours, theirs = _Trial(), _Trial()
    for trial in (ours, theirs):
        for piece in (b"ab", b"c" * _LIMIT, b"d" * 2 * _LIMIT):
            trial.reader.begin_http_chunk_receiving()
            trial.reader.feed_data(piece)
            trial.reader.end_http_chunk_receiving()
    same = ours.take() == theirs.reader.read_nowait() and ours.state() == theirs.state()
    wakes = ours.wakes(lambda: ours.reader.feed_data(b"x")) and ours.take() == b"x"
    return same and wakes and ours.wakes(ours.reader.feed_eof)


class _Trial:
    """A reader without a connection, and a body of it."""

    def __init__(self) -> None:
        protocol: Any = _Protocol()
        self.reader = aiohttp.StreamReader(protocol, _LIMIT, loop=asyncio.get_running_loop())
        self._body = body = LiveBody.__new__(LiveBody)
        body._content = self.reader
        body._loop = asyncio.get_running_loop()
        body._failure = body.silence = None

    def take(self) -> bytes:
        """Return the bytes that `LiveBody` takes out of the reader."""
        return run_sync(self._body._receive(None))

    def wakes(self, say: Callable[[], object]) -> bool:
        """Return whether a call on the reader wakes the task that waits for it."""
        waiting = self._body._receive(None)
        waiter = waiting.send(None)
        say()
        waiting.close()
        return bool(waiter.done())

    def state(self) -> dict[str, Any]:
        """Return the reader's state, and the calls that it has made to its connection."""
        reader: Any = self.reader
        state: dict[str, Any] = {name: getattr(reader, name, None) for name in aiohttp.StreamReader.__slots__}
        return {**state, "_protocol": reader._protocol._reading_paused, "_timer": None}
