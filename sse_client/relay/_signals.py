"""SIGTERM as a request to finish."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["on_terminate"]


@contextmanager
def on_terminate(close: Callable[[], object], *numbers: signal.Signals) -> Generator[None]:
    """Call `close` at the first of these signals, by default SIGTERM, while the block runs.

    Only the main thread can; elsewhere the block runs without it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def received(*_: object) -> None:
        # In a thread of its own: what `close` sets may be what the interrupted code is just waiting for, under a lock.
        threading.Thread(target=close, name="sse_client relay close", daemon=True).start()

    before = {number: signal.signal(number, received) for number in numbers or (signal.SIGTERM,)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
