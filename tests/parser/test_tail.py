"""What has arrived and is not dispatched: `Parser.tail`."""

from __future__ import annotations

import pytest

from sse_client.events import Event
from sse_client.parser import Parser

from .kit import BOM, cut, feed_all, splits
from .reference import interpret


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"\n",
        b"data: a\n\n",
        b"data: a\r\n\r\n",
        b"data: a\r\r",
        b"id: 1\ndata: a\n\n",
        b"id: 1\n\n",
        b"event: e\n\n",
        b"retry: 5\n\n",
        b": hi\n",
        b": hi\n\n",
        b"data: a\n\ndata: b\n\n: hi\n",
        BOM,
        BOM + b"data: a\n\n",
    ],
)
def test_tail_is_empty_when_nothing_is_pending(stream: bytes) -> None:
    for pieces in splits(stream):
        parser = Parser()
        feed_all(parser, pieces)
        assert parser.tail == "", pieces


@pytest.mark.parametrize(
    ("stream", "pending"),
    [
        pytest.param(b"data: a", Event(data="a"), id="an unfinished line"),
        pytest.param(b"data: a\n", Event(data="a"), id="an unfinished block"),
        pytest.param(b"data: a\r", Event(data="a"), id="an unfinished block after a CR"),
        pytest.param(b"data: a\ndata: b", Event(data="a\nb"), id="both"),
        pytest.param(b"data:  a ", Event(data=" a "), id="spaces"),
        pytest.param(b"data", Event(data=""), id="data without a colon"),
        pytest.param(b"data\ndata:\n", Event(data="\n"), id="empty data"),
        pytest.param(b"data: a\ndat", Event(data="a"), id="a field name cut short"),
        pytest.param(b"data: a\n: hi", Event(data="a"), id="an unfinished comment"),
        pytest.param(b": hi\nx: y\ndata: a\n: hi\n", Event(data="a"), id="comments and unknown fields"),
        pytest.param(b"event: e\ndata: a", Event(data="a", event="e"), id="a type"),
        pytest.param(b"data: a\nevent: e", Event(data="a", event="e"), id="a type that is unfinished"),
        pytest.param(b"event: e\nevent\ndata: a\n", Event(data="a"), id="a type that an empty one discards"),
        pytest.param(b"event:  e\ndata: a\n", Event(data="a", event=" e"), id="a type with a space"),
        pytest.param(b"id: 1\ndata: a\n", Event(data="a", id="1"), id="an id"),
        pytest.param(b"data: a\nid:  1", Event(data="a", id=" 1"), id="an id that is unfinished"),
        pytest.param(b"data: a\nid: 1\0", Event(data="a"), id="an id with a NUL"),
        pytest.param(b"retry: 5\ndata: a\n", Event(data="a", retry=5), id="a retry"),
        pytest.param(b"id: 1\ndata: a\n\ndata: b", Event(data="b", id="1"), id="the id of an earlier event"),
        pytest.param(b"id: 1\n\ndata: b\n", Event(data="b", id="1"), id="the id of an earlier block"),
        pytest.param(b"id: 1\n\nid: 2\ndata: b", Event(data="b", id="2"), id="an id that replaces an earlier one"),
        pytest.param(b"id: 1\n\nid\ndata: b", Event(data="b"), id="an id reset"),
        pytest.param(b"id: 1\n\ndata: b\nid", Event(data="b"), id="an id that is being reset"),
        pytest.param(b"event: e\ndata: a\n\ndata: b", Event(data="b"), id="not the type of an earlier event"),
        pytest.param(b"retry: 5\ndata: a\n\ndata: b", Event(data="b"), id="not the retry of an earlier event"),
        pytest.param(b"data: \xff\xe2\x82", Event(data="\ufffd\ufffd"), id="malformed bytes"),
        pytest.param(BOM + b"data: a", Event(data="a"), id="a BOM"),
        pytest.param(BOM + b"data: \xef\xbb\xbfa", Event(data="\ufeffa"), id="a BOM in the value"),
        pytest.param("event: \ufeff\ndata: a".encode(), Event(data="a", event="\ufeff"), id="a BOM as the type"),
    ],
)
def test_tail_and_a_blank_line_dispatch_the_pending_event(stream: bytes, pending: Event) -> None:
    for pieces in splits(stream):
        parser = Parser()
        feed_all(parser, pieces)
        assert Parser().feed((parser.tail + "\n\n").encode()) == [pending], pieces


def test_tail_has_the_id_that_the_parser_was_given() -> None:
    parser = Parser(last_event_id="7")
    parser.feed(b"data: a")
    assert Parser().feed((parser.tail + "\n\n").encode()) == [Event(data="a", id="7")]


@pytest.mark.parametrize(
    "stream", [BOM + BOM + b"data: a", b"\n" + BOM + b"data: a", b"data: 1\n\n" + BOM + b"data: a"]
)
def test_tail_keeps_a_bom_before_a_field(stream: bytes) -> None:
    for pieces in splits(stream):
        parser = Parser()
        feed_all(parser, pieces)
        assert Parser().feed((parser.tail + "\n\n").encode()) == []


def test_tail_changes_nothing() -> None:
    stream = BOM + b"event: e\r\nid: 1\r\nretry: 5\r\n: c\r\ndata: \xe2\x82\xac\r\ndata: b\r\n\r\ndata: c\n\n"
    parser = Parser()
    found: list[Event] = []
    for byte in cut(stream, 1):
        assert parser.tail == parser.tail
        found += parser.feed(byte)
    assert found == interpret(stream).events
