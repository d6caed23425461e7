"""What the tests of the relay share: servers of Redis, a line that can be cut, and hosts that can be killed."""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Self

import redis

from sse_client import Event
from sse_client.relay import RelayStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from types import TracebackType

HOST_SCRIPT = Path(__file__).with_name("host.py")
HERE = HOST_SCRIPT.parent.parent.parent
PATIENT = 45.0
"""Seconds after which a test gives up waiting; a busy machine may need some of them."""
STATUS = RelayStatus(
    role="leader", leader="a", redis="ok", written=5, duplicates=0, terms=1, count=7, last_event_id="",
    without_key=0, pending=0, lag=None, held_back=False,
)  # fmt: skip


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def eventually(what: Callable[[], Any], seconds: float = PATIENT) -> Any:
    """Return the first true answer of `what`."""
    until = monotonic() + seconds
    while not (found := what()):
        assert monotonic() < until, "it did not come in time"
        sleep(0.005)
    return found


def numbered(first: int, last: int, data: str = "event {}") -> list[Event]:
    return [Event(data.format(number), id=str(number)) for number in range(first, last + 1)]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class RedisServer:
    """A server of Redis on a free port of the loopback interface, with its files in a folder of the test."""

    def __init__(self, folder: Path, *options: str, port: int | None = None, sentinel: Path | None = None) -> None:
        self.port = port or free_port()
        self.folder = folder
        self._command = ["redis-server", "--port", str(self.port), *options]
        if sentinel is not None:
            self._command = ["redis-server", str(sentinel), "--sentinel"]
        else:
            self._command += ["--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--daemonize", "no"]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        eventually(self._listens)
        return self

    def stop(self, number: int = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(number)
            self._process.wait(10)
            self._process = None

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def client(self, **options: Any) -> Any:
        return redis.Redis(port=self.port, decode_responses=True, **options)

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "redis-server ended"
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


def available() -> bool:
    return shutil.which("redis-server") is not None


class Line:
    """A TCP line to a port that can be cut: bytes then vanish, as they do when a cable is pulled."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._open = threading.Event()
        self._open.set()
        self._closed = False
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def cut(self) -> None:
        self._open.clear()

    def mend(self) -> None:
        """Reset what was cut, and let new connections through."""
        self._reset()
        self._open.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closed = True
        self._listener.close()
        self._open.set()
        self._reset()

    def _reset(self) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._sockets.clear()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            try:
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                near.close()
                continue
            self._sockets += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                self._open.wait()
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


class Host:
    """A process that runs a relay, as a machine would."""

    def __init__(self, name: str, redis_url: str, source: str, *arguments: str) -> None:
        self.name = name
        self._command = [sys.executable, str(HOST_SCRIPT), redis_url, source, name, *arguments]
        self.process = self._start()

    def kill(self) -> None:
        """SIGKILL, and a new process as a supervisor would start one."""
        self.stop()
        self.process = self._start()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(HERE)}
        return subprocess.Popen(self._command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


@contextmanager
def hosts(lines: list[Line], source: str, *arguments: str) -> Generator[list[Host]]:
    """Run a host at the end of each line."""
    running = [Host(f"host {number}", line.url, source, *arguments) for number, line in enumerate(lines, 1)]
    try:
        yield running
    finally:
        for host in running:
            host.stop()


def entries(client: Any, stream: str) -> Iterator[dict[str, str]]:
    """Yield the fields of all entries."""
    last = "-"
    while page := client.xrange(stream, min=last, count=5000):
        for _, fields in page:
            yield fields
        last = f"({page[-1][0]}"


def ids(client: Any, stream: str) -> list[str]:
    return [fields["id"] for fields in entries(client, stream)]
