"""What is kept: over a million events, over ten thousand streams, for each open stream, and of one very long line."""

from __future__ import annotations

from benchmarks import footprints
from benchmarks.measure import Effort, Field
from benchmarks.parsers import OURS
from benchmarks.peers import installed
from benchmarks.probe import ask
from benchmarks.report import Result, Table, failures, raw, spread
from benchmarks.server import Address, serving

__all__ = ["run"]

_PIECE = 256
_LINES = {"1 MB": 1, "8 MB": 8}


def run(effort: Effort) -> Result:
    """Measure."""
    result = Result("memory")
    with serving() as server:
        _events(result, server, effort.pick(1_000_000, 50_000, 10_000))
        _streams(result, server, effort.pick(10_000, 500, 20))
        _open(result, server, effort)
    _line(result, effort)
    return result


def _ask(server: Address, function: str, *arguments: object) -> dict[str, float]:
    found = ask(footprints.__name__, function, *arguments, environment=server.environment)
    assert isinstance(found, dict)
    return found


def _events(result: Result, server: Address, events: int) -> None:
    """A tenth of the events, and all of them: what is the peak?"""
    rows = []
    for name, unit, most in (
        ("parser", "Python's own", events),
        ("client", "of the process", events),
        ("client, asyncio", "of the process", events),
        ("chat", "of the process", events // 10),
    ):
        peaks = [_ask(server, "peak_of", name, count, server.url("chunked"))["peak"] for count in (most // 10, most)]
        growth = (peaks[1] - peaks[0]) / 1024
        result.figures[f"memory: growth, {name}"] = growth
        result.raw[f"growth, {name}"] = {"events": most, "bytes": peaks}
        rows.append([f"{name}: {most:,} events, {unit}", f"{growth:,.0f}", *(f"{peak / 1024:,.0f}" for peak in peaks)])
    head = ["peak over that of a tenth of the events", "growth, KiB", "a tenth, KiB", "all, KiB"]
    result.tables.append(Table(head, rows))


def _streams(result: Result, server: Address, streams: int) -> None:
    """Streams one after the other over a pool: what is left behind?"""
    rows = []
    for name in footprints.TURNOVER:
        left = _ask(server, "turnover", name, server.url("chunked"), streams)
        result.raw[f"streams, {name}"] = left
        result.figures |= {
            f"memory: streams, {name}: memory": left["memory"] / 1024,
            f"memory: streams, {name}: files": left["files"],
        }
        rows.append([name, f"{left['memory'] / 1024:,.0f}", f"{left['files']:.0f}"])
    head = [f"{streams:,} streams one by one", "growth, KiB", "files left open"]
    result.tables.append(Table(head, rows))


def _open(result: Result, server: Address, effort: Effort) -> None:
    """Streams that are open at once: what does each take?"""
    streams = effort.pick(200, 20, 10)
    rows = []
    for name in installed(footprints.HOLDERS, effort.level):
        try:
            few, many = (
                _ask(server, "held_open", name, server.url("chunked"), number)["memory"]
                for number in (streams // 10, streams)
            )
        except RuntimeError as error:
            result.notes.append(f"FAILED  {name}: {error}")
            continue
        each = (many - few) / (streams - streams // 10) / 1024
        result.raw[f"open, {name}"] = result.figures[f"memory: open, {name}"] = each
        rows.append([name, f"{each:.1f}"])
    result.tables.append(Table([f"{streams} streams open at once", "KiB of the process a stream"], rows))
    objects = _ask(server, "objects", 1000)
    result.figures |= {f"memory: objects, {what}": number for what, number in objects.items()}
    result.raw["objects"] = objects
    rows = [[what, f"{number:,.0f}"] for what, number in objects.items()]
    result.tables.append(Table(["Python objects of a stream", "bytes"], rows))


def _line(result: Result, effort: Effort) -> None:
    with Field(list(_LINES)) as field:
        samples = field.compare(
            {name: ["benchmarks.parsers", "long_line", OURS, size, _PIECE] for name, size in _LINES.items()}, effort
        )
    result.raw["line"] = raw(samples)
    result.notes += failures(samples, "a long line")
    if not any(sample.error for sample in samples.values()):
        ratio = samples["8 MB"].over(samples["1 MB"])
        result.figures["memory: line"] = ratio.median
        row = [f"8 MB over 1 MB, {_PIECE}-byte pieces", f"{ratio.median:.2f}", spread(ratio)]
        result.tables.append(Table(["CPU of a long line", "times", "rounds"], [row]))
