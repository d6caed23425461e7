"""The shape of the blocks that most streams are made of: one data line, perhaps behind an event line.

A server writes its blocks with the same few lines of code, so all that stands around one value stands around the
next. Known once, it is compared as a whole: that makes CRLF, `data:x` and `event:` lines as cheap as `data: x`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

__all__ = ["DATA", "LONGEST", "Shape", "shape_at", "shape_of"]

LONGEST = 128  # of event lines that are remembered


@dataclass(frozen=True, slots=True)
class Shape:
    """What stands around a value.

    Attributes:
        prefix: before it, from the block's beginning.
        blank: behind it: the end of its line, and the blank line.
        between: `blank` and `prefix`.
        event_type: the event's type.
        spaceless: whether `prefix` ends in a colon: a space at the beginning of a value would be no part of it.
        size: bytes of the prefix as they count for the limit: a line end is one, CRLF too.
        around: bytes of `between`.
    """

    prefix: bytes
    blank: bytes
    between: bytes
    event_type: str
    spaceless: bool
    size: int
    around: int


def shape_at(data: bytes, start: int, blank: bytes) -> Shape | None:
    """Return the shape of the block that begins at `start`, whose lines end as `blank` does; None if it has none."""
    at = start
    if data[start : start + 1] == b"e":
        at = data.find(b"\n", start, start + LONGEST) + 1
    return shape_of(bytes(data[start : at + 6]), blank) if data.startswith(b"data:", at) else None


# All parsers share what they have learned: a hit takes 80 ns, finding out 1 µs.
@lru_cache(maxsize=256)
def shape_of(head: bytes, blank: bytes) -> Shape | None:
    """Return the shape of a block of which `head` goes to the value's first byte, or the space before it."""
    line, line_end, field = head.rpartition(blank[: len(blank) // 2])
    if len(field) < 6 or not field.startswith(b"data:") or field.endswith(b"\r"):
        return None
    event_type = "message"
    if line_end:
        name, _, value = line.partition(b":")
        if name != b"event" or b"\n" in value or b"\r" in value:
            return None
        event_type = value.removeprefix(b" ").decode("utf-8", "replace") or event_type
    spaceless = not field.endswith(b" ")
    prefix = head[: len(head) - spaceless]
    return _of(prefix, blank, event_type)


def _of(prefix: bytes, blank: bytes, event_type: str) -> Shape:
    between = blank + prefix
    size = len(prefix) - prefix.count(b"\r")
    return Shape(prefix, blank, between, event_type, prefix.endswith(b":"), size, len(between))


DATA = _of(b"data: ", b"\n\n", "message")
