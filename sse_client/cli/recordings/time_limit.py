"""A time limit for a block of code, whatever the block waits for."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["TimeUp", "time_limit"]


class TimeUp(BaseException):
    """A time limit has been reached.

    Attributes:
        option: the option that has set it.
    """

    def __init__(self, option: str) -> None:
        super().__init__(option)
        self.option = option


@contextmanager
def time_limit(seconds: float | None, option: str) -> Generator[None]:
    """Raise `TimeUp` in the main thread after `seconds`, even in the middle of a read; None: never.

    Without SIGALRM, as on Windows, there is no limit.
    """
    if seconds is None or not hasattr(signal, "SIGALRM"):
        yield
        return

    up = threading.Event()

    def expire(number: int, frame: Any) -> None:
        if up.is_set():
            raise TimeUp(option)
        if callable(before):
            before(number, frame)  # the handler of the limit around this one

    before = signal.signal(signal.SIGALRM, expire)
    main = threading.get_ident()

    def ring() -> None:
        up.set()
        signal.pthread_kill(main, signal.SIGALRM)

    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        try:
            timer.cancel()
            timer.join()
        finally:
            signal.signal(signal.SIGALRM, before)
