"""Finds where the body of a response ends, from its head (RFC 9112 6.3); the same for both clients.

RFC 9112 lets a recipient repair some contradictions, but says that they may be an attack. All of them are refused here:
a length together with chunks, repeated lengths (even equal ones), and transfer codings other than a single `chunked`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import msgspec

from sse_client._http.escaped_text import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Framing", "framing"]

_LENGTH = "0*+([0-9]{0,19})"  # compiled when first needed, because streams seldom have a length
_MAX_LENGTH = 2**63 - 1


# A struct, like `Options`: a named tuple takes five times as long to define.
class Framing(msgspec.Struct, frozen=True):
    """Where a body ends.

    Attributes:
        kind: `chunked`: with its last chunk; `length`: after `length` bytes; `close`: with the connection; `none`:
            there is no body, whatever the head says.
        length: bytes, for the kind `length`.
    """

    kind: Literal["chunked", "length", "close", "none"]
    length: int | None = None


def framing(
    transfer_encoding: Sequence[str], content_length: Sequence[str], *, method: str = "GET", status: int = 200
) -> Framing:
    """Return where the body of a response ends.

    Args:
        transfer_encoding: the values of the `Transfer-Encoding` lines.
        content_length: the values of the `Content-Length` lines.
        method: the request's method, in upper case.
        status: the response's status.

    Raises:
        ValueError: these contradict each other, are malformed, or name a coding that is not supported.
    """
    if method == "HEAD" or status < 200 or status in {204, 304}:
        return Framing("none")
    if not transfer_encoding:
        # Several lines of one name form one value (RFC 9110 5.3).
        return Framing("length", _length(", ".join(content_length))) if content_length else Framing("close")
    if content_length:
        raise ValueError("expected a body that is framed in one way, got Transfer-Encoding and Content-Length")
    # `identity` is obsolete; in RFC 2616 it meant that there is no coding.
    kinds: dict[str, Literal["chunked", "close"]] = {"chunked": "chunked", "identity": "close"}
    codings = ", ".join(transfer_encoding).strip(" \t")
    kind = kinds.get(codings.lower())
    if kind is None:
        raise ValueError(f"expected a Transfer-Encoding of chunked alone, got {shown(codings) or 'an empty one'}")
    return Framing(kind)


def _length(value: str) -> int:
    value = value.strip(" \t")
    match = re.fullmatch(_LENGTH, value) if value else None
    if match is None:
        raise ValueError(f"expected one Content-Length, a number of bytes, got {shown(value) or 'an empty one'}")
    length = int(match[1] or "0")
    if length > _MAX_LENGTH:
        raise ValueError(f"expected a Content-Length of at most {_MAX_LENGTH} bytes, got {length}")
    return length
