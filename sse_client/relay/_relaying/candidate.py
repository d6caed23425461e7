"""Runs one host of a relay: wait for the lease, lead, and wait again."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Any

from sse_client import Comment, Event
from sse_client.relay._redis.failures import Unreachable
from sse_client.relay._redis.link import Link
from sse_client.relay._redis.patience import Patience
from sse_client.relay._relaying.backpressure import Backpressure
from sse_client.relay._relaying.guard import Guard
from sse_client.relay._relaying.ledger import Fenced, Granted, Held, Ledger, Moved
from sse_client.relay._relaying.term import Interrupted, Term, log_note, new_token
from sse_client.relay._relaying.writer import Writer
from sse_client.relay.errors import RelayError

if TYPE_CHECKING:
    import threading

    from sse_client.relay._relaying.plan import Plan
    from sse_client.relay._relaying.progress import Progress
    from sse_client.relay._relaying.source import Source

__all__ = ["Candidate"]

_log = logging.getLogger("sse_client.relay")


class Candidate:
    """A host, while it runs a relay.

    Args:
        client: a client of redis-py.
        plan: the relay's arguments.
        source: the source to read.
        progress: the counters to update.
        closing: when set, ends the relay.
    """

    def __init__(self, client: Any, plan: Plan, source: Source, progress: Progress, closing: threading.Event) -> None:
        self._plan = plan
        self._source = source
        self._progress = progress
        self._closing = closing
        self._link = Link(client)
        keys = plan.keys
        partitions = f"{keys.partitions} partitions by {plan.key_name}, " if keys.partitions > 1 else ""
        config = f"{source.description}, {partitions}lease {plan.milliseconds / 800:g} s"
        self._ledger = Ledger(self._link, keys, plan.host, config, plan.milliseconds, plan.guard, plan.longest)
        self._named: tuple[str, str] | None = None
        self._told_of_no_end = False

    def run(self) -> None:
        """Wait and lead until the source ends or the relay is closed."""
        try:
            patience = self._plan.connect_patience
            while not self._closing.is_set():
                granted = self._elected(self._patient(patience))
                patience = self._plan.patience
                if granted is None or self._lead(granted):
                    return
        finally:
            self._link.close()

    def _patient(self, seconds: float | None) -> Patience:
        def changed(state: str) -> None:
            self._progress.redis = state

        return Patience(seconds, f"relay {self._plan.keys.name!r} at {self._plan.redis_name}", changed)

    def _elected(self, patience: Patience) -> Granted | None:
        """Wait for the lease; None if the relay was closed first."""
        token = new_token()  # the same for each attempt, because one whose answer was lost may have got the lease
        while True:
            try:
                answer = self._ledger.acquire(token)
            except Unreachable as error:
                delay = patience.failed(error)
            else:
                patience.answered()
                if not isinstance(answer, Held):
                    return answer
                delay = self._stand_by(answer)
            if self._closing.wait(delay):
                return None

    def _stand_by(self, held: Held) -> float:
        """Record who leads; return the seconds until the lease may be free."""
        progress, plan, config = self._progress, self._plan, self._ledger.config
        progress.role, progress.leader = "follower", held.host
        progress.count, progress.last_event_id = held.count, held.place
        if held.config != config and self._named != (held.host, held.config):
            self._named = (held.host, held.config)
            _log.error(
                "relay %r: two configurations want one lease: %s has it and reads %s; %s waits and would read %s",
                plan.keys.name, held.host, held.config, plan.host, config,
            )  # fmt: skip
        if held.expires < 0:
            if not self._told_of_no_end:
                self._told_of_no_end = True
                _log.error(
                    "relay %r: the lease %s never expires, so no relay has set it; delete it to let one lead",
                    plan.keys.name, plan.keys.lease,
                )  # fmt: skip
            return plan.milliseconds / 4000
        # The leader renews the lease after a third of it. If the leader stops renewing, the lease ends at this time.
        return min(held.expires / 1000 + 0.002, plan.milliseconds / 4000)

    def _lead(self, granted: Granted) -> bool:
        """Read and write for one term; return whether the source has ended."""
        self._began(granted)
        name = self._plan.keys.name
        term = Term(self._ledger, granted, self._progress, self._patient(self._plan.patience), self._closing)
        try:
            self._relay(term, granted)
        except Fenced as fenced:
            _log.warning("relay %r: the lease is lost to %s", name, fenced.host or "another host")
            return False
        except Moved as moved:
            _log.warning("relay %r: %s; reading again from the place in Redis", name, moved)
            return False
        except Interrupted:
            _log.warning("relay %r: closed; what was read and not written will be read again", name)
        finally:
            term.release()
        return True

    def _relay(self, term: Term, granted: Granted) -> None:
        source, plan, closing = self._source, self._plan, self._closing
        guard = Guard(granted.place, mixed=granted.unguarded > 0)
        backpressure = Backpressure(
            self._link, plan.keys, plan.max_lag, self._progress, closing, trim=plan.drop_acknowledged
        )
        writer = Writer(term, backpressure, plan.batch, self._progress, source.wake)
        began = monotonic()
        try:
            for event in source.open(granted.place, guard.connected):
                if isinstance(event, Event):
                    partition = plan.partitioner(event)
                    writer.put((event.id, event.event, event.data, partition, guard.checksum(event)))
                elif not isinstance(event, Comment):
                    raise TypeError(f"expected events of the source, got {type(event).__name__}")
                if closing.is_set():
                    break
        except BaseException as error:
            if not isinstance(error, Exception):
                closing.set()  # Ctrl-C waits neither for slow consumers nor for Redis
            writer.stop()
            if isinstance(writer.error, RelayError) and not isinstance(error, RelayError):
                _log.error("relay %r: not all that was read before is written: %s", plan.keys.name, writer.error)
            raise
        finally:
            writer.stop()
            source.put_back([Event(data, kind, id_) for id_, kind, data, _, _ in writer.unwritten()])
            _log.info("relay %r: led for %.1f s", plan.keys.name, monotonic() - began)
        writer.close()

    def _began(self, granted: Granted) -> None:
        name, progress, host, config = self._plan.keys.name, self._progress, self._plan.host, self._ledger.config
        progress.role, progress.leader = "leader", host
        progress.terms += 1
        progress.count, progress.last_event_id = granted.count, granted.place
        progress.without_id = granted.unguarded
        _log.info("relay %r: %s leads, after event %r, term %d", name, host, granted.place, granted.term)
        if granted.config not in {"", config}:
            before = (granted.host, granted.config)
            _log.warning("relay %r: %s reads %s, but %s read %s before", name, host, config, *before)
        log_note(self._plan.keys, granted)
