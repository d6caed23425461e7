"""The forms that the parser learns: what is one, and that learning one changes nothing but the cost."""

from __future__ import annotations

import itertools
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from reference import interpret

from sse_client._form import Form, form_at
from sse_client.events import Comment, Event
from sse_client.parser import Parser

if TYPE_CHECKING:
    from collections.abc import Sequence


def form(block: str) -> Form:
    found = form_at(block)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("block", "groups"),
    [
        pytest.param("data: x\n\n", (1, 0, 0, 0), id="data"),
        pytest.param("data:x\n\n", (1, 0, 0, 0), id="data without the space"),
        pytest.param("event: e\nid: 1\ndata: x\n\n", (3, 1, 2, 0), id="type, id, data"),
        pytest.param("id:1\nevent:e\ndata:x\n\n", (3, 2, 1, 0), id="id, type, data"),
        pytest.param("data: x\nid: 1\n\n", (1, 0, 2, 0), id="data, id"),
        pytest.param("retry: 5\ndata: x\n\n", (2, 0, 0, 1), id="retry, data"),
        pytest.param("data: a\ndata: b\nid: 1\n\n", (1, 0, 2, 0), id="lines of data, id"),
        pytest.param("id: a: b\ndata: c: d\n\n", (2, 0, 1, 0), id="colons in the values"),
    ],
)
def test_a_form_is_the_fields_in_their_order(block: str, groups: tuple[int, ...]) -> None:
    found = form(block)
    assert (found.data, found.type, found.id, found.retry) == groups
    assert found.fields == max(groups)
    assert found.match(block) is not None


@pytest.mark.parametrize(
    "block",
    [
        pytest.param("", id="nothing"),
        pytest.param("\n\n", id="blank lines"),
        pytest.param("id: 1\ndata: x\n", id="a block that has not ended"),
        pytest.param("id: 1\nevent: e\n\n", id="no data"),
        pytest.param("data\n\n", id="no colon"),
        pytest.param(": c\ndata: x\n\n", id="a comment"),
        pytest.param("x: y\ndata: x\n\n", id="a field of another name"),
        pytest.param("Data: x\n\n", id="a name in other letters"),
        pytest.param("data: x\nid: 1\ndata: y\n\n", id="data in two places"),
        pytest.param("data: x\ndata:y\n\n", id="data with the space and without"),
        pytest.param("id: 1\nid: 2\ndata: y\n\n", id="two ids"),
        pytest.param("event: e\nid: 1\nevent: f\ndata: y\n\n", id="two types apart"),
        pytest.param("id: " + "1" * 5000 + "\ndata: y\n\n", id="a block that is too long to look at"),
    ],
)
def test_other_blocks_have_no_form(block: str) -> None:
    assert form_at(block) is None


@pytest.mark.parametrize(
    ("block", "other"),
    [
        ("id:1\ndata:x\n\n", "id: 1\ndata:x\n\n"),
        ("id: 1\ndata: x\n\n", "id:1\ndata: x\n\n"),
        ("event: e\ndata: x\n\n", "event: \ndata: x\n\n"),
        ("event:e\ndata: x\n\n", "event: \ndata: x\n\n"),
        ("retry: 5\ndata: x\n\n", "retry: 5x\ndata: x\n\n"),
        ("retry: 5\ndata: x\n\n", "retry: \ndata: x\n\n"),
        ("retry: 5\ndata: x\n\n", "retry: ٣\ndata: x\n\n"),
        ("retry: 5\ndata: x\n\n", "retry: " + "1" * 16 + "\ndata: x\n\n"),
        ("id: 1\ndata: x\n\n", "id: 1\ndata: x\ndata: y\n\n"),
        ("id: 1\ndata: x\n\n", "id: 1\ndata: x\n\nid: 2\ndata: y\n\n"),
        ("id: 1\ndata: x\n\n", "id: 1\ndata: x\n\n\n"),
        ("data: x\ndata: y\n\n", "data: x\ndata:y\n\n"),
        ("data:x\ndata:y\n\n", "data:x\ndata: y\n\n"),
    ],
)
def test_a_form_does_not_fit_what_it_would_read_wrongly(block: str, other: str) -> None:
    assert form(block).match(other) is None


