"""One to two thousand streams at once on one core, 20 events a second each: how the cost of an event grows.

The client has a core of its own where processes can be held to one, the server another.
"""

from __future__ import annotations

import asyncio
import http.client
import statistics
import time
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from benchmarks.aio_clients import BARE, OURS, pool
from benchmarks.bodies import STAMP
from benchmarks.compiled import COMPILED
from benchmarks.machine import cores, more_files, resident
from benchmarks.peers import installed
from benchmarks.probe import Probe
from benchmarks.report import Result, Table
from benchmarks.server import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.measure import Effort

__all__ = ["hold", "run"]

_UVLOOP = ", uvloop"
_NAMES = (OURS, OURS + _UVLOOP, BARE, "httpx2")
_SIZES = (1, 10, 100, 500, 1000, 2000)
_RATE = 20
_ENOUGH = 49
"""Further streams from which on what each takes stands out from the rest of the process."""
_WINDOWS = 3
_TICK = 100_000
_LATEST = 50_000
"""Lateness is counted in steps of 0.1 ms, up to 5 s."""


def run(effort: Effort, beside: Mapping[str, str] | None = None) -> Result:
    """Measure.

    Args:
        effort: how much to measure.
        beside: further releases of `sse_client`: a name to the path of the Python interpreter of its environment.
            Names of other clients are left out.
    """
    result = Result("many")
    sizes, seconds = effort.pick((_SIZES, 9.0), ((1, 50), 0.9), ((2,), 0.6))
    kept = cores()
    entries: dict[str, tuple[str, str | None]] = {name: (name, None) for name in installed(_NAMES, effort.level)}
    for release, python in (beside or {}).items():
        if release not in COMPILED:
            entries[f"{OURS}, {release}"] = (OURS, python)
    for name, (client, python) in entries.items():
        result.raw[name] = {}
        for size in sizes:
            with serving(kept[0] if len(kept) > 1 else None) as server:
                core = kept[1] if len(kept) > 1 else None
                url = server.url("chunked")
                probe = Probe(
                    __name__, "hold", client, url, size, seconds,
                    environment=server.environment, core=core, python=python,
                )  # fmt: skip
                try:
                    result.raw[name][str(size)] = probe.answer()
                except RuntimeError as error:
                    result.notes.append(f"FAILED  {name} with {size} streams: {error}")
                    break
    if len(kept) < 2:
        result.notes.append("Client and server shared what cores there are: no process could be held to one.")
    rows = []
    for name, found in result.raw.items():
        for size, seen in found.items():
            rows.append([f"{size}: {name}", *_row(seen, found[str(sizes[0])], int(size) - sizes[0])])
            for what in ("late", "p99", "cpu", "share"):
                result.figures[f"many: {size}, {name}: {what}"] = seen[what]
        if str(sizes[-1]) in found and len(sizes) > 1:
            figure = _memory(found[str(sizes[-1])], found[str(sizes[0])], sizes[-1] - sizes[0])
            result.figures[f"many: {name}: memory"] = figure
    ours, bare = result.raw.get(OURS, {}), result.raw.get(BARE, {})
    for size in ours.keys() & bare.keys():
        result.figures[f"many: {size}: over the least"] = ours[size]["cpu"] / bare[size]["cpu"]
    head = ["streams", "µs CPU an event", "of the core", "p99, ms", "over 100 ms", "of those sent", "KiB a stream"]
    result.tables = [Table(head, rows)]
    return result


def _row(seen: dict[str, Any], alone: dict[str, Any], more: int) -> list[str]:
    memory = f"{_memory(seen, alone, more):.1f}" if more >= _ENOUGH else ""
    cpu = [f"{seen['cpu']:.1f}", f"{seen['share']:.0%}"]
    return [*cpu, f"{seen['p99']:.1f}", f"{seen['late']:.2%}", f"{seen['came']:.0%}", memory]


def _memory(seen: dict[str, Any], alone: dict[str, Any], more: int) -> float:
    """Return the KiB that each further stream takes."""
    return float(seen["memory"] - alone["memory"]) / 1024 / more


def hold(name: str, url: str, streams: int, seconds: float) -> dict[str, float]:
    """Read that many streams for some seconds, in three windows; return what it cost, and how late the events were.

    The loop is asyncio's own, unless the name of the client ends with that of another.

    `cpu` is in microseconds an event, `share` of one core, `p99` in milliseconds; `late` the share of events over
    100 ms; `came` the share of those that the server ought to have sent: medians of the windows. `memory` is in
    bytes, of the process.
    """
    more_files()
    client = name.removesuffix(_UVLOOP)
    with asyncio.Runner(loop_factory=None if client == name else _uvloop()) as runner:
        return runner.run(_hold(client, url, streams, seconds))


def _uvloop() -> Callable[[], asyncio.AbstractEventLoop]:
    import uvloop

    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


async def _hold(name: str, url: str, streams: int, seconds: float) -> dict[str, float]:
    late = [0] * (_LATEST + 1)
    waiting = asyncio.Semaphore(50)
    async with pool(name) as opened:

        async def read(all_open: asyncio.Barrier) -> None:
            await waiting.acquire()
            async with opened(f"{url}/held-{_RATE}-1/0") as events:
                waiting.release()
                await all_open.wait()
                async for event in events:
                    step = (time.monotonic_ns() - int(event.data[:STAMP])) // _TICK
                    late[min(step, _LATEST)] += 1

        barrier = asyncio.Barrier(streams + 1)
        tasks = [asyncio.create_task(read(barrier)) for _ in range(streams)]
        await barrier.wait()
        await asyncio.to_thread(_go, f"{url.removesuffix('chunked')}unframed/go/0")
        await asyncio.sleep(min(seconds, 1))
        seen = []
        for _ in range(_WINDOWS):
            for step in range(len(late)):  # in place: see `_figures`
                late[step] = 0
            cpu, wall = time.process_time(), time.monotonic()
            await asyncio.sleep(seconds / _WINDOWS)
            cpu, wall = time.process_time() - cpu, time.monotonic() - wall
            seen.append(_figures(late, cpu, wall, streams))
        memory = resident()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    medians = {what: statistics.median(window[what] for window in seen) for what in seen[0]}
    return {"memory": memory, **medians}


def _go(url: str) -> None:
    """Have the server begin, over a connection that is not asyncio's.

    asyncio's transport frees a block of 256 KiB when the server closes a connection: see `_figures`.
    """
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc)
    connection.request("GET", place.path)
    connection.getresponse().read()
    connection.close()


def _figures(late: list[int], cpu: float, wall: float, streams: int) -> dict[str, float]:
    """Return the figures of a window, without freeing a block of memory as long as `late`.

    glibc takes it for a sign that more such blocks will be needed, and keeps them from then on. asyncio's own buffer of
    256 KiB then costs no mapping of memory for each read, as it does in a plain process.
    """
    events = sum(late)
    step = next(step for step, count in enumerate(accumulate(late)) if count >= 0.99 * events)
    return {
        "events": events,
        "cpu": cpu / events * 1e6,
        "share": cpu / wall,
        "p99": step * _TICK / 1e6,
        "late": sum(islice(late, 1000, None)) / events,
        "came": events / (streams * _RATE * wall),
    }
