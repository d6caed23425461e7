"""Stores a stream's last event ID, so that a restarted program resumes after it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from functools import partial
from pathlib import Path
from typing import Protocol

__all__ = ["Checkpoint", "FileCheckpoint"]

_LONGEST_NAME = 200  # bytes; file systems allow 255, and an ending is appended
_TRIES = 20  # enough for several processes that save all the time (each should have a file of its own)
_LONGEST_ID = 64 * 1024 * 1024  # bytes: by default, no event may be longer
# `open` would block on a pipe without a writer. Windows has neither of these flags, but needs O_BINARY.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


class Checkpoint(Protocol):
    """Stores one last event ID. Any object with these two methods is a checkpoint."""

    def load(self) -> str:
        """Return the last event ID that was saved; an empty string if none was."""
        ...

    def save(self, last_event_id: str) -> None:
        """Store `last_event_id`. Called from the reader's thread, after the event has been handled."""
        ...


class FileCheckpoint:
    """A checkpoint in a file of its own: the last event ID as UTF-8, and nothing else.

    Even if the program or the machine stops at any moment, a reader of the file sees either the old ID or the new one.

    Args:
        path: the file; its folder must exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(os.path.abspath(path))  # so that `chdir` does not move it; a link stays a link

    def load(self) -> str:
        """Return the ID in the file; an empty string if there is no file.

        Raises:
            OSError: the file cannot be read, or its folder does not exist.
            ValueError: the file does not contain a last event ID, or is not a regular file.
        """
        try:
            # Read as bytes, because reading as text would turn a CR, which an ID cannot contain, into a LF.
            content = self._content()
        except FileNotFoundError:
            if not self.path.parent.is_dir():
                # Checked here, because otherwise the first save would fail in the middle of the stream.
                raise FileNotFoundError(
                    errno.ENOENT, "the folder of this file does not exist", str(self.path)
                ) from None
            return ""
        try:
            last_event_id = content.decode() if len(content) <= _LONGEST_ID else "\0"
        except UnicodeDecodeError:
            last_event_id = "\0"
        if any(char in last_event_id for char in "\r\n\0"):
            raise ValueError(f"{self.path}: expected one last event ID in UTF-8, got something else")
        return last_event_id

    def save(self, last_event_id: str) -> None:
        """Write `last_event_id` to a temporary file, flush it to the disk, and rename it over the file (mode 0600).

        If the path is a link, the file that it points to is replaced, and the link remains. The temporary file is in
        the same folder, and always has the same name, so a program that is killed leaves at most one.

        Raises:
            OSError: the file cannot be written.
            ValueError: the path is not a regular file, or the ID is longer than 64 MiB.
        """
        content = last_event_id.encode()
        if len(content) > _LONGEST_ID:
            raise ValueError(f"expected a last event ID of at most {_LONGEST_ID:,} bytes, got {len(content):,}")
        with contextlib.suppress(FileNotFoundError):
            self._check_regular(os.stat(self.path).st_mode)  # renaming would also replace a device
        target = os.path.realpath(self.path)
        beside = _beside(target)
        for tried in range(1, _TRIES + 1):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(beside)  # not opened for writing, because it may be another user's file, or a link
            try:
                _replace(target, beside, content)
            except (FileExistsError, FileNotFoundError):
                if tried == _TRIES:
                    raise
                _wait_apart(tried)
            else:
                return

    def _content(self) -> bytes:
        """Return the file's bytes, at most one more than an ID can have, because a device may never end."""
        handle = os.open(self.path, _READ)
        try:
            found = os.fstat(handle)
            self._check_regular(found.st_mode)
            with open(handle, "rb", closefd=False) as file:
                return file.read(min(found.st_size, _LONGEST_ID) + 1)
        finally:
            os.close(handle)

    def _check_regular(self, mode: int) -> None:
        """Refuse anything but a regular file.

        Raises:
            IsADirectoryError: the path is a folder.
            ValueError: the path is a device, a pipe or a socket.
        """
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(self.path))
        if not stat.S_ISREG(mode):
            raise ValueError(f"{self.path}: expected a regular file for the checkpoint, got a device, pipe or socket")


def _replace(target: str, beside: str, content: bytes) -> None:
    """Write a temporary file, and rename it over the target.

    Raises:
        FileExistsError, FileNotFoundError: another process has created or removed the temporary file at this moment.
        OSError: the file cannot be written.
    """
    try:
        # If a signal handler raised here, a descriptor that no object owns yet would stay open.
        with open(beside, "xb", opener=partial(os.open, mode=0o600)) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if not os.path.samestat(os.fstat(file.fileno()), os.stat(beside)):
                # The file that is there now belongs to another process, and may be incomplete.
                raise FileNotFoundError(errno.ENOENT, "expected no other process to write this checkpoint", beside)
        os.replace(beside, target)
    except FileExistsError:
        raise
    except BaseException:
        with contextlib.suppress(FileNotFoundError):  # it may have been renamed already
            os.unlink(beside)
        raise


def _wait_apart(tried: int) -> None:
    """Wait for a random time, longer with each try: writers that start again at once would undo each other's work."""
    from random import random  # imported when two processes first collide

    time.sleep(random() * 0.001 * 2 ** min(tried, 6))


def _beside(target: str) -> str:
    """Return the path of the target's temporary file, which is always the same, and in the same folder."""
    folder, name = os.path.split(target)
    encoded = os.fsencode(name)
    if len(encoded) > _LONGEST_NAME:
        import hashlib  # takes longer to import than all value modules of this package

        name = hashlib.sha256(encoded).hexdigest()
    return os.path.join(folder, f".{name}.sse_client-new")
