"""Formats the parser's table as the text of `--help`."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from sse_client.cli.pages.examples import EXAMPLES
from sse_client.cli.pages.table import command_of, commands_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyclopts import App

    from sse_client.cli.pages.table import Option
    from sse_client.cli.screen.terminal import Style

__all__ = ["help_of", "help_text", "labels"]

_COLUMN = 26  # the column at which the help of an option begins
_INDENT = 6  # columns, on a terminal that is too narrow for two columns of text
_NARROW = 60
_WIDEST = 100


def help_text(app: App, style: Style, width: int) -> str:
    """Return the help of the whole command."""
    lines = [*_paragraph(app.help, width), "", *_usage("sse-client COMMAND [OPTIONS] ...", style, width), ""]
    lines.append(style.bold("Commands:"))
    for command in commands_of(app):
        lines += _entry([command.name], command.summary, style, width)
    lines += ["", style.bold("Options:")]
    lines += _entry(["-h, --help"], "Show this page, or the help of a command.", style, width)
    lines += _entry(["-V, --version"], "Show the version.", style, width)
    lines += _examples("", style, width)
    lines += ["", *_paragraph("`sse-client COMMAND --help` shows the options of a command, and examples.", width)]
    return "\n".join(lines) + "\n"


def help_of(app: App, name: str, style: Style, width: int) -> str:
    """Return the help of one command."""
    command = command_of(app, name)
    lines = [*_usage(command.usage, style, width), "", *_paragraph(command.summary, width)]
    for paragraph in filter(None, command.text.split("\n\n")):
        lines += ["", *_paragraph(paragraph, width)]
    for group, options in command.groups.items():
        lines += ["", style.bold(f"{group}:")]
        for option in options:
            lines += _entry(labels(option), described(option), style, width)
    lines += _examples(name, style, width)
    return "\n".join(lines) + "\n"


def labels(option: Option) -> list[str]:
    """Return the names of an option, with a placeholder for its value."""
    value = f" {option.value}" if option.value and not option.positional else ""
    return [", ".join(option.names) + value]


def described(option: Option) -> str:
    """Return the help of an option, with its choices and its default."""
    text = option.help[:1].upper() + option.help[1:]
    choices = f" One of {', '.join(option.choices)}." if option.choices else ""
    required = " Required." if option.required and not option.positional else ""
    return text + choices + required + (f" Default: {option.default}." if option.default else "")


def _usage(text: str, style: Style, width: int) -> list[str]:
    first, *rest = _paragraph(f"Usage: {text}", width)
    return [first.replace("Usage:", style.bold("Usage:"), 1), *rest]


def _paragraph(text: str, width: int) -> list[str]:
    return _wrapped(" ".join(text.split()), min(width, _WIDEST))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)  # --no-reconnect stays whole


def _entry(names: list[str], text: str, style: Style, width: int) -> Iterator[str]:
    name = names[0]
    column = _COLUMN if width >= _NARROW else _INDENT
    lines = _wrapped(text, min(width, _WIDEST) - column) or [""]
    if len(name) + 4 > column:
        yield "  " + style.cyan(name)
    else:
        yield "  " + style.cyan(name) + " " * (column - len(name) - 2) + lines.pop(0)
    for line in lines:
        yield " " * column + line


def _examples(name: str, style: Style, width: int) -> Iterator[str]:
    yield ""
    yield style.bold("Examples:")
    for text, line in EXAMPLES[name]:
        for comment in _wrapped(text, min(width, _WIDEST) - len("  # ")):
            yield f"  {style.dim('# ' + comment)}"
        yield f"  {line}"  # not wrapped, so that it can be copied
