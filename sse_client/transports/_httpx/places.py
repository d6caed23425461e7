"""Waiting for a place among the streams that a server allows on one connection, in the blocking client.

httpcore waits for it without a limit of time, and nothing can wake it; an asynchronous client ends it by a scope.
It does not promise what is replaced here: where it looks different, it waits as it does.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from sse_client.errors import ConnectionFailed

if TYPE_CHECKING:
    from collections.abc import Generator

    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["limit_waits", "waits_for_a_place"]

_SLICE = 0.05  # seconds after which a thread that waits looks whether its stream was closed


class _Wait(NamedTuple):
    wakeup: Wakeup
    end: float


class _Threads(threading.local):
    wait: _Wait | None = None


_threads = _Threads()


@contextmanager
def waits_for_a_place(wakeup: Wakeup, seconds: float | None, deadline: float | None) -> Generator[None, None, None]:
    """Wait in this thread, inside, until a stream is closed or it has taken too long.

    Args:
        wakeup: of the stream.
        seconds: how long at most; None: no limit.
        deadline: until when, by `time.monotonic`; None: no limit.
    """
    now = time.monotonic()
    ends = [end for end in (None if seconds is None else now + seconds, deadline) if end is not None]
    _threads.wait = _Wait(wakeup, min(ends, default=float("inf")))
    try:
        yield
    finally:
        _threads.wait = None


def limit_waits(connection: Any) -> None:
    """Have those who wait for a place on a connection of httpcore wait as `waits_for_a_place` says."""
    places = getattr(connection, "_max_streams_semaphore", None)
    if hasattr(places, "_semaphore") and not isinstance(places, _Places):
        connection._max_streams_semaphore = _Places(places)


class _Places:
    """The places of a connection, of which httpcore keeps account."""

    def __init__(self, places: Any) -> None:
        self._semaphore: threading.Semaphore = places._semaphore

    def acquire(self) -> None:
        """Take a place, when there is one.

        Raises:
            ConnectionFailed: the stream was closed, or it took too long.
        """
        wait = _threads.wait
        if wait is None:  # the request of the client's owner
            self._semaphore.acquire()
            return
        while not self._semaphore.acquire(timeout=_SLICE):
            if wait.wakeup.closed:
                raise ConnectionFailed("the stream was closed", sent=False)
            if time.monotonic() >= wait.end:
                raise ConnectionFailed(
                    "the connection has as many streams as its server allows, and none has ended in time "
                    "(timeout: connect)",
                    sent=False,
                )

    def acquire_if_available(self) -> bool:
        """Take a place if there is one; return whether there was."""
        return self._semaphore.acquire(blocking=False)

    def release(self) -> None:
        """Give a place back."""
        self._semaphore.release()
