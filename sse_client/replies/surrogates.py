"""Joins characters that a server has cut in two.

JSON escapes a character beyond U+FFFF as a pair of surrogates. A server that cuts its text between UTF-16 code units,
as one written in JavaScript may, sends the two halves in different pieces.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["Halves", "repaired"]

_HALF = "[\ud800-\udfff]"  # compiled when first needed


class Halves:
    """High surrogates that wait for their low surrogates.

    A lone half becomes U+FFFD. If the text continues without the second half, the waiting one is dropped.
    """

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: dict[Hashable, str] = {}

    @overload
    def join(self, place: Hashable, piece: str) -> str: ...
    @overload
    def join(self, place: Hashable, piece: str | None) -> str | None: ...
    def join(self, place: Hashable, piece: str | None) -> str | None:
        """Return a piece of a text after the half that waited for it, and without a first half at its end.

        Args:
            place: which text of the reply the piece belongs to.
            piece: the next piece; an empty one, or None, is returned as it is.
        """
        if not piece:
            return piece
        half = self._waiting.pop(place, "")
        if piece.isascii():
            return piece
        if "\udc00" <= piece[0] <= "\udfff":
            piece = half + piece
        if "\ud800" <= piece[-1] <= "\udbff":
            self._waiting[place] = piece[-1]
            piece = piece[:-1]
        return repaired(piece)


def repaired(text: str) -> str:
    """Return `text` with every lone surrogate replaced by U+FFFD; `text` itself if there is none."""
    if re.search(_HALF, text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
