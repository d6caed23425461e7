"""Decodes a content coding in bounded steps: the caller decides after each step whether there is time for another.

A step returns at most about `PIECE` bytes, and `b""` if it produced nothing. Its work is bounded for any input: 8 KiB
of deflate blocks without content, the slowest known input for zlib, take 0.4 ms; 32 empty zstd frames take 0.3 ms.
brotli fills its window before it outputs any of it, which takes 7 ms for a window of 4 MiB, and 30 ms for one of
16 MiB, the largest possible; see `Decoder.slow`. Parsing a piece may cost more than the step: the parser takes 7 to
10 ms for `PIECE` bytes of `id` lines. In an event loop, `Parts` limits that too, because other tasks wait meanwhile.
"""

from __future__ import annotations

from time import perf_counter, thread_time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["CORRUPT", "PIECE", "Parts", "Silence", "Stage", "steps"]

PIECE = 24 * 1024  # with 16 KiB, a burst of chat events costs 8 % more than if each read is decoded and parsed whole
CORRUPT = "the compressed body is corrupt"

_SLICE = 8 * 1024  # bytes of input a call
_CALL = _SLICE // 32  # bytes of input to which the fixed cost of a call is equal
_LONG = 0.002  # seconds of CPU time
_PART = 4 * 1024


class Stage(Protocol):
    """The decoder of one coding.

    Attributes:
        more: whether `decode(b"")` continues without further input.
        complete: whether the body may end here.
        parts: the zstd frames begun so far, each of which takes as long as some hundred bytes of another coding.
    """

    more: bool
    complete: bool
    parts: int

    def decode(self, data: bytes) -> bytes:
        """Return at most about `PIECE` bytes; `b""` if `data` brought none yet.

        Raises:
            ValueError: the input is corrupt.
        """
        ...


class Silence:
    """Counts the work that brought no output since the last step."""

    __slots__ = ("_spent",)

    def __init__(self) -> None:
        self._spent = 0

    def exceeds(self, size: int) -> bool:
        """Count a call with `size` bytes of input; return whether a step is due."""
        self._spent += size + _CALL
        if self._spent <= _SLICE:
            return False
        self._spent = 0
        return True


def steps(stage: Stage, data: bytes) -> Iterator[bytes]:
    """Yield the decoded `data`, in steps; nothing if it decodes to nothing within one step.

    Raises:
        ValueError: the input is corrupt.
    """
    silence = Silence()
    for start in range(0, len(data), _SLICE):
        part = data[start : start + _SLICE]
        while True:
            piece = stage.decode(part)
            if piece or silence.exceeds(len(part)):
                yield piece
            if not stage.more:
                break
            part = b""


class Parts:
    """Splits pieces into parts, once a piece has kept its consumer busy for long, as one with many short lines does.

    Counting the lines of each piece would cost a gzip stream a fifth, and asking for the CPU time a tenth. So the CPU
    time is checked only after a piece that took long by the clock, which may also have been a wait.

    Args:
        clock: returns seconds.
        busy: returns seconds of CPU time.
    """

    __slots__ = ("_busy", "_clock", "_slow")

    def __init__(self, clock: Callable[[], float] = perf_counter, busy: Callable[[], float] = thread_time) -> None:
        self._clock = clock
        self._busy = busy
        self._slow = False

    def of(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the data of `pieces`, in parts if necessary."""
        for piece in pieces:
            if len(piece) <= _PART:  # also if it is empty: see `steps`
                yield piece
            elif self._slow:
                yield from (piece[start : start + _PART] for start in range(0, len(piece), _PART))
            else:
                clock = self._clock
                began = clock()
                yield piece
                if clock() - began > _LONG:
                    self._slow = clock is self._busy
                    self._clock = self._busy
