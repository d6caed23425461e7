"""Writes bytes to standard output at once, without an error if its reader has left."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from sse_client.cli.exits import Exit, Failure
from sse_client.cli.files import reason

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["ReaderLeft", "Stdout", "abandon"]


class ReaderLeft(Exception):
    """The reader of the output has closed it, which ends the command without an error."""


class Stdout:
    """Writes to standard output, and flushes.

    Raises:
        Failure: standard output is closed.
    """

    def __init__(self) -> None:
        if sys.stdout is None:
            raise Failure("the standard output is closed: there is nowhere to write to", Exit.FILE)
        sys.stdout.flush()
        self._file: BinaryIO = sys.stdout.buffer

    def write(self, *data: bytes) -> None:
        """Write all of `data`, one after the other, and flush.

        Raises:
            ReaderLeft: the pipe is closed.
            Failure: the system refuses to write.
        """
        try:
            self._file.writelines(data)
            self._file.flush()
        except BrokenPipeError:
            raise ReaderLeft from None
        except OSError as error:
            raise Failure(f"cannot write to the standard output: {reason(error)}", Exit.FILE) from error


def abandon() -> None:
    """Redirect standard output to nowhere, so that Python's flush at exit does not fail on a closed pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
