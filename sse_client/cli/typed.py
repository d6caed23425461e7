"""Checks the options as they were typed: the parser would round 1.5, and turn an empty path into the current folder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from sse_client.cli.exits import Failure

if TYPE_CHECKING:
    from cyclopts import App, ArgumentCollection
    from cyclopts.argument import Argument

__all__ = ["check_typed", "expected_of"]

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NAMED = {"URL": "a URL", "FILE": "a file", "FILE.png": "a file", "PATH": "a path"}


def check_typed(_app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Check the values of a command.

    Raises:
        Failure: a value is not a whole number where one is expected, or an empty URL, path or file.
    """
    for argument in arguments:
        expected = expected_of(argument)
        if expected is None:
            continue
        for token in argument.tokens:
            if _WHOLE.fullmatch(token.value) if expected == "a whole number" else token.value:
                continue
            got = f'"{token.value}"' if token.value else "nothing"
            where = token.keyword or argument.name
            raise Failure(f"{where}: expected {expected}, got {got}", hint=f"See: sse-client {commands[0]} --help")


def expected_of(argument: Argument) -> str | None:
    """Return what an option expects; None if it takes anything, or checks its value itself."""
    kinds = {argument.hint, *get_args(argument.hint)}
    if int in kinds:
        return "a whole number"
    return _NAMED.get(str(argument.parameter.metavar), "a file" if Path in kinds else None)
