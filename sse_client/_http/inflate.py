"""Decodes gzip (RFC 1952) and deflate (RFC 1950 and 1951) in steps of bounded work, output and memory.

Everything decoded before a corrupt byte is returned before the error is raised.
"""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from typing import Any

from sse_client._http.coding_steps import CORRUPT, PIECE

__all__ = ["Deflate", "Gzip"]

_MAX_TEXT = 64 * 1024  # bytes of a gzip header's name and comment; its other fields cannot be longer
_BACKUP_EVERY = 16 * 1024
_REPLAY = 8  # bytes of input per call, whose output is at most `PIECE`

# RFC 1952 2.3.1: the flags of a member.
_FHCRC, _FEXTRA, _FNAME, _FCOMMENT = 2, 4, 8, 16
_OPTIONAL = _FEXTRA | _FNAME | _FCOMMENT
_RESERVED = 0xE0
_MAGIC = b"\x1f\x8b\x08"
_PLAIN_HEADER = _MAGIC + bytes(7)


class _Inflate(ABC):
    """The decoder of one of zlib's formats.

    Attributes:
        more: whether `decode(b"")` continues without further input.
        complete: whether the body may end here.
    """

    __slots__ = (
        "_at",
        "_backup",
        "_given",
        "_object",
        "_open",
        "_over",
        "_pending",
        "_replaying",
        "_since",
        "_stride",
        "complete",
        "more",
    )

    parts = 0

    def __init__(self) -> None:
        self.more = False
        self.complete = False
        self._pending = b""  # input not decoded yet: an unfinished header, or input beyond the limit
        self._object: Any = None
        self._open = False  # whether the decoder has begun and has not ended
        self._over = False  # at the end: all further input is padding
        # zlib discards the output of a call that fails. It is produced again from a copy of the decoder's state and
        # the input since that copy, in the end byte by byte. A copy takes 15 µs: one every 16 KiB, not every read.
        self._backup: Any = None
        self._since = bytearray()
        self._given = 0  # bytes of output since the backup
        self._replaying = False
        self._at = 0  # position of the replay in `_since`
        self._stride = _REPLAY

    def decode(self, data: bytes) -> bytes:
        """Return at most `PIECE` bytes.

        Raises:
            ValueError: the input is corrupt.
        """
        if self._replaying:
            return self._replayed()
        new = data
        if self._pending:
            data, self._pending = self._pending + data, b""
        self.more = False
        if not self._open:
            if self._over or not (data := self._begun(data)):
                return b""
            self._open = True
            self._since.clear()
        if self._since and len(self._since) <= _BACKUP_EVERY:
            self._since += new
        else:
            self._backup, self._since, self._given = self._object.copy(), bytearray(data), 0
        try:
            piece: bytes = self._object.decompress(data, PIECE)
        except zlib.error:
            self._object, self._replaying, self.more = self._backup, True, True
            return b""
        self._given += len(piece)
        if self._object.eof:
            self.complete = True
            self._open = False
            self._pending = self._object.unused_data
        else:
            self._pending = self._object.unconsumed_tail
        # At the limit, zlib may hold back output of input that it has consumed.
        self.more = bool(self._pending) or len(piece) == PIECE
        return piece

    @abstractmethod
    def _begun(self, data: bytes) -> bytes:
        """Create the decompressor that `data` needs; return its input, or `b""` while the format is not known yet."""

    def _replayed(self) -> bytes:
        """Return the next part of the output that the failed call discarded.

        Raises:
            ValueError: there is no more, because the next byte is the corrupt one.
        """
        if self._at >= len(self._since):
            raise ValueError(CORRUPT)
        backup = self._object.copy()
        try:
            piece: bytes = self._object.decompress(self._since[self._at : self._at + self._stride])
        except zlib.error:
            if self._stride == 1:
                self._at = len(self._since)
            self._object, self._stride = backup, 1
            return b""
        self._at += self._stride
        known = min(self._given, len(piece))
        self._given -= known
        return piece[known:]


class Deflate(_Inflate):
    """deflate, with the header that RFC 1950 requires, or without it, as many servers send it."""

    __slots__ = ()

    def _begun(self, data: bytes) -> bytes:
        if self.complete:
            self._over = True
            return b""
        if len(data) < 2:
            self._pending = data
            return b""
        # RFC 1950 2.2: the method is 8, and the two bytes are a multiple of 31.
        zlib_header = data[0] & 15 == 8 and (data[0] * 256 + data[1]) % 31 == 0
        self._object = zlib.decompressobj(zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS)
        return data


class Gzip(_Inflate):
    """gzip, member after member: Django's middleware sends each piece of a response as a member."""

    __slots__ = ("_header",)

    def __init__(self) -> None:
        super().__init__()
        self._header: _GzipHeader | None = None

    def _begun(self, data: bytes) -> bytes:
        if self._header is not None:
            rest = self._header.skip(data)
            if rest is None:
                return b""
            self._header = None
            self._object = zlib.decompressobj(16 + zlib.MAX_WBITS)
            return _PLAIN_HEADER + rest
        if self.complete and data:
            if not data.startswith(b"\x1f"):
                self._over = True
                return b""
            self.complete = False
        if len(data) < 4:
            self._pending = data
            return b""
        if data[3] & _OPTIONAL and data.startswith(_MAGIC) and not data[3] & _RESERVED:
            self._header = _GzipHeader()
            return self._begun(data)
        self._object = zlib.decompressobj(16 + zlib.MAX_WBITS)
        return data


class _GzipHeader:
    """Skips a header with optional fields, which zlib would read without limit; keeps none of them."""

    __slots__ = ("_fields", "_head", "_text")

    def __init__(self) -> None:
        self._head = b""  # the fixed part until it is complete: 10 bytes, 12 with an extra field
        self._fields: list[int | None] = []  # bytes left of each optional field; None: it ends with a NUL
        self._text = 0  # bytes of the fields that end with a NUL

    def skip(self, data: bytes) -> bytes | None:
        """Return the part of `data` after the header; None while the header is incomplete.

        Raises:
            ValueError: the header is too long.
        """
        if not self._fields:
            data = self._head = self._head + data
            fixed = 12 if data[3] & _FEXTRA else 10
            if len(data) < fixed:
                return None
            self._fields = _fields(data[3], data[10:12])
            self._head, data = b"", data[fixed:]
        while self._fields:
            used = self._used(self._fields[0], data)
            if used is None:
                return None
            self._fields.pop(0)
            data = data[used:]
        return data

    def _used(self, field: int | None, data: bytes) -> int | None:
        """Return how many bytes of `data` the rest of the field takes; None if it takes more than all of them."""
        if field is not None:
            self._fields[0] = field - len(data)
            return field if field <= len(data) else None
        end = data.find(b"\0")
        self._text += len(data) if end < 0 else end
        if self._text > _MAX_TEXT:
            raise ValueError(f"the header of a gzip member is longer than {_MAX_TEXT // 1024} KiB")
        return end + 1 or None


def _fields(flags: int, extra: bytes) -> list[int | None]:
    """Return the optional fields of a header, in their order (RFC 1952 2.3)."""
    fields: list[int | None] = [int.from_bytes(extra, "little")] if flags & _FEXTRA else []
    fields += [None for flag in (_FNAME, _FCOMMENT) if flags & flag]
    # The checksum of a header is not verified, because the header is not passed to zlib.
    return [*fields, 2] if flags & _FHCRC else fields
