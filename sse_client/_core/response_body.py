"""Reads a response's body as it arrives, decodes its content codings, and takes excerpts for errors."""

from __future__ import annotations

import contextlib
import math
import time
from abc import ABC, abstractmethod
from time import thread_time
from typing import TYPE_CHECKING

from sse_client.errors import ConnectionFailed, SSEError
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client._core.delivery import Delivery
    from sse_client._http.coding_steps import Parts
    from sse_client._http.content_decoding import Decoder
    from sse_client._http.inflation_limit import Inflation
    from sse_client.observer import Response

__all__ = ["LONG", "TURN", "ResponseBody"]

LONG = 16 * 1024
"""Bytes above which what has arrived at once may be parsed in parts, where other tasks share the loop.

Lines of two bytes take the parser longest: 64 KiB of them 18 ms, after which more comes in small parts.
"""

TURN = 0.002
"""Seconds of decoding and parsing after which other tasks of an event loop get a turn.

A task that sleeps waits for three turns of the loop, and what ends the last piece comes on top: 20 ms in all.
"""

_EXHAUSTED: Iterator[bytes] = iter(())  # shared by all bodies: an exhausted iterator stays exhausted
_MOST = 64 * 1024
_DRAIN_BYTES, _DRAIN_SECONDS = 64 * 1024, 0.25
_EXCERPT_SECONDS, _EXCERPT_SILENCE = 5.0, 2.0


