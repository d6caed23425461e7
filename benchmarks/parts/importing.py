"""What an import costs, each in a fresh interpreter, the interpreter's own start taken out."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.measure import Effort, Sample
from benchmarks.report import Result, cell, raw, spread, table

__all__ = ["run"]

_BASE = "requests"
# The first connection of ours loads requests: the last row is what a program that connects pays for both.
_IMPORTS = ("requests", "sse_client", "sse_client.adapters.openai", "sse_client, requests")
_MEASURE = """
import sys, time
cpu, wall = time.process_time(), time.perf_counter()
import {}
print([time.process_time() - cpu, time.perf_counter() - wall])
"""


def run(effort: Effort) -> Result:
    """Measure."""
    result = Result("import")
    samples = {modules: Sample() for modules in _IMPORTS}
    for turn in range(1 + effort.rounds * (1 if effort.quick else 2)):
        for modules, sample in samples.items():
            command = [sys.executable, "-c", _MEASURE.format(modules)]
            cpu, wall = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            if turn:  # the first one writes the bytecode, and warms the disk's cache
                sample.cpu.append(cpu)
                sample.wall.append(wall)
    base = samples[_BASE]
    result.raw = raw(samples)
    rows = []
    for modules, sample in samples.items():
        ratio = sample.over(base)
        result.figures[f"import: {modules}"] = ratio.best
        times = [f"{sample.best * 1e3:.1f}", f"{sample.median * 1e3:.1f}"]
        rows.append([f"import {modules}", cell(ratio), f"{sample.median / base.median:.2f}", spread(ratio), *times])
    head = ["cost of", f"over {_BASE}", "of medians", "rounds", "ms, least", "ms, median"]
    result.lines = table(head, rows)
    return result
