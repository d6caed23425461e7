"""Server programs: started on a free port of the loopback interface, stopped by their process id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from .install import unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

START = 60.0  # seconds to start on a busy machine, where one is usual
_STOP = 3.0  # seconds to stop when asked, before the process is killed
_ATTEMPTS = 3  # starts, where another process takes the port that was free a moment ago


class Program:
    """A server in a process group of its own, whose output goes into a file.

    Attributes:
        port: where it listens on 127.0.0.1.
        url: its origin.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        port: int,
        log: Path,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._name = name
        self._arguments = arguments
        self._log = log
        self._environment = {**os.environ, **(environment or {})}
        self._cwd = cwd
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        # A file, not a pipe: a pipe that nobody reads fills up and blocks the server.
        with self._log.open("ab") as output:
            return subprocess.Popen(
                self._arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
                cwd=self._cwd,
                start_new_session=True,
            )

    @property
    def last_words(self) -> str:
        """The end of its output."""
        return self._log.read_text(errors="replace")[-3000:].strip() or "(it printed nothing)"

    @property
    def pid(self) -> int:
        """The id of its process, which leads its process group."""
        return self._process.pid

    def listens(self) -> bool:
        """Wait until it accepts connections; return False if its port was taken.

        A server that ends, or does not listen in time, fails or skips the test with its last words.
        """
        deadline = time.monotonic() + START
        while time.monotonic() < deadline:
            if (status := self._process.poll()) is not None:
                if "in use" in self.last_words:
                    return False
                unavailable(f"{self._name} ended with status {status}: {self.last_words}")
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
            time.sleep(0.02)
        return unavailable(f"{self._name} does not listen after {START:.0f} s: {self.last_words}")

    def stop(self) -> None:
        """End its process group: asked first, then killed."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(_STOP)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.kill()

    def restart(self) -> None:
        """Stop it, and start it again on the same port."""
        self.stop()
        self._process = self._start()
        if not self.listens():
            unavailable(f"{self._name} did not get its port back: {self.last_words}")

    def kill(self) -> None:
        """End its process group at once, as a crash would."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@contextmanager
def running(
    name: str,
    arguments: Callable[[int, Path], Sequence[str]],
    *,
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
    cwd: Path | None = None,
) -> Generator[Program]:
    """Run a server.

    Args:
        name: what messages call it.
        arguments: makes the command line from the port and a folder of the server's own.
        environment: variables beside those of this process.
        port: where to listen; a free one by default.
        cwd: the folder that it runs in; its own by default.
    """
    for _ in range(_ATTEMPTS):
        with TemporaryDirectory(prefix="server-", ignore_cleanup_errors=True) as made:
            folder = Path(made)
            folder.chmod(0o755)  # servers that give up root's rights read their settings here
            chosen = port or free_port()
            program = Program(name, arguments(chosen, folder), chosen, folder / "output", environment, cwd or folder)
            try:
                if program.listens():
                    yield program
                    return
            finally:
                program.stop()
    unavailable(f"{name} found no free port in {_ATTEMPTS} attempts")


def free_port() -> int:
    """Return a port that nothing listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
