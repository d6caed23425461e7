"""Makes a blocking client's connections under one deadline for name lookup, all addresses and a proxy.

The libraries themselves grant the full timeout to each address, and to each read of a proxy's answer, and cannot be
woken there. So the network backend of a pool, if it is the library's own, is replaced by a subclass, which behaves as
before for other users of the client. The libraries do not document where a pool has its backend; if that has changed,
deadlines apply only after the first address has been connected.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import LocationParseError

from sse_client.transports._requests.connecting import connect_socket
from sse_client.transports._requests.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Generator

    from sse_client._core.deadlines import Limits
    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["Opening", "opening_in"]

_current = threading.local()


class Opening:
    """One request of a stream, from making a connection, if necessary, to the head of its response.

    Args:
        wakeup: the stream's wakeup, which shuts down a socket that is connecting.
        limits: the time limits of the request.
    """

    def __init__(self, wakeup: Wakeup, limits: Limits) -> None:
        self.wakeup = wakeup
        ends = [limits.deadline, None if limits.connect is None else time.monotonic() + limits.connect]
        self._connect_by = min((each for each in ends if each is not None), default=None)
        self._deadline = self._in_force = limits.deadline
        self._watchdog: Watchdog | None = None
        self._handle: socket.socket | None = None
        self._arm(limits.deadline)

    @property
    def late(self) -> bool:
        """Whether the deadline in force has passed."""
        return self._in_force is not None and time.monotonic() >= self._in_force

    def connecting(self) -> float | None:
        """Begin to make a connection; return its deadline."""
        self._arm(self._connect_by)
        return self._connect_by

    def connected(self, stream: Any) -> None:
        """Watch a network stream that TLS may take over; its new socket is not visible before the handshake is done."""
        sock = _socket_of(stream)
        if sock is not None:
            before, self._handle = self._handle, socket.fromfd(sock.fileno(), sock.family, sock.type)
            self.wakeup.watch(self._handle)
            if before is not None:
                before.close()

    def sending(self, stream: Any) -> None:
        """Watch the network stream over which the request is about to be sent, until the deadline of its response."""
        self._arm(self._deadline)
        sock = _socket_of(stream)
        if sock is not None:
            self.wakeup.watch(sock)
            self._close_handle()

    def end(self) -> None:
        """Stop watching; `close` still shuts down the socket of the response."""
        if self._watchdog is not None:
            self._watchdog.stop()
        if self._handle is not None:
            self.wakeup.release_socket()
            self._close_handle()

    def _arm(self, deadline: float | None) -> None:
        self._in_force = deadline
        if self._watchdog is not None:
            self._watchdog.disarm()
        if deadline is not None:
            if self._watchdog is None:
                self._watchdog = Watchdog(self.wakeup)
            self._watchdog.arm(deadline)

    def _close_handle(self) -> None:
        if self._handle is not None:
            self._handle.close()
            self._handle = None


@contextmanager
def opening_in(client: Any, request: Any, opening: Opening) -> Generator[None]:
    """Within this block and thread, make the connections for `request` under the limits of `opening`."""
    _install(client, request)
    before = getattr(_current, "opening", None)
    _current.opening = opening
    try:
        yield
    finally:
        _current.opening = before


def _install(client: Any, request: Any) -> None:
    """Replace the network backend of the pool that serves a request, if it is the library's own."""
    try:
        pool = client._transport_for_url(request.url)._pool  # noqa: SLF001  (what this module is for)
        backend: Any = pool._network_backend  # noqa: SLF001
        own: Any = backend.__class__
        if own.__name__ == "SyncBackend":
            pool._network_backend = _deadline_backend(own)()  # noqa: SLF001
    except (AttributeError, KeyError):
        return  # the library's internals have changed


@cache
def _deadline_backend(base: Any) -> Any:
    """Return a subclass of a library's blocking backend that connects under the deadline of the current opening.

    Raises:
        AttributeError, KeyError: the library's internals have changed.
    """
    library = sys.modules[base.__module__.partition(".")[0]]
    stream_class = base.connect_tcp.__globals__["SyncStream"]
    no_time, no_connection = library.ConnectTimeout, library.ConnectError

    class DeadlineBackend(base):  # type: ignore[misc]  # which of the two libraries' it is, is seen when it runs
        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Any = None,
        ) -> Any:
            opening: Opening | None = getattr(_current, "opening", None)
            if opening is None:
                return base.connect_tcp(self, host, port, timeout, local_address, socket_options)
            try:
                sock = connect_socket(
                    host,
                    port,
                    source_address=None if local_address is None else (local_address, 0),
                    options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), *(socket_options or ())],
                    deadline=opening.connecting(),
                    wakeup=opening.wakeup,
                )
            except TimeoutError as error:
                raise no_time(error) from error
            except (OSError, LocationParseError) as error:
                raise no_connection(error) from error
            return stream_class(sock)

        def sleep(self, seconds: float) -> None:
            opening: Opening | None = getattr(_current, "opening", None)
            if opening is None:
                base.sleep(self, seconds)
            else:
                opening.wakeup.pause(seconds)

    return DeadlineBackend


def _socket_of(stream: Any) -> Any:
    return None if stream is None else stream.get_extra_info("socket")
