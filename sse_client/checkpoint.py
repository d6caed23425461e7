"""Where a stream's place is kept while the program does not run."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Protocol

__all__ = ["Checkpoint", "FileCheckpoint"]


class Checkpoint(Protocol):
    """Keeps one last event ID. Any object with these two methods is one."""

    def load(self) -> str:
        """Return the last event ID that was saved; an empty string if none was."""
        ...

    def save(self, last_event_id: str) -> None:
        """Keep `last_event_id`. Called from the reader's thread, after the event was handled."""
        ...


class FileCheckpoint:
    """A checkpoint in a file of its own: the last event ID as UTF-8, and nothing else.

    A reader of the file sees the old ID or the new one, whenever the program or the machine stops.

    Args:
        path: the file; its folder must exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def load(self) -> str:
        """Return the ID in the file; an empty string if there is no file.

        Raises:
            OSError: the file cannot be read, or its folder does not exist.
            ValueError: it holds no last event ID.
        """
        try:
            # Bytes: reading as text would make a CR, which no ID can hold, into a LF.
            content = self.path.read_bytes()
        except FileNotFoundError:
            if not self.path.parent.is_dir():
                # Else it would be found out when the first ID is to be saved, in the middle of the stream.
                raise FileNotFoundError(f"{self.path}: expected a folder for the checkpoint to be in") from None
            return ""
        try:
            last_event_id = content.decode()
        except UnicodeDecodeError:
            last_event_id = "\0"
        if any(char in last_event_id for char in "\r\n\0"):
            raise ValueError(f"{self.path}: expected one last event ID in UTF-8, got something else")
        return last_event_id

    def save(self, last_event_id: str) -> None:
        """Write `last_event_id` beside the file, flush it to the disk, and put it in the file's place (mode 0600).

        Raises:
            OSError: the file cannot be written.
        """
        handle, beside = tempfile.mkstemp(prefix=".sse_client-", dir=self.path.parent)
        try:
            with open(handle, "wb") as file:
                file.write(last_event_id.encode())
                file.flush()
                os.fsync(handle)
            os.replace(beside, self.path)
        except BaseException:
            os.unlink(beside)
            raise
