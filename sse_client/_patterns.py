"""Compiles regular expressions so that they mean the same on every CPython."""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, AnyStr, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["portable", "when_needed"]

# https://github.com/python/cpython/issues/106052
_KEEPS_FAILURES = sys.implementation.name == "cpython" and (3, 11) <= sys.version_info < (3, 11, 5)


def portable(pattern: AnyStr) -> AnyStr:
    """Return a pattern whose possessive groups match what the documentation of `re` says.

    In CPython 3.11.0 to 3.11.4 (Debian 12 has 3.11.2), a possessive group keeps what its last repetition had matched
    before that repetition failed: `(?:ab?c)*+` consumes the `a` of `abx`. On these versions, such groups are replaced
    by atomic ones, `(?>(?:ab?c)*)`, which match the same, but take memory for each repetition.
    """
    if not _KEEPS_FAILURES:
        return pattern
    if isinstance(pattern, str):
        return with_atomic_groups(pattern)
    return with_atomic_groups(pattern.decode("latin-1")).encode("latin-1")


def when_needed(
    pattern: AnyStr, method: Literal["match", "fullmatch", "split"]
) -> Callable[[], Callable[[AnyStr], Any]]:
    """Return a function that returns a method of a pattern, which is compiled at the first call. That takes 0.1 ms."""

    def compiled() -> Callable[[AnyStr], Any]:
        found: Callable[[AnyStr], Any] = getattr(re.compile(portable(pattern)), method)
        return found

    return cache(compiled)


def with_atomic_groups(pattern: str) -> str:
    """Return a pattern with an atomic group in place of each possessive one."""
    pieces: list[str] = []
    groups: list[int] = []  # the index in `pieces` at which each open group begins
    position = 0
    while position < len(pattern):
        size = _size(pattern, position)
        piece = pattern[position : position + size]
        position += size
        if piece == "(":
            groups.append(len(pieces))
        pieces.append(piece)
        if piece == ")":
            begins = groups.pop()
            if pattern[position : position + 2] in {"*+", "++", "?+"}:
                pieces[begins] = "(?>("
                pieces.append(pattern[position] + ")")
                position += 2
    return "".join(pieces)


def _size(pattern: str, position: int) -> int:
    """Return the number of characters in the next element of the pattern: an escape, a set or a character."""
    if pattern[position] == "\\":
        return 2
    if pattern[position] != "[":
        return 1
    end = position + 1 + (pattern[position + 1] == "^")
    end += pattern[end] == "]"  # the first character of a set may be a bracket
    while pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    return end + 1 - position
