"""Status lines for people: earlier lines stay, and on a terminal the last line may be overwritten."""

from __future__ import annotations

import logging
import shutil
import textwrap
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sse_client import Lost, Opened

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["Board", "BoardLog", "SourceNews"]

_CLEAR = "\r\x1b[K"
_INDENT = "  "
_REASONS = 8  # reasons that are remembered; a server may invent any number of them


class Board:
    """Writes lines to a terminal or to a log; any thread may use it. A closed output is not an error.

    Args:
        output: the output; None for none.

    Attributes:
        terminal: whether the output is a terminal.
    """

    def __init__(self, output: TextIO | None) -> None:
        self._output = output
        self.terminal: Final = output is not None and not output.closed and output.isatty()
        self._lock = threading.Lock()
        self._drawn = False

    def say(self, text: str) -> None:
        """Write a line that stays, folded to the width of a terminal."""
        text = _printable(text)
        if self.terminal:
            text = textwrap.fill(
                text, _columns(), subsequent_indent=_INDENT, break_long_words=False, break_on_hyphens=False
            )
        with self._lock:
            self._write(f"{_CLEAR if self._drawn else ''}{text}\n")
            self._drawn = False

    def draw(self, text: str) -> None:
        """Write a line that the next one replaces on a terminal; cut there, because one that wraps stays."""
        if not self.terminal:
            self.say(text)
            return
        text, most = _printable(text), _columns() - 1
        with self._lock:
            self._write(_CLEAR + (text if len(text) <= most else text[: most - 3] + "..."))
            self._drawn = True

    def keep(self) -> None:
        """Keep the line that was drawn last."""
        with self._lock:
            self._write("\n" if self._drawn else "")
            self._drawn = False

    def _write(self, text: str) -> None:
        if self._output is not None and text:
            with suppress(OSError, ValueError):
                self._output.write(text)
                self._output.flush()


class BoardLog(logging.Handler):
    """Shows log records on a board, from warnings on."""

    def __init__(self, board: Board) -> None:
        super().__init__(logging.WARNING)
        self._board = board
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as a line."""
        self._board.say(self.format(record))


class SourceNews:
    """An observer of the source that shows why no events arrive, once for each reason until the source is back."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._said: deque[str] = deque(maxlen=_REASONS)
        self._open = False
        self._down = False

    def __call__(self, news: object) -> None:
        """Show that the source is lost, and why, or that it is available again."""
        if isinstance(news, Opened):
            if self._down:
                self._board.say("the source is there again")
                self._said.clear()
            self._open, self._down = True, False
        elif isinstance(news, Lost):
            # Many servers end connections now and then. The source is away only if the next connection fails.
            self._open, self._down = False, not self._open
            reason = str(news.error)
            if reason not in self._said:
                self._said.append(reason)
                self._board.say(f"lost: {reason}; connecting again in {news.delay:.1f} s")


def _printable(text: str) -> str:
    """Return `text` with control characters escaped: IDs come from a server, and names from other hosts."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _columns() -> int:
    return max(20, shutil.get_terminal_size((80, 24)).columns)
