"""What a command shows in a terminal, as a picture (SVG)."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pyte
from cli.kit import Terminal
from rich.console import Console
from rich.style import Style
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["lines_of", "picture", "screen_of", "text_of"]

_ROWS = 60
_LEFT_OUT = re.compile(r"@font-face\s*\{.*?\}|<!--.*?-->", re.DOTALL)
_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_COLOURS = {"brown": "yellow"}  # of pyte, to those of rich


def screen_of(arguments: Sequence[str], *, columns: int = 80, **variables: str) -> Any:
    """Run `sse-client` in a terminal; return the screen that it leaves, as an emulator has it."""
    screen: Any = pyte.Screen(columns, _ROWS)
    with Terminal(*arguments, columns=columns, **variables) as terminal:
        terminal.end()
    emulator: Any = pyte.Stream(screen)
    emulator.feed(terminal.received)
    return screen


def lines_of(screen: Any) -> list[str]:
    """Return the lines of a screen, to the last one that is not blank."""
    lines = [line.rstrip() for line in screen.display]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def picture(screen: Any, command: str) -> str:
    """Return a screen as SVG, under the command that led to it."""
    console = Console(
        record=True, width=screen.columns, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text(f"$ {command}", style="bold"))
    for row, line in enumerate(lines_of(screen)):
        console.print(_styled(screen.buffer[row], len(line)), no_wrap=True, overflow="crop")
    drawn = console.export_svg(title="sse-client", unique_id="terminal")
    # Pictures on a page load nothing from elsewhere.
    return _LEFT_OUT.sub("", drawn).replace("Fira Code, monospace", _FONT).replace("Fira Code", "ui-monospace")


def _styled(cells: Any, length: int) -> Text:
    text = Text()
    for column in range(length):
        cell = cells[column]
        colour = None if cell.fg == "default" else _COLOURS.get(cell.fg, cell.fg)
        if colour and re.fullmatch(r"[0-9a-f]{6}", colour):
            colour = f"#{colour}"
        if colour:
            colour = re.sub(r"^bright(?=[a-z])", "bright_", colour)
        style = Style(
            color=colour, bold=cell.bold, italic=cell.italics, underline=cell.underscore, reverse=cell.reverse
        )
        text.append(cell.data, style)
    return text


def text_of(svg: str) -> list[str]:
    """Return the lines of text that a picture shows, without blanks, which it places by coordinates."""
    rows: dict[float, list[tuple[float, str]]] = {}
    for x, y, text in re.findall(r'<text [^>]*?x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>', svg):
        rows.setdefault(float(y), []).append((float(x), unescape(text).replace("\xa0", " ")))
    return ["".join("".join(text for _, text in sorted(row)).split()) for _, row in sorted(rows.items())]
