"""How a server ends, and that it serves TLS."""

from __future__ import annotations

import errno
import http.client
import ssl
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from sse_client.testing import (
    CLOSE,
    RESET,
    STALL,
    Pause,
    Received,
    Server,
    Step,
    Wait,
    stream,
)
from sse_client.testing import _server as server_module  # its patience is too long for a test

from .kit import OK, client_context, connect, exchange, server_context

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator


def test_a_server_that_never_started_can_be_closed() -> None:
    server = Server()
    assert server.url == f"http://127.0.0.1:{server.port}"
    server.close()
    with pytest.raises(ConnectionRefusedError):
        connect(server)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([b"x", STALL], id="stalls"),
        pytest.param([b"x", Pause(60), b"y"], id="pauses"),
        pytest.param([b"x", Wait(threading.Event()), b"y"], id="waits"),
        pytest.param([b"x", b"y" * 50_000_000], id="sends to a client that does not read"),
        pytest.param([b"x"], id="waits for the next request"),
    ],
)
@pytest.mark.parametrize("tls", [False, True])
def test_close_ends_a_script_at_once_that(script: list[Step], tls: bool) -> None:
    with Server(script, tls=server_context() if tls else None) as server, connect(server) as raw:
        sock = client_context().wrap_socket(raw, server_hostname="127.0.0.1") if tls else raw
        with closing(sock):
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert sock.recv(1) == b"x"
            start = time.monotonic()
            server.close()
            assert time.monotonic() - start < 1


def test_a_script_that_reaches_a_wait_after_close_does_not_wait() -> None:
    reached, closing_now = threading.Event(), threading.Event()

    def script(_: Received) -> Iterator[Step]:
        reached.set()
        closing_now.wait(10)
        yield Wait(threading.Event())

    server = Server(script).start()
    with connect(server) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert reached.wait(10)
        closer = threading.Thread(target=server.close)
        closer.start()
        assert sock.recv(1) == b""  # the connection is stopped
        closing_now.set()
        closer.join()


def test_a_script_that_does_not_end_is_an_error_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_PATIENCE", 0.01)
    reached, go = threading.Event(), threading.Event()

    def script(_: Received) -> list[Step]:
        reached.set()
        go.wait(10)
        return []

    server = Server(script).start()
    threads = set(threading.enumerate())
    with connect(server) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert reached.wait(10)
        (thread,) = set(threading.enumerate()) - threads
        with pytest.raises(ExceptionGroup) as caught:
            server.close()
        assert str(caught.value.exceptions[0]) == (
            "testing server, connection 0: its script still runs 0.01 s after close()"
        )
        go.set()
        thread.join(10)


def test_tls_serves_the_same_scripts() -> None:
    client = client_context()
    with Server(OK, stream([b"data\n\n"], framing="close"), [RESET], tls=server_context()) as server:
        assert server.url == f"https://127.0.0.1:{server.port}"
        with closing(http.client.HTTPSConnection("127.0.0.1", server.port, context=client, timeout=10)) as connection:
            for expected in (b"ok", b"data\n\n"):
                connection.request("GET", "/")
                with connection.getresponse() as response:
                    assert response.read() == expected
            assert server.connections == 1
            connection.request("GET", "/")
            with pytest.raises(ConnectionResetError):
                connection.getresponse()


def test_tls_ends_with_a_close_notify_when_the_close_is_orderly() -> None:
    with (
        Server([b"x", CLOSE], tls=server_context()) as server,
        client_context().wrap_socket(connect(server), server_hostname="127.0.0.1", suppress_ragged_eofs=False) as sock,
    ):
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert (sock.recv(1), sock.recv(1)) == (b"x", b"")


def test_a_client_that_does_not_trust_the_certificate_is_no_error() -> None:
    with (
        Server(tls=server_context()) as server,
        connect(server) as raw,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(raw, server_hostname="127.0.0.1")


def test_the_server_continues_when_no_connection_can_be_accepted() -> None:
    class Listener:
        def __init__(self, listener: socket.socket) -> None:
            self._listener = listener
            self.failures = 2

        def accept(self) -> Any:
            if self.failures:
                self.failures -= 1
                raise OSError(errno.EMFILE, "Too many open files")
            return self._listener.accept()

        def close(self) -> None:
            self._listener.close()

    server = Server([*OK, CLOSE])
    listener: Any = Listener(server._listener)
    server._listener = listener
    with server:
        assert exchange(server) == OK[0]
    assert not listener.failures


def test_a_connection_without_a_thread_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start
    failures = 1

    def failing(self: threading.Thread) -> None:
        nonlocal failures
        if "connection" in self.name and failures:
            failures -= 1
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", failing)
    with Server([*OK, CLOSE]) as server:
        with connect(server) as sock:
            assert sock.recv(1) == b""
        assert exchange(server) == OK[0]


def test_close_ends_a_handshake_that_the_client_never_begins() -> None:
    with Server(tls=server_context()) as server, connect(server) as first:
        with pytest.raises(ssl.SSLCertVerificationError), connect(server) as second:
            ssl.create_default_context().wrap_socket(second, server_hostname="127.0.0.1")
        assert server.connections == 2  # the first was accepted before
        server.close()
        assert first.recv(1) == b""
