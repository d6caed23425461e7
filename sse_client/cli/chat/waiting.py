"""Tells the user, until an answer begins, that the command is waiting, and why it asks again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

import sse_client as sse
from sse_client.cli.http.masking import credentials
from sse_client.cli.screen.news import News
from sse_client.cli.screen.progress import Progress
from sse_client.cli.screen.terminal import is_terminal, short

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Waiting"]

_LONG = 2.0  # seconds; a longer delay is announced


class Waiting:
    """An observer of the client, and a context manager around each reply.

    On a terminal, a line shows the time since the question until the answer begins. Elsewhere, each long delay between
    two attempts prints a line.

    Args:
        quiet: whether the line on the terminal is left out.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._why = ""
        self._progress: Progress | None = None

    def __call__(self, news: sse.Opened | sse.Lost | sse.Closed) -> None:
        """Remember why a request is sent again."""
        if not isinstance(news, sse.Lost):
            return
        # Short, because a line that is overwritten must fit the terminal.
        why = f"status {news.error.status}" if isinstance(news.error, sse.StatusError) else str(news.error)
        self._why = credentials.hide(short(f"asking again: {why}"))
        if self._progress is None and news.delay >= _LONG:
            News(credentials).line(f"lost: {news.error}; asking again in {news.delay:.1f} s")

    def __enter__(self) -> Self:
        self._why = "waiting for the answer"
        if is_terminal(sys.stderr) and not self._quiet:
            self._progress = Progress(lambda: self._why)
            self._progress.__enter__()
        return self

    def end(self) -> None:
        """Remove the line, because the answer begins."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()
