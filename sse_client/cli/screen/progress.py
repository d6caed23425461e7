"""Shows the progress of a long job: on a terminal as one line that is overwritten, elsewhere as occasional lines."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Self

from sse_client.cli.screen.news import say
from sse_client.cli.screen.terminal import is_terminal, width

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["Progress", "size"]

_TICK = 0.5  # seconds, on a terminal
_FIRST = 2.0  # seconds until the first line elsewhere; the interval doubles with each line


def size(count: int) -> str:
    """Return a number of bytes for people."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


class Progress:
    """Shows on standard error for how long a block of code has been running, and its progress.

    Args:
        line: returns the progress in a few words.
        quiet: show nothing.
    """

    def __init__(self, line: Callable[[], str], *, quiet: bool = False) -> None:
        self._line = line
        self._quiet = quiet
        self._in_place = is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb"
        self._began = time.monotonic()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def stop(self) -> None:
        """Stop showing progress, and clear the line."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        if not self._quiet:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        drawn = False
        wait = _TICK if self._in_place else _FIRST
        while not self._stopped.wait(wait):
            line = f"{time.monotonic() - self._began:.0f} s, {self._line()}"
            if self._in_place:
                sys.stderr.write(f"\r{line[: width() - 1]}\x1b[K")
                sys.stderr.flush()
                drawn = True
            else:
                say(line)
                wait *= 2
        if drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
