"""The parser's table of commands and options, as values from which `--help` and the man page are made."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cyclopts import App
    from cyclopts.argument import Argument

__all__ = ["Command", "Option", "command_of", "commands_of"]


@dataclass(frozen=True, slots=True)
class Option:
    """An option, or an argument.

    Attributes:
        names: the names as typed, short ones first; for an argument, its name in capitals.
        value: placeholder for its value; empty if it has none.
        help: one paragraph.
        group: its heading.
        default: the default, if it is worth mentioning.
        choices: the possible values; empty if any value is allowed.
        positional: whether it is an argument.
        required: whether it must be given.
    """

    names: tuple[str, ...]
    value: str
    help: str
    group: str
    default: str
    choices: tuple[str, ...]
    positional: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Attributes:
        name: the name as typed.
        summary: one sentence.
        text: the paragraphs after the summary.
        options: its arguments, then its options by group.
    """

    name: str
    summary: str
    text: str
    options: tuple[Option, ...]

    @property
    def usage(self) -> str:
        """The usage line: the command with its placeholders."""
        arguments = "".join(f" {option.names[0]}" for option in self.options if option.positional)
        return f"sse-client {self.name} [OPTIONS]{arguments}"

    @property
    def groups(self) -> dict[str, list[Option]]:
        """The options, grouped by their headings."""
        found: dict[str, list[Option]] = {}
        for option in self.options:
            found.setdefault(option.group, []).append(option)
        return found


def commands_of(app: App) -> list[Command]:
    """Return all commands, in the order in which they are listed."""
    return [command_of(app, name) for name in app if not name.startswith("-")]


def command_of(app: App, name: str) -> Command:
    """Return one command."""
    command = app[name]
    documented = inspect.cleandoc(inspect.getdoc(command.default_command) or "").partition("\nArgs:")[0]
    summary, _, text = documented.partition("\n\n")
    arguments = [
        each for each in command.assemble_argument_collection(parse_docstring=True) if each.show and each.names
    ]
    options = [_option(argument) for argument in arguments]
    return Command(name, " ".join(summary.split()), text.strip(), tuple(options))


def _option(argument: Argument) -> Option:
    parameter = argument.parameter
    names = tuple(sorted(argument.names, key=lambda name: (len(name) > 2, name.startswith("--no-"))))
    positional = argument.index is not None
    value = parameter.metavar or ""
    default = argument.field_info.default
    return Option(
        names=(_label(argument),) if positional else names,
        value=value,
        help=" ".join((parameter.help or "").split()),
        group="Arguments" if positional else _heading(argument),
        default="" if default in {None, (), False, inspect.Parameter.empty} else str(default),
        choices=tuple(argument.get_choices() or ()),
        positional=positional,
        required=argument.required,
    )


def _label(argument: Argument) -> str:
    name = argument.field_info.name.upper()
    return name if argument.required else f"[{name}]"


def _heading(argument: Argument) -> str:
    groups: Any = argument.parameter.group or ()
    name = str(groups[0].name) if groups else "Options"
    return "Options" if name == "Parameters" else name
