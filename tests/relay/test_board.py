"""Lines for people: those that stay, and the one that is drawn anew."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import sse_client
from relay.kit import STATUS, Terminal
from sse_client.relay._command.board import Board, SourceNews
from sse_client.relay._command.view import line

if TYPE_CHECKING:
    import pytest


def test_a_line_that_is_said_does_not_begin_in_the_one_that_is_drawn() -> None:
    output = Terminal()
    board = Board(output)
    board.draw("7 in all")
    board.say("lost")
    board.draw("8 in all")
    board.keep()
    assert output.getvalue() == "\r\x1b[K7 in all\r\x1b[Klost\n\r\x1b[K8 in all\n"


def test_a_drawn_line_never_wraps_and_one_that_is_said_is_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    output = Terminal()
    board = Board(output)
    board.draw("a line that is longer than the terminal is wide")
    board.keep()
    assert output.getvalue() == "\r\x1b[Ka line that is longer than...\n"
    board.say("a line that is longer than the terminal is wide")
    assert output.getvalue().splitlines()[-2:] == ["a line that is longer than the", "  terminal is wide"]


def test_nothing_from_elsewhere_commands_the_terminal() -> None:
    output = Terminal()
    board = Board(output)
    board.draw(line(replace(STATUS, last_event_id="\x1b[2J\x9b2J\u202e"), 1.0, "me"))
    board.say("\x1b[2Jé")
    assert "\\x1b[2J\\x9b2J\\u202e" in output.getvalue()
    assert output.getvalue().endswith("\\x1b[2Jé\n")


def test_an_output_that_is_closed_is_not_missed() -> None:
    output = Terminal()
    board = Board(output)
    output.close()
    for nowhere in (board, Board(output), Board(None)):
        nowhere.draw("nobody")
        nowhere.say("sees this")
        nowhere.keep()


def test_news_of_the_source_say_once_why_nothing_comes() -> None:
    output = io.StringIO()
    news = SourceNews(Board(output))
    opened = sse_client.Opened(cast("Any", None), cast("Any", None))
    ended, broke = sse_client.ConnectionFailed("it ended"), sse_client.ConnectionFailed("it broke")
    refused = sse_client.ConnectionFailed("refused", sent=False)
    happened = (
        opened,
        ended,
        opened,
        broke,
        opened,
        ended,
        opened,
        broke,
        refused,
        refused,
        opened,
        ended,
        sse_client.Closed("end"),
    )
    for each in happened:
        news(sse_client.Lost(each, 2.0) if isinstance(each, Exception) else each)
    assert output.getvalue().splitlines() == [
        "lost: it ended; connecting again in 2.0 s",
        "lost: it broke; connecting again in 2.0 s",
        "lost: refused; connecting again in 2.0 s",
        "the source is there again",
        "lost: it ended; connecting again in 2.0 s",
    ]
