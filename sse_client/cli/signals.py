"""Handles Ctrl-C and SIGTERM at any stage, also during a name lookup, when Python runs no signal handlers."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sse_client.cli.screen.keys import restore_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Terminated", "prompt_signals"]

_GRACE = 1.0
"""Seconds that the main thread has to answer a signal; a look-up of a name may take it longer."""


class Terminated(BaseException):
    """SIGTERM was received."""


@contextmanager
def prompt_signals(leave: Callable[[int], object] | None = None) -> Generator[None]:
    """Raise KeyboardInterrupt for SIGINT and `Terminated` for SIGTERM in the main thread.

    If that thread does not react within a second, the process ends with 128 + the signal's number.

    Args:
        leave: ends the process with an exit code, without cleaning up; `os._exit` by default.
    """
    watch = _Watch(leave or _leave)
    before: dict[signal.Signals, Any] = {}
    for number, raised in ((signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)):
        # A shell starts background jobs with SIGINT ignored; this stays in effect.
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, watch.handler(raised))
    old = signal.set_wakeup_fd(watch.descriptor, warn_on_full_buffer=False)
    watch.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(old)
        for number, handler in before.items():
            signal.signal(number, handler)
        watch.stop()


def _leave(code: int) -> None:
    restore_keys()
    os._exit(code)


class _Watch:
    """A thread that the C handler of a signal wakes, whatever the main thread is doing."""

    def __init__(self, leave: Callable[[int], object]) -> None:
        self._leave = leave
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._answered_at = float("-inf")
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="signals", daemon=True)

    @property
    def descriptor(self) -> int:
        """The descriptor to which the C handler writes a signal's number."""
        return self._writer.fileno()

    def handler(self, raised: type[BaseException]) -> Callable[[int, Any], None]:
        """Return a handler that raises `raised` in the main thread."""

        def handle(_number: int, _frame: Any) -> None:
            self._answered_at = time.monotonic()
            raise raised

        return handle

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread."""
        self._stopped.set()
        self._writer.close()
        self._thread.join()
        self._reader.close()

    def _run(self) -> None:
        while number := self._reader.recv(1):
            came = time.monotonic()
            if self._stopped.wait(_GRACE):
                return
            if number[0] in {signal.SIGINT, signal.SIGTERM} and self._answered_at < came - _GRACE / 2:
                self._leave(128 + number[0])
