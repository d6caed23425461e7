"""Numbered events through three hosts that are killed, frozen and cut off: none lost, none doubled, in order."""

from __future__ import annotations

import random
from contextlib import ExitStack
from functools import partial
from time import sleep
from typing import TYPE_CHECKING, Any

import pytest

from relay.kit import Line, RedisServer, eventually, hosts, ids
from sse_client.testing import Server

if TYPE_CHECKING:
    from relay.kit import Host

LEASE = 0.6


def _leader(client: Any, stream: str) -> int | None:
    """Return the number of the host that leads; None while nobody does."""
    name = client.hget(f"{{{stream}}}:relay", "host") if client.exists(f"{{{stream}}}:relay:lease") else None
    return None if name is None else int(str(name).removeprefix("host "))


def _grown(client: Any, least: int) -> bool:
    length: int = client.xlen("ticks")
    return length > least


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [1, 2])
def test_no_event_is_lost_or_doubled_while_hosts_die(server: RedisServer, client: Any, seed: int) -> None:
    chance = random.Random(seed)
    total = 4000
    with ExitStack() as stack:
        source = stack.enter_context(Server(events=total, pace=0.001, drop_after=700, retry=20))
        lines = [stack.enter_context(Line(server.port)) for _ in range(3)]
        running = stack.enter_context(hosts(lines, f"{source.url}/events", "ticks", str(LEASE)))
        blows = ["kill", "freeze", "cut"] * 2
        chance.shuffle(blows)
        for blow in blows:
            before: int = client.xlen("ticks")
            eventually(partial(_grown, client, before))
            leader: int = eventually(lambda: _leader(client, "ticks"))
            _strike(blow, running[leader - 1], lines[leader - 1], chance)
        eventually(lambda: client.xlen("ticks") >= total, 60)
    assert ids(client, "ticks") == [str(number) for number in range(1, total + 1)]
    assert client.hget("{ticks}:relay", "count") == str(total)


def _strike(blow: str, host: Host, line: Line, chance: random.Random) -> None:
    if blow == "kill":
        host.kill()
        return
    (host.freeze if blow == "freeze" else line.cut)()
    sleep(LEASE * (1 + chance.random()))  # past the lease: this is what is tested, not a wait for something
    (host.thaw if blow == "freeze" else line.mend)()
