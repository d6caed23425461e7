"""What the tests of the promises share: places that cannot be reached, and programs with a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from sse_client.testing import Step, reply

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

MOST_STALL = 0.02 if sys.gettrace() is None else 0.1
"""Seconds of CPU time that an event loop's thread may take between two beats of `heartbeat`: more with coverage, where
the tests run beside one another."""

SLACK = 2.5
"""Seconds that a busy machine may be late by. Whatever breaks a promise is later than that, or never ends."""


def refused() -> str:
    """Return a URL on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def to(location: str, status: int = 302) -> list[Step]:
    """Return a redirect."""
    return reply(status, headers={"Location": location})


def bound(limit: float, function: Callable[[], Any]) -> Any:
    """Return what `function` returns, which must come within `limit` seconds and the slack of a busy machine."""
    begin = time.monotonic()
    result = function()
    took = time.monotonic() - begin
    assert took < limit + SLACK, f"took {took:.2f} s, expected {limit:g} s at most"
    return result


async def until(condition: Callable[[], object], limit: float = 30.0) -> None:
    """Wait in asyncio until `condition` holds, which must be within `limit` seconds."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "what was waited for did not come"
        await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def heartbeat() -> AsyncGenerator[list[float]]:
    """Yield a list of one number: the most CPU time that this thread took between two beats of another task."""
    stall = [0.0]

    async def beat() -> None:
        while True:
            begin = time.thread_time()
            await asyncio.sleep(0.0005)
            stall[0] = max(stall[0], time.thread_time() - begin)

    task = asyncio.ensure_future(beat())
    await asyncio.sleep(0)  # it begins
    try:
        yield stall
    finally:
        task.cancel()


def run_program(source: str, *arguments: str, limit: float = 30.0) -> str:
    """Run a Python program in a process of its own, which must end well within `limit` seconds; return its output."""
    program = [sys.executable, "-W", "error", "-X", "faulthandler", "-c", source, *arguments]
    done = subprocess.run(program, capture_output=True, text=True, timeout=limit, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    assert not done.stderr, done.stderr
    return done.stdout


@contextlib.contextmanager
def serving(talk: Callable[[socket.socket], object], *, times: int = 1_000_000) -> Generator[int]:
    """Serve a port with `talk`, called with each connection in a thread of its own, until it ends; yield the port.

    Errors of the network end a conversation, as does the end of the test.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    accepted: list[socket.socket] = []
    ended = False

    def conversation(sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            talk(sock)

    def accept() -> None:
        for _ in range(times):
            sock, _address = listener.accept()
            if ended:
                sock.close()
                return
            accepted.append(sock)
            threading.Thread(target=conversation, args=(sock,), daemon=True).start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        ended = True
        with contextlib.suppress(OSError):
            socket.create_connection(listener.getsockname(), timeout=1).close()
        acceptor.join(5)
        listener.close()
        for sock in accepted:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def read_request(sock: socket.socket) -> bytes:
    """Return the head of a request, without the bytes after it."""
    received = b""
    while b"\r\n\r\n" not in received:
        data = sock.recv(65536)
        if not data:
            raise ConnectionResetError
        received += data
    return received
