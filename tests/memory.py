"""What a few lines of Python hold, however busy the other threads of the process are."""

from __future__ import annotations

import gc
import inspect
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import adapters
import sse_client

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGES = tuple(str(Path(package.__path__[0], "*")) for package in (sse_client, adapters))


def held_after(work: Callable[[], object]) -> int:
    """Return the bytes that the package and `work` itself allocate while `work` runs, and still hold at its end.

    `tracemalloc.get_traced_memory` counts what all threads allocate. One of them, which receives messages for
    pytest-xdist, took more than the 16 KiB that some tests allow.
    """
    tracemalloc.start()
    try:
        work()
        gc.collect()
        snapshot = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    filters = [tracemalloc.Filter(True, pattern) for pattern in (*PACKAGES, inspect.getfile(work))]
    return sum(trace.size for trace in snapshot.filter_traces(filters).traces)
