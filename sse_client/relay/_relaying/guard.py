"""Recognises events that can be told from a repeat: those with an ID of their own (WHATWG HTML 9.2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from sse_client import Event

__all__ = ["Guard"]


class Guard:
    """Computes the checksum of events that have an ID of their own.

    An event without an `id` field has the ID of the previous event, so an unchanged ID means that the event has none of
    its own. Only the first event of a connection is ambiguous: it may be the last event of the previous connection,
    sent again. It counts as that if every event so far had an ID of its own.

    Args:
        previous: the ID of the last event that was written.
        mixed: whether events without an ID of their own have been written.
    """

    def __init__(self, previous: str, *, mixed: bool) -> None:
        self._previous = previous
        self._mixed = mixed
        self._first = True

    def connected(self) -> None:
        """Record that the next event is the first one of a connection."""
        self._first = True

    def checksum(self, event: Event) -> int | None:
        """Return the checksum of the type and data of `event`; None if it has no ID of its own."""
        first, self._first = self._first, False
        if not event.id or (event.id == self._previous and (self._mixed or not first)):
            self._mixed = True
            return None
        self._previous = event.id
        return crc32(event.data.encode(), crc32(event.event.encode()))
