"""Runs one command line, and turns its errors into a sentence and an exit code."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from cyclopts import App, CycloptsError
from cyclopts.exceptions import UnknownCommandError, UnusedCliTokensError

import sse_client as sse
from sse_client.cli.exits import Exit, Failure, failure_of
from sse_client.cli.http.masking import credentials
from sse_client.cli.mistakes import mistake
from sse_client.cli.screen.news import say_error
from sse_client.cli.screen.stdout import ReaderLeft, Stdout, abandon
from sse_client.cli.screen.terminal import style_for, tolerate_encoding, width
from sse_client.cli.signals import Terminated, prompt_signals
from sse_client.cli.typed import check_typed

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["app", "run"]

_COMMANDS = {
    "get": "streams.get:get",
    "post": "streams.get:post",
    "chat": "chat.chat:chat",
    "record": "recordings.record:record",
    "replay": "recordings.replay:replay",
    "diff": "recordings.diff:diff",
    "check": "check.check:check",
    "relay": "relay:relay",
    "demo": "demo:demo",
    "completion": "completion:completion",
}

_WORD = re.compile(r"[A-Za-z-]{1,20}")
_URL = re.compile(r"[:/.@]")


class _App(App):
    """The parser, with a help page of its own."""

    def help_print(self, tokens: Any = None, **_: Any) -> None:
        """Print the help page of the command that `tokens` begin with."""
        from sse_client.cli.pages.help import help_of, help_text

        name = next((each for each in tokens or () if each in _COMMANDS), None)
        style, columns = style_for(sys.stdout), width()
        text = help_text(self, style, columns) if name is None else help_of(app, name, style, columns)
        Stdout().write(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace"))

    def version_print(self, *_: Any, **__: Any) -> None:
        """Print the version."""
        Stdout().write(f"{sse.__version__}\n".encode())


app = _App(
    name="sse-client",
    help="The curl of event streams: read, record, replay and examine Server-Sent Events, and chat.",
    version=sse.__version__,
    version_flags=["--version", "-V"],
    suppress_keyboard_interrupt=False,
    config=check_typed,
)
for _name, _target in _COMMANDS.items():
    # Imported when it is called, so that no command pays for another command's imports.
    app.command(f"sse_client.cli.{_target}", name=_name)


def run(arguments: Sequence[str]) -> int:
    """Run one command line, and return its exit code.

    It raises nothing, except for a defect of this package if SSE_CLIENT_DEBUG is set.
    """
    tolerate_encoding()
    try:
        with prompt_signals():
            code = _ending(arguments)
    except KeyboardInterrupt:
        code = Exit.INTERRUPTED
    except Terminated:
        code = Exit.TERMINATED
    return _flushed(code)


def _flushed(code: int) -> int:
    """Flush the output, and return the exit code; the reader of the output may have left in the meantime."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        abandon()
    return int(code)


def _ending(arguments: Sequence[str]) -> int:
    try:
        return _dispatched(arguments)
    except (ReaderLeft, BrokenPipeError):
        abandon()
        return Exit.DONE
    except Failure as failure:
        return _reported(failure)
    except sse.SSEError as error:
        return _reported(failure_of(error))
    except ModuleNotFoundError as error:
        return _reported(
            Failure(f"this needs {error.name}; install it with: pip install 'sse-client[cli]'", Exit.USAGE)
        )
    except Exception as error:
        if os.environ.get("SSE_CLIENT_DEBUG"):
            raise
        return _reported(
            Failure(
                f"a defect of sse-client: {type(error).__name__}: {error}",
                Exit.INTERNAL,
                "SSE_CLIENT_DEBUG=1 shows where; please report it.",
            )
        )


def _dispatched(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:], "--help"]
    try:
        result = app(list(arguments), exit_on_error=False, print_error=False, result_action="return_value")
    except UnusedCliTokensError as error:
        unused = len(error.unused_tokens or ())
        # The arguments are not repeated, because an unquoted header may be among them.
        words = "1 argument" if unused == 1 else f"{unused} arguments"
        raise Failure(f"{words} too many; is a text with blanks not quoted?", hint=_help(arguments)) from error
    except UnknownCommandError as error:
        raise _unknown_command((error.unused_tokens or [""])[0]) from error
    except CycloptsError as error:
        raise Failure(mistake(error), hint=_help(arguments)) from error
    return result if isinstance(result, int) else Exit.DONE


def _unknown_command(name: str) -> Failure:
    from difflib import get_close_matches  # needed only after a mistake

    if _URL.search(name):
        return Failure(
            f"expected a command before the URL: sse-client get {credentials.url(name)}", hint="See: sse-client --help"
        )
    close = get_close_matches(name, _COMMANDS, n=1)
    meant = f"; did you mean {close[0]}?" if close else f"; the commands are {', '.join(_COMMANDS)}"
    # It is not repeated unless it is a plain word, because it may be a key without its option.
    shown = f" {name!r}" if _WORD.fullmatch(name) else ""
    return Failure(f"unknown command{shown}{meant}", hint=_help(()))


def _help(arguments: Sequence[str]) -> str:
    command = next((each for each in arguments if each in _COMMANDS), "")
    return f"See: sse-client {command + ' ' if command else ''}--help"


def _reported(failure: Failure) -> int:
    say_error(str(failure), failure.hint, credentials)
    return failure.code
