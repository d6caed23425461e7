"""The result of a relay: what it has written, and whether each event was written exactly once."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AtLeastOnce", "ExactlyOnce", "RelayResult", "RelayStatus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayResult:
    """The result of a relay on one host.

    Attributes:
        written: events that this host appended to the stream.
        duplicates: events that the source sent again, and that were not appended again.
        terms: how often this host was the leader.
        count: events that all hosts have appended, as last seen by this host.
        last_event_id: the checkpoint in Redis.
    """

    written: int
    duplicates: int
    terms: int
    count: int
    last_event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactlyOnce(RelayResult):
    """Every event had an ID of its own: each is in the stream once, whichever hosts died.

    An event that the source sends again is recognised if it is among the last `guard` events.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeastOnce(RelayResult):
    """Some events had no ID of their own: one that was sent again after a loss may be in the stream twice.

    Attributes:
        without_id: how many of all events in the stream had no ID of their own.
    """

    without_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayStatus:
    """The current status of a relay.

    Attributes:
        role: `leader`, `follower`, or `starting` before Redis has answered.
        leader: the host that leads, as last seen by this one; empty if it has seen none.
        redis: `ok`, `away` or `full`.
        written: events that this host appended.
        duplicates: events that the source sent again, and that were not appended again.
        terms: how often this host was the leader.
        count: events that all hosts have appended.
        last_event_id: the checkpoint in Redis.
        without_key: events that had no partition key.
        pending: events that were read and have not been written yet.
        lag: events that the slowest group of consumers has not acknowledged; None if it was not measured.
        held_back: whether reading has stopped until consumers have caught up.
    """

    role: str
    leader: str
    redis: str
    written: int
    duplicates: int
    terms: int
    count: int
    last_event_id: str
    without_key: int
    pending: int
    lag: int | None
    held_back: bool
