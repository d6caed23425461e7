"""A process that measures one task, whenever the one that started it says so.

It reads a JSON object a line and answers with one: first the task, `[module, function, *arguments]`, then, for each
round, the seconds that it should take.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Task"]


@dataclass(frozen=True)
class Task:
    """What is measured.

    Attributes:
        run: does it once, and returns how many units came.
        units: how many should come.
        idle: does the same with as good as nothing to do (one unit); what it takes is no part of the figure.
        idle_units: how many units come of that.
    """

    run: Callable[[], int]
    units: int
    idle: Callable[[], int] | None = None
    idle_units: int = 1

    def once(self) -> tuple[float, float]:
        """Return the CPU and wall seconds of one `run`."""
        return _timed(self.run, self.units)

    def idle_once(self) -> tuple[float, float]:
        """Return the CPU and wall seconds of one `idle`."""
        return (0.0, 0.0) if self.idle is None else _timed(self.idle, self.idle_units)


def _timed(work: Callable[[], int], units: int) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    done = work()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    if done != units:
        raise ValueError(f"{done} of {units} came")
    return cpu, wall


def _round(task: Task, seconds: float) -> dict[str, float]:
    """Return the seconds of CPU and wall time that a unit takes, from as many runs as fit; one at least."""
    gc.collect()
    runs = cpu = wall = 0.0
    idle_cpu, idle_wall = map(min, zip(*[task.idle_once() for _ in range(3)], strict=True))
    while not runs or cpu < seconds:
        spent = task.once()
        runs, cpu, wall = runs + 1, cpu + spent[0], wall + spent[1]
    units = task.units - (task.idle_units if task.idle else 0)
    return {"cpu": (cpu / runs - idle_cpu) / units, "wall": (wall / runs - idle_wall) / units}


def _main() -> None:
    answers = sys.stdout
    sys.stdout = sys.stderr
    task: Task | None = None
    for line in sys.stdin:
        answer: dict[str, Any]
        try:
            asked = json.loads(line)
            if isinstance(asked, list):
                module, function, *arguments = asked
                task = getattr(importlib.import_module(module), function)(*arguments)
                assert task is not None
                task.once()
                # What an import left behind is start-up: no collection goes through it again.
                gc.collect()
                gc.freeze()
                answer = {}
            else:
                assert task is not None
                answer = _round(task, asked)
        except Exception as error:  # noqa: BLE001  (the report says which, and goes on with the others)
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    # Under its own name too: the modules that make tasks import it.
    importlib.import_module("benchmarks.worker")._main()
