"""What an import costs, each in a fresh interpreter, the interpreter's own start taken out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec

from benchmarks.measure import Effort, Sample
from benchmarks.report import Result, Table, raw, spread

__all__ = ["run"]

_BASE, _OURS, _CHAT = "requests", "sse_client", "sse_client.adapters.openai"
# The first connection of ours loads requests: the row of both is what a program that connects pays.
_IMPORTS = (_BASE, _OURS, _CHAT, "sse_client, requests", "httpx2", "openai")
_MEASURE = """
import sys, time
cpu, wall = time.process_time(), time.perf_counter()
import {}
print([time.process_time() - cpu, time.perf_counter() - wall])
"""


def run(effort: Effort) -> Result:
    """Measure."""
    result = Result("import")
    # Where it is set, every import compiles a tree that is not installed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    samples = {modules: Sample() for modules in _IMPORTS if find_spec(modules.split(",")[0].split(".")[0])}
    for turn in range(1 + effort.rounds):
        for modules, sample in samples.items():
            command = [sys.executable, "-c", _MEASURE.format(modules)]
            cpu, wall = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout)
            if turn:  # the first one writes the bytecode, and warms the disk's cache
                sample.cpu.append(cpu)
                sample.wall.append(wall)
    result.raw = raw(samples)
    rows = []
    for modules, sample in samples.items():
        ratio = sample.over(samples[_BASE])
        result.figures[f"import: {modules}"] = ratio.median
        times = [f"{sample.median(clock) * 1e3:.1f}" for clock in ("cpu", "wall")]
        rows.append([f"import {modules}", f"{ratio.median:.2f}", spread(ratio), *times])
    result.figures["import: adapter over package"] = samples[_CHAT].over(samples[_OURS]).median
    result.tables = [Table(["cost of", f"over {_BASE}", "rounds", "ms CPU", "ms wall"], rows)]
    return result
