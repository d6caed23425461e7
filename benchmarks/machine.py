"""What the machine allows: cores, files, and how much memory a process has."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cores", "files_open", "load", "more_files", "on_core", "peak", "resident"]

_PINNED = "import os, runpy, sys; os.sched_setaffinity(0, {int(sys.argv.pop(1))}); del sys.argv[0]; "


def cores() -> list[int]:
    """Return the numbers of the cores that a process may be held to; none where there is no such thing."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def load() -> str:
    """Return what else the machine does, in words: its load average of the last minute."""
    average = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return f"{average} on {os.cpu_count()} cores"


def on_core(command: Sequence[str], core: int | None) -> list[str]:
    """Return `command`, `python -m module arguments`, such that it holds itself to one core."""
    python, _, module, *arguments = command
    if core is None:
        return list(command)
    run = f"{_PINNED}runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
    return [python, "-c", run, str(core), module, *arguments]


def more_files() -> None:
    """Let this process open as many files as it may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most if most > 0 else 65536, most))


def files_open() -> int:
    """Return how many files this process has open."""
    return len(os.listdir("/dev/fd"))


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def resident() -> int:
    """Return the memory that this process has now, in bytes; the most it has had, where that is all there is."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:
        return peak()
    return pages * resource.getpagesize()
