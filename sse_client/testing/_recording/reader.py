"""Reads from a recording what a response brought, and when."""

from __future__ import annotations

import os
import stat
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeVar

from sse_client._http.content_decoding import decoder_for
from sse_client.testing._received import Headers
from sse_client.testing._recording.body_events import BodyEvents
from sse_client.testing._recording.format import (
    MAX_LINE,
    Head,
    RecordingEnd,
    RecordingError,
    RecordingTruncated,
    decoded_end,
    decoded_head,
    decoded_piece,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sse_client.events import Event

_T = TypeVar("_T")
_TAIL: Final = 4096
"""Bytes; more than a last line takes."""


class Recording:
    """A recorded response: its head, and an iterable of `(seconds, bytes)`, the pieces of its body as they arrived.

    Each iteration reads the file from its beginning, piece by piece. `seconds` count from the head of the response.
    The bytes have no transfer coding, and are in the content coding that `headers` names.

    Attributes:
        path: the path of the file.
        request: the request: `method`, `url`, `headers`.
        response: the head of the response: `status`, `headers`, `decoded`.
        headers: the headers of the response; lookup ignores case.
        recorded_at: the time at which the recording began.
        end: how the response ended; None if the file has no last line, because its writer was interrupted.
    """

    def __init__(self, path: Path, head: Head, end: RecordingEnd | None) -> None:
        self.path = path
        self.request = head.request
        self.response = head.response
        self.headers = Headers(
            (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in head.response.headers
        )
        self.recorded_at = datetime.fromisoformat(head.recorded_at)
        self.end = end

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Read the head of a recording, and how it ended.

        Raises:
            RecordingError: the file is not a recording, or one of another version.
            RecordingTruncated: the file ends before or inside its first line.
            OSError: the file cannot be read.
        """
        path = Path(path)
        if not stat.S_ISREG(path.stat().st_mode):
            # A pipe may never end, and its contents cannot be read twice.
            raise RecordingError(f"{path} is no recording that can be read: expected a regular file")
        with path.open("rb") as file:
            first = file.readline(MAX_LINE)
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            tail = file.read()
        if not first:
            raise RecordingTruncated(f"{path} is empty: nothing was recorded")
        if not first.endswith(b"\n") and first.startswith(b'{"format"'):
            raise RecordingTruncated(f"{path} ends inside its first line: nothing was recorded")
        try:
            head = decoded_head(first)
            datetime.fromisoformat(head.recorded_at)
        except ValueError as error:
            raise RecordingError(f"{path} is no recording that can be read: {error}") from None
        return cls(path, head, decoded_end(tail.splitlines()[-1]) if tail.endswith(b"\n") else None)

    def __iter__(self) -> Iterator[tuple[float, bytes]]:
        """Yield the time of each piece of the body, in seconds since the head, and the piece.

        Raises:
            RecordingTruncated: after the last whole piece, if the file ends there.
            RecordingError: a line is malformed.
            OSError: the file cannot be read.
        """
        return ((seconds, data) for _, seconds, data in self.pieces())

    def pieces(self, position: int = 0) -> Iterator[tuple[int, float, bytes]]:
        """Yield the position in the file, the time and the bytes of each piece.

        Args:
            position: where to begin, one of the positions that this yields; 0: the first piece.

        Raises:
            RecordingError, RecordingTruncated, OSError: as for the iteration.
        """
        last = 0.0
        with self.path.open("rb") as file:
            if position:
                file.seek(position)
            else:
                file.readline(MAX_LINE)
            at = file.tell()
            while (line := file.readline(MAX_LINE)).endswith(b"\n"):
                if decoded_end(line) is not None:
                    if file.read(1):
                        raise RecordingError(f"{self._place(at)}: more comes after what says that it is over")
                    return
                try:
                    seconds, data = decoded_piece(line)
                    if seconds < last:
                        raise ValueError(f"{seconds} s comes after {last} s")
                except ValueError as error:
                    raise RecordingError(f"{self._place(at)}: {error}") from None
                last = seconds
                yield at, seconds, data
                at += len(line)
            if len(line) == MAX_LINE:
                raise RecordingError(f"{self._place(at)}: it is longer than {MAX_LINE} bytes")
        raise RecordingTruncated(
            f"{self.path} has {self._lines_before(at) - 1} whole pieces, up to {last} s, and no last line: "
            "whoever wrote it was interrupted"
        )

    @property
    def coded(self) -> bool:
        """Whether the bytes are in a content coding."""
        return self.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}

    def decoded(self) -> Iterator[tuple[float, bytes]]:
        """Yield times and pieces with the content coding decoded.

        Raises:
            RecordingError: as for the iteration; or the coding is unknown, or the bytes are corrupt.
        """
        decoder = self._decoding(decoder_for)
        yield from self if decoder is None else self._steps(decoder.decode)

    def events(self) -> Iterator[tuple[float, Event]]:
        """Yield the time at which the last byte of each event arrived, in seconds since the head, and the event.

        Raises:
            RecordingError: as for `decoded`.
            EventTooLarge: a block is longer than a parser's default limit, or a compressed body inflates too far.
        """
        body = self._decoding(partial(BodyEvents, remedy="`decoded` yields all of it"))
        for seconds, data in self._steps(body.decoded):
            for event in body.feed(data):
                yield seconds, event

    def _decoding(self, decoder: Callable[[str], _T]) -> _T:
        """Return what `decoder` makes of the content coding."""
        try:
            return decoder(self.headers.get("content-encoding", ""))
        except ValueError as error:
            raise RecordingError(f"{self.path}: {error}") from None

    def _steps(self, decode: Callable[[bytes], Iterable[bytes]]) -> Iterator[tuple[float, bytes]]:
        """Yield times and the results of decoding the pieces."""
        for seconds, data in self:
            try:
                for piece in decode(data):
                    yield seconds, piece
            except ValueError as error:
                raise RecordingError(f"{self.path}, at {seconds} s: {error}") from None

    def _place(self, position: int) -> str:
        return f"{self.path}, line {self._lines_before(position) + 1}"

    def _lines_before(self, position: int) -> int:
        """Count the lines before a position in the file; done only for error messages."""
        count = 0
        with self.path.open("rb") as file:
            while position > 0 and (data := file.read(min(position, MAX_LINE))):
                count += data.count(b"\n")
                position -= len(data)
        return count
