"""Short chats over a pool, one after the other: as many a second as the HTTP library alone?"""

from __future__ import annotations

from benchmarks.measure import Effort, Field
from benchmarks.peers import installed
from benchmarks.report import Result, Table, cell, costs, failures, raw, spread
from benchmarks.server import serving
from benchmarks.shorts import SHORTS, TOKENS

__all__ = ["run"]

_BASES = {"sse_client, asyncio": "aiohttp, whole body", "aiohttp, whole body": "aiohttp, whole body"}
_BLOCKING = "requests, whole body"


def run(effort: Effort) -> Result:
    """Compare: the blocking ones with requests, those of asyncio with aiohttp."""
    result = Result("short")
    count = effort.pick(300, 50, 5)
    names = installed(SHORTS, effort.level)
    with serving() as server, Field(names, server.environment) as field:
        tasks = {name: ["benchmarks.shorts", "short", name, server.url("chunked"), count] for name in names}
        samples = field.compare(tasks, effort)
    result.raw["chats"] = raw(samples)
    result.notes += failures(samples, "short chats")
    rows = []
    for name, sample in samples.items():
        base = samples[_BASES.get(name, _BLOCKING)]
        if sample.error or base.error:
            rows.append([name, "failed", "", "", "", ""])
            continue
        ratio = sample.over(base, "wall")
        result.figures[f"short: {name}"] = ratio.median
        compared = ["1", ""] if sample is base else [cell(ratio), spread(ratio)]
        rows.append([name, *compared, f"{1 / sample.median('wall'):,.0f}", *costs(sample)])
    head = [f"a chat of {TOKENS} tokens", "times the HTTP library", "rounds", "a second", "µs CPU", "µs wall"]
    result.tables = [Table(head, rows)]
    return result
