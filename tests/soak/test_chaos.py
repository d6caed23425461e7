"""Numbered events through whatever goes wrong: none lost, none doubled, in order. `make soak` sends 100,000."""

from __future__ import annotations

import os
from typing import Any

import pytest
from asynchronous.kit import Asyncio, Blocking

from .chaos import OPTIONS, Chaos

COUNT = int(os.environ.get("SOAK_EVENTS", "8000"))

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("client", [Blocking(), Asyncio()], ids=["blocking", "asyncio"])
def test_no_event_is_lost_or_doubled(client: Any, seed: int) -> None:
    chaos = Chaos(COUNT, seed)
    with chaos.server() as server:
        reading = client.read("GET", server.url, until=str(COUNT), include_last=True, **OPTIONS)
        connections = len(server.requests)
    assert reading.error is None
    assert reading.data == [str(number) for number in range(1, COUNT + 1)]
    assert sum(chaos.faults.values()) == connections - 1
    assert len(chaos.faults) >= 10
