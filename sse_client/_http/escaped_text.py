"""Makes a server's text safe to show in a message or a log: short, on one line, without control characters."""

from __future__ import annotations

from itertools import accumulate

__all__ = ["shown"]


def shown(text: str | bytes, most: int = 200) -> str:
    r"""Return `text` in at most `most` printable characters, with an ellipsis if it is cut.

    Unprintable characters are escaped as in Python, `\x1b`: control characters, line ends, marks that change the
    writing direction, lone surrogates, and bytes that are not UTF-8. The text is cut before it is examined.
    """
    # UTF-8 takes at most 4 bytes a character, so a character that is cut in two here is beyond `most` in any case.
    beginning = text[: most + 1] if isinstance(text, str) else text[: 4 * most + 4].decode("utf-8", "backslashreplace")
    if len(beginning) <= most and beginning.isprintable():
        return beginning
    pieces = [char if char.isprintable() else char.encode("unicode_escape").decode() for char in beginning[: most + 1]]
    if sum(map(len, pieces)) <= most:
        return "".join(pieces)
    ends = accumulate(map(len, pieces))
    return "".join(piece for piece, end in zip(pieces, ends, strict=True) if end < most) + "…"
