"""Passes events from the reading thread to Redis: a single event at once, a burst in batches."""

from __future__ import annotations

import threading
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sse_client.relay._relaying.backpressure import Backpressure
    from sse_client.relay._relaying.ledger import Item
    from sse_client.relay._relaying.progress import Progress
    from sse_client.relay._relaying.term import Term

__all__ = ["Writer"]

_LIVE = 1e-3
"""Seconds: an event that comes so long after the last write, with none pending, is alone."""
_MOST_CHARACTERS = 1 << 20  # characters of data in one batch; a longer event makes a batch of its own


class Writer:
    """Writes events in the order of `put`, and renews the lease while there are none.

    The reading thread itself writes an event that comes alone. If events come faster than Redis answers, a second
    thread writes them in batches; the reading thread waits while four batches are pending.

    Args:
        term: the term that writes.
        backpressure: decides how many events may be written.
        batch: the most events in one write.
        progress: the counters to update.
        failed: called in the second thread when nothing more can be written.

    Attributes:
        error: the error of the second thread, after which nothing is written; None if there was none.
    """

    def __init__(
        self, term: Term, backpressure: Backpressure, batch: int, progress: Progress, failed: Callable[[], None]
    ) -> None:
        self._term = term
        self._backpressure = backpressure
        self._batch = batch
        self._progress = progress
        self._failed = failed
        self._pending: deque[Item] = deque()
        self._characters = 0
        lock = threading.Lock()
        self._work = threading.Condition(lock)  # the second thread waits for it
        self._room = threading.Condition(lock)  # the reader waits for it
        self._redis = threading.Lock()  # held by the one thread that talks to Redis
        self.error: BaseException | None = None
        self._closing = False
        self._written = 0.0
        self._thread = threading.Thread(target=self._run, name="sse_client relay writer", daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        """Write `item`, or pass it to the second thread.

        Raises:
            Fenced, Moved, Interrupted, RelayError: this thread or the second one could not write.
        """
        alone = perf_counter() - self._written > _LIVE
        # Only this thread appends, and the other one removes under the same lock, so an empty queue stays empty.
        if alone and not self._pending and self.error is None and self._redis.acquire(blocking=False):
            try:
                with self._work:
                    self._add(item)
                self._write()
            finally:
                self._redis.release()
        else:
            self._append(item)

    def close(self) -> None:
        """Write the pending events, and stop.

        Raises:
            Fenced, Moved, Interrupted, RelayError: not everything could be written.
        """
        self.stop()
        if self.error is not None:
            raise self.error

    def stop(self) -> None:
        """Write the pending events, and stop; an error is kept in `error`, not raised."""
        with self._work:
            self._closing = True
            self._work.notify()
        self._thread.join()

    def unwritten(self) -> list[Item]:
        """Return the events whose write Redis has not confirmed; the writer must be closed."""
        return list(self._pending)

    def _append(self, item: Item) -> None:
        with self._room:
            while self._full() and self.error is None:
                self._room.wait()
            self._add(item)
            if self.error is not None:
                raise self.error
            self._work.notify()

    def _add(self, item: Item) -> None:
        self._pending.append(item)
        self._characters += len(item[2])
        self._progress.pending = len(self._pending)

    def _full(self) -> bool:
        return len(self._pending) >= 4 * self._batch or self._characters >= 4 * _MOST_CHARACTERS

    def _run(self) -> None:
        try:
            while self._wait():
                with self._redis:
                    if self._pending:
                        self._write()
                    else:
                        self._term.renew()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that reads
            with self._room:
                self.error = error
                self._room.notify()
            self._failed()

    def _wait(self) -> bool:
        """Wait for events, or until the lease must be renewed; return whether to continue."""
        with self._work:
            if not self._pending and not self._closing:
                self._work.wait(self._term.interval)
            return bool(self._pending) or not self._closing

    def _write(self) -> None:
        """Write one batch of the pending events; if that fails, they stay pending."""
        items = self._next_batch()
        admitted = self._backpressure.admit(len(items), self._term)
        self._term.write(items[:admitted])
        self._written = perf_counter()
        with self._room:
            for item in items[:admitted]:
                self._pending.popleft()
                self._characters -= len(item[2])
            self._progress.pending = len(self._pending)
            self._room.notify()

    def _next_batch(self) -> Sequence[Item]:
        items: list[Item] = []
        characters = 0
        with self._room:
            for item in self._pending:
                characters += len(item[2])
                if items and (len(items) == self._batch or characters > _MOST_CHARACTERS):
                    break
                items.append(item)
        return items
