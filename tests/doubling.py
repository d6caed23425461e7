"""Whether work grows in proportion to its input: twice the size costs at most 2.2 times as much."""

from __future__ import annotations

import gc
import math
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from counting import count

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 2.2
_IGNORED = 0.0005  # seconds: what is quicker than this is not measured, whatever its ratio
_RUNS = 3  # the quickest of which counts
_TRIES = 4  # a busy machine, or memory that is asked for in larger blocks, disturbs one size; quadratic is quadratic


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Fail if `work(2 * size)` takes more than 2.2 times what `work(size)` takes, in CPU time of this thread."""
    ratios: list[float] = []
    for factor in range(1, 1 + _TRIES):
        once = twice = math.inf
        for _ in range(_RUNS):
            # Before and after: a load that comes or goes meets both sizes.
            once = min(once, _seconds(work, factor * size))
            twice = min(twice, _seconds(work, 2 * factor * size))
            once = min(once, _seconds(work, factor * size))
            if twice <= MOST * once + _IGNORED:
                return
        ratios.append(round(twice / once, 2))
    raise AssertionError(f"twice the input costs {ratios} times as much, at most {MOST} is linear")


def assert_linear_operations(work: Callable[[int], object], size: int) -> None:
    """Fail if `work(2 * size)` takes more than 2.2 times the operations in this package that `work(size)` takes."""
    work(2 * size)  # what is done once is done
    once, twice = (count(partial(work, number)) for number in (size, 2 * size))
    assert twice <= MOST * once, f"twice the input costs {twice / once:.2f} times as many operations"


def _seconds(work: Callable[[int], object], size: int) -> float:
    trace = sys.gettrace()  # that of a measurement of coverage, which takes longer than the work
    sys.settrace(None)
    collecting = gc.isenabled()
    gc.disable()  # a collection goes through all objects of the process, and one size may have one more than the other
    try:
        start = time.thread_time()
        work(size)
        return time.thread_time() - start
    finally:
        if collecting:
            gc.enable()
        sys.settrace(trace)
