"""The checked arguments of a relay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sse_client.relay._redis.keys import Keys
    from sse_client.relay._relaying.partitioner import Partitioner

__all__ = ["Plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The checked arguments of a relay; `Relay` describes them."""

    keys: Keys
    milliseconds: int
    partitioner: Partitioner
    key_name: str
    max_lag: int | None
    longest: int
    drop_acknowledged: bool
    guard: int
    batch: int
    host: str
    redis_name: str
    patience: float | None
    connect_patience: float | None
