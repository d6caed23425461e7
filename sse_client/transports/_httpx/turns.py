"""Gives the other tasks of an event loop turns between reads that do not wait, as those of decrypted bytes."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from sse_client._core.response_body import TURN
from sse_client.transports.event_loops import turn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["turning"]


def turning(receive: Callable[..., Awaitable[bytes]]) -> Callable[..., Awaitable[bytes]]:
    """Return a function that does what `receive` does, after a turn of the event loop if none was in the last 2 ms."""
    turned = monotonic()

    async def received(*args: Any, **options: Any) -> bytes:
        nonlocal turned
        began = monotonic()
        if began - turned > TURN:
            await turn()
            began = turned = monotonic()
        data = await receive(*args, **options)
        if (now := monotonic()) - began > TURN:  # in a shorter time, it may not have waited
            turned = now
        return data

    return received
