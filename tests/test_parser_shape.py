"""The shapes that the parser learns: what is one, and that learning one changes nothing but the cost."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from reference import interpret

from sse_client._shape import DATA, Shape, shape_at
from sse_client.events import Event
from sse_client.parser import Parser

LF, CRLF = b"\n\n", b"\r\n\r\n"


def shape(prefix: bytes, blank: bytes, event_type: str = "message", *, spaceless: bool = False, size: int) -> Shape:
    return Shape(prefix, blank, blank + prefix, event_type, spaceless, size, len(blank + prefix))


@pytest.mark.parametrize(
    ("data", "blank", "expected"),
    [
        pytest.param(b"data: x\n\n", LF, DATA, id="a data line"),
        pytest.param(b"data: x", LF, DATA, id="a data line that has not ended"),
        pytest.param(
            b"data:x\n\n", LF, shape(b"data:", LF, spaceless=True, size=5), id="a data line without the space"
        ),
        pytest.param(b"data:\n\n", LF, None, id="a data line without a value"),
        pytest.param(b"data:\r\n\r\n", CRLF, None, id="a data line without a value, CRLF"),
        pytest.param(b"data: x\r\n\r\n", CRLF, shape(b"data: ", CRLF, size=6), id="CRLF"),
        pytest.param(
            b"event: e\ndata: x\n\n", LF, shape(b"event: e\ndata: ", LF, "e", size=15), id="an event line before it"
        ),
        pytest.param(
            b"event: e\r\ndata: x\r\n\r\n", CRLF, shape(b"event: e\r\ndata: ", CRLF, "e", size=15), id="both with CRLF"
        ),
        pytest.param(
            b"event:e\ndata:x\n\n", LF, shape(b"event:e\ndata:", LF, "e", spaceless=True, size=13), id="both, no space"
        ),
        pytest.param(b"event:\ndata: x\n\n", LF, shape(b"event:\ndata: ", LF, size=13), id="an empty type"),
        pytest.param(b"event: \xff\ndata: x", LF, shape(b"event: \xff\ndata: ", LF, "\ufffd", size=15), id="malformed"),
        pytest.param(b"", LF, None, id="nothing"),
        pytest.param(b"data:", LF, None, id="a data line that may go on with a space"),
        pytest.param(b"data\n\n", LF, None, id="a data line without a colon"),
        pytest.param(b"id: 1\ndata: x\n\n", LF, None, id="an id line"),
        pytest.param(b"event\ndata: x\n\n", LF, shape(b"event\ndata: ", LF, size=12), id="an event line without colon"),
        pytest.param(b"events: e\ndata: x\n\n", LF, None, id="a line like an event line"),
        pytest.param(b"event: e\nid: 1\ndata: x\n\n", LF, None, id="a line in between"),
        pytest.param(b"event: e", LF, None, id="an event line that has not ended"),
        pytest.param(b"event: e\rid: 1\ndata: x\n\n", LF, None, id="a CR in the event line"),
        pytest.param(b"event: e\r\ndata: x\n\n", LF, None, id="CRLF behind the event line alone"),
        pytest.param(b"event: e\ndata: x\r\n\r\n", CRLF, None, id="LF behind the event line alone"),
        pytest.param(b"event: " + b"e" * 200 + b"\ndata: x\n\n", LF, None, id="a type that is too long to remember"),
    ],
)
@pytest.mark.parametrize("before", [b"", b"data: before\n\n", b"event: before\n\n"])
def test_a_shape_is_what_stands_around_one_data_line(
    data: bytes, blank: bytes, expected: Shape | None, before: bytes
) -> None:
    assert shape_at(before + data, len(before), blank) == expected


BLOCKS = [
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


def expected(*blocks: bytes) -> list[Event]:
    return interpret(b"".join(blocks)).events


@pytest.mark.parametrize("first", BLOCKS)
def test_whatever_shape_was_learned_the_next_events_are_what_they_are(first: bytes) -> None:
    for second, third in itertools.product(BLOCKS, BLOCKS):
        blocks = [first, first, second, second, third, third, first]
        stream = b"".join(blocks)
        parser = Parser()
        assert [event for block in blocks for event in parser.feed(block)] == expected(stream)
        for size in (5, 64):
            parser = Parser()
            pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
            assert [event for piece in pieces for event in parser.feed(piece)] == expected(stream)


@pytest.mark.parametrize("odd", BLOCKS)
@pytest.mark.parametrize("usual", BLOCKS)
def test_odd_blocks_among_many_usual_ones_are_read_in_their_places(usual: bytes, odd: bytes) -> None:
    for stream in (
        usual * 9 + odd + usual * 9,
        odd + usual * 9,
        usual * 9 + odd,
        odd * 3 + usual * 9 + odd * 2 + usual,
    ):
        assert Parser().feed(stream) == expected(stream)
        for cut in (7, len(usual) * 4 + 3, len(stream) - 3):
            parser = Parser()
            assert parser.feed(stream[:cut]) + parser.feed(stream[cut:]) == expected(stream)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("first", [b"x", b"x\r", b"\r", b"x\n", b"\rx", b"x\ry", b"x\r\ny", b"x\ny"])
@pytest.mark.parametrize("second", [b"y", b"\ny", b"\n", b"\ry", b"\r\ny", b"\n\ny"])
def test_line_ends_of_two_values_are_not_taken_for_one(first: bytes, second: bytes, end: bytes) -> None:
    usual = (b"data: a" + end + end) * 12
    stream = usual + b"".join(b"data: " + value + end + end for value in (first, second)) + usual
    assert Parser().feed(stream) == expected(stream)


def test_an_id_among_usual_blocks_is_that_of_the_events_behind_it() -> None:
    stream = b"data: x\n\n" * 9 + b"id: 7\ndata: y\n\n" + b"data: z\n\n" * 9
    assert [event.id for event in Parser().feed(stream)] == [""] * 9 + ["7"] * 10


@pytest.mark.parametrize("bad", [b"data: \xff", b"event: e\ndata: \xe2\x82"])
@pytest.mark.parametrize("blank", [LF, CRLF])
def test_malformed_bytes_are_replaced_in_a_usual_block_however_it_comes(bad: bytes, blank: bytes) -> None:
    block = bad.replace(b"\n", blank[: len(blank) // 2]) + blank
    stream = block * 4
    for size in (len(block), len(block) - 1, len(block) + 1, len(stream)):
        parser = Parser()
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert [event for piece in pieces for event in parser.feed(piece)] == expected(stream)


@pytest.mark.parametrize("block", BLOCKS)
def test_a_bytearray_is_read_too_and_may_change_afterwards(block: bytes) -> None:
    parser, events = Parser(), list[Event]()
    buffer: Any = bytearray()  # no type checker lets it through
    for at in range(0, len(block * 3), 4):
        buffer[:] = (block * 3)[at : at + 4]
        events += parser.feed(buffer)
        buffer[:] = b"xxxx"
    assert events == expected(block * 3)
