"""Reads requests from one socket, and writes the steps of their scripts to it."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import threading
from typing import TYPE_CHECKING

from sse_client.testing._received import ClientGone, Received, receive
from sse_client.testing._steps import CLOSE, RESET, STALL, Pause, Step, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Connection:
    """An accepted connection, served by one thread and stopped by another."""

    def __init__(self, sock: socket.socket, number: int, tls: ssl.SSLContext | None) -> None:
        self._number = number
        self._tls = tls
        self._sock = sock
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._awaited: threading.Event | None = None

    def serve(self, answer: Callable[[Received], Iterable[Step]]) -> None:
        """Answer requests until one side ends the connection; call `close` afterwards.

        Raises:
            BaseException: any exception of `answer` or its steps; ValueError for a request that is not HTTP.
        """
        try:
            self._handshake()
            with self._sock.makefile("rb") as reader:
                while self._play(answer(receive(reader, self._number))):
                    pass
        except ClientGone:
            pass

    def close(self) -> None:
        """Close the socket, after `serve`."""
        with self._lock:
            self._sock.close()

    def stop(self) -> None:
        """End the connection, and the wait of its thread."""
        with self._lock:
            self._stopped.set()
            if self._awaited is not None:
                self._awaited.set()
            # Not SSLSocket's own method: it drops the TLS state that the serving thread is using.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def _handshake(self) -> None:
        try:
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is None:
                return
            with self._lock:
                secure = self._tls.wrap_socket(self._sock, server_side=True, do_handshake_on_connect=False)
                self._sock = secure
            secure.do_handshake()
        except OSError as error:
            raise ClientGone from error

    def _play(self, steps: Iterable[Step]) -> bool:
        """Run the steps; return whether the connection is ready for the next request."""
        return all(self._carry_out(step) for step in steps)

    def _carry_out(self, step: Step) -> bool:
        match step:
            case bytes():
                self._send(step)
                return True
            case Pause(seconds):
                return not self._stopped.wait(seconds)
            case Wait(event):
                return self._wait(event)
            case _ if step is RESET:
                with contextlib.suppress(OSError):  # refused by some systems once the client has gone
                    self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
            case _ if step is CLOSE:
                self._notify()
            case _ if step is STALL:
                self._stopped.wait()
            case _:
                raise TypeError(f"a step must be bytes, Pause, Wait, RESET, CLOSE or STALL, not {step!r}")
        return False

    def _send(self, data: bytes) -> None:
        try:
            self._sock.sendall(data)
        except OSError as error:
            raise ClientGone from error

    def _wait(self, event: threading.Event) -> bool:
        with self._lock:
            if self._stopped.is_set():
                return False
            self._awaited = event
        event.wait()
        with self._lock:
            self._awaited = None
        return not self._stopped.is_set()

    def _notify(self) -> None:
        """Send close_notify to a TLS client, without waiting for the client's own."""
        if isinstance(self._sock, ssl.SSLSocket):
            with contextlib.suppress(OSError):
                self._sock.settimeout(0)
                self._sock.unwrap()
