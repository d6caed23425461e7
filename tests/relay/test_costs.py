"""What one live event costs the relay, in calls, beside a loop of redis-py's XADD; seconds would vary."""

from __future__ import annotations

import sys
from time import sleep
from typing import TYPE_CHECKING, Any

from relay.kit import numbered
from sse_client.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relay.kit import RedisServer
    from sse_client import Event

EVENTS = 40


class Counted:
    """Events that come one by one, and the calls that this thread makes from the second to the last of them."""

    def __init__(self) -> None:
        self.calls = 0

    def __iter__(self) -> Iterator[Event]:
        for number, event in enumerate(numbered(1, EVENTS)):
            sys.setprofile(None)
            sleep(0.004)  # each is alone: it comes long after the one before was written
            if number:
                sys.setprofile(self._count)
            yield event
        sys.setprofile(None)

    def _count(self, frame: object, kind: str, argument: object) -> None:
        self.calls += kind in {"call", "c_call"}


def test_a_live_event_costs_no_more_calls_than_xadd(server: RedisServer, client: Any) -> None:
    loop, relayed = Counted(), Counted()
    try:
        for event in loop:
            client.xadd("loop", {"id": event.id, "event": event.event, "data": event.data})
        with Relay(server.url, "ticks") as relay:
            relay.run(relayed)
    finally:
        sys.setprofile(None)
    assert client.xlen("ticks") == client.xlen("loop") == EVENTS
    each = relayed.calls / EVENTS
    assert each > 50, "it was this thread that wrote them"
    assert relayed.calls < 0.8 * loop.calls, f"{each:.0f} calls an event, {loop.calls / EVENTS:.0f} with XADD"
