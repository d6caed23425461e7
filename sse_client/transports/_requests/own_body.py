"""Reads a request body that the caller supplies in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client._http.declared_length import BytesLeft, declared_length
from sse_client._http.encoded_body import awaited_nowhere, octets
from sse_client.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sse_client._http.request_body import ReplayableBody

__all__ = ["OwnBody", "OwnFile"]


class OwnBody:
    """A body of the caller's, whose own errors are kept apart from those of the network.

    Args:
        pieces: the body.
        replayable: supplies it again.
        length: the value of its `Content-Length`; None if it has none.
    """

    def __init__(self, pieces: Iterable[Any], replayable: ReplayableBody, length: str | bytes | None) -> None:
        if (mistake := awaited_nowhere(pieces)) is not None:
            raise mistake
        self.error: BaseException | None = None
        self._pieces = pieces
        self._replayable = replayable
        self._begun = False
        self._length = declared_length(length)

    def __iter__(self) -> Iterator[bytes]:
        try:
            if self._begun:  # an authentication object answers a challenge, with the whole body or not at all
                self._pieces = self._replayable.body_for(Request(method="POST", url="", data=self._pieces)).data
            self._begun = True
            left = BytesLeft(self._length, cut=False)
            for each in self._pieces:
                if piece := octets(each):
                    yield left.take(piece)
            left.end()
        except Exception as error:
            self.error = error
            raise


class OwnFile:
    """A file of the caller's, whose own errors, such as those of a disk, are kept apart from those of the network."""

    def __init__(self, file: Any, length: str | bytes | None) -> None:
        self.error: BaseException | None = None
        self._file = file
        self._length = declared_length(length)
        self._left = BytesLeft(self._length, cut=True)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)

    def seek(self, *place: int) -> Any:
        """Go back to the beginning, as an authentication object does to send the body again."""
        self._left = BytesLeft(self._length, cut=True)
        return self._file.seek(*place)

    def read(self, size: int = -1) -> Any:
        """Return up to `size` bytes, or characters encoded as UTF-8.

        Raises:
            MalformedRequest: the file is shorter than its declared length.
        """
        try:
            piece = b"" if self._left.done else self._file.read(size)
            if piece:
                return self._left.take(octets(piece))
            self._left.end()
            return piece
        except Exception as error:
            self.error = error
            raise
