"""Decodes content codings (RFC 9110 8.4.1) as the bytes arrive: gzip, deflate, and br and zstd where installed.

Output is never delayed until more input arrives than it needs. A body is inflated step by step (see `coding_steps`),
and only as far as the caller asks for, because a few kilobytes may inflate to gigabytes.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sse_client._http.coding_steps import Silence, Stage, steps
from sse_client._http.escaped_text import shown
from sse_client._http.inflate import Deflate, Gzip
from sse_client._http.optional_codings import Brotli, Zstd, brotli_module, has_large_window, zstd_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Decoder", "decoder_for"]

_MAX_CODINGS = 2

# With two codings, the output of the first stage is the input of the second. Without a limit, each received kilobyte
# could feed a megabyte of empty blocks to the second stage. Honest data stays within it: compressed data hardly shrinks
# when it is compressed again, and data that does brings as much output.
_BETWEEN = 1024 * 1024
_BETWEEN_RATIO = 8
_PART = 100  # bytes that each zstd frame counts in addition to its output, towards that limit

# IANA's HTTP Content Coding Registry. For uncoded bodies, some servers send `none`, `utf-8` or `binary`.
_REGISTERED = frozenset(
    [
        *["aes128gcm", "br", "compress", "dcb", "dcz", "deflate", "exi", "gzip", "identity"],
        *["pack200-gzip", "x-compress", "x-gzip", "zstd"],
    ]
)


class Decoder:
    """Undoes the codings of one body.

    Args:
        stages: one or two, in the order in which they are undone.

    Attributes:
        slow: whether a step may take 30 ms, judging by the first byte; such a step releases the GIL.
    """

    __slots__ = ("_begun", "_between", "_stages", "slow")

    def __init__(self, *stages: Stage) -> None:
        self._stages = stages
        self._begun = False
        self.slow = False
        self._between = _BETWEEN  # bytes that the first of two stages may still pass to the second

    @property
    def complete(self) -> bool:
        """Whether the body may end here."""
        return not self._begun or all(stage.complete for stage in self._stages)

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield the decoded `data`, as far as the caller iterates; exhaust the iterator before the next call.

        The work of a step is bounded. A step without output yields `b""`, so that the caller can check its deadline; it
        does not mean the end of the data.

        Raises:
            ValueError: the input is corrupt.
        """
        if data and not self._begun:
            self._begun = True
            first, *inner = self._stages
            # The first byte of the second stage's input is not known yet.
            self.slow = (isinstance(first, Brotli) and has_large_window(data[0])) or any(
                isinstance(stage, Brotli) for stage in inner
            )
        if len(self._stages) == 1:
            return steps(self._stages[0], data)
        self._between += len(data) * _BETWEEN_RATIO
        return self._nested(data)

    def _nested(self, data: bytes) -> Iterator[bytes]:
        outer, inner = self._stages
        silence = Silence()
        parts = inner.parts
        for coded in steps(outer, data):
            if not coded:
                yield coded
                continue
            self._between -= len(coded) + _PART * (inner.parts - parts)
            parts = inner.parts
            if self._between < 0:
                raise ValueError("the compressed body inflates too far between its two codings")
            silent = True
            for piece in steps(inner, coded):
                silent = False
                self._between += len(piece)
                yield piece
            if silent and silence.exceeds(len(coded)):
                yield b""


def decoder_for(content_encoding: str) -> Decoder | None:
    """Return a decoder for the codings of a `Content-Encoding` header; None if there are none.

    Words that are not registered codings are ignored.

    Raises:
        ValueError: a registered coding cannot be undone here, or there are more than two.
    """
    words = [word.strip().lower() for word in content_encoding.split(",")]
    codings = [word for word in words if word.partition(";")[0].rstrip() in _REGISTERED and word != "identity"]
    if not codings:
        return None
    if len(codings) > _MAX_CODINGS:
        raise ValueError(f"expected at most {_MAX_CODINGS} content codings, got {len(codings)}")
    known = _stages()
    for coding in codings:
        if coding not in known:
            raise ValueError(f"expected a body that is coded with one of {', '.join(known)}; got {shown(coding)}")
    return Decoder(*(known[coding]() for coding in reversed(codings)))


def _stages() -> dict[str, Callable[[], Stage]]:
    stages: dict[str, Callable[[], Stage]] = {"gzip": Gzip, "x-gzip": Gzip, "deflate": Deflate}
    if (brotli := brotli_module()) is not None:
        stages["br"] = partial(Brotli, brotli)
    if (zstd := zstd_module()) is not None:
        stages["zstd"] = partial(Zstd, zstd)
    return stages
