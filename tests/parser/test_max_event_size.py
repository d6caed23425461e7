"""The limit of a block's size: `max_event_size`."""

from __future__ import annotations

import pytest

from sse_client.errors import EventTooLarge, SSEError
from sse_client.events import Comment, Event
from sse_client.parser import Parser

from .kit import MIB, cut, data, feed_until_refused, splits
from .reference import interpret, within

SIZES = [
    pytest.param(b"data: x\n\n", 8, id="a line is its bytes and one for its end"),
    pytest.param(b"data: x\r\n\r\n", 8, id="a line end is one, CRLF too"),
    pytest.param(b"data: x\r\r", 8, id="a line end is one, CR too"),
    pytest.param(b"data:x\n\n", 7, id="bytes are counted as they are sent"),
    pytest.param(b"data\n\n", 5, id="an empty data line counts"),
    pytest.param("data: €\n\n".encode(), 10, id="bytes are counted, not characters"),
    pytest.param(b"data: \xff\n\n", 8, id="malformed bytes are counted, not U+FFFD"),
    pytest.param(b"data: x\ndata: y\n\n", 16, id="data lines add up"),
    pytest.param(b"data\ndata\ndata\n\n", 15, id="empty data lines add up"),
    pytest.param(b"event: e\ndata: x\n\n", 17, id="an event line counts"),
    pytest.param(b"id: 1\ndata: x\n\n", 14, id="an id line counts"),
    pytest.param(b"id: \0\ndata: x\n\n", 14, id="an id line that is ignored counts"),
    pytest.param(b"retry: 5\ndata: x\n\n", 17, id="a retry line counts"),
    pytest.param(b"retry: x\ndata: x\n\n", 17, id="a retry line that is ignored counts"),
    pytest.param(b"event: e\nevent: f\ndata: x\n\n", 26, id="fields that are replaced count"),
    pytest.param(b"id: 12345\n\n", 10, id="a block that dispatches nothing counts"),
    pytest.param(b"data: x\n: c\n: c\n: c\n\n", 12, id="comments that are complete do not count"),
    pytest.param(b": c\n: c\n: c\ndata: x\n\n", 8, id="comments before a block do not count"),
    pytest.param(b"data: x\ny: z\ny: z\ny: z\n\n", 13, id="unknown fields that are complete do not count"),
    pytest.param(b": 123456789\n", 12, id="a comment may be as long as a block"),
    pytest.param(b"y: 23456789\n", 12, id="an unknown field may be as long as a block"),
    pytest.param(b"data: x\n: 123456789\n", 20, id="a comment may be as long as the room left in its block"),
    pytest.param(b"data: x\n\n: 1234567890\n\ndata: x\n\n", 13, id="each block has a size of its own"),
    pytest.param(b"data: 1\n\ndata: 2\n\ndata: 12345\n\n", 12, id="the last block may be the largest"),
    pytest.param(b"data: 12345\n\ndata: 2\n\n", 12, id="the first block may be the largest"),
    pytest.param(b"\n\n\n\ndata\n\n\n\n\n\n\n", 5, id="blank lines have no size"),
    pytest.param(
        b"id: 1\ndata: 1\n\n" * 3 + b"id: 12\ndata: 2\n\n", 15, id="the last of many blocks may be the largest"
    ),
    pytest.param(
        b"event: e\ndata: 12\n\n" + b"event: e\ndata: 1\n\n" * 3, 18, id="the first of many blocks may be the largest"
    ),
]


@pytest.mark.parametrize(("stream", "size"), SIZES)
def test_an_event_of_exactly_the_limit_passes(stream: bytes, size: int) -> None:
    expected = interpret(stream)
    for pieces in splits(stream):
        parser = Parser(max_event_size=size, comments=True)
        assert feed_until_refused(parser, pieces) == (expected.everything, False), pieces
        assert parser.last_event_id == expected.last_event_id


@pytest.mark.parametrize(("stream", "size"), SIZES)
def test_one_byte_more_than_the_limit_is_refused(stream: bytes, size: int) -> None:
    for limit in range(size):
        whole, refused = within(stream, limit)
        assert refused
        expected = interpret(whole)
        for pieces in splits(stream):
            parser = Parser(max_event_size=limit, comments=True)
            assert feed_until_refused(parser, pieces) == (expected.everything, True), (limit, pieces)
            assert parser.last_event_id == expected.last_event_id, (limit, pieces)


def test_events_before_one_too_large_are_returned_first() -> None:
    parser = Parser(max_event_size=20)
    assert parser.feed(b"data: a\n\ndata: b\n\ndata: " + b"x" * 20) == data("a", "b")
    for _ in range(3):
        with pytest.raises(EventTooLarge):
            parser.feed(b"")
    with pytest.raises(EventTooLarge):
        parser.feed(b"data: c\n\n")
    with pytest.raises(EventTooLarge):
        parser.feed(b"\n\n")


@pytest.mark.parametrize("after", [b"", b"\n\n", b"\n\ndata: b\n\n", b"\r\r"])
def test_reading_tail_does_not_undo_a_refusal(after: bytes) -> None:
    parser = Parser(max_event_size=20)
    long = b"data: " + b"x" * 20 + after
    assert parser.feed(b"data: a\n\n" + long) == data("a")
    for _ in range(2):
        assert parser.tail == long.decode()
        assert parser.failed
        with pytest.raises(EventTooLarge):
            parser.feed(b"data: c\n\n")


