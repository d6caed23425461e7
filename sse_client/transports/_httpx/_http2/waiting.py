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
    """Wait in this thread, inside, until a stream is closed or it has taken too long.

    Args:
        wakeup: of the stream.
        seconds: how long at most; None: no limit.
        deadline: until when, by `time.monotonic`; None: no limit.
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
    """Set what waits, until the stream is open that this thread opens, for room for its request's body."""
    _threads.room = wait


def wait_for_room() -> bool:
    """Wait for room for a body; return False if this thread has nothing to wait with.

    Raises:
        Exception: of what waits: the stream was closed, or it took too long, or the connection has ended.
    """
    if _threads.room is None:
        return False
    _threads.room()
    return True


def wait_to(acquire: Callable[[float | None], bool], why_not: str) -> None:
    """Acquire what other threads have.

    Args:
        acquire: waits so many seconds, None for as long as it takes; returns whether it has got it.
        why_not: what the error says if the stream may not wait as long.

    Raises:
        ConnectionFailed: the stream was closed, or it took too long; nothing was sent.
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
