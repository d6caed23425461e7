"""Formats an event as a line for people: its time, type, id and data, with JSON in colour."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import TYPE_CHECKING

from sse_client import Comment, Event
from sse_client.cli.screen.terminal import Style, printable, width
from sse_client.cli.streams.pretty_json import pretty

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["EventLine"]

_MOST_JSON = 100_000  # characters; longer data is shown unparsed and without colours
_INDENT = "    "
_SGR = re.compile(r"\x1b\[[0-9]*m")
_TOKEN = re.compile(
    r'("[^"\\]*+(?:\\.[^"\\]*+)*")(\s*:)?|(-?\d[\d.eE+-]*+|true|false|null|NaN|-?Infinity)',
)


class EventLine:
    """Formats events, one after the other.

    Args:
        style: the colours.
        timing: show the seconds since the previous event instead of the time of day.
        clock: returns the time, in seconds since the epoch.
    """

    def __init__(self, style: Style, *, timing: bool = False, clock: Callable[[], float] = time.time) -> None:
        self._style = style
        self._timing = timing
        self._clock = clock
        self._before: float | None = None

    def __call__(self, event: Event | Comment) -> str:
        """Return the lines for `event`, the last line end included."""
        stamp = self._style.dim(self._stamp())
        if isinstance(event, Comment):
            return f"{stamp} {self._style.dim(': ' + printable(event.text))}\n"
        kind = self._style.bold(printable(event.event))
        parts = [stamp, kind]
        if event.id:
            parts.append(self._style.magenta("#" + printable(event.id)))
        if event.retry is not None:
            parts.append(self._style.dim(f"retry={event.retry}"))
        line = " ".join(parts)
        return line + self._data(event.data, len(_SGR.sub("", line))) + "\n"

    def _stamp(self) -> str:
        now = self._clock()
        gap = 0.0 if self._before is None else max(0.0, now - self._before)
        self._before = now
        if self._timing:
            return f"+{gap:8.3f}"
        return datetime.fromtimestamp(now).astimezone().strftime("%H:%M:%S.%f")[:-3]

    def _data(self, data: str, taken: int) -> str:
        """Return the data: on the same line if it fits, else indented below it.

        Args:
            data: the event's data.
            taken: the columns of the line that are already used.
        """
        lines = None
        if data[:1] in {"{", "["} and len(data) <= _MOST_JSON:
            lines = pretty(data, width() - len(_INDENT))
        if lines is None:
            lines = printable(data).split("\n")
        else:
            whole = len(lines) == 1 and taken + 2 + len(lines[0]) <= width()
            lines = [_TOKEN.sub(self._coloured, printable(line)) for line in lines]
            if not whole:
                return "".join(f"\n{_INDENT}{line}" for line in lines)
        if len(lines) == 1:
            return f"  {lines[0]}" if lines[0] else ""
        return "".join(f"\n{_INDENT}{line}" for line in lines)

    def _coloured(self, found: re.Match[str]) -> str:
        string, colon, other = found.groups()
        if colon:
            return self._style.cyan(string) + colon
        return self._style.green(string) if string else self._style.magenta(other)
