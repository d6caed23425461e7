"""Content codings (RFC 9110 8.4.1) undone as the bytes arrive: gzip, deflate, and br and zstd where installed.

Nothing waits for more input than it needs, and no output is much larger than `_PIECE`, whatever a bomb would unfold
to. With gzip and deflate, all that came before a corrupt byte is handed out before the error; the libraries of the
others do not tell what that is.
"""

from __future__ import annotations

import contextlib
import zlib
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Decoder", "decoder_for"]

_PIECE = 256 * 1024
_BACKUP_EVERY = 16 * 1024
_MOST_CODINGS = 5


class _Stage(Protocol):
    """One coding. `more`: it can give output without further input; `complete`: it may end here."""

    more: bool
    complete: bool

    def decode(self, data: bytes) -> bytes:
        """Return at most `_PIECE` bytes.

        Raises:
            ValueError: the input is corrupt.
        """
        ...


class Decoder:
    """Undoes the codings of one body."""

    def __init__(self, stages: list[_Stage]) -> None:
        self._stages = stages
        self._begun = False

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` decodes to, piece by piece.

        Raises:
            ValueError: the input is corrupt.
        """
        self._begun = True
        return self._through(data, 0)

    @property
    def complete(self) -> bool:
        """Whether the body may end here."""
        return not self._begun or all(stage.complete for stage in self._stages)

    def _through(self, data: bytes, number: int) -> Iterator[bytes]:
        if number == len(self._stages):
            yield data
            return
        stage = self._stages[number]
        while True:
            piece = stage.decode(data)
            if piece:
                yield from self._through(piece, number + 1)
            if not stage.more:
                return
            data = b""


class _Zlib:
    """gzip, with its members one after the other, and deflate, with or without the header that it should have."""

    def __init__(self, *, gzip: bool) -> None:
        self.more = False
        self.complete = False
        self._gzip = gzip
        self._input: bytes = b""
        self._object: Any = None
        # zlib throws the output of a failing call away. From a copy of its state, and the input since then, that
        # output is made again byte by byte. A copy takes 15 µs: one for every 16 KiB, not one for every read.
        self._backup: Any = None
        self._since: bytes = b""
        self._given = 0
        self._failed = False

    def decode(self, data: bytes) -> bytes:
        if self._failed:
            raise ValueError("the compressed body is corrupt")
        new, data = data, self._input + data
        self._input, self.more = b"", False
        if self._object is None or self.complete:
            if self.complete and (not self._gzip or not data.startswith(b"\x1f")):
                return b""  # padding behind the end
            if len(data) < 2:
                self._input = data
                return b""
            self._object = zlib.decompressobj(self._window_bits(data))
            self._since = b""
        if self._since and len(self._since) <= _BACKUP_EVERY:
            self._since += new
        else:
            self._backup, self._since, self._given = self._object.copy(), data, 0
        try:
            piece: bytes = self._object.decompress(data, _PIECE)
        except zlib.error:
            self._failed = self.more = True
            return self._salvaged()
        self._given += len(piece)
        self.complete = self._object.eof
        self._input = self._object.unused_data if self.complete else self._object.unconsumed_tail
        self.more = bool(self._input) or len(piece) == _PIECE
        return piece

    def _window_bits(self, head: bytes) -> int:
        if self._gzip:
            return 16 + zlib.MAX_WBITS
        # RFC 1950 2.2: the method is 8, and the two bytes are a multiple of 31. Many servers send RFC 1951 instead.
        zlib_header = head[0] & 15 == 8 and (head[0] * 256 + head[1]) % 31 == 0
        return zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS

    def _salvaged(self) -> bytes:
        pieces: list[bytes] = []
        with contextlib.suppress(zlib.error):  # the same one, at the same place
            pieces.extend(self._backup.decompress(bytes((byte,))) for byte in self._since)
        return b"".join(pieces)[self._given :]


class _Brotli:
    """br (RFC 7932), by brotli or brotlicffi."""

    def __init__(self, module: Any) -> None:
        self.more = False
        self.complete = False
        self._error = module.error
        self._object = module.Decompressor()

    def decode(self, data: bytes) -> bytes:
        if self.complete:
            return b""  # padding behind the end
        try:
            piece: bytes = self._object.process(data, output_buffer_limit=_PIECE)
        except self._error:
            raise ValueError("the compressed body is corrupt") from None
        self.complete = self._object.is_finished()
        self.more = bool(piece) and not self.complete  # it may keep output back, and take input all the same
        return piece


class _Zstd:
    """zstd (RFC 8878), by the standard library's module or its backport; frames one after the other."""

    def __init__(self, module: Any) -> None:
        self.more = False
        self.complete = False
        self._module = module
        self._object = module.ZstdDecompressor()

    def decode(self, data: bytes) -> bytes:
        if self.complete:
            data = self._object.unused_data + data
            self._object = self._module.ZstdDecompressor()
        try:
            piece: bytes = self._object.decompress(data, _PIECE)
        except self._module.ZstdError:
            raise ValueError("the compressed body is corrupt") from None
        self.complete = self._object.eof
        self.more = bool(self._object.unused_data) if self.complete else not self._object.needs_input
        return piece


def _stages() -> dict[str, Callable[[], _Stage]]:
    stages: dict[str, Callable[[], _Stage]] = {
        "gzip": lambda: _Zlib(gzip=True),
        "x-gzip": lambda: _Zlib(gzip=True),
        "deflate": lambda: _Zlib(gzip=False),
    }
    modules: list[tuple[str, Callable[[Any], _Stage], tuple[str, str]]] = [
        ("br", _Brotli, ("brotli", "brotlicffi")),
        ("zstd", _Zstd, ("compression.zstd", "backports.zstd")),
    ]
    for coding, stage, names in modules:
        for name in names:
            try:
                module = import_module(name)
            except ImportError:
                continue
            stages[coding] = partial(stage, module)
            break
    return stages


def decoder_for(content_encoding: str) -> Decoder | None:
    """Return what undoes the codings of a `Content-Encoding` header; None where there are none.

    Raises:
        ValueError: one of them is unknown, or there are too many.
    """
    codings = [
        coding for part in content_encoding.split(",") if (coding := part.strip().lower()) not in {"", "identity"}
    ]
    if not codings:
        return None
    known = _stages()
    unknown = [coding for coding in codings if coding not in known]
    if unknown or len(codings) > _MOST_CODINGS:
        raise ValueError(
            f"expected a body that is coded with at most {_MOST_CODINGS} of {', '.join(known)}; "
            f"got {', '.join(unknown) or f'{len(codings)} codings'}"
        )
    return Decoder([known[coding]() for coding in reversed(codings)])
