"""What POSIX alone has, taken away: a pytest plugin, and what a scenario's process imports first.

A stand-in for Windows, as far as Linux can be one: names that are missing there are missing here, and a socket pair is
a TCP connection. It does not show how Windows itself behaves where both have a function.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import select
import signal
import socket
import sys
import time
import urllib.request

_MISSING: dict[object, tuple[str, ...]] = {
    os: (
        "chown", "environb", "fchmod", "fchown", "fork", "forkpty", "getegid", "getgid", "getpgid", "killpg", "mkfifo",
        "nice", "posix_spawn", "register_at_fork", "sendfile", "setsid", "uname",
    ),
    select: ("epoll", "poll"),
    signal: (
        "SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGUSR1", "SIGUSR2", "alarm", "pthread_kill",
        "pthread_sigmask", "setitimer", "siginterrupt", "sigwait",
    ),
    socket: ("AF_UNIX", "MSG_DONTWAIT", "MSG_NOSIGNAL", "SO_REUSEPORT", "TCP_USER_TIMEOUT", "recv_fds", "send_fds"),
    time: ("clock_gettime", "clock_gettime_ns", "pthread_getcpuclockid"),
}  # fmt: skip
_MODULES = ("fcntl", "grp", "pwd", "resource", "termios")


class _Absent:
    """Finds none of the modules that POSIX alone has."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name in _MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _socketpair(*_: object) -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = socket.create_connection(listener.getsockname())
        other, _ = listener.accept()
    return one, other


def _getproxies() -> dict[str, str]:
    """Return the proxies of the environment; Windows and macOS look into their settings too, by another function."""
    return urllib.request.getproxies_environment()


def take_away() -> None:
    """Take it away, for good."""
    if "sse_client" in sys.modules:
        raise RuntimeError("sse_client has been imported with POSIX in place")
    # It chooses its ways by the platform, which is still this one, when it is imported.
    with contextlib.suppress(ImportError):
        importlib.import_module("trio")
    for module, names in _MISSING.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    for name in _MODULES:
        sys.modules.pop(name, None)
    sys.meta_path.insert(0, _Absent)
    setattr(socket, "socketpair", _socketpair)  # noqa: B010 - the stubs give it another signature
    urllib.request.getproxies = _getproxies


take_away()
