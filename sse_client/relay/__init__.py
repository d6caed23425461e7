r"""A feed on Redis Streams: one of many hosts reads it, groups of consumers handle it, and nothing is lost between.

    from sse_client.relay import Relay, consume

    with Relay("redis://localhost", "prices") as relay:                 # on each of N hosts
        relay.run("GET", "https://example.com/prices")

    consume("billing", handler, redis="redis://localhost", stream="prices")

Needs redis-py (`pip install 'sse-client[redis]'`) and a server of Redis 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client.relay._command.command import command
from sse_client.relay.checkpoint import RedisCheckpoint
from sse_client.relay.consumer import Consumer, consume
from sse_client.relay.entry import Consumed, LostEntries, StreamEntry
from sse_client.relay.errors import RedisUnavailable, RelayError, WrongType
from sse_client.relay.relay import Relay
from sse_client.relay.result import AtLeastOnce, ExactlyOnce, RelayResult, RelayStatus

if TYPE_CHECKING:
    from sse_client.relay.aio import AsyncConsumer, aconsume

__all__ = [
    "AsyncConsumer",
    "AtLeastOnce",
    "Consumed",
    "Consumer",
    "ExactlyOnce",
    "LostEntries",
    "RedisCheckpoint",
    "RedisUnavailable",
    "Relay",
    "RelayError",
    "RelayResult",
    "RelayStatus",
    "StreamEntry",
    "WrongType",
    "aconsume",
    "command",
    "consume",
]

# Imported on first access, because they need asyncio.
_ASYNCIO = frozenset({"AsyncConsumer", "aconsume"})


def __getattr__(name: str) -> Any:
    if name not in _ASYNCIO:
        raise AttributeError(f"module 'sse_client.relay' has no attribute {name!r}")
    from sse_client.relay._redis.connect import needed

    needed()
    from sse_client.relay import aio

    return getattr(aio, name)
