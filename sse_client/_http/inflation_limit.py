"""Limits the work for a compressed body that inflates to much data but brings no events."""

from __future__ import annotations

from time import monotonic
from typing import Protocol

from sse_client.errors import EventTooLarge

__all__ = ["Counts", "Inflation", "LineCount"]

# A line costs the parser up to a microsecond, whatever its length. Each event allows for the lines of its block.
_LINES = 1024 * 1024
_LINES_PER_BYTE = 2
_LINES_PER_EVENT = 8
# Inflating a byte and searching it for a line end takes up to 5 ns. Text inflates to 50 times its size at most.
_BYTES = 64 * 1024 * 1024
_BYTES_PER_BYTE = 200
_SOON = 10.0  # seconds; if a deadline is nearer, the deadline ends the stream instead


class LineCount(Protocol):
    """A parser."""

    @property
    def lines_without_data(self) -> int:
        """The number of lines so far that added no data to an event."""
        ...


class Counts(Protocol):
    """Counts what the body has brought."""

    @property
    def parser(self) -> LineCount:
        """The parser of the body."""
        ...

    @property
    def events(self) -> int:
        """The number of events of the stream, over all of its connections."""
        ...

    @property
    def received(self) -> int:
        """The number of events of this body."""
        ...


class Inflation:
    """Counts what a compressed body inflates to, and limits how much of it may bring no event.

    Args:
        counts: counts the events, and the lines without data.
        max_event_size: the most bytes of a block; that many may arrive before its event does.
        remedy: what the error advises.
    """

    __slots__ = ("_bytes", "_counts", "_events", "_limit", "_received", "_remedy")

    def __init__(self, counts: Counts, max_event_size: int, remedy: str = "max_event_size=None allows that") -> None:
        self._counts = counts
        self._remedy = remedy
        self._limit = max_event_size + _BYTES
        self._received = 0
        self._events = counts.events
        self._bytes = 0  # since the last event

    def add_received(self, size: int) -> None:
        """Count encoded bytes, which raise the limit."""
        self._received += size

    def add_inflated(self, size: int, deadline: float | None) -> None:
        """Count decoded bytes that are about to be parsed.

        Raises:
            EventTooLarge: the bytes before them exceeded the limit, and no deadline is near.
        """
        counts = self._counts
        if counts.events != self._events:
            self._events, self._bytes = counts.events, 0
        self._bytes += size
        lines = counts.parser.lines_without_data
        excess_lines = lines - _LINES - _LINES_PER_BYTE * self._received - _LINES_PER_EVENT * counts.received
        if excess_lines <= 0 and self._bytes <= self._limit + _BYTES_PER_BYTE * self._received:
            return
        if deadline is None or deadline - monotonic() > _SOON:
            raise EventTooLarge(
                f"expected an event, got {self._bytes:,} bytes and {lines:,} lines without data, to which a compressed "
                f"body of {self._received:,} bytes inflates ({self._remedy})"
            )
