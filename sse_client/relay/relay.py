"""A relay: whichever of many hosts holds the lease writes one feed to one Redis Stream."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from sse_client.relay._redis.connect import close, connect, shown
from sse_client.relay._redis.keys import Keys
from sse_client.relay._redis.scalar_text import check_scalar
from sse_client.relay._relaying.partitioner import Key, Partitioner
from sse_client.relay._relaying.plan import Plan
from sse_client.relay._relaying.progress import Progress
from sse_client.relay._relaying.source import Items, Source, source_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from sse_client import Client
    from sse_client.relay.result import AtLeastOnce, ExactlyOnce, RelayStatus

__all__ = ["Relay"]


class Relay:
    """Appends the events of a source to a Redis Stream, each once, on one of the hosts that run it.

    Every host runs the same relay. One holds the lease and reads; the others wait. If the leader dies, hangs or is cut
    off, one of them replaces it within the lease. An event and the checkpoint are written in one step, and only by the
    host that holds the lease at that moment.

    An entry has the fields `id`, `event` and `data`, `n` (its number among all events of the relay, from 1) and `pos`
    (its number in its partition).

    Args:
        redis: a client of redis-py, which stays open, or a URL: `redis://`, `rediss://`, `unix://`,
            `redis+sentinel://host:port,host:port/service`, `redis+cluster://host:port`. redis-py's own options go into
            its query. A client should not retry by itself, and should wait for an answer no longer than `lease`.
        name: the stream's name; braces in it must form one hash tag.
        lease: seconds after which a silent host is replaced; more than 0, 2 by default.
        partitions: the number of streams over which events are spread, 1 to 1,024; if more than one, their names are
            `{name}:0` and so on.
        key: events with the same key keep their order: a path into an event's JSON, such as `user.id`, or a function of
            the event. Events without a key (by default, all) go into partition 0.
        max_lag: how many entries the slowest group of consumers may still have to handle, 1 or more; None, the default,
            for no bound.
        on_lag: what happens at the bound. `wait`, the default: reading stops, and the connection holds the source back.
            `trim`: the oldest entries are removed, read or not; Redis keeps up to 100 more than the bound per stream.
        drop_acknowledged: with `wait` and a bound, remove the entries that every group has acknowledged.
        guard: among how many of the last events duplicates are recognised, by ID and content; 0 for none, 10,000 by
            default.
        batch: the most events of one write, 1 to 5,000; 500 by default.
        host: this host's name in the others' logs; by default, its host name and process ID.
        patience: seconds that Redis may be unreachable or refuse writes before `run` raises; None, the default, for no
            limit.
        connect_patience: the same before Redis has answered for the first time; 10 by default.

    Raises:
        ImportError: redis-py is missing.
        TypeError: `key` is an async function.
        ValueError: an argument is out of range, or the URL cannot be used.
    """

    def __init__(
        self,
        redis: Any,
        name: str,
        *,
        lease: float = 2.0,
        partitions: int = 1,
        key: Key | None = None,
        max_lag: int | None = None,
        on_lag: Literal["wait", "trim"] = "wait",
        drop_acknowledged: bool = False,
        guard: int = 10_000,
        batch: int = 500,
        host: str | None = None,
        patience: float | None = None,
        connect_patience: float | None = 10.0,
    ) -> None:
        _check(lease, max_lag, on_lag, guard, batch, drop_acknowledged=drop_acknowledged)
        self._keys = Keys(name, partitions)
        host = host or f"{socket.gethostname()}:{os.getpid()}"
        check_scalar("host", host)
        self._client, self._own = connect(redis, lease)
        self._partitioner = Partitioner(key, partitions)
        self._plan = Plan(
            keys=self._keys,
            # The lease in Redis is a fifth shorter than `lease`, which leaves the next host time to connect to the
            # source.
            milliseconds=max(1, int(lease * 800)),
            partitioner=self._partitioner,
            key_name=_name(key),
            max_lag=max_lag if on_lag == "wait" else None,
            longest=-(-max_lag // partitions) if max_lag and on_lag == "trim" else 0,
            drop_acknowledged=drop_acknowledged,
            guard=guard,
            batch=batch,
            host=host,
            redis_name=shown(redis),
            patience=patience,
            connect_patience=connect_patience,
        )
        self._closing = threading.Event()
        self._source: Source | None = None
        self._progress = Progress()

    @property
    def status(self) -> RelayStatus:
        """The current status. Any thread may read it."""
        self._progress.without_key = self._partitioner.without_key
        return self._progress.status()

    @overload
    def run(self, source: Items | Callable[[str], Items], /) -> ExactlyOnce | AtLeastOnce: ...

    @overload
    def run(
        self, method: str, url: str, /, *, client: Client | None = None, **options: Any
    ) -> ExactlyOnce | AtLeastOnce: ...

    def run(
        self, source: Any, url: str | None = None, /, *, client: Client | None = None, **options: Any
    ) -> ExactlyOnce | AtLeastOnce:
        """Relay until the source ends or `close` is called, waiting for the lease whenever necessary.

        If `close` was called before, it returns at once and reads nothing.

        Args:
            source: an HTTP method, with a URL and options as for `Client.stream` (`last_event_id` counts only if Redis
                has no last event ID); or events; or a function that receives the last event ID and returns events. A
                list is read from the event after the last event ID; any other iterable is read once, and its events
                that were already written are recognised by their IDs.
            url: the URL; only with a method.
            client: the client whose connections are used; only with a method.
            **options: options of the stream; only with a method.

        Returns:
            `ExactlyOnce`, or `AtLeastOnce` if there were events without an ID of their own.

        Raises:
            SSEError: the source failed for good, by its `reconnect` rules. The events read before have been written.
            RedisUnavailable: Redis was unreachable for longer than `patience`.
            RelayError: Redis refused a necessary command.
            TypeError, ValueError: the source is not valid, or its options are wrong.
        """
        from sse_client.relay._relaying.candidate import Candidate

        self._source = source_of(source, url, client, options)
        try:
            Candidate(self._client, self._plan, self._source, self._progress, self._closing).run()
        finally:
            self._source.close()
            self._progress.role = "follower"
        return self._progress.result()

    def lag(self) -> int:
        """Return how many entries the slowest group has not acknowledged. Any thread may call it.

        Entries in the streams of a former number of partitions count, too.

        Raises:
            RedisUnavailable: Redis does not answer.
            RelayError: Redis refuses the command.
        """
        from sse_client.relay._redis.failures import Unreachable
        from sse_client.relay._redis.link import Link
        from sse_client.relay._relaying.lag import lag
        from sse_client.relay.errors import RedisUnavailable

        link = Link(self._client)
        try:
            self._progress.lag = lag(link, self._keys).entries
        except Unreachable as error:
            raise RedisUnavailable(str(error)) from error
        finally:
            link.close()
        return self._progress.lag

    def close(self) -> None:
        """Stop reading, write the events already read, and release the lease; then `run` returns.

        Any thread may call it. An iterable that blocks is not woken.
        """
        self._closing.set()
        if self._source is not None:
            self._source.wake()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        if self._own:
            close(self._client)


def _name(key: Key | None) -> str:
    return key if isinstance(key, str) else getattr(key, "__qualname__", "no key" if key is None else "a function")


def _check(lease: float, max_lag: int | None, on_lag: str, guard: int, batch: int, *, drop_acknowledged: bool) -> None:
    if not 0 < lease <= threading.TIMEOUT_MAX:  # also true of a NaN
        raise ValueError(f"lease must be more than 0 seconds, and a time that can be waited for, not {lease:g}")
    if max_lag is not None and max_lag < 1:
        raise ValueError(f"max_lag must be 1 or more, or None, not {max_lag}")
    if on_lag not in {"wait", "trim"}:
        raise ValueError(f"on_lag must be 'wait' or 'trim', not {on_lag!r}")
    if on_lag == "trim" and max_lag is None:
        raise ValueError("on_lag='trim' goes with max_lag, the bound at which it trims")
    if drop_acknowledged and (max_lag is None or on_lag == "trim"):
        raise ValueError("drop_acknowledged goes with max_lag and on_lag='wait'")
    if guard < 0:
        raise ValueError(f"guard must be 0 or more, not {guard}")
    if not 1 <= batch <= 5_000:
        raise ValueError(f"batch must be 1 to 5,000, not {batch}")
