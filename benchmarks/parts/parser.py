"""Parsers without I/O: the same pieces of bytes to each."""

from __future__ import annotations

import statistics

from benchmarks.measure import Effort, Field
from benchmarks.parsers import LEAST, OURS, PARSERS
from benchmarks.peers import installed
from benchmarks.report import Result, Table, against, cell, costs, failures, raw, spread
from benchmarks.streams import FURTHER_WORKLOADS, IN_PIECES, PARSER_WORKLOADS

__all__ = ["run"]


def run(effort: Effort) -> Result:
    """Compare on every workload."""
    result = Result("parser")
    rows, fastest = [], []
    names = installed(PARSERS, effort.level)
    peers = [name for name in names if name != OURS]
    with Field([*names, LEAST]) as field:
        for workload in (*PARSER_WORKLOADS, *FURTHER_WORKLOADS, *IN_PIECES):
            tasks = {name: ["benchmarks.parsers", "parser", name, workload.name] for name in names}
            if workload.one_line:
                tasks[LEAST] = ["benchmarks.parsers", "least", workload.name]
            samples = field.compare(tasks, effort)
            ratios = against(samples, OURS)
            least = ratios.pop(LEAST, None)
            if least:
                result.figures[f"parser: least: {workload.name}"] = 1 / least.median
            result.notes += failures(samples, workload.name)
            result.raw[workload.name] = raw(samples)
            if not ratios:
                continue
            first = min(ratios.values(), key=lambda ratio: ratio.median)
            fastest.append(first.median)
            result.figures[f"parser: {workload.name}"] = first.median
            others = [cell(ratios.get(name)) for name in peers]
            over_least = f"{1 / least.median:.2f}" if least else ""
            rows.append([workload.name, cell(first), spread(first), *others, costs(samples[OURS])[0], over_least])
    if len(fastest) == len((*PARSER_WORKLOADS, *FURTHER_WORKLOADS, *IN_PIECES)):
        result.figures["parser: average"] = statistics.geometric_mean(fastest[: len(PARSER_WORKLOADS)])
    head = [f"CPU, times that of {OURS}", "fastest peer", "rounds", *peers, "ours, µs an event", f"ours over {LEAST}"]
    result.tables = [Table(head, rows)]
    return result
