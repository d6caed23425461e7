"""The checked arguments of a consumer, as the settings of its parts."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from sse_client.relay._redis.keys import Keys
from sse_client.relay._redis.scalar_text import check_scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.relay._consuming.next_step import Consuming
    from sse_client.relay.entry import LostEntries, StreamEntry

__all__ = ["TIMEOUT", "consuming"]

TIMEOUT: Final = 5.0
"""Seconds that Redis has for an answer to a consumer; it waits one second at most for an entry."""


def consuming(
    group: str,
    stream: str,
    partitions: int,
    consumer: str | None,
    *,
    start: str,
    batch: int,
    lease: float,
    claim_after: float,
    max_deliveries: int,
    retry_delay: float,
    on_lost: Callable[[LostEntries], object] | None,
    on_error: Callable[[StreamEntry, Exception], object] | None,
    patience: float | None,
    redis: str,
) -> Consuming:
    """Return the steps of a consumer. `Consumer` describes the arguments, except `redis`: its name in messages.

    Raises:
        ImportError: redis-py is missing.
        ValueError: an argument is out of its range.
    """
    from sse_client.relay._redis.connect import needed

    needed()
    from sse_client.relay._consuming.handling import Settings
    from sse_client.relay._consuming.lane import Group
    from sse_client.relay._consuming.next_step import Consuming

    if not group or any(char in group for char in "{}:"):
        raise ValueError(f"expected a group's name without braces and colons, not {group!r}")
    if start not in {"0", "$"}:
        raise ValueError(f"start must be '0' or '$', not {start!r}")
    for name, number in (("lease", lease), ("claim_after", claim_after), ("retry_delay", retry_delay)):
        if not 0 < number <= threading.TIMEOUT_MAX:  # also true of a NaN
            raise ValueError(f"{name} must be more than 0 seconds, and a time that can be waited for, not {number:g}")
    for name, number in (("batch", batch), ("max_deliveries", max_deliveries)):
        if number < 1:
            raise ValueError(f"{name} must be 1 or more, not {number}")
    keys = Keys(stream, partitions)
    name = consumer or f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
    check_scalar("the group's name", group)
    check_scalar("the consumer's name", name)
    token = uuid4().hex if partitions > 1 else ""
    who = Group(keys, group, name, token, max(1, int(lease * 1000)))
    settings = Settings(start, batch, claim_after, max_deliveries, retry_delay, on_lost, on_error, patience)
    return Consuming(who, settings, f"group {group!r} of {stream!r} at {redis}")
