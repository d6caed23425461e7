"""One host's term as the leader: every write is fenced, and repeated until Redis confirms it."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING
from uuid import uuid4

from sse_client.relay._redis.failures import Full, Unreachable
from sse_client.relay._relaying.ledger import Fenced, Granted, Held, Item, Ledger, Moved

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from sse_client.relay._redis.keys import Keys
    from sse_client.relay._redis.patience import Patience
    from sse_client.relay._relaying.progress import Progress

__all__ = ["Interrupted", "Term", "log_note", "new_token"]

_log = logging.getLogger("sse_client.relay")


class Interrupted(Exception):
    """The relay was closed while Redis was unreachable."""


def log_note(keys: Keys, granted: Granted) -> None:
    """Log what Redis reported with the lease: other partitions, a recovered checkpoint, deleted streams."""
    name = keys.name
    if granted.partitions not in {0, keys.partitions}:
        _log.warning(
            "relay %r: it had partitions=%d and has partitions=%d now; consumers that are given the former number "
            "handle what is left of earlier entries, and a key is in order only if they do so first",
            name, granted.partitions, keys.partitions,
        )  # fmt: skip
    if granted.note == "recovered":
        _log.error("relay %r: the place was gone; it is taken from the newest entry, %r", name, granted.place)
    elif granted.note == "deleted":
        _log.error("relay %r: someone deleted its streams; what they held is gone", name)


def new_token() -> str:
    """Return a unique token for a term."""
    return uuid4().hex


class Term:
    """The lease, as long as this host holds it. Only one thread may use it at a time.

    Args:
        ledger: the relay's keys.
        granted: the answer with which Redis gave the lease.
        progress: the counters to update.
        patience: decides how long Redis may be unreachable.
        closing: set when the relay is closed; nothing is retried after that.
    """

    def __init__(
        self, ledger: Ledger, granted: Granted, progress: Progress, patience: Patience, closing: threading.Event
    ) -> None:
        self._ledger = ledger
        self._token = granted.token
        self._count = granted.count
        self._last_batch = granted.batch
        self._numbers = 0
        self._progress = progress
        self._patience = patience
        self._closing = closing
        self._next_token = new_token()
        self._renewed = monotonic()
        self.interval = ledger.milliseconds / 3000  # seconds between two renewals

    def write(self, items: Sequence[Item]) -> None:
        """Append `items`, once.

        Raises:
            Fenced: another host leads.
            Moved: the checkpoint in Redis is not where this term left it.
            Interrupted: the relay was closed while Redis was unreachable.
            RelayError: Redis refused the write, or was unreachable for too long.
        """
        self._numbers += 1
        batch = f"{self._token}:{self._numbers}"
        while True:
            try:
                added, deleted = self._ledger.write(self._token, self._count, batch, items)
            except Fenced:
                self._regain(batch)
            except Unreachable as error:
                self._pause(error)
            else:
                break
        self._patience.answered()
        self._renewed = monotonic()
        if deleted:
            name = self._ledger.keys.name
            _log.error("relay %r: someone deleted %d of its streams; what they held is gone", name, deleted)
        if added:
            self._last_batch = batch
        self._count += added
        self._note(items, added)

    def renew(self) -> None:
        """Extend the lease, if it is time to.

        Raises:
            Fenced, Moved, Interrupted, RelayError: as `write` does.
        """
        if monotonic() - self._renewed < self.interval:
            return
        try:
            self._ledger.renew(self._token)
        except Fenced:
            self._regain("")
        except Unreachable as error:
            self._pause(error)
            return
        self._patience.answered()
        self._renewed = monotonic()

    def release(self) -> None:
        """Release the lease, so that another host can take it."""
        try:
            self._ledger.release(self._token)
        except Unreachable as error:
            _log.info("relay %r: the lease was not given back and will expire: %s", self._ledger.keys.name, error)

    def _regain(self, batch: str) -> None:
        """Begin a new term if the lease has expired and no other host has written since."""
        token = self._next_token
        try:
            answer = self._ledger.acquire(token)
        except Unreachable as error:
            self._pause(error)
            return
        if isinstance(answer, Held):
            raise Fenced(answer.host)
        log_note(self._ledger.keys, answer)
        self._token, self._next_token = token, new_token()
        self._progress.terms += 1
        # The batch of a write whose answer was lost was written by this host, too.
        if answer.batch not in {self._last_batch, batch}:
            raise Moved(f"{self._ledger.keys.state} was written by {answer.host or 'someone'} in the meantime")
        self._renewed = monotonic()

    def _pause(self, error: Unreachable) -> None:
        delay = min(self._patience.failed(error), self.interval)
        if self._closing.wait(delay):
            raise Interrupted
        if isinstance(error, Full):
            # A write was refused for lack of memory. Keeping the lease takes none, so this host stays the leader.
            try:
                self._ledger.renew(self._token)
            except (Fenced, Unreachable):
                _log.debug("the lease could not be renewed")

    def _note(self, items: Sequence[Item], added: int) -> None:
        progress = self._progress
        progress.written += added
        progress.duplicates += len(items) - added
        progress.count = self._count
        progress.without_id += sum(item[4] is None for item in items)
        if added:
            progress.last_event_id = items[-1][0]
