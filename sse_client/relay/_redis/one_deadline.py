"""Gives each operation of a blocking Redis client one deadline, however many steps and reads it takes.

redis-py grants its timeout to each address, each command of a handshake, and each read of an answer, so that an answer
that arrives byte by byte has no end. The connection classes of clients that are made here are replaced by subclasses
whose sockets know the operation of the current thread; without one, they behave as before.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["bounded", "bounded_pool", "operation"]

_library: Any = object  # the class of redis-py that a subclass here is made of


class _Operation(threading.local):
    """The operation of the current thread.

    Attributes:
        end: its deadline, by `time.monotonic`; None for no operation, or no deadline.
        room: how many more bytes of answers may be received.
    """

    end: float | None = None
    room = float("inf")


_current = _Operation()


@contextmanager
def operation(seconds: float | None, most: float = float("inf")) -> Generator[None]:
    """Within this block and thread, connect, send and receive for `seconds` in all, and receive `most` bytes at most.

    Beyond these limits, redis-py raises one of its errors for a lost connection. Only connections of `bounded` classes
    keep them.
    """
    before = _current.end, _current.room
    _current.end, _current.room = None if seconds is None else time.monotonic() + seconds, most
    try:
        yield
    finally:
        _current.end, _current.room = before


def _left(timeout: float | None) -> float | None:
    """Return the seconds that a step may take: `timeout`, or less.

    Raises:
        TimeoutError: the deadline has passed.
    """
    end = _current.end
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left if timeout is None else min(left, timeout)


class _Socket:
    """A connected socket that keeps the limits of the current operation."""

    __slots__ = ("_sock", "_timeout")

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._timeout: float | None = sock.gettimeout()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def settimeout(self, timeout: float | None) -> None:
        self._timeout = timeout
        self._sock.settimeout(timeout)

    def sendall(self, data: bytes) -> None:
        self._begin_step()
        self._sock.sendall(data)

    def recv(self, size: int, *flags: int) -> bytes:
        self._begin_step()
        data: bytes = self._sock.recv(size, *flags)
        if not flags:
            self._count(len(data))
        return data

    def recv_into(self, buffer: Any) -> int:
        self._begin_step()
        size: int = self._sock.recv_into(buffer)
        self._count(size)
        return size

    def _begin_step(self) -> None:
        # A timeout of 0 only asks whether something has arrived.
        if self._timeout != 0:
            self._sock.settimeout(_left(self._timeout))

    def _count(self, size: int) -> None:
        _current.room -= size
        if _current.room < 0:
            raise OSError("the answer is longer than any that was expected")


class _Bounded(_library):  # type: ignore[misc]  # which class of redis-py it is, is seen when it runs
    @property
    def socket_connect_timeout(self) -> float | None:  # read for each address
        return _left(self.__dict__.get("_socket_connect_timeout"))

    @socket_connect_timeout.setter
    def socket_connect_timeout(self, seconds: float | None) -> None:
        self.__dict__["_socket_connect_timeout"] = seconds

    def _connect(self) -> Any:
        base: Any = super()
        return _Socket(base._connect())  # noqa: SLF001  (redis-py's method for this)

    def _wrap_socket_with_ssl(self, sock: Any) -> Any:
        base: Any = super()
        sock.settimeout(_left(sock.gettimeout()))
        secure = base._wrap_socket_with_ssl(sock)  # noqa: SLF001  (as above)
        secure.settimeout(self.socket_timeout)
        return secure


@cache
def bounded(kind: Any) -> Any:
    """Return a subclass of a connection class of redis-py that keeps the limits of the current operation."""
    if issubclass(kind, _Bounded):
        return kind
    return type(f"Bounded{kind.__name__}", (_Bounded, kind), {})


@cache
def bounded_pool(kind: Any) -> Any:
    """Return a subclass of a pool class of redis-py whose connections keep the limits of the current operation."""

    def start(self: Any, *args: Any, **options: Any) -> None:
        kind.__init__(self, *args, **options)
        self.connection_class = bounded(self.connection_class)

    return type(f"Bounded{kind.__name__}", (kind,), {"__init__": start})
