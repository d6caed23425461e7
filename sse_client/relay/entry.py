"""The values that a handler and its callbacks receive."""

from __future__ import annotations

from dataclasses import dataclass

from sse_client import Event

__all__ = ["Consumed", "LostEntries", "StreamEntry"]


class StreamEntry(Event, frozen=True, gc=False, kw_only=True):
    """An event out of a stream of Redis: `data`, `event` and `id` are the source's.

    Attributes:
        stream: the key it is in.
        entry_id: its ID there; with `stream` it names the entry, so that a handler can see that it did it before.
        partition: the number of the stream.
        n: its number among all events of the relay, from 1.
        deliveries: how often it was given out, with this time; more than 1 after a failure or a consumer's death.
    """

    stream: str = ""
    entry_id: str = ""
    partition: int = 0
    n: int = 0
    deliveries: int = 1


@dataclass(frozen=True, slots=True)
class LostEntries:
    """Entries that were trimmed or deleted before they were handled. They cannot be read again from Redis.

    Attributes:
        stream: the key they were in.
        partition: the number of the stream.
        count: how many there were.
        entry_ids: those that had been given out before; of the others nothing is known but their number.
    """

    stream: str
    partition: int
    count: int
    entry_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumed:
    """What one consumer did.

    Attributes:
        handled: entries whose handling ended well, and that were acknowledged.
        failed: exceptions of the handler.
        claimed: entries that another consumer had been given before.
        dead: entries that became dead letters.
        lost: entries that were trimmed or deleted before they were handled.
    """

    handled: int = 0
    failed: int = 0
    claimed: int = 0
    dead: int = 0
    lost: int = 0
