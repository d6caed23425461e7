"""Wakes a blocking reader that sleeps or waits for the network, from another thread or a signal handler."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from sse_client._core.failures import no_data
from sse_client.errors import ConnectionFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["Wakeup"]

# Seconds of one sleep. A signal that arrives between the interpreter's last check for signals and the system call does
# not interrupt the sleep; its handler runs afterwards.
_SLICE = 0.2


class Wakeup:
    """Holds the socket on which a reader may block, and shuts it down on `close`.

    Every method is safe in a signal handler that interrupts any other method: the only lock is reentrant, and a sleep
    waits for a plain lock, which the handler can release. (`threading.Event.set` inside its own `wait` would deadlock.)

    Attributes:
        closed: whether `close` was called; after that nothing may be sent.
    """

    __slots__ = ("_alarm", "_lock", "_process", "_socket", "closed")

    def __init__(self) -> None:
        self.closed = False
        self._lock = threading.RLock()
        self._alarm: threading.Lock | None = None
        self._process = os.getpid()
        self._socket: Any = None

    @property
    def inherited(self) -> bool:
        """Whether this object was created before a fork, so that its sockets belong to the parent."""
        return os.getpid() != self._process

    def forbid(self) -> None:
        """Let no thread in any more; for a forked child, where the connection belongs to the parent."""
        self.closed = True
        self._lock = threading.RLock()  # an inherited lock that was held during the fork would never be released

    def watch(self, sock: Any) -> None:
        """Register the socket that the reader uses from now on; shut it down at once if `close` was called before."""
        with self._lock:
            self._socket = sock
            if self.closed:
                self._shut_down()

    def release_socket(self) -> None:
        """Forget the socket, which has been closed or returned to its pool."""
        with self._lock:
            self._socket = None

    def interrupt(self) -> None:
        """Shut only the current socket down."""
        with self._lock:
            self._shut_down()

    def close(self) -> None:
        """Shut this socket and all later ones down, and end a sleep."""
        self.closed = True
        alarm = self._alarm
        if alarm is not None:
            with contextlib.suppress(RuntimeError):  # another thread has closed it already
                alarm.release()
        with self._lock:
            self._shut_down()

    def pause(self, seconds: float) -> None:
        """Sleep for `seconds`, or until `close` is called."""
        alarm = threading.Lock()
        alarm.acquire()
        self._alarm = alarm
        end = time.monotonic() + seconds
        # This sets `_alarm`, then reads `closed`; `close` sets `closed`, then reads `_alarm`. So at least one sees the
        # other.
        while not self.closed and (left := end - time.monotonic()) > 0:
            if alarm.acquire(timeout=min(left, _SLICE)):
                break
        self._alarm = None

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds`, or until `close` is called; see `Transport.sleep`."""
        self.pause(seconds)

    async def resolve(self, prepared: Awaitable[object], deadline: float | None) -> object:
        """Refuse to await the result of `prepare`; see `Transport.resolve`.

        Raises:
            TypeError: always.
        """
        del deadline
        if isinstance(prepared, Coroutine):
            prepared.close()  # otherwise Python warns that it was never awaited
        raise TypeError("prepare: expected a Request, got an awaitable, which the blocking client cannot await")

    def check(self, deadline: float | None, url: str) -> None:
        """Check during decoding that the stream is open, and that its deadline has not passed.

        Args:
            deadline: the deadline of the read, by `time.monotonic`; None: no limit.
            url: the response's URL, for the error.

        Raises:
            ConnectionFailed: the stream was closed, or the deadline has passed.
        """
        if self.closed:
            raise ConnectionFailed("the stream was closed")
        if deadline is not None and time.monotonic() >= deadline:
            raise no_data(url)

    def _shut_down(self) -> None:
        sock = self._socket
        if sock is None or os.getpid() != self._process:
            return  # shutting down would reach the parent's connection
        # The plain socket's method, even for TLS: SSLSocket.shutdown drops the TLS state that the reading thread uses.
        with contextlib.suppress(OSError):
            if isinstance(sock, socket.socket):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            else:
                sock.shutdown(socket.SHUT_RDWR)
