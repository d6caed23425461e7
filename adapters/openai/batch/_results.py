"""Stores answers in a folder, a file for each process, and finds them again in the next run."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import IO
from uuid import uuid4

import msgspec

from sse_client.adapters.openai.batch._row import Answer

__all__ = ["Results"]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Answer).decode


class Results:
    """The answers of all runs and processes that share a folder.

    Each answer is one line of JSON, written in one call. So a process that is killed leaves at most half a line, at the
    end of a file that no other process continues. Failed rows are stored, too, and are asked again by the next run.

    Args:
        folder: the folder, which is created if it does not exist.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._own = self._new_file()
        self._file: IO[bytes] | None = None
        self._read: dict[Path, int] = {}
        self._places: dict[str, tuple[Path, int]] = {}

    def refresh(self) -> None:
        """Read what other processes have written since the last call."""
        for path in sorted(self._folder.glob("*.jsonl")):
            start = self._read.get(path, 0)
            if path == self._own or path.stat().st_size <= start:
                continue
            with path.open("rb") as file:
                file.seek(start)
                for line in file:
                    if not line.endswith(b"\n"):
                        break  # still being written, or never finished
                    self._note(line, path, start)
                    start += len(line)
            self._read[path] = start

    def find(self, key: str) -> Answer | None:
        """Return the answer of an earlier run, or of another process, to the row with this key.

        Return None if there is none, or if someone has removed or changed the file since.
        """
        place = self._places.get(key)
        if place is None:
            return None
        path, start = place
        try:
            with path.open("rb") as file:
                file.seek(start)
                answer = _decode(file.readline())
        except (FileNotFoundError, msgspec.DecodeError):
            answer = None
        if answer is not None and answer.idempotency_key == key:
            return answer
        del self._places[key]
        return None

    def add(self, answer: Answer) -> None:
        """Store an answer.

        Raises:
            OSError: the answer could not be written; the disk may be full.
        """
        line = _encode(answer) + b"\n"
        try:
            if self._file is None:
                self._file = self._own.open("ab", buffering=0)
            start = self._file.tell()
            written = self._file.write(line)
        except OSError as error:
            raise OSError(error.errno, f"{error.strerror}: an answer could not be kept", str(self._own)) from error
        if written != len(line):
            # The next answer must not follow half a line.
            self.close()
            cut, self._own = self._own, self._new_file()
            raise OSError(errno.ENOSPC, f"{written} of {len(line)} bytes of an answer could be written", str(cut))
        self._note(line, self._own, start)

    def close(self) -> None:
        """Close the file of this process."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _new_file(self) -> Path:
        return self._folder / f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}.jsonl"

    def _note(self, line: bytes, path: Path, start: int) -> None:
        try:
            answer = _decode(line)
        except msgspec.DecodeError:
            return  # not one of ours
        if not answer.error:
            self._places[answer.idempotency_key] = (path, start)
