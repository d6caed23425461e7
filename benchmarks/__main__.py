"""Run the comparisons that are asked for, all by default."""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import load
from benchmarks.measure import Effort
from benchmarks.parts import asynchronous, chat, growth, http, importing, latency, live, many, memory, parser, short
from benchmarks.peers import missing
from benchmarks.report import Result, save, show

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PARTS", "main"]

PARTS: dict[str, Callable[[Effort], Result]] = {
    "live": live.run,
    "parser": parser.run,
    "http": http.run,
    "async": asynchronous.run,
    "chat": chat.run,
    "short": short.run,
    "latency": latency.run,
    "many": many.run,
    "memory": memory.run,
    "growth": growth.run,
    "import": importing.run,
}
_FULL, _QUICK, _LEAST = Effort(11, 0.06), Effort(3, 0.015, 1), Effort(1, 0.001, 2)


def _environment(text: str) -> tuple[str, str]:
    name, equals, python = text.partition("=")
    if not (name and equals and Path(python).is_file()):
        raise argparse.ArgumentTypeError(f"expected NAME=PYTHON, the path of an interpreter, got {text!r}")
    return name, python


def main() -> int:
    """Run them; return the exit code: 1 if one of them could not be measured at all."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    arguments.add_argument("--quick", action="store_true", help="few rounds: shows that it works, and little more")
    arguments.add_argument("--least", action="store_true", help="shows that it runs, and nothing more")
    arguments.add_argument("--plot", action="store_true", help="draw the plots too, beside the JSON file")
    arguments.add_argument("--output", type=Path, help="the JSON file; one of its own in benchmarks/results by default")
    arguments.add_argument(
        "--beside",
        action="append",
        default=[],
        type=_environment,
        metavar="NAME=PYTHON",
        help="measure live streams, and many, with the sse_client of another environment too: a name, its interpreter",
    )
    asked = arguments.parse_args()
    unknown = [name for name in asked.parts if name not in PARTS]
    if unknown:
        arguments.error(f"expected {', '.join(PARTS)}, got {', '.join(unknown)}")
    print(
        "Each in a process of its own, in turns. Ratios are medians over all rounds, and 'rounds' is between which they"
        "\nlay; of CPU time, where nothing else is said. One run on one machine; above 1, ours is faster."
    )
    if missing():
        print(f"Not installed, and left out: {', '.join(missing())}.")
    busy = load()
    print(f"Load average before it: {busy}; it ought to be under 0.2.")
    began = time.monotonic()
    effort = _LEAST if asked.least else _QUICK if asked.quick else _FULL
    beside = dict(asked.beside)
    parts = PARTS | {"live": partial(live.run, beside=beside), "many": partial(many.run, beside=beside)}
    results: list[Result] = []
    failed = []
    for name in asked.parts or PARTS:
        try:
            results.append(parts[name](effort))
        except Exception as error:  # noqa: BLE001  (what the others found is not lost with it)
            failed.append(name)
            print(f"\n## {name}\n\nFAILED  {type(error).__name__}: {error}", flush=True)
        else:
            show(results[-1])
    path = save(results, effort.level, busy, asked.output)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    print(f"\n{time.monotonic() - began:.0f} s; every round is in {shown}")
    if asked.plot:
        from benchmarks.plot import draw

        draw(json.loads(path.read_text()), path.with_suffix(""))
        print(f"plots are in {shown.with_suffix('')}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
