"""Makes a server's text fit for an error message: one line, escaped, and short."""

from __future__ import annotations

__all__ = ["SHOWN", "quoted", "shown"]

SHOWN = 200  # characters of a server's text in a message
_LOOKED_AT = 4096  # characters; blanks at the beginning are not shown


def shown(text: str, most: int = SHOWN) -> str:
    """Return `text` on one line and without control characters, in at most `most` characters."""
    # Cut first, because the text may be a page of megabytes.
    begins = text[:_LOOKED_AT]
    line = "".join(map(_escaped, " ".join(begins.split())))
    return line if len(line) <= most and len(begins) == len(text) else line[: most - 3] + "..."


def quoted(text: str, most: int = SHOWN) -> str:
    """Return `text` as `shown` does, in quotes."""
    line = shown(text, most - 2)
    quote = '"' if "'" in line and '"' not in line else "'"
    return f"{quote}{line}{quote}"


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()
