"""What type checkers see: items are events, and comments too where they were asked for. mypy and pyright check it."""

from __future__ import annotations

from typing import assert_type

import pytest

from sse_client import Comment, Event, Parser


def test_events_alone_come_unless_comments_are_asked_for() -> None:
    parser = Parser()
    assert_type(parser, Parser[Event])
    assert_type(parser.feed(b""), list[Event])
    assert_type(Parser(comments=False), Parser[Event])
    assert_type(Parser(last_event_id="7", max_event_size=None).feed(b""), list[Event])


def test_comments_come_among_the_events_where_they_are_asked_for() -> None:
    parser = Parser(comments=True)
    assert_type(parser, Parser[Event | Comment])
    items = parser.feed(b": a\ndata: b\n\n")
    assert_type(items, list[Event | Comment])
    assert [item.text if isinstance(item, Comment) else item.data for item in items] == ["a", "b"]


@pytest.mark.parametrize("comments", [True, False])
def test_comments_may_come_where_it_is_not_known(comments: bool) -> None:
    assert_type(Parser(comments=comments), Parser[Event | Comment])


def test_a_parser_without_a_type_argument_is_one_of_events() -> None:
    parser: Parser = Parser()
    assert_type(parser.feed(b""), list[Event])

    class Own(Parser):
        pass

    assert_type(Own().feed(b"data: a\n\n"), list[Event])


def test_a_parser_takes_a_type_argument_when_it_runs() -> None:
    parser = Parser[Event | Comment](comments=True)
    assert parser.feed(b": a\n") == [Comment("a")]
    assert not hasattr(parser, "__dict__")
