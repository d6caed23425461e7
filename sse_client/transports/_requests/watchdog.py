"""Shuts a connection down at a deadline that spans several reads."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["Watchdog"]


class Watchdog:
    """A thread that shuts one stream's connection down when a read takes too long.

    Only responses that are not read from a tracked connection's socket need it.
    """

    def __init__(self, wakeup: Wakeup) -> None:
        self._wakeup = wakeup
        self._changed = threading.Condition()
        self._deadline: float | None = None
        self._wakes_at = float("inf")
        self._over = False
        self._thread = threading.Thread(target=self._watch, name="sse_client-watchdog", daemon=True)
        self._thread.start()

    def arm(self, deadline: float) -> None:
        """Shut the connection down at `deadline` (of `time.monotonic`)."""
        with self._changed:
            self._deadline = deadline
            # A later deadline needs no wake-up: the thread checks for it when the earlier one has passed.
            if deadline < self._wakes_at:
                self._changed.notify()

    def disarm(self) -> bool:
        """Cancel the deadline; return whether it is too late for that."""
        with self._changed:
            too_late = self._deadline is None
            self._deadline = None
        return too_late

    def stop(self) -> None:
        """End the thread, and wait for it."""
        with self._changed:
            self._over = True
            self._changed.notify()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _watch(self) -> None:
        with self._changed:
            while not self._over:
                now = time.monotonic()
                if self._deadline is None:
                    self._wakes_at = float("inf")
                    self._changed.wait()
                elif now < self._deadline:
                    self._wakes_at = self._deadline
                    self._changed.wait(self._deadline - now)
                else:
                    self._deadline = None
                    self._wakeup.interrupt()
