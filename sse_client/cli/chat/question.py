"""Builds the text of a question from arguments, files and standard input."""

from __future__ import annotations

import select
import sys
from typing import TYPE_CHECKING

from sse_client.cli.exits import Failure
from sse_client.cli.files import is_piped, read_text, utf8
from sse_client.cli.screen.news import say_sentence
from sse_client.cli.screen.terminal import is_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["question_text"]

_PATIENCE = 2.0  # seconds of waiting for input before a line says so


def question_text(prompt: Sequence[str], files: Sequence[Path]) -> str | None:
    """Return the question; None if the user must be asked for it.

    Raises:
        Failure: there is no question, and no terminal to type one; or a file cannot be read.
    """
    parts = [utf8(" ".join(prompt), "the question")] if prompt else []
    parts += [_quoted(path) for path in files if str(path) != "-"]
    piped = sys.stdin is not None and not is_terminal(sys.stdin) and is_piped(sys.stdin.fileno())
    if (
        any(str(path) == "-" for path in files)
        or piped
        or (not parts and sys.stdin is not None and not is_terminal(sys.stdin))
    ):
        parts.append(_standard_input())
    text = "\n\n".join(part for part in parts if part.strip())
    if text:
        return text
    if is_terminal(sys.stdin) and is_terminal(sys.stdout):
        return None
    raise Failure("expected a question: as an argument, on the standard input, or typed in a terminal")


def _quoted(path: Path) -> str:
    return f"{path.name}:\n```\n{read_text(path, '-f').rstrip()}\n```"


def _standard_input() -> str:
    if sys.stdin is not None and hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sys.stdin.fileno(), select.POLLIN)
        if not poll.poll(_PATIENCE * 1000):
            say_sentence(
                "sse-client: reading the standard input; Ctrl-D ends it, and `< /dev/null` says that there is none"
            )
    return read_text("-", "the question").strip()