class ResponseBody(ABC):
    """One response: its head and its body. A transport's subclass receives bytes, lets other tasks run, and closes.

    Attributes:
        response: the head.
        silence: seconds without a byte after which the connection counts as dead; None: no limit.
        method: the method of the request that was answered, the last one after redirects.
        closes_by_awaiting: whether closing needs `aclose`; for other bodies `close` is enough.
        shares_loop: whether other tasks of an event loop wait while this body is decoded.
        blocks: whether `read_blocking` can be used instead of `read`.
        redirected: whether the server had first answered with a redirect.
        rest: the further parts of a long read, for `has_part`; None if the last read was not long.
        coded: whether the body has content codings.
        coding_error: why the body's content codings cannot be undone; empty if they can.
    """

    __slots__ = (
        "_decoder",
        "_inflation",
        "_part",
        "_parts",
        "_pieces",
        "_slow_steps",
        "coded",
        "coding_error",
        "method",
        "redirected",
        "response",
        "rest",
        "silence",
    )

    closes_by_awaiting = False
    shares_loop = False
    blocks = False

    def __init__(self, response: Response, silence: float | None) -> None:
        self.response = response
        self.silence = silence
        self.method = "GET"
        self.redirected = False
        self.rest: Iterator[bytes] | None = None
        self._part = b""
        self._pieces = _EXHAUSTED
        self._slow_steps: Iterator[bytes] | None = None
        self._decoder: Decoder | None = None
        self._inflation: Inflation | None = None
        self._parts: Parts | None = None
        self.coding_error = ""
        codings = response.headers.get("Content-Encoding")
        self.coded = codings is not None
        if codings:
            # Imported with the first coded response: few event streams are coded, and the import takes 0.8 ms.
            from sse_client._http.coding_steps import Parts
            from sse_client._http.content_decoding import decoder_for

            try:
                self._decoder = decoder_for(codings)
                self._parts = Parts() if self.shares_loop else None
            except ValueError as error:
                self.coding_error = str(error)

    def limit_inflation(self, delivery: Delivery, max_event_size: int | None, event_cost: int) -> None:
        """Limit how much a compressed body may inflate to; `delivery` counts the events that it gets from it."""
        if self._decoder is not None and max_event_size is not None:
            from sse_client._http.inflation_limit import Inflation  # loaded with the first coded response

            self._inflation = Inflation(delivery, max_event_size, event_cost=event_cost)

    @abstractmethod
    async def read(self, deadline: float | None) -> bytes:
        """Wait for data, and return what has arrived, decoded; `b""` at the body's end.

        Args:
            deadline: when to stop waiting, by `time.monotonic`; None: only `silence` limits the wait.

        Raises:
            ConnectionFailed: the body was cut off, or is corrupt; `IdleTimeout` after silence or at the deadline.
        """

    def read_blocking(self, deadline: float | None) -> bytes:
        """Do what `read` does without a coroutine, if this body `blocks`."""
        raise NotImplementedError  # never called: `blocks` is false for every body that does not override this

    def parted(self, data: bytes) -> bytes:
        """Return the first part of a long read; see `has_part` for the others."""
        if self._parts is None:
            from sse_client._http.coding_steps import Parts  # loaded with the first long read

            self._parts = Parts(thread_time)  # one long read is enough
        whole = len(data) <= _MOST
        pieces = (data,) if whole else (data[start : start + _MOST] for start in range(0, len(data), _MOST))
        self.rest = self._parts.of(pieces)
        return next(self.rest)

    def has_part(self) -> bool:
        """Return whether there is another part of a long read, for `read_rest`; the one before it has been handled."""
        self._part = self._part or next(self.rest or _EXHAUSTED, b"")
        if self._part:
            return True
        self.rest = None
        return False

    async def read_rest(self, deadline: float | None) -> bytes:
        """Return the next part, after giving other tasks a turn; if there is none, do what `read` does."""
        if self.has_part():
            data, self._part = self._part, b""
            await self._breathe(deadline)
            return data
        data = await self.read(deadline)
        return self.parted(data) if len(data) > LONG else data

    async def _read_decoded(self, decoder: Decoder, deadline: float | None) -> bytes:
        """Do what `read` does for a body with content codings, a bounded piece at a time."""
        inflation = self._inflation
        while True:
            try:
                for piece in self._pieces:
                    await self._breathe(deadline)
                    if piece:
                        if inflation is not None:
                            inflation.add_inflated(len(piece), deadline)
                        return piece
                if self._slow_steps is not None:
                    await self._decode_in_thread(self._slow_steps)
                    continue
            except ValueError as error:
                raise ConnectionFailed(f"{error}, from {display_url(self.response.url)}") from None
            asked = time.monotonic()
            data = await self._receive(deadline)
            if data:
                if inflation is not None:
                    inflation.add_received(len(data), time.monotonic() - asked)
                pieces = decoder.decode(data)
                if self._parts is None:
                    self._pieces = pieces
                elif decoder.slow:
                    self._slow_steps = pieces
                else:
                    self._pieces = self._parts.of(pieces)
            elif decoder.complete:
                return data
            else:
                raise ConnectionFailed(
                    f"the compressed body was cut off before its end, from {display_url(self.response.url)}"
                )

    async def _decode_in_thread(self, steps: Iterator[bytes]) -> None:
        """Run the next of `steps` in a thread, while other tasks of the event loop run."""
        piece = await self._next_in_thread(steps)
        if piece is None:
            self._slow_steps = None
        elif self._parts is not None:
            self._pieces = self._parts.of((piece,))

    async def read_excerpt(self, limit: int, deadline: float | None) -> bytes:
        """Return the body's first bytes, at most `limit` of those that arrive soon; then close.

        If the body's content codings cannot be undone, return `b""`.
        """
        pieces: list[bytes] = []
        size = 0
        end = min(time.monotonic() + _EXCERPT_SECONDS, deadline or math.inf)
        self.silence = _EXCERPT_SILENCE
        try:
            with contextlib.suppress(SSEError):
                while not self.coding_error and size < limit and time.monotonic() < end:
                    data = await self.read(end)
                    if not data:
                        break
                    pieces.append(data)
                    size += len(data)
        finally:
            await self.aclose()
        return b"".join(pieces)[:limit]

    async def read_whole(self, deadline: float | None) -> bytes:
        """Return the whole body, `b""` if its content codings cannot be undone; then close.

        Raises:
            ConnectionFailed: the body was cut off, or is corrupt; `IdleTimeout` after silence or at the deadline.
        """
        pieces: list[bytes] = []
        try:
            while not self.coding_error and (data := await self.read(deadline)):
                pieces.append(data)
        finally:
            self.close()
        return b"".join(pieces)

    async def drain(self) -> None:
        """Read and drop the little that may still arrive, so that the connection can be reused; then close."""
        received = 0
        end = time.monotonic() + _DRAIN_SECONDS
        try:
            with contextlib.suppress(SSEError):
                while received <= _DRAIN_BYTES and time.monotonic() < end:
                    data = await self._receive(end)
                    if not data:
                        break
                    received += len(data)
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Do what `close` does, for a transport whose library closes asynchronously."""
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Close the connection, unless the body was read to its end: then the connection is back in its pool."""

    @abstractmethod
    async def _receive(self, deadline: float | None) -> bytes:
        """Return encoded bytes of the body; `b""` at its end."""

    async def _next_in_thread(self, steps: Iterator[bytes]) -> bytes | None:
        """Run the next of `steps` in a thread; return its result, None at the end. Only asynchronous bodies need it."""
        raise NotImplementedError  # never called: a blocking body has no slow steps

    @abstractmethod
    async def _breathe(self, deadline: float | None) -> None:
        """Check the deadline, and whether the stream was closed, between two steps of decoding.

        Raises:
            ConnectionFailed: the deadline has passed, or the stream was closed.
        """
