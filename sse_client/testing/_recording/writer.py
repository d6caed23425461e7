"""Writes the pieces of a response to a recording as they arrive."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Self, TypeAlias

from sse_client.testing._recording.credentials import Credentials
from sse_client.testing._recording.format import (
    FORMAT,
    MAX_LINE,
    MAX_PIECE,
    VERSION,
    Head,
    Reason,
    RecordedRequest,
    RecordedResponse,
    RecordingEnd,
    encoded_end,
    encoded_head,
    encoded_piece,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from types import TracebackType

    Fields: TypeAlias = Iterable[tuple[str | bytes, str | bytes]]


class RecordingWriter:
    """Writes a recording, each piece as it arrives, so that nothing is lost if the process is killed.

    Create a writer when the head of the response has arrived, call `write` with each piece of the body, and then `end`.
    Leaving the `with` block also ends the recording: as complete, as cut by an exception, or as stopped by an
    interrupt.

    Args:
        path: the file; an existing one is replaced.
        status: the response's status code.
        headers: the response's headers: pairs of name and value, in order, without codings that are already decoded
            (see `decoded`). Values of credentials are masked.
        method: the request's method.
        url: the request's URL; user, password and fragment are left out, secret query values are masked.
        request_headers: the request's headers, as `headers`.
        decoded: the content codings that are already decoded, as `Content-Encoding` named them.
        mask: names of further headers and query parameters to mask.
        clock: returns seconds; the time at which the writer is created is 0 in the recording.

    Attributes:
        path: the path of the file.
        pieces: the number of pieces written.
        bytes: the number of bytes written.
        seconds: the time of the last piece, in seconds since the head.

    Raises:
        OSError: the file cannot be written.
        ValueError: the head is longer than the 8 MiB that a recording allows.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        status: int,
        headers: Fields = (),
        method: str = "GET",
        url: str = "",
        request_headers: Fields = (),
        decoded: str = "",
        mask: Iterable[str] = (),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        credentials = Credentials(mask)
        head = Head(
            format=FORMAT,
            version=VERSION,
            recorded_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            request=RecordedRequest(_text(method), credentials.url(url), _fields(request_headers, credentials)),
            response=RecordedResponse(status, _fields(headers, credentials), decoded),
        )
        first = encoded_head(head)
        if len(first) > MAX_LINE:
            raise ValueError(f"expected a head that fits into a line of {MAX_LINE:,} bytes, got {len(first):,}")
        self.path = Path(path)
        self.pieces = 0
        self.bytes = 0
        self.seconds = 0.0
        self._clock = clock
        self._start = clock()
        self._file = self.path.open("wb")
        try:
            self._append(first)
        except BaseException:
            self._file.close()
            raise

    def write(self, data: bytes, *, seconds: float | None = None) -> None:
        """Append a piece of the body. A long piece is split into several with the same time.

        Args:
            data: the bytes, without transfer coding.
            seconds: the time of their arrival, in seconds since the head; None for now.

        Raises:
            ValueError: the recording has ended, or `seconds` is before the last piece.
            OSError: the file cannot be written.
        """
        at = self._now() if seconds is None else seconds
        if self._file.closed:
            raise ValueError("the recording has ended")
        if not self.seconds <= at < float("inf"):
            raise ValueError(f"expected the time of a piece at or after {self.seconds} s, got {at}")
        for start in range(0, len(data), MAX_PIECE):
            piece = data[start : start + MAX_PIECE]
            self._append(encoded_piece(at, bytes(piece)))
            self.pieces += 1
            self.bytes += len(piece)
        self.seconds = at

    def end(self, reason: Reason = "complete", error: BaseException | None = None) -> None:
        """Write how the response ended, and close the file. If the recording has already ended, do nothing.

        Args:
            reason: `complete`, `cut` or `stopped`; see `RecordingEnd`.
            error: the error that ended it. Only its kind is recorded, because its text may contain a URL.
        """
        if self._file.closed:
            return
        with self._file:
            kind = "" if error is None else type(error).__name__
            self._append(encoded_end(RecordingEnd(reason, max(self.seconds, self._now()), kind)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.end()
        else:
            self.end("cut" if isinstance(error, Exception) else "stopped", error)

    def _now(self) -> float:
        return round(self._clock() - self._start, 6)

    def _append(self, line: bytes) -> None:
        self._file.write(line)
        self._file.flush()


def _text(value: str | bytes) -> str:
    """Return a field's original bytes as Latin-1 text, however a library has decoded them."""
    if isinstance(value, str):
        latin = max(value, default="") <= "\xff"
        value = value.encode("latin-1") if latin else value.encode("utf-8", "surrogateescape")
    return value.decode("latin-1")


def _fields(headers: Fields, credentials: Credentials) -> tuple[tuple[str, str], ...]:
    return tuple(credentials.headers((_text(name), _text(value)) for name, value in headers))
