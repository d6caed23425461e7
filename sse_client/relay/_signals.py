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
    """Call `close`, once or more, at these signals, by default SIGTERM, while the block runs.

    Only the main thread can; elsewhere the block runs without it.
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
    """Call `close` at these signals even where the main thread runs no handler, unless something else is told of them.

    The system may hand a signal to another thread. The main thread then goes on waiting, for as long as nothing else
    wakes it.
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
