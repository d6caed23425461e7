"""One sentence for each mistake that the parser finds in a command line."""

from __future__ import annotations

from itertools import pairwise

from cyclopts.exceptions import (
    CoercionError,
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownOptionError,
)

from sse_client.cli.typed import expected_of

__all__ = ["mistake"]

_NUMBERS: dict[object, str] = {int: "a whole number", float: "a number"}


def mistake(error: CycloptsError) -> str:
    """Return what is wrong with the arguments, in a sentence."""
    match error:
        case MissingArgumentError(argument=argument, keyword=None) if argument is not None and not argument.tokens:
            kind = "option" if argument.field_info.is_keyword_only else "argument"
            return f"expected the {kind} {argument.names[-1]}"
        case MissingArgumentError(keyword=str(option)):
            return f"{option}: expected {_kind(error)}, got {_after(option, error)}"
        case RepeatArgumentError(token=token) if token.keyword:
            return _repeated(token.keyword, error)
        case UnknownOptionError(token=token) if token.keyword == "-" or token.value == "-":
            return 'expected a file, got "-"'
        case CoercionError(target_type=target, token=token) if token is not None and target in _NUMBERS:
            return f'{token.keyword}: expected {_NUMBERS[target]}, got "{token.value}"'
        case _:
            message = " ".join(str(error).split())
            return message[:1].lower() + message[1:].rstrip(".")


def _repeated(option: str, error: CycloptsError) -> str:
    positive = option.removeprefix("--no-")
    opposite = f"--no-{option.removeprefix('--')}" if positive == option else f"--{positive}"
    if opposite in (error.root_input_tokens or []):
        return f"expected one of {opposite} and {option}, got both"
    return f"{option}: expected it once, got it again"


def _kind(error: MissingArgumentError) -> str:
    return (None if error.argument is None else expected_of(error.argument)) or "a value"


def _after(option: str, error: CycloptsError) -> str:
    """Return the argument after an option that has no value. It is `-` if the user meant the standard input."""
    typed = error.root_input_tokens or []
    return '"-"' if [option, "-"] in map(list, pairwise(typed)) else "none"
