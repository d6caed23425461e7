"""Treats SIGTERM as a request to finish."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator

__all__ = ["on_terminate"]


@contextmanager
def on_terminate(close: Callable[[], object], *numbers: signal.Signals) -> Generator[None]:
    """Call `close`, possibly more than once, on these signals (by default SIGTERM) while the block runs.

    This works only in the main thread; in other threads, the block runs without it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def received(*_: object) -> None:
        # In a thread of its own, because `close` may need a lock that the interrupted code holds while it waits.
        threading.Thread(target=close, name="sse_client relay close", daemon=True).start()

    numbers = numbers or (signal.SIGTERM,)
    before = {number: signal.signal(number, received) for number in numbers}
    try:
        with _watched(close, numbers):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _watched(close: Callable[[], object], numbers: Collection[int]) -> Generator[None]:
    """Call `close` on these signals even while the main thread is blocked, unless another wakeup fd is set.

    The system may deliver a signal to another thread. The main thread then runs no handler until something wakes it.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        theirs = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        if theirs != -1:
            signal.set_wakeup_fd(theirs)
            yield
            return

        def watch() -> None:
            while number := reader.recv(1):
                if number[0] in numbers:
                    close()

        watcher = threading.Thread(target=watch, name="sse_client relay signals", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            current = signal.set_wakeup_fd(-1)
            if current != writer.fileno():
                signal.set_wakeup_fd(current)  # an event loop has taken its place
            writer.shutdown(socket.SHUT_WR)
            watcher.join()
