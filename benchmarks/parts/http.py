"""HTTP clients over loopback: chat events, each in an HTTP chunk of its own, and unframed (until close)."""

from __future__ import annotations

from importlib.util import find_spec

from benchmarks.clients import CLIENTS, OURS
from benchmarks.measure import Effort, Field
from benchmarks.report import Result, against, cell, failures, microseconds, raw, spread, table
from benchmarks.server import serving

__all__ = ["run"]


def run(effort: Effort) -> Result:
    """Compare on each framing."""
    result = Result("http")
    count = 4_000 if effort.quick else 20_000
    columns, failed = [], []
    with serving() as url, Field(CLIENTS) as field:
        for framing in ("chunked", "unframed"):
            samples = field.compare(
                {name: ["benchmarks.clients", "client", name, url, framing, count] for name in CLIENTS}, effort
            )
            ratios = against(samples, OURS)
            failed += failures(samples, framing)
            result.raw[framing] = raw(samples)
            result.figures |= {f"http: {framing}: {name}": ratio.best for name, ratio in ratios.items()}
            columns.append((samples, ratios))
    head = [f"times the speed of, by {OURS}", "chunked", "rounds", "µs", "unframed", "rounds", "µs"]
    rows = []
    for name in CLIENTS:
        row = [name]
        for samples, ratios in columns:
            ratio = ratios.get(name)
            row += ["1", ""] if name == OURS else [cell(ratio), spread(ratio)]
            row.append(microseconds(samples[name]))
        rows.append(row)
    result.lines = [*table(head, rows), *failed]
    if find_spec("httpx") is None:
        result.lines.append("httpx-sse ran on httpx2: httpx is not installed.")
    return result
