"""Parsers without I/O: the same pieces of bytes to each."""

from __future__ import annotations

import statistics

from benchmarks.measure import Effort, Field
from benchmarks.parsers import OURS, PARSERS
from benchmarks.report import Result, against, cell, failures, microseconds, raw, spread, table
from benchmarks.streams import PARSER_WORKLOADS

__all__ = ["run"]


def run(effort: Effort) -> Result:
    """Compare on every workload."""
    result = Result("parser")
    rows, failed, fastest = [], [], []
    peers = [name for name in PARSERS if name != OURS]
    with Field(PARSERS) as field:
        for workload in PARSER_WORKLOADS:
            samples = field.compare(
                {name: ["benchmarks.parsers", "parser", name, workload.name] for name in PARSERS}, effort
            )
            ratios = against(samples, OURS)
            failed += failures(samples, workload.name)
            result.raw[workload.name] = raw(samples)
            if not ratios:
                continue
            first = min(ratios.values(), key=lambda ratio: ratio.best)
            fastest.append(first.best)
            result.figures[f"parser: {workload.name}"] = first.best
            rows.append(
                [
                    workload.name,
                    cell(first),
                    spread(first),
                    *(cell(ratios.get(name)) for name in peers),
                    microseconds(samples[OURS]),
                ]
            )
    if len(fastest) == len(PARSER_WORKLOADS):
        result.figures["parser: average"] = statistics.geometric_mean(fastest)
    head = ["times the speed of", "fastest peer", "rounds", *peers, "ours, µs an event"]
    result.lines = [*table(head, rows), *failed]
    return result
