"""The relay's script as typed operations: the lease, and the stream with its checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from sse_client.relay._redis.link import Link, Script, text
from sse_client.relay._relaying.script import RELAY
from sse_client.relay.errors import WrongType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sse_client.relay._redis.keys import Keys

__all__ = ["Fenced", "Granted", "Held", "Item", "Ledger", "Moved"]

_SCRIPT = Script(RELAY, ("hash", "string", "zset"))
_encode = msgspec.msgpack.Encoder().encode

Item = tuple[str, str, str, int, "int | None"]
"""An event to write: its ID, type and data, its partition, and its checksum if it is guarded."""


class Fenced(Exception):
    """Another host leads, or nobody does: the lease does not have this host's token.

    Attributes:
        host: the last leader that Redis knows.
    """

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host


class Moved(Exception):
    """The checkpoint in Redis is not where this host left it: after a fail-over, or because someone changed it."""


@dataclass(frozen=True, slots=True)
class Held:
    """Another host holds the lease.

    Attributes:
        expires: milliseconds until the lease ends if it is not renewed; -1 if it never does.
        count: events in the stream so far.
        place: the last event ID.
    """

    host: str
    config: str
    expires: int
    count: int
    place: str


@dataclass(frozen=True, slots=True)
class Granted:
    """This host leads.

    Attributes:
        term: the number of this term, from 1.
        count: events in the stream so far.
        place: the last event ID.
        unguarded: how many of those events had no ID of their own.
        host: the previous leader; empty if there was none.
        config: the previous leader's source, in words.
        note: `recovered` if the checkpoint was read from the newest entry, `deleted` if the streams are gone.
        batch: the name of the last write.
        partitions: the previous number of partitions; 0 if there was no leader.
    """

    token: str
    term: int
    count: int
    place: str
    unguarded: int
    host: str
    config: str
    note: str
    batch: str
    partitions: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """The operations of one host on the relay's keys.

    Args:
        host: the name that others see.
        config: the source in words, to be compared with that of other hosts.
        milliseconds: the length of the lease.
        window: among how many of the last events duplicates are recognised; 0 for none.
        longest: the approximate number of entries to which a stream is trimmed; 0 for no limit.
    """

    link: Link
    keys: Keys
    host: str
    config: str
    milliseconds: int
    window: int
    longest: int
    _all_keys: tuple[str, ...] = field(init=False, repr=False)  # computed once, because each event needs them

    def __post_init__(self) -> None:
        keys = self.keys
        object.__setattr__(self, "_all_keys", (keys.state, keys.lease, keys.seen, *keys.streams))

    def acquire(self, token: str) -> Granted | Held:
        """Take the lease if it is free.

        Raises:
            Unreachable, RelayError: as `Link.run` does.
        """
        answer = self._run("acquire", token, self.milliseconds, self.host, self.config)
        kind, *values = answer
        if text(kind) == "held":
            host, config, expires, count, place = values
            return Held(text(host), text(config), int(expires), int(count), text(place))
        term, count, place, unguarded, host, config, note, batch, partitions = values
        words = (text(host), text(config), text(note), text(batch))
        return Granted(token, int(term), int(count), text(place), int(unguarded), *words, int(partitions))

    def write(self, token: str, expected: int, batch: str, items: Sequence[Item]) -> tuple[int, int]:
        """Append `items` and set the checkpoint, in one step.

        Args:
            token: the token of the lease.
            expected: the number of events in the stream, as known to this host.
            batch: the name of this write; if the last write had the same name, nothing is written again.
            items: the events.

        Returns:
            The number of events that were not duplicates, and the number of streams that someone had deleted.

        Raises:
            Fenced: the lease does not have this token.
            Moved: the stream holds another number of events.
            Unreachable, RelayError: as `Link.run` does.
        """
        arguments = (self.milliseconds, expected, batch, _encode(items), self.window, self.longest)
        kind, *values = self._run("write", token, *arguments)
        if text(kind) == "moved":
            raise Moved(f"{self.keys.state} counts {text(values[0])} events, not {expected}")
        return int(values[0]), int(values[1])

    def renew(self, token: str) -> None:
        """Extend the lease.

        Raises:
            Fenced: the lease does not have this token.
            Unreachable, RelayError: as `Link.run` does.
        """
        self._run("renew", token, self.milliseconds)

    def release(self, token: str) -> None:
        """Release the lease, if it still has this token.

        Raises:
            Unreachable, RelayError: as `Link.run` does.
        """
        try:
            self._run("release", token)
        except Fenced:
            return

    def _run(self, operation: str, token: str, *arguments: Any) -> list[Any]:
        answer: list[Any] = self.link.run(_SCRIPT, self._all_keys, operation, token, *arguments)
        kind = text(answer[0])
        if kind == "fenced":
            raise Fenced(text(answer[1]))
        if kind == "wrongtype":
            key, found, wanted = map(text, answer[1:])
            raise WrongType(f"expected the key {key!r} to be a {wanted}, but it is a {found}", key=key)
        return answer
