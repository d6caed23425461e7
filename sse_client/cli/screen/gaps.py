"""Summarises and charts the gaps between arrivals, in bounded memory."""

from __future__ import annotations

import math
import sys
from collections import Counter
from typing import TYPE_CHECKING

from sse_client.cli.screen.terminal import encodes, width

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["Gaps", "picture", "seconds", "summary"]

_MOST = 4096  # gaps that are stored; beyond that, each stored gap represents two, then four, and so on
_STEP = math.log(1.02)  # width of the buckets for the median, which is accurate to 1 %
_SHORTEST = 1e-6
_FEWEST = 8  # the fewest gaps for which a picture is drawn
_ROWS = 4
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ASCII = " ...::::#"


class Gaps:
    """The times between arrivals.

    Args:
        began: the time at which the wait for the first arrival began, in seconds of any clock.

    Attributes:
        count: the number of arrivals.
        first: the time of the first arrival; None before it.
        last: the time of the last arrival.
        longest: the longest gap.
        kept: the gaps in their order; each value is the longest of `stride` gaps in a row.
        stride: how many gaps each value of `kept` represents.
    """

    def __init__(self, began: float) -> None:
        self.began = began
        self.count = 0
        self.first: float | None = None
        self.last = began
        self.longest = 0.0
        self.kept: list[float] = []
        self.stride = 1
        self._open: list[float] = []
        self._buckets: Counter[int] = Counter()

    def add(self, now: float, count: int = 1) -> None:
        """Record `count` arrivals at the same time."""
        if self.first is None:
            self.first = now
        else:
            self._add_gap(now - self.last)
        for _ in range(count - 1):
            self._add_gap(0.0)
        self.count += count
        self.last = now

    def _add_gap(self, gap: float) -> None:
        self.longest = max(self.longest, gap)
        self._buckets[round(math.log(max(gap, _SHORTEST)) / _STEP)] += 1
        self._open.append(gap)
        if len(self._open) < self.stride:
            return
        self.kept.append(max(self._open))
        self._open.clear()
        if len(self.kept) == _MOST:
            self.kept = [max(pair) for pair in zip(self.kept[::2], self.kept[1::2], strict=True)]
            self.stride *= 2

    @property
    def median(self) -> float:
        """The median gap, accurate to 1 %; 0 if there is no gap."""
        wanted = (self._buckets.total() + 1) // 2
        for bucket in sorted(self._buckets):
            wanted -= self._buckets[bucket]
            if wanted <= 0:
                shortest = bucket <= round(math.log(_SHORTEST) / _STEP)
                return 0.0 if shortest else min(math.exp(bucket * _STEP), self.longest)
        return 0.0


def seconds(value: float) -> str:
    """Return a time for people: in ms below a second."""
    if value < 0.0995:
        return f"{value * 1000:.1f} ms"
    return f"{value * 1000:.0f} ms" if value < 0.9995 else f"{value:.2f} s"


def summary(gaps: Gaps, noun: str, now: float, stream: TextIO | None = None) -> list[str]:
    """Return lines that summarise the gaps between `noun`s, with a picture if there are enough of them.

    Args:
        gaps: the arrivals.
        noun: the word for an arrival: `event`, `token`.
        now: the time at which the wait ended, by the clock of `gaps`.
        stream: the output for the lines; standard error by default.
    """
    if gaps.first is None:
        return [f"no {noun} came in {seconds(now - gaps.began)}"]
    over = gaps.last - gaps.first
    rate = f", {(gaps.count - 1) / over:.1f} a second" if over > 0 else ""
    lines = [f"first {noun} after {seconds(gaps.first - gaps.began)}"]
    lines.append(f"1 {noun}" if gaps.count == 1 else f"{gaps.count} {noun}s in {seconds(over)}{rate}")
    if gaps.kept:
        lines.append(f"gaps: median {seconds(gaps.median)}, longest {seconds(gaps.longest)}")
        lines += picture(gaps, noun, stream) if len(gaps.kept) >= _FEWEST else []
    return lines


def picture(gaps: Gaps, noun: str, stream: TextIO | None = None) -> list[str]:
    """Return the lines of a bar chart: a column for some gaps in a row, as high as the longest of them."""
    stream = sys.stderr if stream is None else stream
    marks = _EIGHTHS if stream is not None and encodes(stream, _EIGHTHS) else _ASCII
    top = seconds(gaps.longest)
    margin = len(top) + 3
    columns = _columns(gaps.kept, min(width() - margin, 100))
    heights = [round(gap / gaps.longest * _ROWS * 8) if gaps.longest else 0 for gap in columns]
    lines: list[str] = []
    for row in reversed(range(_ROWS)):
        label = top if row == _ROWS - 1 else "0" if row == 0 else ""
        bar = "".join(marks[min(8, max(0, height - row * 8))] for height in heights)
        lines.append(f"{label.rjust(len(top))} | {bar}".rstrip())
    each = -(-len(gaps.kept) // len(columns)) * gaps.stride
    last = f"{noun} {gaps.count}"
    scale = f"{noun} 2".ljust(max(0, len(columns) - len(last))) + " " + last if len(columns) > 24 else f"to {last}"
    lines.append(" " * margin + scale)
    if each > 1:
        note = f"(a column is the longest of {each} gaps)"
        if margin + len(scale) + 2 + len(note) <= width():
            lines[-1] += f"  {note}"
        else:
            lines.append(" " * max(0, min(margin, width() - len(note))) + note)
    return lines


def _columns(values: list[float], most: int) -> list[float]:
    """Return `values`; if there are more than `most`, the longest of each few in a row."""
    each = -(-len(values) // most)
    return [max(values[start : start + each]) for start in range(0, len(values), each)]
