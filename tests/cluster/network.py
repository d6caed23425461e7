"""Hosts as network namespaces with their own addresses, joined by a bridge in a namespace of its own (Linux, root)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

ROOT = Path(__file__).parent.parent.parent
_SUBNET = "10.77.0"


def possible() -> bool:
    """Tell whether namespaces can be made here."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"sse{os.getpid()}try"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    if made.returncode == 0:
        subprocess.run(["ip", "netns", "del", name], check=True)
    return made.returncode == 0


class Network:
    """A hub, and hosts around it. Without namespaces, all of them are processes of the loopback interface.

    Args:
        hosts: how many.
        namespaces: whether there are any.
    """

    def __init__(self, hosts: int, *, namespaces: bool) -> None:
        self.namespaces = namespaces
        self.hosts = list(range(1, hosts + 1))
        self._prefix = f"sse{os.getpid()}"
        self._processes: list[tuple[int, subprocess.Popen[bytes]]] = []
        if namespaces:
            self._make()

    @property
    def hub(self) -> str:
        """The hub's address."""
        return f"{_SUBNET}.1" if self.namespaces else "127.0.0.1"

    def address(self, host: int) -> str:
        return f"{_SUBNET}.{10 + host}" if self.namespaces else "127.0.0.1"

    def run(self, host: int, *command: str, log: IO[bytes] | int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start a process on a host; 0 is the hub. It is killed at the end at the latest."""
        inside = ["ip", "netns", "exec", self._name(host)] if self.namespaces else []
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "PYTHONWARNINGS": "ignore"}
        environment["RAY_AUTH_MODE"] = "disabled"  # nobody else is on this network
        process = subprocess.Popen(
            [*inside, *command], env=environment, stdout=log, stderr=log, cwd="/", start_new_session=True
        )
        self._processes.append((host, process))
        return process

    def kill(self, process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> None:
        """Send a signal to a process and all that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        if number == signal.SIGKILL:
            process.wait(10)

    def crash(self, host: int) -> None:
        """Kill all that runs on a host, as when its power fails."""
        for process in self._on(host):
            self.kill(process)
        if self.namespaces:
            # What the processes have started may be in sessions of their own.
            found = subprocess.run(
                ["ip", "netns", "pids", self._name(host)], capture_output=True, text=True, check=True
            )
            for number in found.stdout.split():
                with suppress(ProcessLookupError):
                    os.kill(int(number), signal.SIGKILL)

    def _on(self, host: int) -> list[subprocess.Popen[bytes]]:
        return [process for where, process in self._processes if where == host]

    def cut(self, host: int) -> None:
        """Take the host off the network, without a word to anyone."""
        self._ip("-n", self._name(host), "link", "set", "eth0", "down")

    def mend(self, host: int) -> None:
        self._ip("-n", self._name(host), "link", "set", "eth0", "up")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for host in (*self.hosts, 0):
            self.crash(host)
            if self.namespaces:
                self._ip("netns", "del", self._name(host))

    def _make(self) -> None:
        self._ip("netns", "add", self._name(0))
        self._ip("-n", self._name(0), "link", "add", "br0", "type", "bridge")
        self._ip("-n", self._name(0), "addr", "add", f"{self.hub}/24", "dev", "br0")
        for each in ("lo", "br0"):
            self._ip("-n", self._name(0), "link", "set", each, "up")
        for host in self.hosts:
            name = self._name(host)
            self._ip("netns", "add", name)
            link = ("link", "add", f"port{host}", "type", "veth", "peer", "name", "eth0", "netns", name)
            self._ip("-n", self._name(0), *link)
            self._ip("-n", self._name(0), "link", "set", f"port{host}", "master", "br0", "up")
            self._ip("-n", name, "addr", "add", f"{self.address(host)}/24", "dev", "eth0")
            for each in ("lo", "eth0"):
                self._ip("-n", name, "link", "set", each, "up")

    def _name(self, host: int) -> str:
        return f"{self._prefix}h{host}"

    def _ip(self, *arguments: str) -> None:
        subprocess.run(["ip", *arguments], check=True, capture_output=True)
