"""A TCP relay in front of a server, which can be cut, taken down, and led to another server."""

from __future__ import annotations

import select
import socket
import struct
import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_RESET = struct.pack("ii", 1, 0)


class Relay:
    """Relays connections to a port of 127.0.0.1: bytes, orderly ends and resets, in both directions.

    Args:
        target: the port; None resets each connection.

    Attributes:
        port: where it listens.
        url: the same as an origin.
    """

    def __init__(self, target: int | None = None) -> None:
        self._target = target
        self._wakers: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._listen()

    def lead_to(self, target: int | None) -> None:
        """Relay new connections to another port."""
        self._target = target

    def cut(self) -> None:
        """Reset every connection, to the client and to the server."""
        with self._lock:
            wakers, self._wakers = self._wakers, []
        for waker in wakers:
            waker.close()

    def down(self) -> None:
        """Cut every connection, and refuse new ones."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._accepting.join()
        self._listener.close()
        self.cut()

    def up(self) -> None:
        """Accept connections again after `down()`."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._listen()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.down()

    def _listen(self) -> None:
        self._accepting = threading.Thread(target=self._accept, args=(self._listener,), name="relay", daemon=True)
        self._accepting.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            waker, woken = socket.socketpair()
            with self._lock:
                self._wakers.append(waker)
            threading.Thread(target=_serve, args=(client, self._target, woken), name="relay", daemon=True).start()


def _serve(client: socket.socket, target: int | None, woken: socket.socket) -> None:
    with closing(client), closing(woken):
        if target is None:
            _will_reset(client)
            return
        try:
            server = socket.create_connection(("127.0.0.1", target), timeout=10)
        except OSError:
            _will_reset(client)
            return
        server.settimeout(None)
        with closing(server):
            try:
                _relay(client, server, woken)
            except OSError:
                _will_reset(client)
                _will_reset(server)


def _relay(client: socket.socket, server: socket.socket, woken: socket.socket) -> None:
    """Relay until both sides have ended.

    Raises:
        OSError: one side was reset, or the relay was cut.
    """
    sources = {client: server, server: client}
    while sources:
        ready, _, _ = select.select([*sources, woken], [], [])
        if woken in ready:
            raise ConnectionResetError
        for source in ready:
            if data := source.recv(65536):
                sources[source].sendall(data)
            else:
                sources.pop(source).shutdown(socket.SHUT_WR)


def _will_reset(sock: socket.socket) -> None:
    """Have the close of a socket reset its connection."""
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
