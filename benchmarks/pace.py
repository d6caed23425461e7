"""Streams whose events come when they are due: one by one or a few at a time, for any number of streams."""

from __future__ import annotations

import asyncio
import sys
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from benchmarks.bodies import Answer, Stamped, last

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Paced", "Pacer"]

_GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it, modulo 1, are spread evenly, however many there are."""


class Paced:
    """A stream of stamped events, or of the chunks of a chat answer.

    Args:
        transport: what they are written to.
        end: what is called with the last bytes of the body.
        framing: of the body.
        kind: its name, and behind it, parted by hyphens, how often a second, and how many at a time.
        number: of events in all; 0 for no end.
    """

    def __init__(
        self, transport: asyncio.Transport, end: Callable[[bytes], object], framing: str, kind: str, number: int
    ) -> None:
        rate, burst = map(int, kind.split("-")[1:])
        self.period = 1 / rate
        self._transport = transport
        self._end = end
        self._framing = framing
        self._burst = burst
        self._left = number or sys.maxsize
        self._events = Answer(framing) if kind.startswith("chat") else Stamped(framing)

    def write(self) -> bool:
        """Write what is due; tell whether there will be more."""
        if self._transport.is_closing():
            return False
        number = min(self._burst, self._left)
        self._left -= number
        self._transport.write(self._events.events(number))
        if not self._left:
            self._end(self._events.end() + last(self._framing))
        return self._left > 0


class Pacer:
    """Writes to every stream when it is due."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due: list[tuple[float, int, Paced]] = []
        self._numbers = count()
        self._phases = count(1)
        self._held: list[Paced] = []
        self._waking: asyncio.TimerHandle | None = None

    def hold(self, stream: Paced) -> None:
        """Keep a stream back until `go`."""
        self._held.append(stream)

    def go(self) -> None:
        """Begin with all that are held."""
        held, self._held = self._held, []
        for stream in held:
            self.add(stream)

    def add(self, stream: Paced) -> None:
        """Begin with a stream, at a moment of its own: none is always due right after another one."""
        now = self._loop.time()
        moment = next(self._phases) * _GOLDEN % 1 * stream.period
        self._wait(now + (moment - now) % stream.period, stream)
        self._wake_when_due()

    def _wait(self, due: float, stream: Paced) -> None:
        heappush(self._due, (due, next(self._numbers), stream))

    def _wake_when_due(self) -> None:
        if self._waking is not None:
            self._waking.cancel()
        self._waking = self._loop.call_at(self._due[0][0], self._write) if self._due else None

    def _write(self) -> None:
        now = self._loop.time()
        while self._due and self._due[0][0] <= now:
            due, _, stream = heappop(self._due)
            if stream.write():
                self._wait(due + stream.period, stream)
        self._wake_when_due()
