"""Waking a reader from another thread: one that sleeps, or one that waits for the network."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any

__all__ = ["Interrupt", "Watchdog"]


class Interrupt:
    """Holds the socket that a reader may be blocked in, and shuts it down when told to.

    Attributes:
        closed: whether `close` was called: nothing may be sent any more.
    """

    __slots__ = ("_alarm", "_broken", "_lock", "_socket", "closed")

    def __init__(self) -> None:
        self.closed = False
        self._lock = threading.Lock()
        self._alarm: threading.Event | None = None  # made for a sleep: it takes six times what all else here does
        self._broken = False
        self._socket: Any = None

    def watch(self, sock: Any) -> None:
        """Take the socket that the reader uses from now on; shut it down at once if it is too late."""
        with self._lock:
            self._socket = sock
            if self.closed or self._broken:
                _shut_down(sock)

    def forget(self) -> None:
        """Let go of the socket: it is closed, or goes back to its pool. Undoes `break_off`."""
        with self._lock:
            self._socket = None
            self._broken = False

    def break_off(self) -> None:
        """Break this connection, or the one that is being made."""
        with self._lock:
            self._broken = True
            _shut_down(self._socket)

    def close(self) -> None:
        """Break this connection and all later ones, and end a sleep."""
        with self._lock:
            self.closed = True
            if self._alarm is not None:
                self._alarm.set()
            _shut_down(self._socket)

    def sleep(self, seconds: float) -> None:
        """Sleep until then, or until `close`."""
        with self._lock:
            if self.closed:
                return
            self._alarm = alarm = threading.Event()
        alarm.wait(min(seconds, threading.TIMEOUT_MAX))

    def time_out_after(self, seconds: float) -> None:
        """Let the next reads of the socket wait for so long at most."""
        with self._lock, contextlib.suppress(OSError):
            if self._socket is not None:
                self._socket.settimeout(seconds)


def _shut_down(sock: Any) -> None:
    # The plain method, also for TLS: SSLSocket's own takes the TLS state from under the thread that reads.
    with contextlib.suppress(OSError):
        if isinstance(sock, socket.socket):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
        elif sock is not None:
            sock.shutdown(socket.SHUT_RDWR)


class Watchdog:
    """Breaks off a connection at a deadline that no timeout of a single read can keep.

    A server that sends a byte now and then, headers included, resets such a timeout for ever.
    """

    def __init__(self, interrupt: Interrupt) -> None:
        self._interrupt = interrupt
        self._changed = threading.Condition()
        self._deadline: float | None = None
        self._wakes_at = float("inf")
        self._over = False
        self._thread = threading.Thread(target=self._watch, name="sse_client-watchdog", daemon=True)
        self._thread.start()

    def expect(self, deadline: float) -> None:
        """Break off at `deadline` (of `time.monotonic`)."""
        with self._changed:
            self._deadline = deadline
            # A later deadline needs no waking: the thread looks again when the earlier one is over.
            if deadline < self._wakes_at:
                self._changed.notify()

    def call_off(self) -> bool:
        """Break nothing off any more; return whether it is too late for that."""
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
                    self._interrupt.break_off()
