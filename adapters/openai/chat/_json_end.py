"""Finds the end of a JSON object or array that arrives in pieces."""

from __future__ import annotations

import re

__all__ = ["JSONEnd"]

# Compiled when the first call arrives.
_STRUCTURE = r'["{}\[\]]'
_IN_STRING = r'["\\]'


class JSONEnd:
    """Tracks whether the pieces so far are a complete object or array, scanning each character once.

    Only brackets and strings are examined, so a complete text may be malformed.

    Attributes:
        complete: whether there was a bracket, and every opened bracket is closed.
        in_string: whether a string is open.
    """

    __slots__ = ("_depth", "_escaped", "complete", "in_string")

    def __init__(self) -> None:
        self.complete = False
        self._depth = 0
        self.in_string = False
        self._escaped = False  # whether the next piece begins with an escaped character

    def feed(self, piece: str) -> None:
        """Scan the next piece."""
        position = 0
        if self._escaped and piece:
            position, self._escaped = 1, False
        in_string, structure = re.compile(_IN_STRING), re.compile(_STRUCTURE)
        while found := (in_string if self.in_string else structure).search(piece, position):
            position = found.end()
            character = found[0]
            if character == "\\":
                position += 1
                if position > len(piece):
                    self._escaped = True
                    return
            elif character == '"':
                self.in_string = not self.in_string
            else:
                self._depth = max(0, self._depth + (1 if character in "{[" else -1))
                self.complete = self._depth == 0
