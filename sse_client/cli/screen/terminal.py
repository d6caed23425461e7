"""What a terminal can show: colours, its encoding and width; and control characters from a server, escaped."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Style", "encodes", "escaped_json", "folded", "is_terminal", "printable", "short", "style_for", "width"]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return `text` with its control characters escaped, so that a server cannot command the terminal.

    Line feeds, tabs and all printable characters are unchanged.
    """
    return _CONTROL.sub(lambda found: _escaped(found[0]), text)


def escaped_json(text: str) -> str:
    r"""Return JSON with the control characters in its strings as `\u009b`, so that it stays JSON."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def short(text: str, most: int = 200) -> str:
    """Return `text` escaped like `printable`, on one line, and cut; for a server's text inside a sentence."""
    line = printable(text[: most + 1]).replace("\n", "\\n")
    return line if len(line) <= most else line[:most] + "..."


def _escaped(char: str) -> str:
    return "\\r" if char == "\r" else f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether `stream` is a terminal; False if it is closed."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def width() -> int:
    """Return the width of the terminal in columns; 80 if it is not known."""
    return max(20, shutil.get_terminal_size((80, 24)).columns)


def folded(text: str, stream: TextIO | None, indent: int) -> str:
    """Return `text` wrapped at words if `stream` is a terminal; further lines begin after `indent` columns."""
    if not is_terminal(stream):
        return text
    lines = textwrap.wrap(text, width() - indent, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * indent).join(lines)


def encodes(stream: TextIO, text: str) -> bool:
    """Return whether the encoding of `stream` has all characters of `text`."""
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


class Style:
    """SGR sequences of the 16 colours that every terminal has, and that its user may have chosen.

    Black, white, yellow and blue are not used, because each is unreadable on either a light or a dark terminal.

    Args:
        colours: whether to use colours; if not, every method returns its text unchanged.
    """

    def __init__(self, *, colours: bool) -> None:
        self.colours: Final = colours

    def _sgr(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colours and text else text

    def dim(self, text: str) -> str:
        """Return `text` dimmed."""
        return self._sgr("2", text)

    def bold(self, text: str) -> str:
        """Return `text` bold."""
        return self._sgr("1", text)

    def red(self, text: str) -> str:
        """Return `text` red."""
        return self._sgr("31", text)

    def green(self, text: str) -> str:
        """Return `text` green."""
        return self._sgr("32", text)

    def magenta(self, text: str) -> str:
        """Return `text` magenta."""
        return self._sgr("35", text)

    def cyan(self, text: str) -> str:
        """Return `text` cyan."""
        return self._sgr("36", text)


def style_for(stream: TextIO | None, environment: Mapping[str, str] = os.environ) -> Style:
    """Return the style for `stream`: with colours on a terminal, unless NO_COLOR is set or the terminal is dumb."""
    wanted = not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
    return Style(colours=wanted and is_terminal(stream))


def tolerate_encoding() -> None:
    """Make the standard streams escape characters that their encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
