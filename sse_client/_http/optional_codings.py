"""Decodes br (RFC 7932) and zstd (RFC 8878), if a library for them is installed.

If a call hits a corrupt byte, these libraries do not return what they had decoded before it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from sse_client._http.coding_steps import CORRUPT, PIECE

__all__ = ["Brotli", "Zstd", "brotli_module", "has_large_window", "zstd_module"]

_FRAMES = 64  # zstd frames per call, at 9 µs each; an empty frame ends the call
_MAX_EMPTY = 10_000  # zstd frames in a row without output; a megabyte can hold 116,000, which take a second

# RFC 9659: "the maximum Window_Size for the zstd content coding is limited to 8 MB". Without this limit, a header of
# six bytes could allocate 128 MiB.
_WINDOW_LOG = 23


class Brotli:
    """br, by brotli or brotlicffi."""

    __slots__ = ("_error", "_object", "complete", "more")

    parts = 0

    def __init__(self, module: Any) -> None:
        self.more = False
        self.complete = False
        self._error: type[Exception] = module.error
        self._object = module.Decompressor()

    def decode(self, data: bytes) -> bytes:
        """Return more of the output: with brotli up to 1.5 times `PIECE`, with brotlicffi at most `PIECE`.

        Raises:
            ValueError: the input is corrupt.
        """
        if self.complete:
            return b""  # padding after the end
        try:
            piece: bytes = self._object.process(data, output_buffer_limit=PIECE)
        except self._error:
            raise ValueError(CORRUPT) from None
        self.complete = self._object.is_finished()
        # brotli may hold output back although it says that it accepts more input.
        self.more = bool(piece) and not self.complete
        return piece


class Zstd:
    """zstd, frame after frame, by the standard library's module or its backport."""

    __slots__ = ("_corrupt", "_empty", "_module", "_object", "complete", "more", "parts")

    def __init__(self, module: Any) -> None:
        self.more = False
        self.complete = False
        self.parts = 0
        self._module = module
        self._object = self._decompressor()
        self._corrupt = False
        self._empty = 0  # frames since the last output

    def decode(self, data: bytes) -> bytes:
        """Return more of the output, from one frame, or from several that have little.

        Raises:
            ValueError: the input is corrupt.
        """
        if self._corrupt:
            raise ValueError(CORRUPT)
        pieces: list[bytes] = []
        left = PIECE
        for _ in range(_FRAMES):
            try:
                piece = self._frame(data, left)
            except self._module.ZstdError:
                self._corrupt = self.more = True
                break
            pieces.append(piece)
            left -= len(piece)
            if not (piece and left and self.more):
                break
            data = b""
        return b"".join(pieces)

    def _frame(self, data: bytes, most: int) -> bytes:
        """Return at most `most` bytes of one frame."""
        if self.complete:
            data = (self._object.unused_data + data).lstrip(b"\0")  # padding between frames, or after the last
            if not data:
                self.more = False
                return b""
            self._object = self._decompressor()
            if self._empty > _MAX_EMPTY:
                raise ValueError(f"the compressed body has more than {_MAX_EMPTY} zstd frames without content in a row")
        piece: bytes = self._object.decompress(data, most)
        self._empty = 0 if piece else self._empty + (self._object.eof is True)
        self.complete = self._object.eof
        self.more = bool(self._object.unused_data) if self.complete else not self._object.needs_input
        return piece

    def _decompressor(self) -> Any:
        self.parts += 1
        return self._module.ZstdDecompressor(options={self._module.DecompressionParameter.window_log_max: _WINDOW_LOG})


def has_large_window(first: int) -> bool:
    """Return whether a brotli stream that begins with this byte has a window of 8 or 16 MiB (RFC 7932 9.1)."""
    return first & 0x0D == 0x0D


@cache
def brotli_module() -> Any:
    """Return brotli, or brotlicffi; None if neither is installed in a version that can limit its output."""
    modules = (_imported(name) for name in ("brotli", "brotlicffi"))
    # Both libraries got this method in 1.2, together with the limit on the output.
    limited = (module for module in modules if hasattr(getattr(module, "Decompressor", None), "can_accept_more_data"))
    return next(limited, None)


@cache
def zstd_module() -> Any:
    """Return the standard library's module (Python 3.14), or its backport; None if there is neither."""
    return _imported("compression.zstd") or _imported("backports.zstd")


def _imported(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None
