"""A comparison: each subject in a process of its own, all of them in turns, round after round."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Effort", "Field", "Ratio", "Sample"]

_T = TypeVar("_T")

# glibc gives large blocks back to the system and takes them again, or not, as the order of calls has it: the same
# parser then differs by a factor of ten on events of megabytes. All of them keep what they have had.
_KEEP = {"MALLOC_MMAP_THRESHOLD_": str(2**30), "MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_TOP_PAD_": str(2**26)}


@dataclass(frozen=True)
class Effort:
    """How much to measure.

    Attributes:
        rounds: turns that each subject has.
        seconds: CPU time of a turn.
        level: 0 for the whole; 1 for shorter streams, which show that it works, and little more; 2 for the least that
            shows that it runs.
    """

    rounds: int
    seconds: float
    level: Literal[0, 1, 2] = 0

    def pick(self, *sizes: _T) -> _T:
        """Return that one of three which belongs to the level."""
        return sizes[self.level]


@dataclass(frozen=True)
class Ratio:
    """One cost over another, by round: the median, and between what they lay."""

    median: float
    low: float
    high: float


@dataclass
class Sample:
    """What was measured of one subject.

    Attributes:
        cpu: seconds of CPU time a unit, by round.
        wall: seconds of wall time a unit, by round.
        error: why it could not be measured, if so.
    """

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    error: str = ""

    def median(self, clock: Literal["cpu", "wall"] = "cpu") -> float:
        """Return the seconds a unit took in the middle one of the rounds."""
        times: list[float] = getattr(self, clock)
        return statistics.median(times)

    def over(self, other: Sample, clock: Literal["cpu", "wall"] = "cpu") -> Ratio:
        """Return how many times the cost of `other` this one costs."""
        by_round = [mine / its for mine, its in zip(getattr(self, clock), getattr(other, clock), strict=True)]
        return Ratio(statistics.median(by_round), min(by_round), max(by_round))


class _Worker:
    """A process that measures the tasks that it is given (see `benchmarks.worker`)."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.sample = Sample()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **_KEEP, **environment},
        )

    def prepare(self, task: Sequence[Any]) -> None:
        """Begin with another task."""
        self.sample = Sample()
        self._ask(list(task))

    def round(self, seconds: float) -> None:
        """Have one turn."""
        if self.sample.error:
            return
        answer = self._ask(seconds)
        if not self.sample.error:
            self.sample.cpu.append(answer["cpu"])
            self.sample.wall.append(answer["wall"])

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _ask(self, question: object) -> dict[str, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        answer: dict[str, Any] = json.loads(line) if line else {"error": "the process died"}
        self.sample.error = answer.pop("error", "")
        return answer


class Field:
    """Those who are compared: a process each, kept from one comparison to the next."""

    def __init__(self, names: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._workers = {name: _Worker(environment or {}) for name in names}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        for worker in self._workers.values():
            worker.end()

    def compare(self, tasks: Mapping[str, Sequence[Any]], effort: Effort) -> dict[str, Sample]:
        """Return a sample for each task, measured in the same rounds; who begins changes from round to round."""
        for name, task in tasks.items():
            self._workers[name].prepare(task)
        turns = [self._workers[name] for name in tasks]
        for _ in range(effort.rounds):
            for worker in turns:
                worker.round(effort.seconds)
            turns.append(turns.pop(0))
        return {name: self._workers[name].sample for name in tasks}
