"""The counters of one relay, which its threads write and its status shows."""

from __future__ import annotations

from dataclasses import dataclass

from sse_client.relay.result import AtLeastOnce, ExactlyOnce, RelayStatus

__all__ = ["Progress"]


@dataclass(slots=True)
class Progress:
    """Mutable counterpart of `RelayStatus`; each field has one writer at a time."""

    role: str = "starting"
    leader: str = ""
    redis: str = "ok"
    written: int = 0
    duplicates: int = 0
    terms: int = 0
    count: int = 0
    last_event_id: str = ""
    without_id: int = 0
    without_key: int = 0
    pending: int = 0
    lag: int | None = None
    held_back: bool = False

    def status(self) -> RelayStatus:
        """Return a snapshot of the counters."""
        return RelayStatus(
            role=self.role, leader=self.leader, redis=self.redis, written=self.written, duplicates=self.duplicates,
            terms=self.terms, count=self.count, last_event_id=self.last_event_id, without_key=self.without_key,
            pending=self.pending, lag=self.lag, held_back=self.held_back,
        )  # fmt: skip

    def result(self) -> ExactlyOnce | AtLeastOnce:
        """Return the result: `ExactlyOnce` if every event had an ID of its own, else `AtLeastOnce`."""
        done = {"written": self.written, "duplicates": self.duplicates, "terms": self.terms, "count": self.count}
        if self.without_id:
            return AtLeastOnce(**done, last_event_id=self.last_event_id, without_id=self.without_id)
        return ExactlyOnce(**done, last_event_id=self.last_event_id)
