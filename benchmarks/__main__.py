"""Run the comparisons that are asked for, all by default."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.measure import Effort
from benchmarks.parts import chat, http, importing, memory, parser
from benchmarks.report import save, show

_PARTS = {"parser": parser.run, "http": http.run, "chat": chat.run, "memory": memory.run, "import": importing.run}
_FULL, _QUICK = Effort(rounds=11, seconds=0.06), Effort(rounds=3, seconds=0.015, quick=True)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("parts", nargs="*", metavar="part", help=", ".join(_PARTS))
    arguments.add_argument("--quick", action="store_true", help="few rounds: shows that it works, and little more")
    asked = arguments.parse_args()
    unknown = [name for name in asked.parts if name not in _PARTS]
    if unknown:
        arguments.error(f"expected {', '.join(_PARTS)}, got {', '.join(unknown)}")
    print(
        "CPU time, each in a process of its own, in turns; the least of all rounds, and between which ratios the single"
        "\nrounds lay. Ratios of one run on one machine: above 1, ours is the faster."
    )
    began = time.monotonic()
    results = []
    for name in asked.parts or _PARTS:
        results.append(_PARTS[name](_QUICK if asked.quick else _FULL))
        show(results[-1])
    path = save(results, quick=asked.quick)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    print(f"\n{time.monotonic() - began:.0f} s; every round is in {shown}")


if __name__ == "__main__":
    main()
