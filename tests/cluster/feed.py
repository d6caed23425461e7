"""Numbered events through a relay of three hosts that are killed, frozen and cut off, by a seeded random."""

from __future__ import annotations

import random
import signal
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import redis
from relay.kit import eventually, free_port

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from cluster.network import Network

_STREAM = "feed"
_STATE = "{feed}:relay"


@dataclass(frozen=True)
class Blow:
    """One host that was hit.

    Attributes:
        at: seconds from the beginning.
        seconds: until another host had written an event.
    """

    kind: str
    at: float
    seconds: float


@dataclass
class FeedReport:
    """What came of it."""

    events: int
    lost: int = 0
    doubled: int = 0
    in_order: bool = False
    blows: list[Blow] = field(default_factory=lambda: list[Blow]())
    counts: list[tuple[float, int]] = field(default_factory=lambda: list[tuple[float, int]]())

    def fail_over(self, share: float) -> float:
        """Return the seconds that so large a share of the fail-overs took at most."""
        times = sorted(blow.seconds for blow in self.blows)
        return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0


class Feed:
    """The hosts of a relay.

    Args:
        network: three hosts.
        folder: for Redis.
        events: how many the source has.
        rate: of them a second.
        lease: of the relay.
        log: is told of each blow.
    """

    def __init__(
        self, network: Network, folder: Path, *, events: int, rate: float, lease: float, log: Callable[[str], object]
    ) -> None:
        self._network = network
        self._lease = lease
        self._log = log
        self._ports = free_port(), free_port()
        self._report = FeedReport(events)
        socket = str(folder / "redis.sock")
        network.run(
            0, "redis-server", "--port", str(self._ports[0]), "--bind", network.hub, "--protected-mode", "no",
            "--unixsocket", socket, "--save", "", "--dir", str(folder),
        )  # fmt: skip
        # Across namespaces there is the file system alone.
        self._redis: Any = redis.Redis(unix_socket_path=socket, decode_responses=True)
        eventually(self._there)
        source = ("-m", "cluster.source", network.hub, str(self._ports[1]), str(events), str(rate), "0")
        network.run(0, sys.executable, *source, str(folder / "counts.json"))
        self._running = {host: self._start(host) for host in network.hosts}
        self._began = monotonic()

    def run(self, seed: int, blows: int) -> FeedReport:
        """Hit hosts until all events are in the stream; return what is in it."""
        chance = random.Random(seed)
        kinds = ["kill", "freeze", "cut" if self._network.namespaces else "kill"]
        plan = [kinds[number % 3] for number in range(blows)]
        chance.shuffle(plan)
        for kind in plan:
            self._watch(0.3 + self._lease * chance.random())
            if self._count() >= self._report.events:
                break
            self._strike(kind, chance)
        eventually(self._complete, 120)
        self._check()
        return self._report

    def _complete(self) -> bool:
        self._watch(0.1)
        return self._count() >= self._report.events

    def _strike(self, kind: str, chance: random.Random) -> None:
        host, term = eventually(self._leader)
        began = monotonic()
        process = self._running[host]
        if kind == "kill":
            self._network.kill(process)
        elif kind == "freeze":
            self._network.kill(process, signal.SIGSTOP)
        else:
            self._network.cut(host)
        eventually(lambda: self._taken_over(term), 30)
        seconds = monotonic() - began
        self._report.blows.append(Blow(kind, began - self._began, seconds))
        self._log(f"{kind} host {host}: replaced after {seconds:.2f} s, {self._count():,} events")
        self._watch(self._lease * chance.random())  # the old leader comes back while the new one leads
        if kind == "kill":
            self._running[host] = self._start(host)
        elif kind == "freeze":
            self._network.kill(process, signal.SIGCONT)
        else:
            self._network.mend(host)

    def _start(self, host: int) -> subprocess.Popen[bytes]:
        hub, (port, source) = self._network.hub, self._ports
        command = (f"redis://{hub}:{port}", f"http://{hub}:{source}/events", f"host {host}", _STREAM, str(self._lease))
        return self._network.run(host, sys.executable, "-m", "relay.host", *command)

    def _leader(self) -> tuple[int, int] | None:
        if not self._redis.exists(f"{_STATE}:lease"):
            return None
        name, term = self._redis.hmget(_STATE, "host", "term")
        return (int(name.split()[1]), int(term)) if name else None

    def _taken_over(self, term: int) -> bool:
        """Tell whether a later term has written an event."""
        now, batch = self._redis.hmget(_STATE, "term", "batch")
        lease = self._redis.get(f"{_STATE}:lease")
        self._note()
        wrote = bool(batch and lease and batch.startswith(lease))
        return int(now or 0) > term and (wrote or self._count() >= self._report.events)

    def _count(self) -> int:
        return int(self._redis.hget(_STATE, "count") or 0)

    def _note(self) -> None:
        self._report.counts.append((monotonic() - self._began, self._count()))

    def _watch(self, seconds: float) -> None:
        until = monotonic() + seconds
        while monotonic() < until:
            self._note()
            sleep(0.02)

    def _there(self) -> bool:
        try:
            return bool(self._redis.ping())
        except redis.ConnectionError:
            return False

    def _check(self) -> None:
        found: list[int] = []
        last = "-"
        while page := self._redis.xrange(_STREAM, min=last, count=10_000):
            found += [int(fields["id"]) for _, fields in page]
            last = f"({page[-1][0]}"
        self._report.lost = self._report.events - len(set(found))
        self._report.doubled = len(found) - len(set(found))
        self._report.in_order = found == sorted(found)


def relay_feed(
    network: Network, folder: Path, *, events: int, rate: float, lease: float, seed: int, blows: int,
    log: Callable[[str], object],
) -> FeedReport:  # fmt: skip
    """Run a feed through the hosts of `network`; return what is in the stream."""
    with ExitStack() as stack:
        feed = Feed(network, folder, events=events, rate=rate, lease=lease, log=log)
        stack.callback(feed._redis.close)
        return feed.run(seed, blows)
