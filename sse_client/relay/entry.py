"""The values that a handler and its callbacks receive."""

from __future__ import annotations

from dataclasses import dataclass

from sse_client import Event

__all__ = ["Consumed", "LostEntries", "StreamEntry"]


class StreamEntry(Event, frozen=True, gc=False, kw_only=True):
    """An event from a Redis Stream; `data`, `event` and `id` are those of the source.

    Attributes:
        stream: the key of the stream.
        entry_id: the ID of the entry; together with `stream` it identifies the entry, so that a handler can recognise
            one that it has handled before.
        partition: the number of the partition, from 0.
        n: the event's number among all events of the relay, from 1.
        deliveries: how often the entry was delivered, including this time; more than 1 after a failure or a consumer's
            death.
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
        stream: the key of the stream.
        partition: the number of the partition, from 0.
        count: how many entries were lost.
        entry_ids: the IDs of those that had been delivered before; of the others, only the number is known.
    """

    stream: str
    partition: int
    count: int
    entry_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumed:
    """The counts of one consumer.

    Attributes:
        handled: entries that were handled successfully and acknowledged.
        failed: exceptions raised by the handler.
        claimed: entries that had been delivered to another consumer before.
        dead: entries that became dead letters.
        lost: entries that were trimmed or deleted before they were handled.
    """

    handled: int = 0
    failed: int = 0
    claimed: int = 0
    dead: int = 0
    lost: int = 0
