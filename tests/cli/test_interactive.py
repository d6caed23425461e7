"""A conversation in a terminal: questions, commands, and what is kept."""

from __future__ import annotations

import errno
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session
from prompt_toolkit.history import FileHistory, InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from sse_client.cli.chat.answering import Answering
from sse_client.cli.chat.conversation import Conversation
from sse_client.cli.chat.interactive import converse, history
from sse_client.cli.chat.options import AnswerOptions, ChatOptions
from sse_client.cli.options import ConnectionOptions
from sse_client.testing import CLOSE, Server, chunk, head, reply

from .kit import Stream, always, plain, run

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

KEY = "sk-aaaabbbbccccdddd"


class Typed(PromptSession[str]):
    """Questions as a user would type them; an exception is what pressing a key does."""

    def __init__(self, *questions: str | BaseException) -> None:
        self.history = InMemoryHistory()
        self._questions: Iterator[str | BaseException] = iter(questions)

    def prompt(self, *_: Any, **__: Any) -> str:
        question = next(self._questions, EOFError())
        if isinstance(question, BaseException):
            raise question
        return question


def talk(server: Server, *questions: str | BaseException) -> tuple[str, str, Conversation]:
    out, err = Stream(terminal=True), Stream(terminal=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        options = ChatOptions(base_url=f"{server.url}/v1", system="Be brief.")
        with Conversation(options, ConnectionOptions(), heads=False) as conversation:
            assert converse(conversation, Answering(AnswerOptions()), Typed(*questions)) == 0
    return plain(out.text()), plain(err.text()), conversation


def roles(conversation: Conversation) -> list[str]:
    return [message["role"] for message in conversation.messages]


def test_a_conversation_remembers_what_was_said(server: Server) -> None:
    shown, _, conversation = talk(server, "", "  Hi ", KeyboardInterrupt(), "And now?", EOFError())
    assert shown.count("Hello there") >= 2
    assert roles(conversation) == ["system", "user", "assistant", "user", "assistant"]
    assert [message["content"] for message in server.requests[1].json()["messages"]] == [
        "Be brief.", "Hi", "Hello there", "And now?",
    ]  # fmt: skip


def test_the_model_and_the_server_are_named(server: Server) -> None:
    shown, _, _ = talk(server)
    assert shown.startswith(f"gpt-4o-mini at {server.url}/v1; /help helps")


def test_commands_change_the_conversation(server: Server) -> None:
    _, err, conversation = talk(
        server, "Hi", "/clear", "/model other", "/help", "/model", "/what\x1b", "/exit", "never"
    )
    assert roles(conversation) == ["system"]
    assert conversation.model == "other"
    assert "the conversation is forgotten" in err
    assert "asking other" in err
    assert "Ctrl-C stops an answer" in err
    assert "got /what\\x1b" in err
    assert len(server.requests) == 1


@pytest.mark.parametrize("word", ["/exit", "/quit"])
def test_a_word_ends_it(server: Server, word: str) -> None:
    assert talk(server, word, "never")[2].messages[-1]["role"] == "system"


def test_a_question_without_an_answer_is_taken_back(server: Server) -> None:
    server.script(reply(401, f'{{"error": {{"message": "the key {KEY} is wrong{" again" * 20}"}}}}'.encode()))
    _, err, conversation = talk(server, "Hi")
    assert roles(conversation) == ["system"]
    assert err.startswith("sse-client: the key **** is wrong")
    assert all(len(line) <= 80 for line in err.splitlines()), "folded, as the errors of other commands"


def test_half_an_answer_is_kept(server: Server) -> None:
    half = b'data: {"choices": [{"index": 0, "delta": {"content": "Hel"}}]}\n\n'
    server.script([head(), chunk(half), CLOSE])
    shown, err, conversation = talk(server, "Hi")
    assert "Hel" in shown
    assert conversation.messages[-1] == {"role": "assistant", "content": "Hel"}
    assert "sse-client: " in err


def test_an_interrupted_answer_is_kept(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from sse_client.cli.chat.markdown_view import MarkdownView

    content = MarkdownView.content

    def interrupted(self: MarkdownView, text: str) -> None:
        content(self, text)
        raise KeyboardInterrupt

    monkeypatch.setattr(MarkdownView, "content", interrupted)
    shown, err, conversation = talk(server, "Hi")
    assert "Hello" in shown
    assert conversation.messages[-1] == {"role": "assistant", "content": "Hello"}
    assert "stopped; what has come is kept" in err


def test_an_interrupt_before_the_reply_stops_the_question_alone(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = Answering.show
    interrupts = iter([True])

    def interrupted(self: Answering, reply: Any) -> bool:
        if next(interrupts, False):
            raise KeyboardInterrupt
        return show(self, reply)

    monkeypatch.setattr(Answering, "show", interrupted)
    monkeypatch.setattr(Conversation, "answered", always(None))
    _, err, conversation = talk(server, "Hi", "Again")
    assert "stopped" in err
    assert [message["content"] for message in conversation.messages] == ["Be brief.", "Again"]


@contextmanager
def keyboard(text: str) -> Generator[None]:
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        keys.send_text(text)
        yield


def test_a_question_may_have_several_lines(server: Server, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch, keyboard("one\x1b\rtwo\r\x04"):
        patch.setenv("XDG_STATE_HOME", str(tmp_path))
        patch.setenv("OPENAI_API_KEY", KEY)
        patch.setattr("sse_client.cli.chat.question.is_terminal", always(True))
        ran = run("chat", "--base-url", f"{server.url}/v1", terminal=True)
    assert ran.code == 0
    assert server.requests[0].json()["messages"][0]["content"] == "one\ntwo"
    assert "+one\n+two" in (tmp_path / "sse-client" / "chat-history").read_text()


def test_a_picture_needs_a_question(server: Server) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        patch.setattr("sse_client.cli.chat.question.is_terminal", always(True))
        ran = run("chat", "--base-url", f"{server.url}/v1", "--image", "https://x/a.png", terminal=True)
    assert (ran.code, "--image: expected a question about it" in ran.err) == (2, True)


def test_a_history_that_cannot_be_written_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert isinstance(history(), FileHistory)
    monkeypatch.setattr("os.access", always(False))
    assert isinstance(history(), InMemoryHistory)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert isinstance(history(), InMemoryHistory)
    assert capsys.readouterr().err.count("the questions are not kept") == 2


def test_a_history_is_a_file_and_has_a_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    (tmp_path / "sse-client" / "chat-history").mkdir(parents=True)
    assert isinstance(history(), InMemoryHistory)
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    assert isinstance(history(), InMemoryHistory)
    assert "the questions are not kept: there is no home directory\n" in capsys.readouterr().err


def test_a_disk_that_fills_up_meanwhile_costs_the_history_alone(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr("sse_client.cli.chat.question.is_terminal", always(True))
    monkeypatch.setattr(FileHistory, "store_string", full)
    with keyboard("one\rtwo\r\x04"):
        ran = run("chat", "--base-url", f"{server.url}/v1", terminal=True)
    assert (ran.code, len(server.requests)) == (0, 2)
    assert " ".join(plain(ran.err).split()).count("the questions are not kept any more: cannot write") == 1
    assert "Traceback" not in ran.err + ran.out


def test_an_error_of_a_server_that_is_no_chat_server_has_a_hint(server: Server) -> None:
    with Server(reply(404, b"not here")) as other:
        _, err, _ = talk(other, "Hi")
    assert f"Is {other.url}/v1 the base URL of a chat server?" in " ".join(err.split())


def test_what_is_said_fits_a_narrow_terminal(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    shown, err, _ = talk(server, "/help", "/nothing")
    assert max(map(len, (shown + err).splitlines())) <= 40
    assert "Ctrl-C stops an answer and keeps what\nhas come; Ctrl-D, or /exit, ends.\n" in err


def test_a_history_is_at_home_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", always(tmp_path))
    history()
    assert (tmp_path / ".local" / "state" / "sse-client" / "chat-history").exists()
