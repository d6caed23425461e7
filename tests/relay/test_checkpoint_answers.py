"""What a checkpoint makes of answers that no Redis gives."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from sse_client.relay import RedisCheckpoint, RelayError

if TYPE_CHECKING:
    from collections.abc import Generator


@contextmanager
def answering(answer: bytes) -> Generator[str]:
    """Serve what greets like Redis, and gives one answer to all commands."""
    socks: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                socks.append(sock)
                threading.Thread(target=converse, args=(sock,), daemon=True).start()

    def converse(sock: socket.socket) -> None:
        with suppress(OSError), sock:
            while data := sock.recv(65536):
                if b"GETRANGE" in data or b"\r\nSET\r\n" in data:
                    sock.sendall(answer)
                elif b"HELLO" in data:
                    sock.sendall(b"%1\r\n$5\r\nproto\r\n:3\r\n")
                else:
                    sock.sendall(b"+OK\r\n" * data.count(b"*"))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"redis://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for sock in socks:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "answer",
    [b":5\r\n", b"$1x\r\n1\r\n", b"*1\r\n" * 20_000 + b":1\r\n", b"*1\r\n:1\r\n", b"garbage\r\n"],
    ids=["a number", "a malformed size", "a deep array", "an array", "garbage"],
)
def test_an_answer_that_is_none_is_an_error_of_the_relay(answer: bytes) -> None:
    with answering(answer) as url:
        checkpoint = RedisCheckpoint(url, "place", timeout=5)
        for ask in (checkpoint.load, lambda: checkpoint.save("1")):
            with pytest.raises(RelayError):
                ask()
        checkpoint.close()


def test_what_is_not_ok_has_not_been_saved() -> None:
    with answering(b"$2\r\nno\r\n") as url:
        checkpoint = RedisCheckpoint(url, "place", timeout=5)
        with pytest.raises(RelayError, match="expected OK"):
            checkpoint.save("1")
        checkpoint.close()
