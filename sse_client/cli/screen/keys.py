"""Discards keys pressed while something is being drawn: an echo would move the cursor."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sse_client.cli.screen.terminal import is_terminal

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["restore_keys", "silent_keys"]

termios: Any = None
with suppress(ImportError):  # Windows has no termios, and does not echo here
    termios = import_module("termios")

_before: list[tuple[int, Any]] = []


@contextmanager
def silent_keys() -> Generator[None]:
    """Turn the echo of keys off within a block; typed keys stay in the input for the next reader."""
    if termios is None or sys.stdin is None or not is_terminal(sys.stdin):
        yield
        return
    descriptor = sys.stdin.fileno()
    settings = termios.tcgetattr(descriptor)
    _before.append((descriptor, settings))
    silent = [*settings]
    silent[3] = settings[3] & ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        restore_keys()


def restore_keys() -> None:
    """Turn the echo of keys on again, if it is off; also for an exit without clean-up."""
    while _before:
        descriptor, settings = _before.pop()
        termios.tcsetattr(descriptor, termios.TCSADRAIN, settings)
