"""Reports what happens to a connection on standard error: opened, lost, resumed, closed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import sse_client as sse
from sse_client.cli.screen.terminal import folded, printable, short, style_for

if TYPE_CHECKING:
    from sse_client.cli.http.masking import Mask

__all__ = ["News", "say", "say_error", "say_sentence"]


def say(text: str) -> None:
    """Write one line to standard error; do nothing if that is closed."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def say_sentence(text: str) -> None:
    """Write sentences, one a line, to the standard error. On a terminal, they are wrapped between words."""
    say("\n".join(folded(line, sys.stderr, 0) for line in text.split("\n")))


def say_error(sentence: str, hint: str, mask: Mask) -> None:
    """Write an error to standard error, followed by a line with the `hint`, if there is one."""

    def shown(text: str) -> str:
        return folded(printable(mask.hide(text)), sys.stderr, len("  "))

    name = "sse-client:"
    say(style_for(sys.stderr).red(name) + shown(f"{name} {sentence}").removeprefix(name))
    if hint:
        say("  " + shown(hint))


class News:
    """An observer that reports to the user.

    Args:
        mask: removes credentials.
        quiet: report nothing.

    Attributes:
        opened: whether a connection was ever open.
    """

    def __init__(self, mask: Mask, *, quiet: bool = False) -> None:
        self._mask = mask
        self._quiet = quiet
        self._style = style_for(sys.stderr)
        self.opened = False

    def __call__(self, news: sse.Opened | sse.Lost | sse.Closed) -> None:
        """Report one piece of news."""
        if isinstance(news, sse.Opened):
            self._report_opened(news)
        elif isinstance(news, sse.Lost):
            self.line(f"lost: {news.error}; connecting again in {news.delay:.1f} s")
        else:
            self._report_closed(news)

    def line(self, text: str) -> None:
        """Write a line about the connection."""
        if not self._quiet:
            shown = folded(printable(self._mask.hide(text)), sys.stderr, len("* "))
            # Styled line by line, because some terminals end a style at the end of the line.
            say("\n".join(self._style.dim(line) for line in f"* {shown}".split("\n")))

    def _report_opened(self, news: sse.Opened) -> None:
        where = f"{news.response.status} from {self._mask.url(news.response.url)}"
        if self.opened:
            place = (
                f"after id {short(news.attempt.last_event_id)}" if news.attempt.last_event_id else "from the beginning"
            )
            self.line(f"resumed {place}: {where}")
        elif news.attempt.last_event_id:
            self.line(f"opened, to resume after id {short(news.attempt.last_event_id)}: {where}")
        else:
            self.line(f"opened: {where}")
        self.opened = True

    def _report_closed(self, news: sse.Closed) -> None:
        words = _ENDS.get(news.reason)
        if words is not None:
            self.line(f"ended: {words}")


_ENDS: dict[str, str] = {
    "until": "the event that --until names has come",
    "no content": "the server has no more (204)",
    "end": "the server ended the stream",
}
