"""One of the things that are compared, in a process of its own: python -m cluster.speed.child WHAT URL PORT EVENTS."""

from __future__ import annotations

import json
import re
import resource
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import redis

import sse_client
from sse_client.relay import Consumer, Relay
from sse_client.testing import Server

if TYPE_CHECKING:
    from sse_client.relay import StreamEntry


def relay(url: str, port: int, stream: str = "feed") -> None:
    """Read the stream at `url` into a stream of Redis."""
    with Relay(f"redis://127.0.0.1:{port}", stream) as relaying:
        relaying.run("GET", url)


def loop(url: str, port: int, stream: str = "feed") -> None:
    """Do the same with redis-py alone: nothing is known twice, and no other host may take over."""
    client: Any = redis.Redis(port=port)
    with sse_client.get(url) as events:
        for event in events:
            client.xadd(stream, {"id": event.id, "event": event.event, "data": event.data})


def consume(port: int, events: int) -> tuple[float, float]:
    """Handle the entries with a handler that does nothing; return the seconds, and those of CPU, after the first."""
    marks: list[tuple[float, float]] = []
    seen = 0

    def handle(entry: StreamEntry) -> None:
        nonlocal seen
        seen += 1
        if entry.n in {1, events}:
            marks.append((perf_counter(), process_time()))
        if seen == events:
            consumer.close()

    consumer = Consumer("group", handle, redis=f"redis://127.0.0.1:{port}", stream="feed")
    consumer.run()
    (began, cpu), (ended, cpu_then) = marks
    return ended - began, cpu_then - cpu


def main(what: str, url: str, port: int, events: int) -> None:
    """Run it, and print what it took."""
    if what == "consume":
        wall, cpu = consume(port, events)
    else:
        work = relay if what == "relay" else loop
        with Server(events=20, pace=0) as warm:  # what is imported at the first use is no cost of an event
            work(f"{warm.url}/events", port, "warm")
        began, start = perf_counter(), process_time()
        work(url, port)
        wall, cpu = perf_counter() - began, process_time() - start
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": _peak()}))


def _peak() -> float:
    """Return the most MiB that this process has held."""
    status = Path("/proc/self/status")
    if status.exists():  # where `ru_maxrss` begins with what the parent held when it made this process
        return float(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)  # macOS: bytes


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
