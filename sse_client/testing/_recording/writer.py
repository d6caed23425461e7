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
    """Writes a recording, each piece as it comes: if the process is killed, all that came before is in the file.

    Make one when the head of the response has come, call `write` with each piece of the body, and `end`. Leaving
    the `with` block ends the recording too: as complete, as cut by an exception, or as stopped by an interrupt.

    Args:
        path: the file; what is in it is replaced.
        status: the response's status code.
        headers: of the response: pairs of name and value, in order. They say how the bytes are coded: without what
            has been undone already (`decoded` names it). Values of credentials are masked.
        method: of the request.
        url: of the request; user, password and fragment are left out, secret query values are masked.
        request_headers: as `headers`.
        decoded: content codings that are undone already, as `Content-Encoding` named them.
        mask: names of further headers and query parameters to mask.
        clock: seconds; the time when the writer is made is 0 in the recording.

    Attributes:
        path: the file.
        pieces: how many were written.
        bytes: how many were written.
        seconds: when the last piece came.

    Raises:
        OSError: the file cannot be written.
        ValueError: the head is longer than a recording can have it, 8 MiB.
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
        """Append a piece of the body. A long one becomes several, at the same time.

        Args:
            data: the bytes, without transfer coding.
            seconds: when they came, since the head; now, if None.

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
        """Write how the response ended, and close the file. A recording that has ended stays as it is.

        Args:
            reason: `complete`, `cut` or `stopped`; see `RecordingEnd`.
            error: what ended it. Its kind is recorded, its text is not: that may hold a URL.
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
    """Return a field's bytes as Latin-1 text, whichever text a library has made of them."""
    if isinstance(value, str):
        latin = max(value, default="") <= "\xff"
        value = value.encode("latin-1") if latin else value.encode("utf-8", "surrogateescape")
    return value.decode("latin-1")


def _fields(headers: Fields, credentials: Credentials) -> tuple[tuple[str, str], ...]:
    return tuple(credentials.headers((_text(name), _text(value)) for name, value in headers))
