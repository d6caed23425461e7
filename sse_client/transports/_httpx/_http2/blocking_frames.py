"""Reads HTTP/2 bodies directly from their connection, in the blocking client; see `frames.py`."""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

import select
import socket
import ssl
import time
import weakref
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

from sse_client.transports._httpx._http2.frames import Frames, frames_part, has_frames
from sse_client.transports._httpx.pool import network_stream

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FrameSource", "frame_source", "head_source"]

_RECEIVE = 64 * 1024
_SLICE = 0.05  # seconds after which a thread that waits for another thread's read checks its own stream
_YIELD = 0.0005  # seconds in which other threads can pick up what one thread has read for them


class FrameSource(Frames):
    """Reads one stream of an HTTP/2 connection, in a blocking client.

    Attributes:
        alarm: a socket that wakes the reader when it is shut down, because other streams use the connection, too.
        sock: the connection's socket.
    """

    __slots__ = ("__weakref__", "_closing", "_lock", "_poll", "_wake", "alarm", "sock")

    def __init__(self, connection: Any, request: Any, stream_id: int, sock: Any) -> None:
        super().__init__(connection, request, stream_id)
        self.sock = sock
        self._lock = getattr(self._state, "lock", None) or nullcontext()
        self.alarm, self._wake = socket.socketpair()
        self._poll = _readable(sock, self._wake)
        # For a stream that is dropped without being closed.
        self._closing = weakref.finalize(self, _close, self.alarm, self._wake)

    def receive(self, timeout: float | None) -> bytes:
        """Wait for the next events of the body; see `wait`."""
        self.wait(timeout)
        return self.ready()

    def wait(self, timeout: float | None, arrived: Callable[[], object] | None = None) -> None:
        """Wait for the next events of the stream.

        Args:
            timeout: the most seconds to wait.
            arrived: returns whether to stop waiting; by default, whether there are events.

        Raises:
            TimeoutError: nothing arrived within `timeout`.
            Exception: the stream or its connection has ended; the exception is that of httpcore or h2.
        """
        end = None if timeout is None else time.monotonic() + timeout
        connection = self._connection
        if self._credit_due:
            self._credit_due = False
            connection._write_outgoing_data(self._request)
        lock = connection._read_lock._lock
        while not (self.events if arrived is None else arrived()):
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError("timed out")
            if not lock.acquire(timeout=_SLICE if left is None else min(_SLICE, left)):
                if self._poll(0)[1]:
                    raise ConnectionError("the stream was closed")
                continue
            over = others = False
            try:
                if not (self.events if arrived is None else arrived()):
                    over = self._is_over()
                    if not over:
                        over, others = self._read(left)
            finally:
                lock.release()
            if over and self.events:
                connection._receive_events(self._request)  # raises the error that ended the connection
            elif over:
                self.events.append(connection._receive_stream_event(self._request, self._stream_id))
            elif others:
                time.sleep(_YIELD)  # otherwise this thread would take the lock again before the waiting ones

    def _read(self, timeout: float | None) -> tuple[bool, bool]:
        """Read what has arrived; return whether the connection has ended, and whether other streams got anything."""
        readable, woken = self._poll(timeout)
        if woken:
            raise ConnectionError("the stream was closed")
        if not readable:
            return False, False
        touched: set[int] = set()
        connection = self._connection
        try:
            data = self.sock.recv(_RECEIVE)
            if not data:
                return True, False
            with connection._state_lock:
                changes: list[Any] = []
                with self._lock:
                    while data:
                        data = self._dispatch(data, touched, changes)
                for event in changes:
                    connection._receive_remote_settings_change(event)
            if self._state._data_to_send:
                connection._write_outgoing_data(self._request)  # h2's replies to pings and settings
        except (TimeoutError, ssl.SSLWantReadError):
            return False, False
        except BaseException:
            # Bytes may have been received but not dispatched (after Ctrl-C, for example), so the connection takes no
            # more requests.
            connection._connection_error = True
            raise
        return False, bool(touched - {self._stream_id})

    def finish(self, errors: tuple[type[Exception], ...]) -> None:
        """Write the pending window updates; errors are ignored, because the body is complete."""
        with suppress(*errors):
            self._connection._write_outgoing_data(self._request)

    def close(self) -> None:
        """Close the sockets that wake a reader."""
        self._closing()


def frame_source(response: Any) -> FrameSource | None:
    """Return the body of a blocking client's response; None without HTTP/2, or if the library has to read it."""
    part = frames_part(response)
    return None if part is None else _source(response.extensions.get("network_stream"), *part)


def head_source(connection: Any, request: Any, stream_id: int) -> FrameSource | None:
    """Return the source of a response that has not arrived yet; None if `frame_source` returns None.

    Args:
        connection: the connection of httpcore.
        request: the request of httpcore.
        stream_id: the stream ID of the request.
    """
    known = has_frames(connection, stream_id)
    return _source(network_stream(connection), connection, request, stream_id) if known else None


def _source(stream: Any, connection: Any, request: Any, stream_id: int) -> FrameSource | None:
    sock = None if stream is None else stream.get_extra_info("socket")
    is_tls = stream is not None and stream.get_extra_info("ssl_object") is not None
    if sock is None or is_tls != isinstance(sock, ssl.SSLSocket) or not hasattr(connection._read_lock, "_lock"):
        return None
    return FrameSource(connection, request, stream_id, sock)


def _close(*socks: socket.socket) -> None:
    for sock in socks:
        sock.close()


def _readable(sock: Any, wake: Any) -> Callable[[float | None], tuple[bool, bool]]:
    """Return a function that waits for some seconds; it returns which of two sockets are readable."""
    pending = sock.pending if isinstance(sock, ssl.SSLSocket) else None

    def poll(seconds: float | None) -> tuple[bool, bool]:
        if pending is not None and pending():
            return True, False
        found, _, _ = select.select((sock, wake), (), (), seconds)
        return sock in found, wake in found

    if not hasattr(select, "poll"):
        return poll
    polling = select.poll()
    polling.register(sock, select.POLLIN)
    polling.register(wake, select.POLLIN)
    numbers = sock.fileno(), wake.fileno()

    def poll_faster(seconds: float | None) -> tuple[bool, bool]:
        if pending is not None and pending():
            return True, False
        found = [number for number, _ in polling.poll(None if seconds is None else seconds * 1000)]
        return numbers[0] in found, numbers[1] in found

    return poll_faster
