"""Reads a request body that the caller supplies in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client._http.encoded_body import awaited_nowhere, octets
from sse_client.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sse_client._http.request_body import ReplayableBody

__all__ = ["OwnBody", "OwnFile"]


class OwnBody:
    """A body of the caller's, whose own errors are kept apart from those of the network."""

    def __init__(self, pieces: Iterable[Any], replayable: ReplayableBody) -> None:
        if (mistake := awaited_nowhere(pieces)) is not None:
            raise mistake
        self.error: BaseException | None = None
        self._pieces = pieces
        self._replayable = replayable
        self._begun = False

    def __iter__(self) -> Iterator[bytes]:
        try:
            if self._begun:  # an authentication object answers a challenge, with the whole body or not at all
                self._pieces = self._replayable.body_for(Request(method="POST", url="", data=self._pieces)).data
            self._begun = True
            yield from filter(None, map(octets, self._pieces))
        except Exception as error:
            self.error = error
            raise


class OwnFile:
    """A file of the caller's, whose own errors, such as those of a disk, are kept apart from those of the network."""

    def __init__(self, file: Any) -> None:
        self.error: BaseException | None = None
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)

    def read(self, size: int = -1) -> Any:
        """Return up to `size` bytes; text is encoded as UTF-8."""
        try:
            piece = self._file.read(size)
            return octets(piece) if isinstance(piece, str) else piece
        except Exception as error:
            self.error = error
            raise
