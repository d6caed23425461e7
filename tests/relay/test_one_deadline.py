"""An operation has one deadline, however slowly, or in however many steps, what should be Redis answers."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
import redis
import trustme

from sse_client.relay import RedisCheckpoint, RedisUnavailable, checkpoint
from sse_client.relay._redis.connect import close, close_async, connect, connect_async
from sse_client.relay._redis.failures import Unreachable
from sse_client.relay._redis.link import Link, Script
from sse_client.relay._redis.link_async import AsyncLink

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

SECONDS = 0.3
LATE = 3.0  # a busy machine is late by less; a dribbled answer takes longer
DRIBBLE = 8.0
SCRIPT = Script("return 1")
GREETING = b"%1\r\n$5\r\nproto\r\n:3\r\n"


def dribble(sock: socket.socket, what: bytes = b"$1000000\r\n") -> None:
    """Answer a byte every 20 ms."""
    end = time.monotonic() + DRIBBLE
    sock.sendall(what)
    while time.monotonic() < end:
        sock.sendall(b"x")
        time.sleep(0.02)


@contextmanager
def serving(converse: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Generator[int]:
    """Serve each connection in a thread of its own; yield the port."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=run, args=(listener.accept()[0],), daemon=True).start()

    def run(sock: socket.socket) -> None:
        with suppress(OSError), sock if tls is None else tls.wrap_socket(sock, server_side=True) as secure:
            converse(secure)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def slow_to_answer(sock: socket.socket) -> None:
    """Greet like Redis, and dribble the answer to the first command that is not part of connecting."""
    while data := sock.recv(65536):
        if b"HELLO" in data:
            sock.sendall(GREETING)
        elif any(word in data for word in (b"GETRANGE", b"EVALSHA", b"XREAD", b"CLUSTER", b"SENTINEL")):
            dribble(sock)
        else:
            sock.sendall(b"+OK\r\n" * data.count(b"*"))


def slow_to_greet(sock: socket.socket) -> None:
    """Dribble the answer to each of the first commands of a connection."""
    while sock.recv(65536):
        dribble(sock)


def slow_at_each_step(sock: socket.socket) -> None:
    """Answer each command just within the timeout, one command at a time."""
    while data := sock.recv(65536):
        for _ in range(data.count(b"*")):
            time.sleep(0.8 * SECONDS)
            sock.sendall(GREETING if b"HELLO" in data else b"+OK\r\n")


@contextmanager
def in_time() -> Generator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < LATE


conversations = pytest.mark.parametrize("converse", [slow_to_answer, slow_to_greet, slow_at_each_step])


@conversations
def test_a_checkpoint_is_over_at_its_deadline(converse: Callable[[socket.socket], None]) -> None:
    with serving(converse) as port, in_time():
        saved = RedisCheckpoint(f"redis://127.0.0.1:{port}?client_name=a&db=1", "place", timeout=SECONDS)
        with pytest.raises(RedisUnavailable):
            saved.load()
        saved.close()


def test_a_checkpoint_over_tls_is_over_at_its_deadline() -> None:
    authority: Any = trustme.CA()  # Any, because its types name those of pyOpenSSL
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with serving(slow_to_answer, tls) as port, in_time():
        url = f"rediss://127.0.0.1:{port}?ssl_cert_reqs=none&ssl_check_hostname=false"
        saved = RedisCheckpoint(url, "place", timeout=SECONDS)
        with pytest.raises(RedisUnavailable):
            saved.load()
        saved.close()


def test_a_handshake_with_tls_that_dribbles_is_over_at_the_deadline() -> None:
    with serving(lambda sock: dribble(sock, b"\x16\x03\x03\x3f\x00")) as port, in_time():
        saved = RedisCheckpoint(f"rediss://127.0.0.1:{port}?ssl_cert_reqs=none", "place", timeout=SECONDS)
        with pytest.raises(RedisUnavailable):
            saved.load()
        saved.close()


def test_the_timeout_of_a_url_is_the_deadline() -> None:
    with serving(slow_to_answer) as port, in_time():
        saved = RedisCheckpoint(f"redis://127.0.0.1:{port}?socket_timeout={SECONDS}", "place", timeout=60)
        with pytest.raises(RedisUnavailable):
            saved.load()
        saved.close()


def test_an_answer_longer_than_any_id_is_not_received(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "_LONGEST_ID", 1_000_000)
    received = 0
    recv = socket.socket.recv

    def counted(self: socket.socket, *args: Any) -> bytes:
        nonlocal received
        data = recv(self, *args)
        received += len(data)
        return data

    def flood(sock: socket.socket) -> None:
        while data := recv(sock, 65536):
            if b"GETRANGE" in data:
                sock.sendall(b"$1000000000\r\n")
                while True:
                    sock.sendall(b"x" * 65536)
            sock.sendall(GREETING if b"HELLO" in data else b"+OK\r\n" * data.count(b"*"))

    monkeypatch.setattr(socket.socket, "recv", counted)
    with serving(flood) as port:
        saved = RedisCheckpoint(f"redis://127.0.0.1:{port}", "place", timeout=30)
        with pytest.raises(RedisUnavailable, match="longer than any that was expected"):
            saved.load()
        saved.close()
    assert received < 1_300_000


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:{}", "redis+sentinel://127.0.0.1:{}/main", "redis+cluster://127.0.0.1:{}"]
)
@conversations
def test_a_script_is_over_at_its_deadline(converse: Callable[[socket.socket], None], url: str) -> None:
    with serving(converse) as port:
        client, _ = connect(url.format(port), SECONDS)
        link = Link(client)
        for ask in (lambda: link.run(SCRIPT, ["a"]), lambda: link.wait({"a": "0"}, 100)):
            with in_time(), pytest.raises(Unreachable):
                ask()
        link.close()
        close(client)


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:{}", "redis+sentinel://127.0.0.1:{}/main", "redis+cluster://127.0.0.1:{}"]
)
@conversations
def test_a_script_is_over_at_its_deadline_in_asyncio(converse: Callable[[socket.socket], None], url: str) -> None:
    async def main(port: int) -> None:
        client, _ = connect_async(url.format(port), SECONDS)
        link = AsyncLink(client)
        for ask in (lambda: link.run(SCRIPT, ["a"]), lambda: link.wait({"a": "0"}, 100)):
            with in_time(), pytest.raises(Unreachable):
                await ask()
        await close_async(client)

    with serving(converse) as port:
        asyncio.run(main(port))


def test_a_client_of_the_caller_keeps_its_own_timeouts() -> None:
    def slow(sock: socket.socket) -> None:
        while data := sock.recv(65536):
            if b"GETRANGE" in data:
                for piece in (b"$4\r\n", b"pl", b"ac\r\n"):
                    time.sleep(0.2)
                    sock.sendall(piece)
            else:
                sock.sendall(GREETING if b"HELLO" in data else b"+OK\r\n" * data.count(b"*"))

    with serving(slow) as port, redis.Redis(port=port, socket_timeout=0.5) as client:
        assert RedisCheckpoint(client, "place", timeout=0.1).load() == "plac"
