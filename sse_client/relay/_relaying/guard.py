"""Recognises events that can be told from a repeat: those with an ID of their own (WHATWG HTML 9.2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from sse_client import Event

__all__ = ["Guard"]


class Guard:
    """Gives an event that has an ID of its own its checksum, and others none.

    An event without an `id` field carries the ID of the one before it, so an ID that stays the same means that an
    event has none of its own. Only the first event of a connection is open to doubt: it may be the last one of the
    connection before, sent again. It is taken for that as long as every event so far had an ID of its own.

    Args:
        previous: the ID of the last event that was written.
        mixed: whether events without an ID of their own have been written.
    """

    def __init__(self, previous: str, *, mixed: bool) -> None:
        self._previous = previous
        self._mixed = mixed
        self._first = True

    def connected(self) -> None:
        """Note that the next event is the first one of a connection."""
        self._first = True

    def checksum(self, event: Event) -> int | None:
        """Return the checksum of the type and data of `event`; None if it has no ID of its own."""
        first, self._first = self._first, False
        if not event.id or (event.id == self._previous and (self._mixed or not first)):
            self._mixed = True
            return None
        self._previous = event.id
        return crc32(event.data.encode(), crc32(event.event.encode()))
