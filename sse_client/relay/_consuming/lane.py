"""The state of one stream of a consumer: the entries that it was given and has not finished."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sse_client.relay._redis.link import text
from sse_client.relay.entry import StreamEntry

if TYPE_CHECKING:
    from sse_client.relay._redis.keys import Keys

__all__ = ["Group", "Lane", "entry_id_of"]

_NUMBER = re.compile("[0-9]{1,18}")  # an event's number; another program may write anything


@dataclass(frozen=True, slots=True)
class Group:
    """The identity of a consumer in its group.

    Attributes:
        token: the token with which it owns partitions; empty if consumers share every stream.
        milliseconds: how long it owns a partition without a renewal.
    """

    keys: Keys
    group: str
    consumer: str
    token: str
    milliseconds: int

    @property
    def ordered(self) -> bool:
        """Whether a partition belongs to one consumer at a time."""
        return bool(self.token)

    def asked(self, operation: str, partition: int, *arguments: Any) -> tuple[list[str], list[Any]]:
        """Return keys and arguments of the script for one partition."""
        keys = [*self._keys(partition), self.keys.owner(self.group, partition)]
        return keys, [operation, self.group, self.consumer, *arguments]

    def asked_of_all(self, operation: str, *arguments: Any) -> tuple[list[str], list[Any]]:
        """Return keys and arguments of the script for all partitions."""
        owners = [self.keys.owner(self.group, partition) for partition in range(self.keys.partitions)]
        return self.asked_of(owners, operation, *arguments)

    def asked_of(self, keys: list[str], operation: str, *arguments: Any) -> tuple[list[str], list[Any]]:
        """Return keys and arguments of the script for `keys`, in addition to those of the group."""
        return [*self._keys(0), *keys], [operation, self.group, self.consumer, *arguments]

    def _keys(self, partition: int) -> list[str]:
        keys = self.keys
        return [keys.state, keys.groups, keys.dead, keys.streams[partition], keys.members(self.group)]


def entry_id_of(given: StreamEntry | str) -> str:
    """Return the ID of an item of a queue."""
    return given if isinstance(given, str) else given.entry_id


@dataclass(slots=True)
class Lane:
    """One stream of a consumer, and the entries of it that the consumer holds.

    Attributes:
        queue: delivered entries that wait to be handled: entries that were read, and the IDs of entries that had been
            delivered before, which are fetched again when their turn comes.
        later: failed entries: the time of the next try, and the ID.
        latest: the ID of the last known entry.
        ready: whether reading may bring an entry; False if the last read has brought all there were.
        cursor: where to continue the search for entries delivered before; None if the search is finished.
        held_until: the monotonic time from which others may take the partition, or the entries in the queue.
        overdue: whether that time had passed when it was extended.
        doubtful: the IDs of entries that another consumer may have claimed since they were delivered.
        claim_at: the monotonic time at which to search next for entries left by dead consumers.
    """

    partition: int
    stream: str
    queue: deque[StreamEntry | str] = field(default_factory=lambda: deque[StreamEntry | str]())
    later: list[tuple[float, str]] = field(default_factory=lambda: list[tuple[float, str]]())
    handling: str | None = None
    latest: str = "0-0"
    ready: bool = True
    cursor: str | None = "0-0"
    held_until: float = 0.0
    overdue: bool = False
    doubtful: set[str] = field(default_factory=lambda: set[str]())
    claim_at: float = 0.0

    def in_hand(self) -> list[str]:
        """Return the IDs of all unfinished entries."""
        ids = [entry_id_of(each) for each in tuple(self.queue)] + [each for _, each in tuple(self.later)]
        handling = self.handling
        return ids if handling is None else [handling, *ids]

    def entries(self, raw: list[Any]) -> list[StreamEntry]:
        """Return the entries in a result of the script, each `[id, fields]` or `[id, fields, deliveries]`."""
        return [self._entry(*each) for each in raw]

    def _entry(self, entry_id: Any, flat: list[Any], deliveries: int = 1) -> StreamEntry:
        fields = {text(flat[at]): text(flat[at + 1]) for at in range(0, len(flat), 2)}
        number = fields.get("n", "")
        return StreamEntry(
            data=fields.get("data", ""),
            event=fields.get("event", "message"),
            id=fields.get("id", ""),
            stream=self.stream,
            entry_id=text(entry_id),
            partition=self.partition,
            # An entry that was not written by the relay has no number, and cannot be handled.
            n=int(number) if _NUMBER.fullmatch(number) and "data" in fields else 0,
            deliveries=int(deliveries),
        )
