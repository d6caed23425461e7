"""A conversation on a terminal: questions with line editing and history, answers as they arrive."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from sse_client import SSEError
from sse_client.adapters.openai import ChatError
from sse_client.cli.exits import Exit, failure_of
from sse_client.cli.files import reason
from sse_client.cli.http.masking import credentials
from sse_client.cli.screen.news import say, say_error, say_sentence
from sse_client.cli.screen.terminal import folded, printable, style_for

if TYPE_CHECKING:
    from sse_client.cli.chat.answering import Answering
    from sse_client.cli.chat.conversation import Conversation

__all__ = ["converse", "history"]

_HELP = """\
Enter asks; Alt-Enter begins a new line.
The up key and Ctrl-R bring earlier questions back.
Ctrl-C stops an answer and keeps what has come; Ctrl-D, or /exit, ends.
/clear forgets the conversation; /model NAME asks another model."""


def converse(conversation: Conversation, answering: Answering, session: PromptSession[str] | None = None) -> int:
    """Ask and answer until the user ends it; return the exit code.

    Args:
        conversation: the messages, and the client that sends them.
        answering: shows the answers.
        session: reads the questions; by default, from the terminal, with a history.
    """
    title = f"{conversation.model} at {conversation.server}; /help helps, Ctrl-D ends"
    print(_dimmed(title, sys.stdout))  # noqa: T201
    prompts = _session() if session is None else session
    while True:
        try:
            text = prompts.prompt("> ").strip()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return Exit.DONE
        _report_failure(prompts.history)
        if text in {"/exit", "/quit"}:
            return Exit.DONE
        if text.startswith("/"):
            say(_dimmed(_command(conversation, text), sys.stderr))
        elif text:
            try:
                _answer(conversation, answering, text)
            except KeyboardInterrupt:  # before there was a reply, or while its end was being shown
                say_sentence("stopped")


def _dimmed(text: str, stream: TextIO) -> str:
    """Return `text` dimmed and wrapped, each line by itself, because some terminals end a style with the line."""
    lines = (folded(line, stream, 0) for line in text.split("\n"))
    return "\n".join(map(style_for(stream).dim, "\n".join(lines).split("\n")))


def _session() -> PromptSession[str]:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _new_line(event: Any) -> None:
        event.current_buffer.insert_text("\n")

    return PromptSession(history=history(), key_bindings=keys, enable_open_in_editor=True)


def history() -> History:
    """Return the questions of earlier conversations, kept in a file that only the user can read, if possible."""
    try:
        folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "sse-client"
    except RuntimeError:
        say_sentence("the questions are not kept: there is no home directory")
        return InMemoryHistory()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / "chat-history"
        path.touch(mode=0o600)
        if not path.is_file() or not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(path)
    except OSError:
        say_sentence(f"the questions are not kept: {folder} cannot be written")
        return InMemoryHistory()
    return _KeptHistory(str(path))


class _KeptHistory(FileHistory):
    """A history in a file. It stops writing when that fails, for example because the disk is full.

    Attributes:
        failure: why writing failed, to be reported after the prompt has ended.
    """

    failure = ""
    _failed = False

    def store_string(self, string: str) -> None:
        if self._failed:
            return
        try:
            super().store_string(string)
        except OSError as error:
            self._failed = True
            self.failure = (
                f"the questions are not kept any more: cannot write {os.fsdecode(self.filename)}: {reason(error)}"
            )


def _report_failure(history: History) -> None:
    if isinstance(history, _KeptHistory) and history.failure:
        say_sentence(history.failure)
        history.failure = ""


def _command(conversation: Conversation, text: str) -> str:
    name, _, argument = text.partition(" ")
    if name == "/clear":
        conversation.clear()
        return "the conversation is forgotten"
    if name == "/model" and argument.strip():
        conversation.model = argument.strip()
        return f"asking {conversation.model}"
    return _HELP if name == "/help" else f"expected /help, /clear, /model NAME or /exit, got {printable(name)}"


def _answer(conversation: Conversation, answering: Answering, text: str) -> None:
    reply = conversation.ask(text)
    try:
        if not answering.show(reply):
            say_sentence("stopped; what has come is kept")
    except SSEError as error:
        failure = conversation.failure(error) if isinstance(error, ChatError) else failure_of(error)
        say_error(str(failure), failure.hint, credentials)
    finally:
        conversation.answered(reply)
    print()  # noqa: T201  (a line between an answer and the next question)
