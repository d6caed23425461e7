"""Parsers without I/O: the same pieces of bytes to each."""

from __future__ import annotations

import statistics

from benchmarks.measure import Effort, Field
from benchmarks.parsers import LEAST, OURS, PARSERS
from benchmarks.report import Result, against, cell, failures, microseconds, raw, spread, table
from benchmarks.streams import PARSER_WORKLOADS

__all__ = ["run"]


def run(effort: Effort) -> Result:
    """Compare on every workload."""
    result = Result("parser")
    rows, failed, fastest = [], [], []
    peers = [name for name in PARSERS if name != OURS]
    with Field([*PARSERS, LEAST]) as field:
        for workload in PARSER_WORKLOADS:
            tasks = {name: ["benchmarks.parsers", "parser", name, workload.name] for name in PARSERS}
            if workload.one_line:
                tasks[LEAST] = ["benchmarks.parsers", "least", workload.name]
            samples = field.compare(tasks, effort)
            ratios = against(samples, OURS)
            least = ratios.pop(LEAST, None)
            if least:
                result.figures[f"parser: least: {workload.name}"] = 1 / least.best
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
                    f"{1 / least.best:.2f}" if least else "",
                ]
            )
    if len(fastest) == len(PARSER_WORKLOADS):
        result.figures["parser: average"] = statistics.geometric_mean(fastest)
    head = ["times the speed of", "fastest peer", "rounds", *peers, "ours, µs an event", f"x {LEAST}"]
    result.lines = [*table(head, rows), *failed]
    return result
