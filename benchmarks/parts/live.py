"""Live streams, which is what most users have: one event at a time, 50 a second, all clients at once.

Each client is a process of its own with one stream. CPU time is that of its process, from the 50th event on, over the
number of events.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from benchmarks import aio_clients, chats, clients, compiled
from benchmarks.bodies import STAMP
from benchmarks.measure import Sample
from benchmarks.peers import installed
from benchmarks.probe import Probe
from benchmarks.report import Result, Table, against, cell, failures, figures, raw, spread
from benchmarks.rows import by_column
from benchmarks.server import serving

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.measure import Effort

__all__ = ["run", "watch"]

OURS = "sse_client"
_RATE = 50
_FIRST = 50
"""Events before the measured ones: they bear what is loaded late, and made once."""
_BLOCKING = (OURS, *clients.PEERS, *compiled.COMPILED)
_ASYNCIO = (*aio_clients.AIO_CLIENTS, compiled.RAW)
_GROUPS = {
    "blocking": ("blocking", "chunked", _BLOCKING),
    "blocking, TLS": ("blocking", "tls", _BLOCKING),
    "asyncio": ("asyncio", "chunked", _ASYNCIO),
    "asyncio, TLS": ("asyncio", "tls", _ASYNCIO),
    "chat": ("chat", "chunked", chats.CHATS),
    "chat, asyncio": ("asyncio chat", "chunked", chats.AIO_CHATS),
}


def run(effort: Effort, beside: Mapping[str, str] | None = None) -> Result:
    """Compare.

    Args:
        effort: how much to measure.
        beside: clients in environments of their own: a name to the path of a Python interpreter. The name is that of
            a client here (niquests, which replaces urllib3 where it is installed), or else says what is different
            about the `sse_client` there ("0.1.0").
    """
    result = Result("live")
    rounds, events = effort.pick((5, 1000), (2, 200), (1, 10))
    found: dict[str, dict[str, Sample]] = {}
    for group, (how, framing, everyone) in _GROUPS.items():
        entries = {name: _Entry(how, name) for name in installed(everyone, effort.level)}
        for name, python in (beside or {}).items():
            if name not in compiled.COMPILED:
                entries[f"{OURS}, {name}"] = _Entry(how, OURS, python)
            elif name in everyone:
                entries[name] = _Entry(how, name, python)
        with serving() as server:
            if framing == "tls" and not server.tls:
                continue
            found[group] = samples = {name: Sample() for name in entries}
            gaps: dict[str, list[float]] = {}
            url = f"{server.url(framing)}/{'chat' if how.endswith('chat') else 'paced'}-{_RATE}-1"
            for _ in range(rounds):
                _one_round(entries, samples, gaps, url, events, server.environment)
        result.notes += failures(samples, group)
        result.raw[group] = raw(samples)
        if how.endswith("chat"):
            result.raw[f"gaps, {group}"] = gaps
        result.figures |= figures(f"live: {group}", against(samples, OURS))
    result.tables = [by_column(found, OURS, f"CPU an event, times that of {OURS}"), _details(found)]
    return result


@dataclass(frozen=True)
class _Entry:
    """A client that takes part: how it is driven, its name, and the interpreter of its environment if not this one."""

    how: str
    name: str
    python: str | None = None


def _one_round(
    entries: Mapping[str, _Entry],
    samples: Mapping[str, Sample],
    gaps: dict[str, list[float]],
    url: str,
    events: int,
    environment: Mapping[str, str],
) -> None:
    """Have all clients read at once, and add what each found to its sample; keep the gaps of the last round."""
    probes = {
        name: Probe(__name__, "watch", entry.how, entry.name, url, events, environment=environment, python=entry.python)
        for name, entry in entries.items()
        if not samples[name].error
    }
    for name, probe in probes.items():
        try:
            seen = probe.answer()
        except RuntimeError as error:
            samples[name].error = str(error)
        else:
            samples[name].cpu.append(seen["cpu"])
            samples[name].wall.append(seen["late"])
            gaps[name] = seen["gaps"]


def _details(found: Mapping[str, Mapping[str, Sample]]) -> Table:
    """Return a table with a row for each client in each group: in which rounds, what an event costs, how late it is."""
    rows = []
    for group, samples in found.items():
        ratios = against(samples, OURS)
        for name, sample in samples.items():
            ratio = ratios.get(name)
            compared = ["1", ""] if name == OURS else [cell(ratio), spread(ratio)]
            cpu = "" if sample.error else f"{sample.median() * 1e6:.1f}"
            late = "" if sample.error or group.startswith("chat") else f"{sample.median('wall') * 1e3:.3f}"
            rows.append([f"{group}: {name}", *compared, cpu, late])
    return Table(["case", "times", "rounds", "µs CPU an event", "ms from write to loop, p50"], rows, detail=True)


def watch(how: str, name: str, url: str, events: int) -> dict[str, Any]:
    """Read a stream; return the seconds of CPU time an event, the median of how late the events were, and their gaps.

    The chunks of a chat do not say when they were written: their lateness is 0. The gaps are the milliseconds between
    one event and the next, in order of size.
    """
    meter = _Meter()
    url = f"{url}/{_FIRST + events}"
    if how == "blocking":
        opener = compiled.compiled(name) if name in compiled.COMPILED else clients.opener(name)
        for event in opener(url):
            meter.came(event.data)
    elif how == "chat":
        for _ in chats.texts(name)(url):
            meter.came()
    else:
        import asyncio

        asyncio.run((_read_chat if how == "asyncio chat" else _read)(name, url, meter))
    return meter.figures(events)


async def _read(name: str, url: str, meter: _Meter) -> None:
    pool = compiled.aio_raw() if name == compiled.RAW else aio_clients.pool(name)
    async with pool as opened, opened(url) as events:
        async for event in events:
            meter.came(event.data)


async def _read_chat(name: str, url: str, meter: _Meter) -> None:
    async with chats.aio_deltas(name)(url) as (deltas, text):
        async for delta in deltas:
            text(delta)
            meter.came()


class _Meter:
    """Counts what has come, and looks at the clocks when the start is over, and at each event after it."""

    def __init__(self) -> None:
        self._late: list[int] = []
        self._times: list[int] = []
        self._began = self._cpu = 0.0

    def came(self, data: str = "") -> None:
        """Count one more."""
        now = time.monotonic_ns()
        self._times.append(now)
        self._late.append(now - int(data[:STAMP]) if data else 0)
        self._cpu = time.process_time()
        if len(self._times) == _FIRST:
            self._began = self._cpu

    def figures(self, events: int) -> dict[str, Any]:
        """Return the figures of `events` after the first ones.

        Raises:
            ValueError: another number of events came.
        """
        late = self._late[_FIRST:]
        if not events <= len(late) <= events + 1:  # a chat ends with a chunk that brings the finish reason alone
            raise ValueError(f"{len(late)} of {events} came")
        # Without the last one, which some clients hand out together with the finish reason.
        gaps = sorted((after - before) / 1e6 for before, after in pairwise(self._times[_FIRST:-1]))
        cpu = (self._cpu - self._began) / len(late)
        return {"cpu": cpu, "late": statistics.median(late) / 1e9, "gaps": gaps}
