"""Creates a Redis client that fails fast from a URL."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from weakref import WeakKeyDictionary

from sse_client.relay._redis.one_deadline import bounded, bounded_pool
from sse_client.relay._redis.redis_url import RedisURL, shown

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["close", "close_async", "connect", "connect_async", "needed", "seconds_of", "shown"]

_seconds: WeakKeyDictionary[Any, float] = WeakKeyDictionary()  # of the clients that were created here


def connect(client: Any, seconds: float) -> tuple[Any, bool]:
    """Return a client of redis-py, and whether it was created here. Nothing is sent before its first command.

    Args:
        client: a client, which is returned as it is, or a URL: `redis://`, `rediss://` (TLS), `unix://`,
            `redis+sentinel://host:port,host:port/service`, `redis+cluster://host:port` (`rediss+...` with TLS).
        seconds: the most seconds for an operation, from connecting if necessary to the end of the answer. Those of a
            given client are its own.

    Raises:
        ImportError: redis-py is missing.
        ValueError: the URL has another form, or an option that redis-py does not know.
    """
    redis = needed()

    def cluster(url: str, **options: Any) -> _Cluster:
        pools = bounded_pool(redis.ConnectionPool)
        return _Cluster(lambda: redis.RedisCluster.from_url(url, connection_pool_class=pools, **options))

    found, own = _connected(client, seconds, redis, redis, cluster, redis.sentinel.Sentinel)
    if own:
        for each in (found, *_sentinels(found)):
            pool = getattr(each, "connection_pool", None)
            if pool is not None:
                pool.connection_class = bounded(pool.connection_class)
    return found, own


def connect_async(client: Any, seconds: float) -> tuple[Any, bool]:
    """Return a client of redis-py for asyncio, and whether it was created here; see `connect`."""
    redis = needed()
    from redis.asyncio.cluster import RedisCluster
    from redis.asyncio.sentinel import Sentinel

    return _connected(client, seconds, redis, redis.asyncio, RedisCluster.from_url, Sentinel)


def seconds_of(client: Any) -> float | None:
    """Return the most seconds for an operation of a client; None for one that was not created here."""
    try:
        return _seconds.get(client)
    except TypeError:  # it allows no weak references, or has no hash
        return None


def close(client: Any) -> None:
    """Close a client that was created here, and those of its sentinels."""
    client.close()
    for sentinel in _sentinels(client):
        sentinel.close()


async def close_async(client: Any) -> None:
    """Close a client for asyncio; see `close`."""
    await client.aclose()
    for sentinel in _sentinels(client):
        await sentinel.aclose()


def _sentinels(client: Any) -> list[Any]:
    manager = getattr(getattr(client, "connection_pool", None), "sentinel_manager", None)
    return [] if manager is None else manager.sentinels


def needed() -> Any:
    """Return redis-py.

    Raises:
        ImportError: redis-py is missing.
    """
    try:
        import redis
        from redis import asyncio, sentinel
    except ImportError as error:
        raise ImportError("the relay needs redis-py: pip install 'sse-client[redis]'") from error
    del asyncio, sentinel  # these imports load submodules, which then are attributes of the package
    return redis


class _Cluster:
    """A client of a cluster, which is created with its first command.

    `redis.RedisCluster` asks for the slots when it is created, and fails if no node answers. Created this late, it can
    be retried like every other command.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._made: Any = None
        self._lock = threading.Lock()

    def execute_command(self, *command: Any, **options: Any) -> Any:
        with self._lock:
            if self._made is None:
                self._made = self._make()
        return self._made.execute_command(*command, **options)

    def close(self) -> None:
        if self._made is not None:
            self._made.close()


def _connected(
    client: Any, seconds: float, redis: Any, clients: Any, cluster: Callable[..., Any], sentinel: Any
) -> tuple[Any, bool]:
    if not isinstance(client, str):
        return client, False
    url = RedisURL.parse(client)
    found = _created(url, client, seconds, redis, clients, cluster, sentinel)
    _seconds[found] = float(parse_qs(url.parts.query).get("socket_timeout", [seconds])[-1])
    return found, True


def _created(
    url: RedisURL, given: str, seconds: float, redis: Any, clients: Any, cluster: Callable[..., Any], sentinel: Any
) -> Any:
    # The relay retries by itself: it knows what to repeat, and continues to renew its lease in between.
    once = clients.retry.Retry if hasattr(clients, "retry") else redis.retry.Retry
    options: dict[str, Any] = {
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "retry": once(redis.backoff.NoBackoff(), 0),
    }
    try:
        if url.variant == "cluster":
            return cluster(url.plain, **options)
        if url.variant == "sentinel":
            return _behind_sentinels(url, options, sentinel, redis.connection.parse_url)
        found = clients.Redis.from_url(url.plain, **options)
        # redis-py checks a connection's options only when it creates the connection.
        found.connection_pool.connection_class(**found.connection_pool.connection_kwargs)
    except TypeError as error:
        raise ValueError(f"expected options of redis-py in the query of {shown(given)}: {error}") from error
    return found


def _behind_sentinels(
    url: RedisURL, options: dict[str, Any], sentinel: Any, parse: Callable[[str], dict[str, Any]]
) -> Any:
    query = parse(f"redis://?{url.parts.query}")
    options = {**options, **({"ssl": True} if url.kind == "rediss" else {}), **query}
    user, password = url.credentials
    # Sentinels do not get the master's password; if they have one of their own, it goes into the query.
    theirs = {
        name: options.pop(f"sentinel_{name}") for name in ("username", "password") if f"sentinel_{name}" in options
    }
    found = sentinel(
        url.addresses, sentinel_kwargs={**options, **theirs}, **options, username=user, password=password
    )  # fmt: skip
    return found.master_for(url.path)