def test_failed_means_that_the_next_call_raises() -> None:
    parser = Parser(max_event_size=20)
    seen: list[bool] = []
    for piece in (b"", b"data: a\n\n", b"data: b\n\ndata: " + b"x" * 20):
        parser.feed(piece)
        seen.append(parser.failed)
    assert seen == [False, False, True]
    with pytest.raises(EventTooLarge):
        parser.feed(b"")
    assert parser.failed


def test_an_event_too_large_is_refused_at_once_if_it_is_first() -> None:
    parser = Parser(max_event_size=20)
    assert parser.feed(b"data: a\n\n") == data("a")
    with pytest.raises(EventTooLarge):
        parser.feed(b": heartbeat\ndata: " + b"x" * 20 + b"\n\ndata: b\n\n")
    with pytest.raises(EventTooLarge):
        parser.feed(b"data: c\n\n")


def test_an_event_after_one_too_large_is_not_returned() -> None:
    parser = Parser(max_event_size=20)
    assert parser.feed(b"data: a\n\ndata: %s\n\ndata: b\n\n" % (b"x" * 20)) == data("a")
    with pytest.raises(EventTooLarge):
        parser.feed(b"")


def test_comments_before_the_event_too_large_are_returned_first() -> None:
    parser = Parser(max_event_size=20, comments=True)
    found: list[Event | Comment] = [*parser.feed(b": hi\ndata: " + b"x" * 20)]
    assert found == [Comment(text="hi")]
    with pytest.raises(EventTooLarge):
        parser.feed(b"")


@pytest.mark.parametrize("start", [b"data: ", b"data", b"id: ", b": ", b"unknown: ", b"", b"\xff"])
@pytest.mark.parametrize("size", [1, 7, 64])
def test_an_endless_line_is_refused_at_the_limit(start: bytes, size: int) -> None:
    parser = Parser(max_event_size=1000)
    parser.feed(start)
    for _ in range((1000 - len(start)) // size):
        assert parser.feed(b"x" * size) == []
    with pytest.raises(EventTooLarge):
        parser.feed(b"x" * size)


@pytest.mark.parametrize(
    ("line", "lines"), [(b"data\n", 200), (b"data:\n", 166), (b"data: x\r\n", 125), (b"id\r", 333), (b"event\n", 166)]
)
@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_an_endless_block_is_refused(line: bytes, lines: int, at_once: int) -> None:
    parser = Parser(max_event_size=1000)
    for start in range(0, lines, at_once):
        assert parser.feed(line * min(at_once, lines - start)) == []
    with pytest.raises(EventTooLarge):
        parser.feed(line)


def test_a_million_heartbeats_are_within_the_limit() -> None:
    parser = Parser(max_event_size=20)
    for _ in range(1000):
        parser.feed(b": heartbeat\n\n" * 1000)
    assert parser.tail == ""


@pytest.mark.parametrize(
    "beat", [b":\n", b": hi\r", b":\r\n\r\n", b"x: y\n", b"data: x\n\n", b"event: e\nid: 1\n\n", b"retry: 5\n\n", b"\n"]
)
def test_many_small_blocks_are_within_the_limit(beat: bytes) -> None:
    parser = Parser(max_event_size=20)
    for _ in range(100):
        parser.feed(beat * 100)
        parser.feed(beat)
    assert parser.tail == ""


@pytest.mark.parametrize("at_once", [1, 100])
def test_heartbeats_inside_a_block_do_not_count(at_once: int) -> None:
    parser = Parser(max_event_size=20)
    parser.feed(b"data: a\n")
    for _ in range(10_000 // at_once):
        assert parser.feed(b": heartb\n" * at_once) == []
    assert parser.feed(b"data: b\n\n") == data("a\nb")


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_each_block_may_be_as_long_as_the_limit(size: int) -> None:
    stream = b"data: 1234567\n\nid: 1\ndata: 1\n\n: 34567890123\n\n" * 5
    assert feed_until_refused(Parser(max_event_size=14), cut(stream, size)) == (interpret(stream).events, False)


def test_the_limit_is_64_mib_by_default() -> None:
    piece = b"x" * MIB
    parser = Parser()
    parser.feed(b"data: ")
    for _ in range(63):
        parser.feed(piece)
    parser.feed(piece[: MIB - 7])
    [event] = parser.feed(b"\n\n")
    assert len(event.data) == 64 * MIB - 7
    parser.feed(b"data: ")
    for _ in range(63):
        parser.feed(piece)
    parser.feed(piece[: MIB - 6])
    with pytest.raises(EventTooLarge):
        parser.feed(b"\n\n")


def test_none_means_no_limit() -> None:
    piece = b"x" * MIB
    parser = Parser(max_event_size=None)
    parser.feed(b"data: ")
    for _ in range(65):
        parser.feed(piece)
    [event] = parser.feed(b"\n\n")
    assert len(event.data) == 65 * MIB


def test_the_error_names_the_limit() -> None:
    with pytest.raises(SSEError, match=r"\b1,?234\b"):
        Parser(max_event_size=1234).feed(b"x" * 1235)
