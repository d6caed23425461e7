"""Line ends and the byte order mark, wherever a read ends."""

from __future__ import annotations

import pytest

from sse_client.errors import EventTooLarge
from sse_client.events import Event
from sse_client.parser import Parser
from sse_client.parser._line_ends import blank_line, split_lines

from .kit import BOM, cut, data, feed_all


@pytest.mark.parametrize(
    ("pieces", "events"),
    [
        pytest.param([b"data: a\r\r"], [data("a")], id="CR CR"),
        pytest.param([b"data: a\r", b"\r"], [[], data("a")], id="CR, CR"),
        pytest.param([b"data: a\r\n\r"], [data("a")], id="CRLF CR"),
        pytest.param([b"data: a\r\n", b"\r"], [[], data("a")], id="CRLF, CR"),
        pytest.param([b"data: a\r\n", b"\r", b"\n"], [[], data("a"), []], id="CRLF, CR, LF"),
        pytest.param([b"data: a\n\r"], [data("a")], id="LF CR"),
        pytest.param([b"data: a\n", b"\r", b"\n"], [[], data("a"), []], id="LF, CR, LF"),
        pytest.param([b"data: a\r\r", b"data: b\r\r"], [data("a"), data("b")], id="two events"),
        pytest.param([b"event: e\rdata: a\r\r"], [[Event(data="a", event="e")]], id="a type before"),
    ],
)
def test_a_cr_at_the_end_of_a_read_dispatches_at_once(pieces: list[bytes], events: list[list[Event]]) -> None:
    parser = Parser()
    assert [parser.feed(piece) for piece in pieces] == events


@pytest.mark.parametrize(
    ("pieces", "events"),
    [
        pytest.param([b"data: a\r", b"\ndata: b\r\r"], data("a\nb"), id="at the start of the next read"),
        pytest.param([b"data: a\r", b"\n", b"data: b\r\r"], data("a\nb"), id="alone in its read"),
        pytest.param([b"data: a\r", b"", b"", b"\n", b"data: b\n\n"], data("a\nb"), id="after empty reads"),
        pytest.param([b": c\r", b"\n", b"data: b\n\n"], data("b"), id="after a comment"),
        pytest.param([b"data: a\r\r", b"\ndata: b\n\n"], data("a", "b"), id="after a dispatch"),
        pytest.param([b"data: a\r\r", b"\n\ndata: b\n\n"], data("a", "b"), id="after a dispatch, with a blank line"),
        pytest.param([b"data: a\r", b"\n", b"\n"], data("a"), id="and the next LF is a blank line"),
        pytest.param([b"data: a\r", b"\n", b"\r", b"\n", b"data: b\n\n"], data("a", "b"), id="twice"),
        pytest.param([BOM, b"\r", b"\n", b"data: b\n\n"], data("b"), id="after a BOM"),
    ],
)
def test_a_lf_after_a_cr_is_skipped(pieces: list[bytes], events: list[Event]) -> None:
    assert feed_all(Parser(), pieces) == events


def test_only_one_lf_after_a_cr_is_skipped() -> None:
    parser = Parser()
    assert parser.feed(b"data: a\r") == []
    assert parser.feed(b"\n") == []
    assert parser.feed(b"\n") == data("a")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_each_event_comes_with_its_last_byte(end: bytes) -> None:
    parser = Parser()
    for number in range(5):
        stream = b"event: e%sid: %d%sdata: a%s%s" % (end, number, end, end, end)
        last = stream.rindex(end) + 1  # of a CRLF, the CR is enough
        for at in range(last - 1):
            assert parser.feed(stream[at : at + 1]) == []
        assert parser.feed(stream[last - 1 : last]) == [Event(data="a", event="e", id=str(number))]
        assert parser.feed(stream[last:]) == []


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_an_event_of_one_line_comes_with_its_last_byte(end: bytes) -> None:
    parser = Parser()
    for _ in range(5):
        assert parser.feed(b"data: a" + end) == []
        assert parser.feed(end) == data("a")


@pytest.mark.parametrize("pieces", [[BOM[:1], BOM[1:]], [BOM[:2], BOM[2:]], cut(BOM, 1), [b"", BOM[:1], b"", BOM[1:]]])
def test_a_bom_may_come_in_pieces(pieces: list[bytes]) -> None:
    assert feed_all(Parser(), [*pieces, b"data: a\n\n"]) == data("a")


def test_only_the_first_of_two_boms_is_stripped() -> None:
    assert feed_all(Parser(), cut(BOM + BOM + b"data: a\n\ndata: b\n\n", 1)) == data("b")


@pytest.mark.parametrize(
    ("data", "lines", "unfinished", "skip"),
    [
        pytest.param(b"", [], b"", b"", id="nothing"),
        pytest.param(b"a", [], b"a", b"", id="no line end"),
        pytest.param(b"a\nb\r\nc\rd", [b"a", b"b", b"c"], b"d", b"", id="LF, CRLF and CR"),
        pytest.param(b"a\n\n\r\r\n", [b"a", b"", b"", b""], b"", b"", id="blank lines"),
        pytest.param(b"a\r", [b"a"], b"", b"\n", id="CR at the end"),
        pytest.param(b"a\r\n", [b"a"], b"", b"", id="CRLF at the end"),
        pytest.param(b"\x0b\x0c\x1c\x85\n\xe2\x80\xa8", [b"\x0b\x0c\x1c\x85"], b"\xe2\x80\xa8", b"", id="nothing else"),
    ],
)
def test_lines_are_split_at_lf_cr_and_crlf(data: bytes, lines: list[bytes], unfinished: bytes, skip: bytes) -> None:
    assert split_lines(data) == (lines, unfinished, skip)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_tail_has_all_that_follows_a_line_that_is_too_long(end: str) -> None:
    parser = Parser(max_event_size=16)
    read = end.join(["id: 1", "data: a", "", "data: long, long", "id: 2", "", "data: b"])
    # The line begins in one read, and ends in the next.
    first = read.index("long")
    assert parser.feed(read[:first].encode()) == [Event("a", id="1")]
    with pytest.raises(EventTooLarge):
        parser.feed(read[first:].encode())
    assert parser.failed
    assert parser.tail == "id: 1\n" + end.join(["data: long, long", "id: 2", "", "data: b"])


@pytest.mark.parametrize(
    ("start", "rest", "data"),
    [
        pytest.param("data: a\r\ndata: b", "\r\n\r\n", "a\nb", id="none is"),
        pytest.param("data: a\rdata: b", "\r\r", "a\nb", id="between lines"),
        pytest.param("data: a\r\ndata: b\r", "\r", "a\nb", id="at the end of the read"),
        pytest.param("data: a\r\r\n", "data: b\n\n", "b", id="before a CRLF"),
    ],
)
def test_a_cr_that_no_lf_follows_ends_a_line_of_a_block_that_is_pending(start: str, rest: str, data: str) -> None:
    parser = Parser()
    events = parser.feed(f"data: first\n\n{start}".encode()) + parser.feed(rest.encode())
    assert events[0] == Event("first")
    assert events[-1] == Event(data)


def test_blocks_end_in_crlf_where_there_is_any_cr() -> None:
    assert blank_line(b"data: a\n\n") == b"\n\n"
    assert blank_line(b"data: a\r\n\r\n") == b"\r\n\r\n"
