"""Whole blocks: what the expressions match, and that blocks mean the same whatever comes before and after them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from sse_client.events import Comment, Event
from sse_client.parser import Parser
from sse_client.parser._blocks import match_block, match_deferrable, match_prefix

from .kit import BOM, cut, feed_all
from .reference import interpret

if TYPE_CHECKING:
    from collections.abc import Sequence

LF, CRLF = b"\n\n", b"\r\n\r\n"


@pytest.mark.parametrize(
    ("block", "groups"),
    [
        pytest.param("data: x\n\n", ("x", None, None, ""), id="data"),
        pytest.param("data:x\n\n", ("x", None, None, ""), id="data without the space"),
        pytest.param("data:  x\n\n", (" x", None, None, ""), id="data with two spaces"),
        pytest.param("data:\n\n", ("", None, None, ""), id="empty data"),
        pytest.param("event: e\nid: 1\ndata: x\n\n", ("x", "e", "1", ""), id="type, id, data"),
        pytest.param("id:1\nevent:e\ndata:x\n\n", ("x", "e", "1", ""), id="id, type, data"),
        pytest.param("id: 1\nevent: e\nid: 2\nevent: f\ndata: x\n\n", ("x", "f", "2", ""), id="the last ones count"),
        pytest.param("data: x\nid: 1\nevent: e\n\n", ("x", "e", "1", ""), id="data, id, type"),
        pytest.param("id: a: b\ndata: c: d\n\n", ("c: d", None, "a: b", ""), id="colons in the values"),
        pytest.param("data: x\ndata: y\n\n", ("x\ndata: y", None, None, ""), id="two lines of data"),
        pytest.param("data: x\n\nid: 1\nda", ("x", None, None, "id: 1\nda"), id="the start of the next block"),
    ],
)
def test_a_block_of_usual_fields_matches(block: str, groups: tuple[str | None, ...]) -> None:
    match = match_block()(block)
    assert match is not None
    assert match.groups() == groups


@pytest.mark.parametrize(
    "block",
    [
        pytest.param("", id="nothing"),
        pytest.param("\n\n", id="blank lines"),
        pytest.param("id: 1\ndata: x\n", id="a block that has not ended"),
        pytest.param("id: 1\nevent: e\n\n", id="no data"),
        pytest.param("data\n\n", id="no colon"),
        pytest.param(": c\ndata: x\n\n", id="a comment"),
        pytest.param("x: y\ndata: x\n\n", id="an unknown field"),
        pytest.param("Data: x\n\n", id="a name in upper case"),
        pytest.param("retry: 5\ndata: x\n\n", id="a reconnection time"),
        pytest.param("data: x\nid: 1\ndata: y\n\n", id="data in two places"),
        pytest.param("data: x\ndata:y\n\n", id="data with the space and without"),
        pytest.param("data:x\ndata:y\n\n", id="lines of data without the space"),
        pytest.param("id: \ndata: x\n\n", id="an empty id"),
        pytest.param("id: 1\nid:\ndata: x\n\n", id="an empty id after another one"),
        pytest.param("id: 1\0\ndata: x\n\n", id="an id with a NUL"),
        pytest.param("event: \ndata: x\n\n", id="an empty type"),
        pytest.param("event: e\nevent:\ndata: x\n\n", id="an empty type after another one"),
        pytest.param("data: x\n\n: c\n", id="a complete comment after it"),
        pytest.param("data: x\n\nretry: 5\n", id="a complete reconnection time after it"),
        pytest.param("data: x\n\ndata: y\n\n", id="another block after it"),
        pytest.param("data: x\n\n\n", id="another blank line after it"),
    ],
)
def test_other_blocks_do_not_match(block: str) -> None:
    assert match_block()(block) is None


@pytest.mark.parametrize(
    ("data", "groups"),
    [
        pytest.param(b"data: x\n\n", (b"data: ", None, b" "), id="a data line"),
        pytest.param(b"data:x\n\n", (b"data:", None, b""), id="a data line without the space"),
        pytest.param(b"data:  x\n\n", (b"data: ", None, b" "), id="a value that begins with a space"),
        pytest.param(b"data: x\r\n\r\n", (b"data: ", None, b" "), id="CRLF"),
        pytest.param(b"event: e\ndata: x\n\n", (b"event: e\ndata: ", b"e", b" "), id="an event line before it"),
        pytest.param(b"event:e\r\ndata:x\r\n\r\n", (b"event:e\r\ndata:", b"e", b""), id="both with CRLF"),
        pytest.param(b"event:\ndata: x\n\n", (b"event:\ndata: ", b"", b" "), id="an empty type"),
        pytest.param(b"data: x\n\ndata: y\nid: 1\n\n", (b"data: ", None, b" "), id="a second block that begins alike"),
        pytest.param(b"data: x", None, id="a line that has not ended"),
        pytest.param(b"data: x\n", None, id="a block that has not ended"),
        pytest.param(b"data:\n\n", None, id="no value"),
        pytest.param(b"data\n\n", None, id="no colon"),
        pytest.param(b"id: 1\ndata: x\n\n", None, id="an id line"),
        pytest.param(b"data: x\ndata: y\n\n", None, id="two data lines"),
        pytest.param(b"event: e\rid: 1\ndata: x\n\n", None, id="a CR in the event line"),
        pytest.param(b"event: " + b"e" * 101 + b"\ndata: x\n\n", None, id="a type that is too long to remember"),
        pytest.param(b"event: e\ndata: x\n\nevent: f\ndata: y\n\n", None, id="a second block of another type"),
        pytest.param(b"data: x\n\n: c\n\n", None, id="a comment after it"),
    ],
)
def test_the_prefix_is_what_precedes_the_value(data: bytes, groups: tuple[bytes | None, ...] | None) -> None:
    match = match_prefix()(data)
    assert (match and match.groups()) == groups


@pytest.mark.parametrize(
    ("lines", "deferred"),
    [
        (b"", True),
        (b"da", True),
        (b": comment", True),
        (b"data: x\nid: 1\nevent: e\nretry: 5", True),
        (b"data: x\r\nid: 1\r\n", True),
        (b"retry: 5\n", False),
        (b": comment\n", False),
        (b"x: y\n", False),
        (b"data\n", False),
        (b"data: x\n\n", False),
        (b"\n", False),
    ],
)
def test_lines_without_an_effect_of_their_own_are_deferred(lines: bytes, deferred: bool) -> None:
    assert (match_deferrable()(lines) is not None) == deferred


# Blocks of one line of data, and blocks like them.
ONE_LINE = [
    b"data: x\n\n",
    b"data:x\n\n",
    b"data:\n\n",
    b"data:  x\n\n",
    b"data: x\r\n\r\n",
    b"data:x\r\n\r\n",
    b"data: x\r\r",
    b"event: e\ndata: x\n\n",
    b"event: f\ndata: y\n\n",
    b"event: e\r\ndata: x\r\n\r\n",
    b"event: e\rdata: x\ndata: y\n\n",
    b"event: e\nid: 1\ndata: x\n\n",
    b"event: \xff\ndata: \xff\n\n",
    b"data: x\ndata: y\n\n",
    b": comment\n\n",
    b"id: 2\ndata: x\n\n",
    b"data: \xf0\x9f\x98\x80\n\n",
]

# Blocks of other fields.
OTHERS = [
    b"id: 1\ndata: x\n\n",
    b"id:2\ndata:x\n\n",
    b"id: \ndata: x\n\n",
    b"id: 3\0\ndata: x\n\n",
    b"id: 4\r\ndata: x\r\n\r\n",
    b"id: 5\rdata: x\r\r",
    b"data: x\nid: 6\n\n",
    b"event: e\nid: 7\ndata: x\ndata: y\n\n",
    b"event: f\ndata: x\n\n",
    b"event: \ndata: x\n\n",
    b"event: g\r\ndata: x\r\n\r\n",
    b"retry: 8\ndata: x\n\n",
    b"retry: x\ndata: x\n\n",
    b"data: x\ndata: y\n\n",
    b"data: x\n\n",
    b"id: 9\n\n",
    b": comment\n\n",
    b":\r\n\r\n",
    b"\n\n",
    b"unknown: x\nid: 10\ndata: x\n\n",
    b"data: a\nid: 11\ndata: b\n\n",
    b"id: \xff\ndata: \xf0\x9f\x98\x80\n\n",
]


def read(parser: Parser[Event | Comment], pieces: Sequence[bytes]) -> list[Event | Comment]:
    return [event for piece in pieces for event in parser.feed(piece)]


@pytest.mark.parametrize("comments", [False, True])
@pytest.mark.parametrize(("first", "blocks"), [(block, blocks) for blocks in (ONE_LINE, OTHERS) for block in blocks])
def test_blocks_mean_the_same_whatever_came_before_them(first: bytes, blocks: list[bytes], comments: bool) -> None:
    for second, third in itertools.product(blocks, blocks):
        reads = [first, first, second, second, third, third, first]
        stream = b"".join(reads)
        expected = interpret(stream)
        events = expected.everything if comments else expected.events
        for pieces in (reads, cut(stream, 5), cut(stream, 64)):
            parser: Parser[Event | Comment] = Parser(comments=comments)
            assert read(parser, pieces) == events, pieces
            assert parser.last_event_id == expected.last_event_id
            assert parser.reconnection_time == expected.reconnection_time
            assert parser.comment_count == len(expected.everything) - len(expected.events)


@pytest.mark.parametrize(
    ("usual", "odd"), [pair for blocks in (ONE_LINE, OTHERS) for pair in itertools.product(blocks, blocks)]
)
def test_odd_blocks_are_read_in_their_places(usual: bytes, odd: bytes) -> None:
    for stream in (
        usual * 9 + odd + usual * 9,
        odd + usual * 9,
        usual * 9 + odd,
        odd * 3 + usual * 9 + odd * 2 + usual,
        (usual + odd) * 6,
    ):
        expected = interpret(stream)
        for at in (0, 7, len(usual) * 4 + 3, len(stream) - 3):
            parser = Parser()
            assert parser.feed(stream[:at]) + parser.feed(stream[at:]) == expected.events
            assert parser.last_event_id == expected.last_event_id
            assert parser.reconnection_time == expected.reconnection_time


# Many equal blocks in one read, which a parser may read in bulk.
SHAPES = [
    pytest.param(b"data: x\n\n", id="data"),
    pytest.param(b"data:x\n\n", id="data without the space"),
    pytest.param(b'data: {"a": "b: c", "d": 1}\n\n', id="data with colons"),
    pytest.param(b"data: x\r\n\r\n", id="data CRLF"),
    pytest.param(b"data: x\r\r", id="data CR"),
    pytest.param(b"event: e\ndata: x\n\n", id="event and data"),
    pytest.param(b"event: e\r\ndata: x\r\n\r\n", id="event and data CRLF"),
    pytest.param(b"event: e\nid: 1\ndata: x\ndata: y\n\n", id="event, id, two data"),
    pytest.param(b": hi\n\n", id="comment"),
]
ODD_ONES = [
    b"",
    b"\n",
    b"\r",
    b"\r\n",
    b"\n\n\n",
    b"data: a\n\n",
    b"data:a\n\n",
    b"data:  a\n\n",
    b"data: \n\n",
    b"data:\n\n",
    b"data\n\n",
    b"data: a\r\n\r\n",
    b"data: a\r\r",
    b"data: a\n\r\n",
    b"data: a\r\n\n",
    b"data: a\r",
    b"data: a\n",
    b"data: a\ndata: b\n\n",
    b"data: a\rdata: b\n\n",
    b"data: a\n\nid: 9\n\n",
    b"id: 9\n\n",
    b"id: 9\ndata: a\n\n",
    b"id: \0\ndata: a\n\n",
    b"id\n\n",
    b"retry: 9\n\n",
    b"retry: 9\ndata: a\n\n",
    b"retry: 9\n",
    b"event: f\n\n",
    b"event\ndata: a\n\n",
    b"event: f\n",
    b"event: f\nevent: g\ndata: a\n\n",
    b": comment\n",
    b": comment\n\n",
    b":\r\n",
    b"x: y\n\n",
    b"x\n",
    b"x",
    b"data",
    b"data:",
    b"data: a",
    b"\0",
    BOM,
    BOM + b"data: a\n\n",
    b"\xff\n\n",
    b"data: \xe2\x82\n\n",
    "data: a\u2028data: b\u0085\x0b\x0c\n\n".encode(),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_run_of_equal_blocks_hides_no_other_block(shape: bytes) -> None:
    for stream in [s for odd in ODD_ONES for s in (shape * 5 + odd + shape * 5, odd + shape * 3, shape * 3 + odd)]:
        expected = interpret(stream)
        for size in (len(stream), 64, len(shape), len(shape) + 1):
            parser = Parser()
            assert feed_all(parser, cut(stream, size)) == expected.events, (stream, size)
            assert (parser.last_event_id, parser.reconnection_time) == (
                expected.last_event_id,
                expected.reconnection_time,
            )


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("first", [b"x", b"x\r", b"\r", b"x\n", b"\rx", b"x\ry", b"x\r\ny", b"x\ny"])
@pytest.mark.parametrize("second", [b"y", b"\ny", b"\n", b"\ry", b"\r\ny", b"\n\ny"])
def test_line_ends_of_two_values_are_not_joined(first: bytes, second: bytes, end: bytes) -> None:
    usual = (b"data: a" + end + end) * 12
    stream = usual + b"".join(b"data: " + value + end + end for value in (first, second)) + usual
    assert Parser().feed(stream) == interpret(stream).events


def test_an_id_among_other_blocks_is_that_of_later_events() -> None:
    stream = b"data: x\n\n" * 9 + b"id: 7\ndata: y\n\n" + b"data: z\n\n" * 9
    assert [event.id for event in Parser().feed(stream)] == [""] * 9 + ["7"] * 10


@pytest.mark.parametrize("bad", [b"data: \xff", b"event: e\ndata: \xe2\x82"])
@pytest.mark.parametrize("blank", [LF, CRLF])
def test_malformed_bytes_are_replaced_on_every_path(bad: bytes, blank: bytes) -> None:
    block = bad.replace(b"\n", blank[: len(blank) // 2]) + blank
    stream = block * 4
    for size in (len(block), len(block) - 1, len(block) + 1, len(stream)):
        parser = Parser()
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert [event for piece in pieces for event in parser.feed(piece)] == interpret(stream).events


@pytest.mark.parametrize("block", ONE_LINE)
def test_a_bytearray_may_change_after_it_was_read(block: bytes) -> None:
    parser, events = Parser(), list[Event]()
    buffer: Any = bytearray()  # type checkers refuse it
    for at in range(0, len(block * 3), 4):
        buffer[:] = (block * 3)[at : at + 4]
        events += parser.feed(buffer)
        buffer[:] = b"xxxx"
    assert events == interpret(block * 3).events


def test_an_id_persists_after_blocks_with_ids() -> None:
    stream = b"".join(b"id: %d\ndata: x\n\n" % number for number in range(9)) + b"data: y\n\n"
    assert [event.id for event in Parser().feed(stream)] == [*map(str, range(9)), "8"]
    parser = Parser()
    assert read(parser, [b"id: 1\ndata: x\n\n"] * 3 + [b"data: a\ndata: b\n\n"])[-1] == Event("a\nb", id="1")


@pytest.mark.parametrize("block", [b": keep-alive\n\n", b":\r\n\r\n"])
@pytest.mark.parametrize("comments", [False, True])
def test_each_of_equal_heartbeats_is_counted(block: bytes, comments: bool) -> None:
    parser = Parser(comments=comments)
    for pieces in ([block] * 5, [block[:1], block[1:]] * 5, [b"data: x\n\n", block] * 5):
        expected = interpret(b"".join(pieces))
        before = parser.comment_count
        assert read(parser, pieces) == (expected.everything if comments else expected.events)
        assert parser.comment_count == before + 5


@pytest.mark.parametrize("size", [1018, 1024, 1030, 4096])
@pytest.mark.parametrize("start", [b"data: ", b"event: e\ndata: ", b"event: e\r\ndata:", b"id: 1\ndata: "])
@pytest.mark.parametrize("blank", [b"\n\n", b"\r\n\r\n"])
def test_a_block_that_grows_long_means_the_same(start: bytes, size: int, blank: bytes) -> None:
    for pieces in (
        [start, b"x" * size, blank],
        [start + b"x" * (size - 20), b"x" * 20, b"x", blank],
        [start + b"x" * size, blank[:1], blank[1:]],
        [start, b"x" * size, blank[: len(blank) // 2], b"data: y", blank],
    ):
        block = b"event: e\r\ndata:x\r\n\r\n" if b"\r" in start else b"event: e\ndata: x\n\n"
        stream = block * 2 + b"".join(pieces) + b"data: z\n\n"
        parser = Parser()
        assert read(parser, [block, block, *pieces, b"data: z\n\n"]) == interpret(stream).events, pieces


@pytest.mark.parametrize(
    "first", [b": a\n: b\n\n", b"retry: 5\n\n", b"id: 1\n\nevent: e\n\n\n", b"data\n\n" * 5, b"\n" * 9]
)
@pytest.mark.parametrize("usual", [b"data: x\n\n", b"id: 2\ndata: x\n\n", b"x: y\ndata: x\n\n"])
def test_other_blocks_may_precede_many_equal_ones(first: bytes, usual: bytes) -> None:
    stream = first + usual * 1000
    parser = Parser()
    assert parser.feed(stream) == interpret(stream).events
    assert parser.last_event_id == interpret(stream).last_event_id
