"""Waits, within a stream's deadline, while other threads use the connection on which it is opened."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from sse_client.errors import ConnectionFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["opening_a_stream", "set_wait_for_room", "wait_for_room", "wait_to"]

_SLICE = 0.05  # seconds after which a waiting thread checks whether its stream was closed


class _Wait(NamedTuple):
    wakeup: Wakeup
    end: float


class _Threads(threading.local):
    wait: _Wait | None = None
    room: Callable[[], object] | None = None


_threads = _Threads()


@contextmanager
def opening_a_stream(wakeup: Wakeup, seconds: float | None, deadline: float | None) -> Generator[None, None, None]:
    """Within this block, waits in this thread end when the stream is closed, or when they take too long.

    Args:
        wakeup: the wakeup of the stream.
        seconds: the most seconds of a wait; None: no limit.
        deadline: when to stop waiting, by `time.monotonic`; None: no limit.
    """
    now = time.monotonic()
    ends = [end for end in (None if seconds is None else now + seconds, deadline) if end is not None]
    before = _threads.wait, _threads.room
    _threads.wait, _threads.room = _Wait(wakeup, min(ends, default=float("inf"))), None
    try:
        yield
    finally:
        _threads.wait, _threads.room = before


def set_wait_for_room(wait: Callable[[], object]) -> None:
    """Set the function that waits for room for a request's body, while this thread opens a stream."""
    _threads.room = wait


def wait_for_room() -> bool:
    """Wait for room for a body; return False if no such function is set in this thread.

    Raises:
        Exception: the function's: the stream was closed, the wait took too long, or the connection has ended.
    """
    if _threads.room is None:
        return False
    _threads.room()
    return True


def wait_to(acquire: Callable[[float | None], bool], why_not: str) -> None:
    """Acquire a resource that other threads hold.

    Args:
        acquire: waits for the given number of seconds (None: without limit); returns whether it acquired the resource.
        why_not: the reason in the error message if the wait took too long.

    Raises:
        ConnectionFailed: the stream was closed, or the wait took too long; nothing was sent.
    """
    wait = _threads.wait
    if wait is None:
        acquire(None)
        return
    while not acquire(_SLICE):
        if wait.wakeup.closed:
            raise ConnectionFailed("the stream was closed", sent=False)
        if time.monotonic() >= wait.end:
            raise ConnectionFailed(f"{why_not} (timeout: connect)", sent=False)
