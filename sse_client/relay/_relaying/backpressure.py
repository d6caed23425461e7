"""Holds the relay back while its consumers are too far behind."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sse_client.relay._redis.failures import Unreachable
from sse_client.relay._relaying.lag import lag
from sse_client.relay._relaying.term import Interrupted

if TYPE_CHECKING:
    import threading

    from sse_client.relay._redis.keys import Keys
    from sse_client.relay._redis.link import Link
    from sse_client.relay._relaying.progress import Progress
    from sse_client.relay._relaying.term import Term

__all__ = ["Backpressure"]

_log = logging.getLogger("sse_client.relay")
_POLL = 0.05


class Backpressure:
    """Admits events as long as the slowest group has at most `most` of them still to handle.

    Redis is asked again only when as many events have been admitted as its last answer allowed.

    Args:
        link: the connection to Redis.
        keys: the keys of the stream.
        most: the bound; None for none.
        trim: whether to remove entries that every group has acknowledged.
        progress: the counters to update.
        closing: when set, ends the wait.
    """

    def __init__(
        self, link: Link, keys: Keys, most: int | None, progress: Progress, closing: threading.Event, *, trim: bool
    ) -> None:
        self._link = link
        self._keys = keys
        self._most = most
        self._trim = trim
        self._progress = progress
        self._closing = closing
        self._room = 0
        self._warned = False

    def admit(self, wanted: int, term: Term) -> int:
        """Return how many events may be written, 1 to `wanted`; wait until there is room for one.

        Raises:
            Interrupted: the relay was closed in the meantime.
            Fenced, Moved, RelayError: as `Term.renew` does.
        """
        if self._most is None:
            return wanted
        while self._room < 1:
            try:
                found = lag(self._link, self._keys, trim=self._trim)
            except Unreachable:
                return 1  # the write will run into the same failure, and it knows how long to wait
            self._progress.lag = found.entries
            self._room = self._most - found.entries
            if self._room < 1:
                self._progress.held_back = True
                self._warn_of(found.former)
                if self._closing.wait(min(_POLL, term.interval)):
                    raise Interrupted
                term.renew()
        self._progress.held_back = False
        admitted = min(wanted, self._room)
        self._room -= admitted
        return admitted

    def _warn_of(self, former: int) -> None:
        """Log which streams hold the relay back, if consumers may no longer read them."""
        if former and not self._warned:
            self._warned = True
            _log.warning(
                "relay %r: it waits for its slowest group, which has %d entries before it in streams of a former "
                "number of partitions; consumers that are given that number handle them, or delete those streams",
                self._keys.name, former,
            )  # fmt: skip