def test_one_form_fits_data_in_any_number_of_lines() -> None:
    several = form("data: x\ndata: y\n\n")
    assert several is form("data: {\ndata:  1\ndata:  2\ndata: }\n\n")
    for lines in (["x"], ["x", "y"], ["", ""], [str(number) for number in range(100)]):
        match = several.match("".join(f"data: {line}\n" for line in lines) + "\n")
        assert match is not None
        assert several.event(match, "7") == Event("\n".join(lines), id="7")


BLOCKS = [
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


def read(parser: Parser, pieces: Sequence[bytes]) -> list[Event | Comment]:
    return [event for piece in pieces for event in parser.feed(piece)]


@pytest.mark.parametrize("comments", [False, True])
@pytest.mark.parametrize("first", BLOCKS)
def test_whatever_form_was_learned_the_next_events_are_what_they_are(first: bytes, comments: bool) -> None:
    for second, third in itertools.product(BLOCKS, BLOCKS):
        blocks = [first, first, second, second, third, third, first]
        stream = b"".join(blocks)
        expected = interpret(stream)
        events = expected.everything if comments else expected.events
        for pieces in (blocks, *([stream[at : at + size] for at in range(0, len(stream), size)] for size in (5, 64))):
            parser = Parser(comments=comments)
            assert read(parser, pieces) == events, pieces
            assert parser.last_event_id == expected.last_event_id
            assert parser.reconnection_time == expected.reconnection_time
            assert parser.comment_count == len(expected.everything) - len(expected.events)


@pytest.mark.parametrize("odd", BLOCKS)
@pytest.mark.parametrize("usual", BLOCKS)
def test_odd_blocks_among_many_of_a_form_are_read_in_their_places(usual: bytes, odd: bytes) -> None:
    for stream in (
        usual * 9 + odd + usual * 9,
        odd + usual * 9,
        usual * 9 + odd,
        odd * 3 + usual * 9 + odd * 2 + usual,
        (usual + odd) * 6,
    ):
        expected = interpret(stream)
        for cut in (0, 7, len(usual) * 4 + 3, len(stream) - 3):
            parser = Parser()
            assert parser.feed(stream[:cut]) + parser.feed(stream[cut:]) == expected.events
            assert parser.last_event_id == expected.last_event_id
            assert parser.reconnection_time == expected.reconnection_time


def test_an_id_of_a_form_is_that_of_the_events_behind_it() -> None:
    stream = b"".join(b"id: %d\ndata: x\n\n" % number for number in range(9)) + b"data: y\n\n"
    assert [event.id for event in Parser().feed(stream)] == [*map(str, range(9)), "8"]
    parser = Parser()
    assert read(parser, [b"id: 1\ndata: x\n\n"] * 3 + [b"data: a\ndata: b\n\n"])[-1] == Event("a\nb", id="1")


@pytest.mark.parametrize("block", [b": keep-alive\n\n", b":\r\n\r\n"])
@pytest.mark.parametrize("comments", [False, True])
def test_heartbeats_that_are_all_the_same_are_counted_each(block: bytes, comments: bool) -> None:
    parser = Parser(comments=comments)
    for pieces in ([block] * 5, [block[:1], block[1:]] * 5, [b"data: x\n\n", block] * 5):
        expected = interpret(b"".join(pieces))
        before = parser.comment_count
        assert read(parser, pieces) == (expected.everything if comments else expected.events)
        assert parser.comment_count == before + 5


def test_lines_that_are_held_back_until_their_block_is_whole_are_bounded() -> None:
    parser = Parser(max_event_size=None)
    parser.feed(b"id: 1\n")
    tracemalloc.start()
    try:
        for _ in range(1000):
            assert parser.feed(b"event: " + b"x" * 1000 + b"\n") == []
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 16 * 1024
    assert parser.feed(b"data: x\n\n") == [Event("x", "x" * 1000, "1")]


@pytest.mark.parametrize("size", [4090, 4096, 4100])
@pytest.mark.parametrize("start", [b"data: ", b"event: e\ndata: ", b"event: e\r\ndata:", b"id: 1\ndata: "])
@pytest.mark.parametrize("blank", [b"\n\n", b"\r\n\r\n"])
def test_a_block_that_is_not_short_any_more_is_read_like_any_other(start: bytes, size: int, blank: bytes) -> None:
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
def test_other_blocks_may_come_before_many_of_a_kind(first: bytes, usual: bytes) -> None:
    stream = first + usual * 1000
    parser = Parser()
    assert parser.feed(stream) == interpret(stream).events
    assert parser.last_event_id == interpret(stream).last_event_id
