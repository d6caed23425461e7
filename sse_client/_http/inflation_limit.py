"""Limits the work that a compressed body can cause, in proportion to the bytes received."""

from __future__ import annotations

from time import monotonic
from typing import Protocol

from sse_client.errors import EventTooLarge

__all__ = ["Counts", "Inflation", "LineCount"]

# To inflate and parse a byte of a long line takes up to 5 ns; a line that is interpreted by itself takes as long as 100
# to 200 of them, and an event of the usual form as 50. What 128 bytes for each byte received allow thus takes a second
# at most for each MiB. Text inflates to 50 times its size at most; events that repeat each other, to more.
_BYTES = 16 * 1024 * 1024
_BYTES_PER_BYTE = 128
_ITEM_COST = 128
# A live stream of events that repeat each other may last for days. This much a second takes a twentieth of a CPU.
_BYTES_PER_SECOND = 8 * 1024 * 1024
_SOON = 10.0  # seconds; if a deadline is nearer, the deadline ends the stream instead


class LineCount(Protocol):
    """A parser."""

    @property
    def interpreted_lines(self) -> int:
        """The number of lines so far that were interpreted one by one."""
        ...


class Counts(Protocol):
    """Counts what the body has brought."""

    @property
    def parser(self) -> LineCount:
        """The parser of the body."""
        ...

    @property
    def received(self) -> int:
        """The number of events of this body."""
        ...


class Inflation:
    """Counts what a compressed body inflates to, and limits it in proportion to what is received and to the waits.

    Args:
        counts: counts the events, and the lines that are interpreted one by one.
        max_event_size: the most bytes of a block; that many may arrive before its event does.
        event_cost: what an event costs beyond being parsed, in bytes.
        remedy: what the error advises.
    """

    __slots__ = ("_counts", "_event_cost", "_excess", "_inflated", "_items", "_limit", "_received", "_remedy")

    def __init__(
        self,
        counts: Counts,
        max_event_size: int,
        *,
        event_cost: int = 0,
        remedy: str = "max_event_size=None allows that",
    ) -> None:
        self._counts = counts
        self._event_cost = _ITEM_COST + event_cost
        self._remedy = remedy
        self._limit = max_event_size + _BYTES
        self._received = self._inflated = self._items = 0
        self._excess = 0.0  # the work so far, in bytes, beyond what the bytes received and the waits allow

    def add_received(self, size: int, waited: float) -> None:
        """Count encoded bytes, which allow for work, as does the wait for them.

        Args:
            size: the number of bytes.
            waited: seconds. What a wait allows for makes up for work before it, and is not saved for later.
        """
        self._received += size
        if self._excess > 0:
            self._excess = max(0.0, self._excess - _BYTES_PER_SECOND * waited)
        self._excess -= _BYTES_PER_BYTE * size

    def add_inflated(self, size: int, deadline: float | None) -> None:
        """Count decoded bytes that are about to be parsed.

        Raises:
            EventTooLarge: the bytes before them, and what they held, took too much work, and no deadline is near.
        """
        events, lines = self._counts.received, self._counts.parser.interpreted_lines
        items = self._event_cost * events + _ITEM_COST * lines
        self._excess += size + items - self._items
        self._inflated += size
        self._items = items
        if self._excess > self._limit and (deadline is None or deadline - monotonic() > _SOON):
            raise EventTooLarge(
                f"expected a compressed body of {self._received:,} bytes to inflate to less, got {self._inflated:,} "
                f"bytes, {events:,} events and {lines:,} lines of unusual form ({self._remedy})"
            )
