"""Keeps a body to the length that its `Content-Length` declares (RFC 9112 6.3).

A server reads surplus bytes as the next request on the connection, and waits for bytes that never come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client._http.url import MalformedRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BytesLeft", "declared_length", "length_field"]


def length_field(headers: Mapping[str, tuple[str, str | bytes]]) -> str | bytes | None:
    """Return the value of the `Content-Length` of an outgoing request; None if there is none."""
    return headers["content-length"][1] if "content-length" in headers else None


def declared_length(value: str | bytes | None) -> int | None:
    """Return the number of bytes that a `Content-Length` declares; None if there is none.

    Raises:
        MalformedRequest: the value is not a number.
    """
    if value is None:
        return None
    digits = (value if isinstance(value, str) else value.decode("latin-1")).strip(" \t")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise MalformedRequest("header Content-Length: expected a number of bytes")
    return int(digits)


class BytesLeft:
    """How many bytes of a body are still to be sent.

    Args:
        length: the bytes of the whole body; None if it is not declared.
        cut: whether surplus bytes are left out, as those are by which a file has grown meanwhile; else they are an
            error.
    """

    __slots__ = ("_cut", "_length", "_sent")

    def __init__(self, length: int | None, *, cut: bool) -> None:
        self._length = length
        self._cut = cut
        self._sent = 0

    @property
    def done(self) -> bool:
        """Whether nothing more may be sent, and nothing more needs to be read."""
        return self._cut and self._sent == self._length

    def take(self, piece: bytes) -> bytes:
        """Return the part of the next piece that is to be sent.

        Raises:
            MalformedRequest: it is longer than what is left.
        """
        if self._length is not None and len(piece) > self._length - self._sent:
            if not self._cut:
                raise MalformedRequest(f"data: expected {self._length} bytes, as Content-Length declares, got more")
            piece = piece[: self._length - self._sent]
        self._sent += len(piece)
        return piece

    def end(self) -> None:
        """Check that the body is complete.

        Raises:
            MalformedRequest: it is too short.
        """
        if self._length is not None and self._sent < self._length:
            raise MalformedRequest(
                f"data: expected {self._length} bytes, as Content-Length declares, got only {self._sent}"
            )
