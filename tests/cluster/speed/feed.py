"""A feed through the relay and to its consumers: time, CPU, latency and memory."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from relay.kit import RedisServer, eventually, free_port

from cluster.speed.child import loop, relay
from sse_client import Event
from sse_client.relay import Relay
from sse_client.testing import LAST_CHUNK, Pause, Server, chunk, head, reply

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["TESTS", "Run", "consumed", "entry_bytes", "latencies", "run", "world"]

TESTS = Path(__file__).parent.parent.parent
Run = dict[str, float]
"""`wall` and `cpu` seconds, `peak` MiB of the process, and `redis` seconds of CPU of the server."""


@contextmanager
def world(folder: Path, events: int = 0, rate: float = 1) -> Generator[str]:
    """Run the source of `cluster.source`; give its URL."""
    port, counts = free_port(), folder / "counts.json"
    arguments = ("127.0.0.1", str(port), str(events), str(rate), "0", str(counts))
    source = subprocess.Popen([sys.executable, "-m", "cluster.source", *arguments], cwd=TESTS)
    try:
        eventually(counts.exists)
        yield f"http://127.0.0.1:{port}"
    finally:
        source.kill()
        source.wait()
        counts.unlink(missing_ok=True)


def run(what: str, events: int, rate: float, folder: Path, *, consumer: bool = False) -> list[Run]:
    """Measure a relay, or a loop of XADD, against a source of its own, and a consumer beside it if asked for."""
    with world(folder, events, rate) as url, _redis(folder) as server:
        before = _cpu(server)
        beside = [_child("consume", "", server, events)] if consumer else []
        children = [_child(what, url, server, events), *beside]
        found = [_ended(child) for child in children]
        assert server.client().xlen("feed") == events
        return [{**each, "redis": _cpu(server) - before} for each in found]


def consumed(events: int, folder: Path) -> Run:
    """Measure a consumer that has all of it before it."""
    with _redis(folder) as server:
        with Relay(server.url, "feed") as relaying:
            relaying.run([Event(f'{{"n": {number}}}', id=str(number)) for number in range(1, events + 1)])
        before = _cpu(server)
        found = _ended(_child("consume", "", server, events))
        return {**found, "redis": _cpu(server) - before}


def entry_bytes(events: int, size: int, folder: Path) -> tuple[float, float]:
    """Return the bytes of Redis for an entry of `size` bytes of data in the stream, and for one that is known again."""
    with _redis(folder) as server:
        client = server.client()
        empty: int = client.info("memory")["used_memory"]
        with Relay(server.url, "feed", guard=events) as relaying:
            relaying.run([Event(f"{number:0{size}}", id=str(number)) for number in range(1, events + 1)])
        known: int = client.memory_usage("{feed}:relay:seen", samples=0)
        used: int = client.info("memory")["used_memory"] - empty
        return (used - known) / events, known / events


def latencies(what: str, rate: int, seconds: int, folder: Path) -> list[float]:
    """Return the milliseconds from an event's sending to its entry, in order of size, of a relay or a loop of XADD."""
    with _redis(folder) as server:
        gaps: list[float] = []
        client: Any = server.client()

        def watch() -> None:
            last = "0-0"
            while len(gaps) < rate * seconds:
                for _, entries in client.xread({"feed": last}, block=5000):
                    now = time()
                    gaps.extend((now - float(fields["data"])) * 1000 for _, fields in entries)
                    last = entries[-1][0]

        watcher = threading.Thread(target=watch)
        watcher.start()
        with Server(_Stamped(rate, rate * seconds), reply(204)) as source:
            (relay if what == "relay" else loop)(source.url, server.port)
        watcher.join(30)
        return sorted(gaps)


class _Stamped:
    """Events whose data is the moment at which they are sent."""

    def __init__(self, rate: int, events: int) -> None:
        self._rate = rate
        self._events = events

    def __call__(self, _: Any) -> Iterator[Any]:
        yield head()
        for number in range(1, self._events + 1):
            yield Pause(1 / self._rate)
            yield chunk(f"id: {number}\ndata: {time():.6f}\n\n".encode())
        yield LAST_CHUNK


@contextmanager
def _redis(folder: Path) -> Generator[RedisServer]:
    server = RedisServer(folder).start()
    try:
        yield server
    finally:
        server.stop()


def _cpu(server: RedisServer) -> float:
    found: dict[str, float] = server.client().info("cpu")
    return found["used_cpu_user"] + found["used_cpu_sys"]


def _child(what: str, url: str, server: RedisServer, events: int) -> subprocess.Popen[str]:
    arguments = (what, url, str(server.port), str(events))
    command = [sys.executable, "-m", "cluster.speed.child", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=TESTS)


def _ended(child: subprocess.Popen[str]) -> Run:
    said, _ = child.communicate(timeout=600)
    assert child.returncode == 0
    found: Run = json.loads(said)
    return found
