"""Decides what becomes of an entry, without I/O: acknowledged, retried, made a dead letter, or lost."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING, Any

from sse_client.relay._consuming.lane import entry_id_of
from sse_client.relay._consuming.steps import Ask, Handle, Steps, Tell
from sse_client.relay._redis.link import text
from sse_client.relay.entry import LostEntries, StreamEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sse_client.relay._consuming.lane import Group, Lane

__all__ = ["Handling", "Settings"]

_log = logging.getLogger("sse_client.relay")
_LONGEST_RETRY = 30.0
_SHOWN = 500  # characters of an error in a dead letter


@dataclass(frozen=True, slots=True)
class Settings:
    """The limits and times of a consumer; `Consumer` describes them."""

    start: str
    batch: int
    claim_after: float
    max_deliveries: int
    retry_delay: float
    on_lost: Callable[[LostEntries], object] | None
    on_error: Callable[[StreamEntry, Exception], object] | None
    patience: float | None = None


class Handling:
    """Handles the entries of one consumer, one at a time, and counts the outcomes.

    Args:
        group: the group and the consumer's identity.
        settings: its limits and times.
    """

    def __init__(self, group: Group, settings: Settings) -> None:
        self._group = group
        self._settings = settings
        self.handled = self.failed = self.dead = self.lost = 0

    def retry(self, lane: Lane) -> bool:
        """Move entries whose retry is due to the front of the queue; return whether there were any."""
        due = [each for when, each in lane.later if when <= monotonic()]
        if not due:
            return False
        lane.later = [(when, each) for when, each in lane.later if each not in due]
        lane.queue.extendleft(reversed(due))
        return True

    def handle(self, lane: Lane, given: StreamEntry | str) -> Steps:
        """Handle an entry that was read, or, by its ID, one that was delivered before."""
        lane.handling = entry_id_of(given)
        entry = (yield from self._again(lane, given)) if isinstance(given, str) else given
        if entry is not None:
            yield from self._hand_out(lane, entry)
        lane.handling = None

    def _again(self, lane: Lane, entry_id: str) -> Generator[Any, Any, StreamEntry | None]:
        """Fetch an entry delivered before, and count the delivery; None if another consumer has it, or it is lost.

        The delivery is counted now, when the entry is about to be handled, and not when it was claimed: otherwise
        entries claimed together with one that kills its consumers would become dead letters with it.
        """
        kept = entry_id not in lane.doubtful
        lane.doubtful.discard(entry_id)
        answer = yield Ask(*self._group.asked("again", lane.partition, entry_id, int(kept)))
        yield from self.note_lost(lane, answer[1])
        return next(iter(lane.entries(answer[2])), None)

    def _hand_out(self, lane: Lane, entry: StreamEntry) -> Steps:
        if not entry.n:
            yield from self._bury(lane, entry, "it is no entry of a relay")
        elif entry.deliveries > self._settings.max_deliveries:
            yield from self._bury(lane, entry, "each consumer that it was given to died, or took too long")
        else:
            error = yield Handle(entry)
            if error is None:
                yield Ask(*self._group.asked("ack", lane.partition, entry.entry_id))
                self.handled += 1
            else:
                yield from self._failed(lane, entry, error)

    def _failed(self, lane: Lane, entry: StreamEntry, error: Exception) -> Steps:
        self.failed += 1
        # A message may contain a file name that is not UTF-8 (PEP 383), which neither a log file nor Redis can store.
        described = f"{type(error).__name__}: {error}"[:_SHOWN].encode("utf-8", "backslashreplace").decode()
        _log.warning(
            "group %r: entry %s failed, time %d: %s", self._group.group, entry.entry_id, entry.deliveries, described
        )
        if self._settings.on_error is not None:
            raised = yield Tell(self._settings.on_error, (entry, error))
            if raised is not None:
                raise raised
        if entry.deliveries >= self._settings.max_deliveries:
            yield from self._bury(lane, entry, described)
            return
        delay = min(self._settings.retry_delay * 2 ** (entry.deliveries - 1), _LONGEST_RETRY)
        lane.later.append((monotonic() + delay, entry.entry_id))

    def _bury(self, lane: Lane, entry: StreamEntry, why: str) -> Steps:
        """Make an entry a dead letter, and acknowledge it in the same step."""
        letter = {
            "group": self._group.group, "consumer": self._group.consumer, "stream": entry.stream,
            "entry": entry.entry_id, "id": entry.id, "event": entry.event, "data": entry.data, "n": entry.n,
            "deliveries": entry.deliveries, "error": why,
        }  # fmt: skip
        fields = chain.from_iterable(letter.items())
        answer = yield Ask(*self._group.asked("bury", lane.partition, entry.entry_id, *fields))
        if text(answer[0]) == "ok":
            self.dead += 1
            _log.error("group %r: entry %s is a dead letter: %s", self._group.group, entry.entry_id, why)

    def note_lost(self, lane: Lane, found: tuple[Any, list[Any]]) -> Steps:
        """Count, log and report lost entries, and then record the report in Redis.

        If the consumer dies before that, the next one reports them. An exception of `on_lost` is raised only after the
        record, because `on_lost` was called.

        Args:
            lane: the stream that had them.
            found: their number, and the IDs of those that had been delivered.
        """
        count, ids = int(found[0]), tuple(map(text, found[1]))
        if not count:
            return
        self.lost += count
        _log.error(
            "group %r: %d entries of %s were trimmed before they were handled", self._group.group, count, lane.stream
        )
        raised = None
        if self._settings.on_lost is not None:
            raised = yield Tell(self._settings.on_lost, (LostEntries(lane.stream, lane.partition, count, ids),))
        yield Ask(*self._group.asked("told", lane.partition))
        if raised is not None:
            raise raised
