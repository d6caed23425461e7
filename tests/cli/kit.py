"""What the tests of the command line share: runs in this process, in another one, and in a terminal of its own."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from sse_client.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from types import TracebackType

COMMAND = [sys.executable, "-m", "sse_client"]

HANGS = 20.0
"""Seconds after which a command is given up."""


class Ran(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class Stream(io.TextIOWrapper):
    """A standard stream that keeps what is written; a terminal, if the test says so."""

    def __init__(self, encoding: str = "utf-8", *, terminal: bool = False) -> None:
        self.kept = io.BytesIO()
        self.terminal = terminal
        super().__init__(self.kept, encoding=encoding, newline="")

    def isatty(self) -> bool:
        return self.terminal

    def text(self) -> str:
        self.flush()
        return self.kept.getvalue().decode(self.encoding, "replace")


class Kept:
    """A standard output that keeps what is written."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, *data: bytes) -> None:
        self.data += b"".join(data)


def run(*arguments: str, stdin: str = "", terminal: bool = False, encoding: str = "utf-8") -> Ran:
    """Run a command in this process; `terminal` makes its output one."""
    out, err = Stream(encoding, terminal=terminal), Stream(encoding, terminal=terminal)
    before = sys.argv, sys.stdin
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        file.write(stdin)
        file.seek(0)
        sys.argv, sys.stdin = ["sse-client", *arguments], file
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = main()
        finally:
            sys.argv, sys.stdin = before
    return Ran(code, out.text(), err.text())


def always(value: object) -> Any:
    """Return a function that takes anything, and returns `value`."""

    def answer(*_: Any, **__: Any) -> Any:
        return value

    return answer


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of a process without proxies and keys."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OPENAI_", "SSE_CLIENT_")) and not name.lower().endswith("_proxy")
    }
    return {**kept, "PYTHONIOENCODING": "utf-8", **variables}


def command(*arguments: str, stdin: str = "", **variables: str) -> Ran:
    """Run a command in a process of its own."""
    done = subprocess.run(
        [*COMMAND, *arguments], input=stdin, capture_output=True, text=True, encoding="utf-8", timeout=HANGS,
        check=False, env=environment(**variables),
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[=>]|\][^\x07]*\x07)")


def plain(text: str) -> str:
    """Return what a terminal was sent, without colours and movements."""
    return _ESCAPE.sub("", text).replace("\r", "")


@contextmanager
def started(command: Sequence[str], **streams: Any) -> Generator[subprocess.Popen[str]]:
    """Start a command as a process, and leave neither it nor its pipes behind."""
    process = subprocess.Popen(command, text=True, env=environment(), **streams)
    try:
        yield process
    finally:
        process.kill()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        process.wait()


class Terminal:
    """A command in a terminal of its own."""

    def __init__(self, *arguments: str, columns: int = 80, command: Sequence[str] = COMMAND, **variables: str) -> None:
        self._main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(
            [*command, *arguments], stdin=side, stdout=side, stderr=side, close_fds=True, start_new_session=True,
            env=environment(**{"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1", **variables}),
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(side)
        self.received = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._main)

    @property
    def text(self) -> str:
        return plain(self.received)

    def send(self, keys: str) -> None:
        os.write(self._main, keys.encode())

    def wait_for(self, text: str) -> None:
        """Read until `text` is on the screen."""
        self.wait_until(lambda screen: text in screen)

    def wait_for_prompt(self, after: str) -> None:
        """Read until a prompt comes after some text."""
        self.wait_until(lambda screen: after in screen and ">" in screen.rpartition(after)[2])

    def wait_until(self, shows: Callable[[str], bool]) -> None:
        """Read until the screen shows what it should."""
        deadline = time.monotonic() + HANGS
        while not shows(self.text):
            if time.monotonic() > deadline or not self._read(0.1):
                raise AssertionError(f"the screen has: {self.text!r}")

    def end(self) -> int:
        """Read until the command ends; return its exit code."""
        deadline = time.monotonic() + HANGS
        while self._read(0.1):
            if time.monotonic() > deadline:
                raise AssertionError(f"the command does not end; the screen has: {self.text!r}")
        return self.process.wait(HANGS)

    def _read(self, seconds: float) -> bool:
        if select.select([self._main], [], [], seconds)[0]:
            try:
                data = os.read(self._main, 65536)
            except OSError:
                return False
            self.received += data.decode("utf-8", "replace")
            return bool(data)
        return True


def interrupt(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
