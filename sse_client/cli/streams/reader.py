"""Checks whether anyone still reads the output: `| head` ends a stream even if its next event never arrives."""

from __future__ import annotations

import select
import socket
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from sse_client import EventStream

__all__ = ["closes_when_reader_leaves"]


@contextmanager
def closes_when_reader_leaves(stream: EventStream, descriptor: int = 1) -> Generator[None]:
    """Close `stream` when the other end of the pipe that `descriptor` writes to is closed."""
    if not hasattr(select, "poll") or sys.stdout is None or sys.stdout.isatty():
        yield
        return
    ours, theirs = socket.socketpair()
    thread = threading.Thread(
        target=_watch, args=(stream, descriptor, theirs), name="reader of the output", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ours.close()
        thread.join()
        theirs.close()


def _watch(stream: EventStream, descriptor: int, stopped: socket.socket) -> None:
    poll = select.poll()
    poll.register(descriptor, 0)  # errors and hang-ups are always reported
    poll.register(stopped, select.POLLIN)
    if descriptor in {ready for ready, _ in poll.poll()}:
        stream.close()
