"""Decides what a consumer does next, without I/O: take partitions, read, claim, wait, give back."""

from __future__ import annotations

import logging
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any

from sse_client.relay._consuming.handling import Handling, Settings
from sse_client.relay._consuming.lane import Group, Lane, entry_id_of
from sse_client.relay._consuming.layout import Layout
from sse_client.relay._consuming.script import CONSUMER
from sse_client.relay._consuming.steps import Ask, Sleep, Steps, Wait, persistent
from sse_client.relay._redis.link import Script, text
from sse_client.relay._redis.patience import Patience
from sse_client.relay.entry import Consumed
from sse_client.relay.errors import WrongType

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["SCRIPT", "Consuming"]

SCRIPT = Script(CONSUMER, ("hash", "hash", "stream", "stream", "zset"), "string")

_log = logging.getLogger("sse_client.relay")
_LONGEST_WAIT = 1.0  # seconds; a closed consumer stops waiting within this time
_OFFERED = 10**9  # milliseconds; longer than any `claim_after`, so that any consumer may claim the entry at once


class Consuming:
    """One consumer of a group.

    Args:
        group: the group and the consumer's identity.
        settings: its limits and times.
        name: its name in messages.
    """

    def __init__(self, group: Group, settings: Settings, name: str = "") -> None:
        self.name = name
        self._group = group
        self._settings = settings
        self._layout = Layout(group, settings.start)
        self._handling = Handling(group, settings)
        self._lanes: dict[int, Lane] = {}
        self._share_at = 0.0
        self._started = False
        self.closing = False
        self.claimed = 0

    def start(self) -> None:
        """Record that the consumer runs.

        Raises:
            RuntimeError: it has run before.
        """
        if self._started:
            raise RuntimeError("a consumer runs once; make another one to go on")
        self._started = True

    def result(self) -> Consumed:
        """Return the counts."""
        done = self._handling
        return Consumed(
            handled=done.handled, failed=done.failed, claimed=self.claimed, dead=done.dead, lost=done.lost
        )  # fmt: skip

    def disturbed(self) -> None:
        """Record that an answer of Redis with entries may have been lost; they are claimed before reading more."""
        for lane in self._lanes.values():
            lane.cursor = "0-0"

    def persistent(self, steps: Steps) -> Steps:
        """Return `steps`, each repeated until Redis has answered, for at most `patience` seconds."""
        return persistent(
            steps, Patience(self._settings.patience, self.name, lambda _: None), self.disturbed, lambda: self.closing
        )

    def work(self) -> Steps:
        """Consume until the consumer is closed."""
        yield from self._layout.begin()
        for partition, stream in enumerate(self._group.keys.streams):
            yield from self._join(partition)
            if not self._group.ordered:
                self._lanes[partition] = Lane(partition, stream)
        while not self.closing:
            yield from self._share()
            more = False
            for lane in list(self._lanes.values()):
                more = (yield from self._turn(lane)) or more
            if not more:
                yield from self._layout.end_if_done()
            # While one lane has more entries, reading does not wait: each of the other lanes is asked without blocking.
            fresh = None if more or self.closing else (yield from self._idle())
            for lane in self._lanes.values():
                lane.ready = fresh is None or lane.stream in fresh

    def keep(self) -> Steps:
        """Prevent the entries held from going to other consumers while handlers run."""
        seconds = min(self._settings.claim_after, self._group.milliseconds / 1000) / 3
        while not self.closing:
            yield Sleep(seconds)
            if self._group.ordered:
                yield from self._renew(move=False)
                continue
            for lane in tuple(self._lanes.values()):
                if ids := lane.in_hand():
                    yield from self._touch(lane, ids)

    def _touch(self, lane: Lane, ids: list[str]) -> Steps:
        asked_at = monotonic()
        lane.overdue = lane.overdue or asked_at >= lane.held_until
        if (yield Ask(*self._group.asked("touch", lane.partition, 0, *ids), final=True)) is not None:
            lane.held_until = asked_at + self._settings.claim_after

    def leave(self) -> Steps:
        """Give back unfinished entries and owned partitions; if Redis does not answer, the lease takes care of it.

        Entries that were trimmed in the meantime cannot be given back: they are lost.
        """
        lost: list[tuple[Lane, Any]] = []
        for lane in self._lanes.values():
            if ids := lane.in_hand():
                asked = self._group.asked("touch", lane.partition, _OFFERED, *ids)
                if (answer := (yield Ask(*asked, final=True))) is None:
                    return
                lost.append((lane, answer[1]))
        if self._group.ordered:
            yield Ask(*self._group.asked_of_all("leave", self._group.token), final=True)
        for lane, found in lost:
            yield from self._handling.note_lost(lane, found)

    def _join(self, partition: int) -> Steps:
        answer = yield Ask(*self._group.asked("join", partition, self._settings.start))
        if text(answer[0]) == "wrongtype":
            key, found, wanted = map(text, answer[1:])
            raise WrongType(f"expected the key {key!r} to be a {wanted}, but it is a {found}", key=key)
        if again := int(answer[1]):
            _log.error(
                "group %r: someone removed it from %s; it is made anew, and %d entries that it was given before come "
                "again", self._group.group, self._group.keys.streams[partition], again,
            )  # fmt: skip

    def _share(self) -> Steps:
        """Take and give up partitions, so that all living consumers have equally many."""
        now = monotonic()
        if not self._group.ordered or now < self._share_at:
            return
        self._share_at = now + min(1.0, self._group.milliseconds / 3000)
        yield from self._renew(move=True)

    def _renew(self, *, move: bool) -> Steps:
        until = monotonic() + self._group.milliseconds / 1000
        group = self._group
        answer = yield Ask(*group.asked_of_all("share", group.token, group.milliseconds, int(move)))
        mine = {int(each) for each in answer[1]}
        for partition in mine:
            # The other thread may drop one at any time.
            if (lane := self._lanes.get(partition)) is not None:
                lane.held_until = until
        if move:
            for partition in self._lanes.keys() - mine:
                del self._lanes[partition]
            for partition in sorted(mine - self._lanes.keys()):
                self._lanes[partition] = Lane(partition, group.keys.streams[partition], held_until=until)

    def _turn(self, lane: Lane) -> Generator[Any, Any, bool]:
        """Handle the entries of a lane; return whether it may have more right away."""
        worked = self._handling.retry(lane)
        if self._group.ordered and lane.later:
            return worked  # later entries of the partition wait for this one
        if not lane.queue and (lane.ready or self._claim_is_due(lane)):
            yield from self._refill(lane)
        while lane.queue and not self.closing and not (self._group.ordered and lane.later):
            if lane.overdue or monotonic() >= lane.held_until:
                if self._group.ordered:
                    self._drop(lane)
                    break
                self._doubt(lane)
            yield from self._handling.handle(lane, lane.queue.popleft())
            worked = True
        return worked and lane.ready

    def _claim_is_due(self, lane: Lane) -> bool:
        return lane.cursor is not None or (not self._group.ordered and monotonic() >= lane.claim_at)

    def _doubt(self, lane: Lane) -> None:
        """Mark each entry in the queue to be looked up before it is handled, as another consumer may have claimed it.

        Called after this process was frozen, or Redis was unreachable, for longer than `claim_after`.
        """
        lane.doubtful.update(lane.in_hand())
        lane.queue = deque(entry_id_of(each) for each in lane.queue)
        lane.overdue = False
        lane.held_until = monotonic() + self._settings.claim_after

    def _drop(self, lane: Lane) -> None:
        """Forget a partition that another consumer may own by now; pending entries belong to the next owner."""
        _log.warning("group %r: partition %d was held too long without a renewal", self._group.group, lane.partition)
        self._lanes.pop(lane.partition, None)
        self._share_at = 0.0

    def _refill(self, lane: Lane) -> Steps:
        settings, group = self._settings, self._group
        if self._claim_is_due(lane):
            yield from self._claim(lane)
            if lane.queue or lane.cursor is not None:
                return
        lease = (group.token, group.milliseconds)
        asked_at = monotonic()
        # If an answer was lost, it held entries that come first. They are claimed before more are read.
        answer = yield Ask(*group.asked("read", lane.partition, settings.batch, *lease), repeat=False)
        if answer is None:
            return
        kind = text(answer[0])
        if kind == "nogroup":
            _log.error("group %r: someone removed it, or its stream %s", group.group, lane.stream)
            yield from self._join(lane.partition)
        elif kind == "fenced":
            self._drop(lane)
        else:
            lane.latest = text(answer[2])
            lane.queue.extend(lane.entries(answer[3]))
            lane.ready = len(answer[3]) == settings.batch
            self._hold(lane, asked_at)
            yield from self._handling.note_lost(lane, answer[1])
            if not answer[3]:
                self._layout.check(int(answer[4]))

    def _hold(self, lane: Lane, since: float) -> None:
        """Record until when no other consumer claims entries fetched at `since`; for partitions, `_renew` does that."""
        if not self._group.ordered:
            lane.held_until = since + self._settings.claim_after

    def _claim(self, lane: Lane) -> Steps:
        """Claim entries delivered before: to a dead consumer, to a predecessor, or in an answer that was lost."""
        settings, group = self._settings, self._group
        if not group.ordered and lane.cursor is not None:
            yield from self._own(lane)
        idle = 0 if group.ordered else int(settings.claim_after * 1000)
        lease = (group.token, group.milliseconds)
        asked_at = monotonic()
        asked = ("claim", lane.partition, idle, lane.cursor or "0-0", settings.batch, *lease)
        answer = yield Ask(*group.asked(*asked), repeat=False)
        if answer is None:
            return
        kind = text(answer[0])
        if kind != "ok":
            if kind == "fenced":
                self._drop(lane)
            lane.cursor = None
            return  # without a group there is nothing to claim; the next read creates the group again
        cursor, ids = text(answer[2]), map(text, answer[3])
        known = set(lane.in_hand())
        found = [each for each in ids if each not in known]
        self.claimed += len(found)
        lane.queue.extend(found)
        lane.cursor = None if cursor == "0-0" else cursor
        lane.claim_at = monotonic() + (settings.claim_after / 2 if lane.cursor is None else 0.0)
        self._hold(lane, asked_at)
        yield from self._handling.note_lost(lane, answer[1])

    def _own(self, lane: Lane) -> Steps:
        """Fetch entries that Redis has assigned to this consumer's name, but that it does not hold."""
        answer = yield Ask(*self._group.asked("own", lane.partition, self._settings.batch))
        if text(answer[0]) == "ok":
            known = set(lane.in_hand())
            lane.queue.extendleft(reversed([each for each in map(text, answer[1]) if each not in known]))

    def _idle(self) -> Generator[Any, Any, frozenset[str] | None]:
        """Wait for an entry, for a retry, or until it is time to claim what others left.

        Returns:
            The streams that have entries; None if that is not known.
        """
        now = monotonic()
        times = [when for lane in self._lanes.values() for when, _ in lane.later]
        times += [lane.claim_at for lane in self._lanes.values()] if not self._group.ordered else [self._share_at]
        seconds = min([_LONGEST_WAIT, *(max(when - now, 0.001) for when in times)])
        free = {lane.stream: lane.latest for lane in self._lanes.values() if not (self._group.ordered and lane.later)}
        if free:
            return (yield Wait(free, max(1, int(seconds * 1000)))) or None
        yield Sleep(seconds)
        return None
