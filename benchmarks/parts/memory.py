"""Memory over a million events, and the cost of one very long line in small pieces."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tracemalloc
from typing import TYPE_CHECKING

from benchmarks.measure import Effort, Field
from benchmarks.parsers import OURS
from benchmarks.report import Result, failures, raw, spread, table
from benchmarks.server import serving
from benchmarks.streams import RECEIVE, chat_stream

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["run"]

_PIECE = 256
_LINES = {"1 MB": 1, "8 MB": 8}


def run(effort: Effort) -> Result:
    """Measure."""
    result = Result("memory")
    events = 100_000 if effort.quick else 1_000_000
    rows = []
    with serving() as url:
        for name, unit, arguments in (("parser", "tracemalloc", []), ("client", "RSS", [url])):
            peaks = [_peak(name, count, *arguments) for count in (events // 10, events)]
            growth = (peaks[1] - peaks[0]) / 1024
            result.figures[f"memory: growth, {name}"] = growth
            result.raw[name] = {"events": events, "bytes": peaks}
            rows.append([f"{name} ({unit})", f"{growth:,.0f}", *(f"{peak / 1024:,.0f}" for peak in peaks)])
    head = [f"peak of {events:,} events over a tenth", "growth, KiB", "a tenth, KiB", "all, KiB"]
    result.lines = [*table(head, rows), ""]

    with Field(list(_LINES)) as field:
        samples = field.compare(
            {name: ["benchmarks.parsers", "long_line", OURS, size, _PIECE] for name, size in _LINES.items()}, effort
        )
    result.raw["line"] = raw(samples)
    result.lines += failures(samples, "a long line")
    if not any(sample.error for sample in samples.values()):
        ratio = samples["8 MB"].over(samples["1 MB"])
        result.figures["memory: line"] = ratio.best
        row = [f"8 MB over 1 MB, {_PIECE}-byte pieces", f"{ratio.best:.2f}", spread(ratio)]
        result.lines += table(["cost of a long line", "ratio", "rounds"], [row])
    return result


def _peak(name: str, *arguments: object) -> int:
    """Return the most memory that a process of its own needed for a stream, in bytes."""
    command = [sys.executable, "-m", "benchmarks.parts.memory", name, *map(str, arguments)]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    assert isinstance(found, int)
    return found


def parser(count: int) -> int:
    """Return the peak of Python's own memory while a parser takes `count` events."""
    from sse_client import Parser

    block = b"".join(chat_stream(1000))
    tracemalloc.start()
    parse = Parser()
    seen = 0
    for _ in range(count // 1000):
        for start in range(0, len(block), RECEIVE):
            for _ in parse.feed(block[start : start + RECEIVE]):
                seen += 1
    assert seen == count, f"{seen} of {count} came"
    return tracemalloc.get_traced_memory()[1]


def client(count: int, url: str) -> int:
    """Return the peak of the process's memory while a client reads `count` events."""
    import sse_client

    seen = 0
    with sse_client.get(f"{url}/chunked/events/{count}", reconnect=False) as events:
        for _ in events:
            seen += 1
    assert seen == count, f"{seen} of {count} came"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    measured: dict[str, Callable[..., int]] = {"parser": parser, "client": client}
    print(measured[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:]))
