"""What the tests of the blocking transport share: readers that block, and sockets that are told to wake them."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Pair = tuple[socket.socket, socket.socket]

SOON = 10.0
"""Seconds after which a test has failed."""

NEVER = 3600.0
"""Seconds that no test waits."""


class Reader:
    """Runs something that blocks in a thread of its own."""

    def __init__(self, block: Callable[[], object]) -> None:
        self.result: object = None
        self._begun = threading.Event()
        self._block = block
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._begun.wait(SOON)

    def _run(self) -> None:
        self._begun.set()
        self.result = self._block()

    def ends(self) -> object:
        self._thread.join(SOON)
        assert not self._thread.is_alive()
        return self.result


class ToldSocket:
    """A socket that is none of the standard library's, as that of another TLS library: it keeps what it is told."""

    def __init__(self) -> None:
        self.shut = threading.Event()
        self.ways: list[int] = []

    def shutdown(self, how: int) -> None:
        self.ways.append(how)
        self.shut.set()
