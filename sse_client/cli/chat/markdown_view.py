"""Renders a Markdown answer on a terminal: complete blocks are printed once, the last block is redrawn as it grows."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.text import Text

from sse_client.cli.chat.colours import CODE, MARKDOWN
from sse_client.cli.screen.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.segment import Segment

    from sse_client.adapters.openai import ToolCall

__all__ = ["MarkdownView", "whole_blocks"]

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_SHORT = 4096  # characters; a block up to this size is examined again with each line
_REFRESHES = 15  # per second


def whole_blocks(text: str) -> int:
    """Return the length of the complete Markdown blocks at the beginning of `text`."""
    whole = position = 0
    fence = ""
    blank = False
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        # A block ends at a blank line if the line after it is not indented, and so does not continue the block.
        if blank and not fence and line.strip() and not line[0].isspace():
            whole = position
        if found and not fence:
            fence = found[1]
        elif found and fence and found[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        blank = not line.strip()
        position += len(line)
    return whole


class MarkdownView:
    """Shows one answer."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stdout, theme=MARKDOWN, highlight=False, markup=False, emoji=False)
        self._pending = ""
        self._look_at = 0  # the number of pending characters at which complete blocks are searched for again
        self._live: Live | None = None
        self._thinking = False

    def reasoning(self, text: str) -> None:
        """Show a piece of the model's reasoning, dimmed."""
        self._thinking = True
        self._console.print(Text(printable(text), style="dim"), end="", soft_wrap=True)

    def content(self, text: str) -> None:
        """Show a piece of the answer."""
        self._end_thoughts()
        self._pending += printable(text)
        # Searched once per line, not once per token; in a long block, which may never end, each time it has grown by an
        # eighth.
        whole = 0
        if "\n" in text and len(self._pending) >= self._look_at:
            whole = whole_blocks(self._pending)
            long = not whole and len(self._pending) > _SHORT
            self._look_at = len(self._pending) * 9 // 8 if long else 0
        if whole:
            self._stop()
            self._print(self._pending[:whole])
            self._pending = self._pending[whole:]
        if self._live is None:
            self._live = Live(
                console=self._console,
                refresh_per_second=_REFRESHES,
                transient=True,
                get_renderable=self._last_lines,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def tool_calls(self, calls: Sequence[ToolCall]) -> None:
        """Show the tool calls that the model asks for; they are not executed."""
        self.end()
        for call in calls:
            line = Text.assemble(("calls ", "dim"), (call.name, "bold magenta"), f"({call.arguments})")
            self._console.print(Text(printable(line.plain), spans=line.spans), soft_wrap=True)

    def end(self) -> None:
        """Print the rest."""
        self._end_thoughts()
        self._stop()
        if self._pending:
            self._print(self._pending)
            self._pending = ""
        self._look_at = 0

    def _end_thoughts(self) -> None:
        if self._thinking:
            self._thinking = False
            self._console.print("\n")

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _print(self, text: str) -> None:
        self._console.print(self._rendered(text), soft_wrap=True)
        if text.endswith("\n\n"):
            self._console.print()

    def _last_lines(self) -> Text:
        """Return the end of the block, as much as fits on the screen."""
        lines = self._pending.splitlines()
        most = max(1, self._console.size.height - 4)
        shown = lines[-most:]
        opener = _FENCE.match(lines[0]) if lines else None
        if opener and len(lines) > most:
            shown = [lines[0], *shown]
        return self._rendered("\n".join(shown), most)

    def _rendered(self, text: str, most: int = 0) -> Text:
        """Render Markdown; return the last `most` lines (0: all), without surrounding blank lines."""
        theme: Any = CODE  # rich's type hint demands a name, but a theme object works too
        markdown = Markdown(text, code_theme=theme, hyperlinks=False)
        lines = self._console.render_lines(markdown, pad=False)
        while lines and not _text_of(lines[-1]).strip():
            lines.pop()
        while lines and not _text_of(lines[0]).strip():
            lines.pop(0)
        rendered = Text()
        for number, line in enumerate(lines[-most:]):
            rendered.append("\n" if number else "")
            for segment in line:
                # Markdown decodes `%1b` in a link, and `&#x202e;` anywhere, after `printable` has escaped the text.
                rendered.append(printable(segment.text), segment.style)
        return rendered


def _text_of(line: Sequence[Segment]) -> str:
    return "".join(segment.text for segment in line)
