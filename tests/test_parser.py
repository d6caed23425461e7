"""The parser, rule by rule: each stream whole, in pieces of every small size, and over every split into two."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest
from reference import interpret, within

from sse_client.errors import EventTooLarge, SSEError
from sse_client.events import Comment, Event
from sse_client.parser import Parser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

BOM = b"\xef\xbb\xbf"
MIB = 1024 * 1024


def cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def splits(stream: bytes) -> Iterator[list[bytes]]:
    """Every way to cut a stream into two, and into pieces of one size."""
    for at in range(len(stream) + 1):
        yield [stream[:at], stream[at:]]
    for size in range(1, min(len(stream), 32) + 1):
        yield cut(stream, size)


def feed_all(parser: Parser, pieces: Iterable[bytes]) -> list[Event | Comment]:
    found: list[Event | Comment] = []
    for piece in pieces:
        found += parser.feed(piece)
    return found


def feed_until_refused(parser: Parser, pieces: Iterable[bytes]) -> tuple[list[Event | Comment], bool]:
    """Return the events, and whether the parser gave up; a last, empty read brings out an error that waits."""
    found: list[Event | Comment] = []
    try:
        for piece in pieces:
            found += parser.feed(piece)
        parser.feed(b"")
    except EventTooLarge:
        return found, True
    return found, False


def data(*values: str) -> list[Event]:
    return [Event(data=value) for value in values]


# --- Every rule, as a stream and what it means. ---

LINES = [
    pytest.param(b"", [], id="an empty stream has no events"),
    pytest.param(b"data: a\n\n", data("a"), id="a blank line dispatches the block"),
    pytest.param(b"data: a\r\n\r\n", data("a"), id="lines end at CRLF"),
    pytest.param(b"data: a\r\r", data("a"), id="lines end at CR"),
    pytest.param(b"data: a\n\r\n", data("a"), id="LF and CRLF mix"),
    pytest.param(b"data: a\r\n\n", data("a"), id="CRLF and LF mix"),
    pytest.param(b"data: a\r\r\n", data("a"), id="CR and CRLF mix"),
    pytest.param(b"data: a\n\r", data("a"), id="LF and CR mix"),
    pytest.param(b"data: a\r\n\r", data("a"), id="CRLF and CR mix"),
    pytest.param(b"data: a\r\ndata: b\r\n\r\n", data("a\nb"), id="CRLF is one line end, not two"),
    pytest.param(
        b"data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n", data("a", "b", "c", "d"), id="each block has its own"
    ),
    pytest.param(b"data: a\n\n\r\r\n\n\ndata: b\n\n", data("a", "b"), id="further blank lines dispatch nothing"),
    pytest.param(b"\n\r\r\n\n", [], id="blank lines alone dispatch nothing"),
    pytest.param("data: a\u2028b\n\n".encode(), data("a\u2028b"), id="U+2028 ends no line"),
    pytest.param("data: a\u2029b\n\n".encode(), data("a\u2029b"), id="U+2029 ends no line"),
    pytest.param("data: a\u0085b\n\n".encode(), data("a\u0085b"), id="U+0085 ends no line"),
    pytest.param(b"data: a\x0bb\n\n", data("a\x0bb"), id="VT ends no line"),
    pytest.param(b"data: a\x0cb\n\n", data("a\x0cb"), id="FF ends no line"),
    pytest.param(b"data: a\x1cb\x1dc\x1ed\n\n", data("a\x1cb\x1dc\x1ed"), id="FS, GS and RS end no line"),
    pytest.param(b"data: a\0\n\n", data("a\0"), id="NUL ends no line"),
    pytest.param(b"data: a\n", [], id="an unfinished block at the end is dropped"),
    pytest.param(b"data: a", [], id="an unfinished line at the end is dropped"),
    pytest.param(b"data: a\n\ndata: b\n", data("a"), id="only the unfinished block is dropped"),
    pytest.param(b"data: a\r", [], id="one CR ends the line and not the block"),
    pytest.param(b"data: a\r\n", [], id="one CRLF ends the line and not the block"),
]

FIELDS = [
    pytest.param(b"data:a\n\n", data("a"), id="the space behind the colon may be missing"),
    pytest.param(b"data:  a\n\n", data(" a"), id="only one space behind the colon goes"),
    pytest.param(b"data:\ta\n\n", data("\ta"), id="a tab behind the colon stays"),
    pytest.param("data:\u00a0a\n\n".encode(), data("\u00a0a"), id="a no-break space behind the colon stays"),
    pytest.param(b"data: a \n\n", data("a "), id="trailing spaces stay"),
    pytest.param(b"data: a: b: c\n\n", data("a: b: c"), id="further colons belong to the value"),
    pytest.param(b"data::a\n\n", data(":a"), id="a value may begin with a colon"),
    pytest.param(b"data: \n\n", data(""), id="a space alone is an empty value"),
    pytest.param(b"data:\n\n", data(""), id="data with nothing behind the colon is empty data, and dispatches"),
    pytest.param(b"data\n\n", data(""), id="data without a colon is empty data, and dispatches"),
    pytest.param(b"data\ndata\n\n", data("\n"), id="two empty data lines are one LF"),
    pytest.param(b"data: a\ndata:\n\n", data("a\n"), id="an empty last data line is kept"),
    pytest.param(b"data\ndata: a\n\n", data("\na"), id="an empty first data line is kept"),
    pytest.param(b"data: a\ndata: b\ndata: c\n\n", data("a\nb\nc"), id="data lines are joined by LF"),
    pytest.param(b"data: a\nevent: e\ndata: b\n\n", [Event(data="a\nb", event="e")], id="fields come in any order"),
    pytest.param(b"Data: a\nDATA: b\n\n", [], id="field names distinguish case"),
    pytest.param(b" data: a\n\n", [], id="a space before a field name makes it unknown"),
    pytest.param(b"data : a\n\n", [], id="a space behind a field name makes it unknown"),
    pytest.param(b"data\0: a\n\n", [], id="a NUL behind a field name makes it unknown"),
    pytest.param(b"datax: a\ndat: b\nx\n\n", [], id="unknown fields dispatch nothing"),
    pytest.param(b"x: 1\ndata: a\ny\nz:2\n\n", data("a"), id="unknown fields are ignored"),
    pytest.param(b": hi\ndata: a\n:\n:hi\n\n", data("a"), id="comments are ignored"),
    pytest.param(b":\n\n:\n\n", [], id="comments alone dispatch nothing"),
    pytest.param(b":data: a\n\n", [], id="a commented field is a comment"),
]

TYPES = [
    pytest.param(b"event: e\ndata: a\n\n", [Event(data="a", event="e")], id="event sets the type"),
    pytest.param(
        b"event:e\ndata: a\n\n", [Event(data="a", event="e")], id="the space in front of a type may be missing"
    ),
    pytest.param(
        b"event: e\ndata: a\n\ndata: b\n\n",
        [Event(data="a", event="e"), Event(data="b")],
        id="the type lasts for one event",
    ),
    pytest.param(b"event: e\n\n", [], id="a block of a type alone is not dispatched"),
    pytest.param(b"event: e\n\ndata: a\n\n", data("a"), id="the type of a block without data is forgotten"),
    pytest.param(b"event: e\nevent: f\ndata: a\n\n", [Event(data="a", event="f")], id="the last type wins"),
    pytest.param(b"event: e\nevent\ndata: a\n\n", data("a"), id="an empty type is message"),
    pytest.param(b"event: e\nevent:\ndata: a\n\n", data("a"), id="an empty type takes one before it back"),
    pytest.param(b"event: \ndata: a\n\n", data("a"), id="a type of a space alone is message"),
    pytest.param(b"event: message\ndata: a\n\n", data("a"), id="message may be named"),
    pytest.param(b"event:  e \ndata: a\n\n", [Event(data="a", event=" e ")], id="a type keeps its other spaces"),
    pytest.param(b"event: a\0b\ndata\n\n", [Event(event="a\0b")], id="a type may hold a NUL"),
    pytest.param("event: añ\u2028\ndata\n\n".encode(), [Event(event="añ\u2028")], id="a type may be any text"),
]

IDS = [
    pytest.param(b"id: 1\ndata: a\n\n", [Event(data="a", id="1")], id="id sets the last event ID"),
    pytest.param(b"data: a\nid:1\n\n", [Event(data="a", id="1")], id="an id may follow the data"),
    pytest.param(
        b"id: 1\ndata: a\n\ndata: b\n\n", [Event(data="a", id="1"), Event(data="b", id="1")], id="an id persists"
    ),
    pytest.param(b"id: 1\n\n", [], id="a block of an id alone is not dispatched"),
    pytest.param(b"id: 1\n\ndata: a\n\n", [Event(data="a", id="1")], id="the id of a block without data counts"),
    pytest.param(
        b"id: 1\ndata: a\n\nid\ndata: b\n\n", [Event(data="a", id="1"), Event(data="b")], id="an empty id resets"
    ),
    pytest.param(b"id: 1\n\nid:\n\ndata: b\n\n", data("b"), id="an empty id alone in its block resets"),
    pytest.param(b"id: 1\nid: 2\ndata: a\n\n", [Event(data="a", id="2")], id="the last id of a block wins"),
    pytest.param(b"id: a\0b\ndata: a\n\n", data("a"), id="an id with a NUL is ignored"),
    pytest.param(b"id: \0\ndata: a\n\n", data("a"), id="an id of a NUL alone is ignored"),
    pytest.param(
        b"id: 1\nid: 2\0\ndata: a\n\n", [Event(data="a", id="1")], id="an id with a NUL leaves the one before"
    ),
    pytest.param(b"id:  1 \ndata\n\n", [Event(id=" 1 ")], id="an id keeps its other spaces"),
    pytest.param("id: 日本\ndata\n\n".encode(), [Event(id="日本")], id="an id may be any text"),
    pytest.param(b"id: \xff\ndata\n\n", [Event(id="\ufffd")], id="an id may be malformed"),
    pytest.param(b"ID: 1\ndata\n\n", data(""), id="id distinguishes case"),
]

RETRIES = [
    pytest.param(b"retry: 5\ndata\n\n", [Event(retry=5)], id="retry is shown by its event"),
    pytest.param(b"data\nretry:0\n\n", [Event(retry=0)], id="retry may be 0, and follow the data"),
    pytest.param(b"retry: 5\n\ndata\n\n", data(""), id="retry is shown by no later event"),
    pytest.param(b"retry: 5\ndata\n\ndata\n\n", [Event(retry=5), Event()], id="retry is shown by one event"),
    pytest.param(b"retry: 5\nretry: 6\ndata\n\n", [Event(retry=6)], id="the last retry of a block is shown"),
    pytest.param(b"retry: 5\nretry: x\ndata\n\n", [Event(retry=5)], id="an invalid retry leaves the one before"),
    pytest.param(b"retry: 5\n\nretry: x\ndata\n\n", [Event()], id="an invalid retry is not shown"),
    pytest.param(b"retry: 5\n\n", [], id="a block of a retry alone is not dispatched"),
]

ENCODING = [
    pytest.param(BOM + b"data: a\n\n", data("a"), id="a leading BOM goes"),
    pytest.param(BOM + BOM + b"data: a\n\n", [], id="a second BOM belongs to the field name"),
    pytest.param(BOM + BOM + b"data: a\n\ndata: b\n\n", data("b"), id="a second BOM spoils no more than its line"),
    pytest.param(b"\n" + BOM + b"data: a\n\n", [], id="a BOM on a later line belongs to the field name"),
    pytest.param(
        b"data: a\n\n" + BOM + b"data: b\n\n", data("a"), id="a BOM on a later block belongs to the field name"
    ),
    pytest.param(b"data: " + BOM + b"a\n\n", data("\ufeffa"), id="a BOM in a value stays"),
    pytest.param(BOM + b"\n\ndata: a\n\n", data("a"), id="a blank line may follow the BOM"),
    pytest.param(BOM + b"\r\ndata: a\n\n", data("a"), id="CRLF may follow the BOM"),
    pytest.param(BOM, [], id="a BOM alone is nothing"),
    pytest.param(BOM[:2] + b"data: a\n\ndata: b\n\n", data("b"), id="half a BOM is malformed"),
    pytest.param(BOM[:1] + b"\n\ndata: b\n\n", data("b"), id="a third of a BOM is malformed"),
    pytest.param(BOM[1:] + b"data: a\n\ndata: b\n\n", data("b"), id="a BOM without its first byte is malformed"),
    pytest.param("data: añ€😀\n\n".encode(), data("añ€😀"), id="characters of 1 to 4 bytes"),
    pytest.param(
        "data: \U0010ffff\ud7ff\ue000\n\n".encode(), data("\U0010ffff\ud7ff\ue000"), id="the outermost characters"
    ),
    pytest.param(b"data: \xff\xfe\n\n", data("\ufffd\ufffd"), id="each byte that begins nothing is one U+FFFD"),
    pytest.param(b"data: \x80\xbf\n\n", data("\ufffd\ufffd"), id="each stray continuation byte is one U+FFFD"),
    pytest.param(b"data: \xc0\x80\xc1\xbf\n\n", data("\ufffd" * 4), id="overlong forms of two bytes are U+FFFD"),
    pytest.param(b"data: \xe0\x80\x80\n\n", data("\ufffd" * 3), id="overlong forms of three bytes are U+FFFD"),
    pytest.param(b"data: \xf0\x80\x80A\n\n", data("\ufffd" * 3 + "A"), id="overlong forms of four bytes are U+FFFD"),
    pytest.param(b"data: \xed\xa0\x80\n\n", data("\ufffd" * 3), id="a surrogate is three U+FFFD"),
    pytest.param(b"data: \xf4\x90\x80\x80\n\n", data("\ufffd" * 4), id="beyond U+10FFFF are four U+FFFD"),
    pytest.param(b"data: \xe2\x82A\n\n", data("\ufffdA"), id="a cut character of three bytes is one U+FFFD"),
    pytest.param(b"data: \xf0\x9f\x98A\n\n", data("\ufffdA"), id="a cut character of four bytes is one U+FFFD"),
    pytest.param(b"data: \xf0\x9f\n\n", data("\ufffd"), id="a line end after a cut character ends the line"),
    pytest.param(b"data: \xe2\r\rdata: b\r\r", data("\ufffd", "b"), id="a CR after a cut character ends the line"),
    pytest.param(b"data\xff: a\n\n", [], id="a malformed field name is unknown"),
    pytest.param(b"event: \xff\ndata\n\n", [Event(event="\ufffd")], id="a type may be malformed"),
    pytest.param(b"data: \xe2\x82\ndata: \xac\n\n", data("\ufffd\n\ufffd"), id="no character spans two lines"),
]

EXAMPLES = [
    pytest.param(
        b"data: This is the first message.\n\ndata: This is the second message, it\ndata: has two lines.\n\n"
        b"data: This is the third message.\n\n",
        data(
            "This is the first message.", "This is the second message, it\nhas two lines.", "This is the third message."
        ),
        id="the standard's example: three messages",
    ),
    pytest.param(
        b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
        [Event(data="73857293", event="add"), Event(data="2153", event="remove"), Event(data="113411", event="add")],
        id="the standard's example: types",
    ),
    pytest.param(b"data: YHOO\ndata: +2\ndata: 10\n\n", data("YHOO\n+2\n10"), id="the standard's example: YHOO"),
    pytest.param(
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
        [Event(data="first event", id="1"), Event(data="second event")],
        id="the standard's example: four blocks, two events",
    ),
    pytest.param(b"data\n\ndata\ndata\n\ndata:\n", data("", "\n"), id="the standard's example: two events of nothing"),
    pytest.param(
        b"data:test\n\ndata: test\n\n", data("test", "test"), id="the standard's example: the space is ignored"
    ),
]

RULES = [*LINES, *FIELDS, *TYPES, *IDS, *RETRIES, *ENCODING, *EXAMPLES]


def rules_where(holds: Callable[[bytes], bool]) -> pytest.MarkDecorator:
    chosen = [rule for rule in RULES if isinstance(rule.values[0], bytes) and holds(rule.values[0])]
    return pytest.mark.parametrize(("stream", "events"), chosen)


every_rule = rules_where(lambda _: True)


@every_rule
def test_a_rule_holds_over_every_split(stream: bytes, events: list[Event]) -> None:
    for pieces in splits(stream):
        assert feed_all(Parser(), pieces) == events, pieces


@every_rule
def test_a_rule_holds_with_empty_reads_in_between(stream: bytes, events: list[Event]) -> None:
    assert feed_all(Parser(), [read for byte in cut(stream, 1) for read in (b"", byte, b"")]) == events


@rules_where(lambda stream: b"\r" not in stream)
@pytest.mark.parametrize("end", [b"\r\n", b"\r"], ids=["CRLF", "CR"])
def test_a_rule_holds_with_any_line_end(stream: bytes, events: list[Event], end: bytes) -> None:
    for pieces in splits(stream.replace(b"\n", end)):
        assert feed_all(Parser(), pieces) == events, pieces


@rules_where(lambda stream: not stream.startswith(BOM))
def test_a_rule_holds_behind_other_events(stream: bytes, events: list[Event]) -> None:
    for at in range(len(stream) + 1):
        pieces = [b"data: 1\n\n", b"data: 2\n\n" + stream[:at], stream[at:]]
        assert feed_all(Parser(), pieces) == [*data("1", "2"), *events], pieces


@every_rule
def test_the_reference_obeys_the_rule(stream: bytes, events: list[Event]) -> None:
    assert interpret(stream).events == events


# --- Many blocks of one shape in one read, which a parser may be tempted to take in bulk. ---

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
def test_a_run_of_equal_blocks_hides_no_other_one(shape: bytes) -> None:
    for stream in [s for odd in ODD_ONES for s in (shape * 5 + odd + shape * 5, odd + shape * 3, shape * 3 + odd)]:
        expected = interpret(stream)
        for size in (len(stream), 64, len(shape), len(shape) + 1):
            parser = Parser()
            assert feed_all(parser, cut(stream, size)) == expected.events, (stream, size)
            assert (parser.last_event_id, parser.reconnection_time) == (
                expected.last_event_id,
                expected.reconnection_time,
            )


# --- Nothing waits. ---


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
def test_a_cr_at_the_end_of_what_has_arrived_dispatches_now(pieces: list[bytes], events: list[list[Event]]) -> None:
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
def test_a_lf_after_a_cr_is_swallowed(pieces: list[bytes], events: list[Event]) -> None:
    assert feed_all(Parser(), pieces) == events


def test_a_lf_after_a_cr_is_swallowed_once() -> None:
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
def test_a_short_event_comes_with_its_last_byte(end: bytes) -> None:
    parser = Parser()
    for _ in range(5):
        assert parser.feed(b"data: a" + end) == []
        assert parser.feed(end) == data("a")


def test_an_empty_read_changes_nothing() -> None:
    parser = Parser()
    assert parser.feed(b"") == []
    assert parser.feed(b"data: a\n\n") == data("a")
    assert parser.feed(b"") == []


@pytest.mark.parametrize("pieces", [[BOM[:1], BOM[1:]], [BOM[:2], BOM[2:]], cut(BOM, 1), [b"", BOM[:1], b"", BOM[1:]]])
def test_a_bom_may_come_in_pieces(pieces: list[bytes]) -> None:
    assert feed_all(Parser(), [*pieces, b"data: a\n\n"]) == data("a")


def test_only_one_bom_goes_when_two_come_byte_by_byte() -> None:
    assert feed_all(Parser(), cut(BOM + BOM + b"data: a\n\ndata: b\n\n", 1)) == data("b")


def test_two_parsers_share_nothing() -> None:
    one, other = Parser(), Parser()
    one.feed(b"id: 1\nevent: e\nretry: 5\ndata: a\n")
    assert other.feed(b"data: b\n\n") == data("b")
    assert one.feed(b"\n") == [Event(data="a", event="e", id="1", retry=5)]
    assert (other.last_event_id, other.reconnection_time) == ("", None)


# --- The last event ID. ---


@pytest.mark.parametrize(
    ("stream", "last_event_id"),
    [
        pytest.param(b"", "7", id="it begins with the one given"),
        pytest.param(b"data: a\n\n", "7", id="an event without an id keeps it"),
        pytest.param(b"id: 8\ndata: a\n\n", "8", id="an event sets it"),
        pytest.param(b"id: 8\n\n", "8", id="a block of an id alone sets it"),
        pytest.param(b"id: 8\nevent: e\n\n", "8", id="a block without data sets it"),
        pytest.param(b"id: 8\r\r", "8", id="a CR at the end sets it"),
        pytest.param(b"id: 8\ndata: a\n", "7", id="an unfinished block does not set it"),
        pytest.param(b"id: 8", "7", id="an unfinished line does not set it"),
        pytest.param(b"id: 8\n\nid: 9\n", "8", id="the last whole block sets it"),
        pytest.param(b"id: 8\n\nid: 9\n: c\nx: y\n", "8", id="comments and unknown fields end no block"),
        pytest.param(b"id\n\n", "", id="an empty id resets it"),
        pytest.param(b"id:\n\n", "", id="an empty id with a colon resets it"),
        pytest.param(b"id: \n\n", "", id="an id of a space alone resets it"),
        pytest.param(b"id: 8\nid\n\n", "", id="an empty id takes one before it back"),
        pytest.param(b"id: 8\0\n\n", "7", id="an id with a NUL leaves it"),
        pytest.param(b"id: \0\n\n", "7", id="an id of a NUL alone leaves it"),
        pytest.param(b"id: 8\nid: 9\0\n\n", "8", id="an id with a NUL leaves one before it in its block"),
        pytest.param(b"idx: 8\nI: 8\nId: 8\n\n", "7", id="only the field id sets it"),
    ],
)
def test_the_last_event_id(stream: bytes, last_event_id: str) -> None:
    assert interpret(stream, last_event_id="7").last_event_id == last_event_id
    for pieces in splits(stream):
        parser = Parser(last_event_id="7")
        feed_all(parser, pieces)
        assert parser.last_event_id == last_event_id, pieces


def test_the_last_event_id_is_set_when_its_block_ends_and_not_before() -> None:
    parser = Parser(last_event_id="7")
    seen: list[str] = []
    for line in (b"id: 8\n", b"data: a\n", b"\n", b"id\n", b"\n"):
        parser.feed(line)
        seen.append(parser.last_event_id)
    assert seen == ["7", "7", "8", "8", ""]


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_events_carry_the_id_that_the_parser_began_with(size: int) -> None:
    stream = b"data: a\n\ndata: b\n\nevent: e\ndata: c\n\ndata: d\r\n\r\nid\ndata: e\n\n"
    assert [event.id for event in Parser(last_event_id="7").feed(stream)] == ["7", "7", "7", "7", ""]
    assert feed_all(Parser(last_event_id="7"), cut(stream, size)) == interpret(stream, last_event_id="7").events


def test_a_parser_begins_without_a_last_event_id() -> None:
    assert Parser().last_event_id == ""
    assert Parser(last_event_id="7").last_event_id == "7"


# --- The reconnection time. ---


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        pytest.param(b"3000", 3000, id="digits"),
        pytest.param(b"0", 0, id="0"),
        pytest.param(b"007", 7, id="leading zeros"),
        pytest.param(b"0" * 5000 + b"7", 7, id="5,000 leading zeros"),
        pytest.param(b"0" * 5000, 0, id="5,000 zeros"),
        pytest.param(b"9" * 18, 10**18 - 1, id="18 digits"),
        pytest.param(b"", None, id="nothing"),
        pytest.param(b" 5", None, id="a second space"),
        pytest.param(b"5 ", None, id="a trailing space"),
        pytest.param(b"\t5", None, id="a tab"),
        pytest.param(b"5\x0b", None, id="a trailing VT"),
        pytest.param(b"5\x1c", None, id="a trailing FS"),
        pytest.param(b"+5", None, id="a plus"),
        pytest.param(b"-5", None, id="a minus"),
        pytest.param(b"1_0", None, id="an underscore"),
        pytest.param(b"1.5", None, id="a fraction"),
        pytest.param(b"1e3", None, id="an exponent"),
        pytest.param(b"0x10", None, id="hexadecimal"),
        pytest.param(b"5ms", None, id="a unit"),
        pytest.param(b"5\0", None, id="a NUL"),
        pytest.param("٣".encode(), None, id="an Arabic digit"),
        pytest.param("3٣".encode(), None, id="an ASCII and an Arabic digit"),
        pytest.param("\uff15".encode(), None, id="a full-width digit"),
        pytest.param("²".encode(), None, id="a superscript"),
        pytest.param(b"5\xff", None, id="a malformed byte"),
    ],
)
def test_retry_is_ascii_digits_and_nothing_else(value: bytes, milliseconds: int | None) -> None:
    stream = b"retry: " + value + b"\ndata: a\n\n"
    for size in (1, 2, 3, len(stream)):
        parser = Parser()
        assert feed_all(parser, cut(stream, size)) == [Event(data="a", retry=milliseconds)]
        assert parser.reconnection_time == milliseconds


def test_retry_may_have_more_digits_than_int_takes() -> None:
    parser = Parser()
    [event] = parser.feed(b"retry: 1" + b"0" * 5000 + b"\ndata: a\n\n")
    assert parser.reconnection_time is not None
    assert parser.reconnection_time > 10**18
    assert event.retry == parser.reconnection_time
    assert parser.feed(b"retry: 5\ndata: b\n\n") == [Event(data="b", retry=5)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("before", [b"", b"data: a\n", b"id: 1\n", b": c\n", b"data: a\n\n", BOM])
def test_retry_takes_effect_when_its_line_ends(before: bytes, end: bytes) -> None:
    parser = Parser()
    parser.feed(before + b"retry: 50")
    assert parser.reconnection_time is None
    parser.feed(end[:1])
    assert parser.reconnection_time == 50


def test_retry_stays_when_its_block_dispatches_nothing() -> None:
    parser = Parser()
    assert parser.feed(b"retry: 5\n\n") == []
    assert parser.feed(b"data: a\n\n") == data("a")
    assert parser.reconnection_time == 5
    parser.feed(b"retry: 6\n")
    assert parser.reconnection_time == 6
    parser.feed(b"retry: x\n\n")
    assert parser.reconnection_time == 6


# --- Comments. ---


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        pytest.param(b": hi\n", [Comment(text="hi")], id="a comment"),
        pytest.param(b":hi\n", [Comment(text="hi")], id="its space may be missing"),
        pytest.param(b":  hi \n", [Comment(text=" hi ")], id="only one space goes"),
        pytest.param(b":\n:\n", [Comment(text=""), Comment(text="")], id="it may be empty"),
        pytest.param(b": \n", [Comment(text="")], id="it may be a space"),
        pytest.param(b"::\n: : \n", [Comment(text=":"), Comment(text=": ")], id="it may hold colons"),
        pytest.param(b": hi\r: ho\r", [Comment(text="hi"), Comment(text="ho")], id="it ends at CR"),
        pytest.param(b": hi\r\n: ho\r\n", [Comment(text="hi"), Comment(text="ho")], id="it ends at CRLF"),
        pytest.param(b": hi", [], id="an unfinished one is dropped"),
        pytest.param(b": \xff\0\n", [Comment(text="\ufffd\0")], id="it is decoded as all else"),
        pytest.param(BOM + b": hi\n", [Comment(text="hi")], id="a BOM may come before it"),
        pytest.param(b"x: y\n\n", [], id="an unknown field is no comment"),
        pytest.param(
            b": 1\n\ndata: a\n\n: 2\n\ndata: b\n\n",
            [Comment(text="1"), Event(data="a"), Comment(text="2"), Event(data="b")],
            id="it comes in its place among the events",
        ),
        pytest.param(
            b"data: a\n: 1\ndata: b\n\n: 2\n",
            [Comment(text="1"), Event(data="a\nb"), Comment(text="2")],
            id="inside a block it comes before the event, and is no part of it",
        ),
        pytest.param(
            b"data: a\n\n" * 3 + b": 1\n" + b"data: a\n\n" * 3,
            [*data("a", "a", "a"), Comment(text="1"), *data("a", "a", "a")],
            id="it comes in its place in a run of equal blocks",
        ),
    ],
)
def test_comments_come_where_they_were_asked_for(stream: bytes, found: list[Event | Comment]) -> None:
    assert interpret(stream).everything == found
    events = [event for event in found if isinstance(event, Event)]
    for pieces in splits(stream):
        assert feed_all(Parser(comments=True), pieces) == found, pieces
        assert feed_all(Parser(comments=False), pieces) == events, pieces
        assert feed_all(Parser(), pieces) == events, pieces


@pytest.mark.parametrize("before", [b"", b"data: a\n", b"data: a\n\n", b"id: 1\n"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_a_comment_comes_as_soon_as_its_line_ends(before: bytes, end: bytes) -> None:
    parser = Parser(comments=True)
    parser.feed(before)
    found: list[Event | Comment] = [*parser.feed(b": hi")]
    assert found == []
    found = [*parser.feed(end[:1])]
    assert found == [Comment(text="hi")]
    found = [*parser.feed(end[1:])]
    assert found == []


@pytest.mark.parametrize("comments", [True, False])
def test_comments_are_counted_whether_they_were_asked_for_or_not(comments: bool) -> None:
    stream = b": 1\n\ndata: a\n:\ndata: b\r\n\r\n:3\r: 4\r\n\nx: y\n\n: unfinished"
    for pieces in splits(stream):
        parser = Parser(comments=comments)
        assert parser.comment_count == 0
        feed_all(parser, pieces)
        assert parser.comment_count == 4, pieces


# --- tail. ---


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
def test_tail_is_empty_where_nothing_is_pending(stream: bytes) -> None:
    for pieces in splits(stream):
        parser = Parser()
        feed_all(parser, pieces)
        assert parser.tail == "", pieces


@pytest.mark.parametrize(
    ("stream", "pending"),
    [
        pytest.param(b"data: a", Event(data="a"), id="an unfinished line"),
        pytest.param(b"data: a\n", Event(data="a"), id="an unfinished block"),
        pytest.param(b"data: a\r", Event(data="a"), id="an unfinished block behind CR"),
        pytest.param(b"data: a\ndata: b", Event(data="a\nb"), id="both"),
        pytest.param(b"data:  a ", Event(data=" a "), id="spaces"),
        pytest.param(b"data", Event(data=""), id="data without a colon"),
        pytest.param(b"data\ndata:\n", Event(data="\n"), id="empty data"),
        pytest.param(b"data: a\ndat", Event(data="a"), id="a field name cut short"),
        pytest.param(b"data: a\n: hi", Event(data="a"), id="an unfinished comment"),
        pytest.param(b": hi\nx: y\ndata: a\n: hi\n", Event(data="a"), id="comments and unknown fields"),
        pytest.param(b"event: e\ndata: a", Event(data="a", event="e"), id="a type"),
        pytest.param(b"data: a\nevent: e", Event(data="a", event="e"), id="a type that is unfinished"),
        pytest.param(b"event: e\nevent\ndata: a\n", Event(data="a"), id="a type taken back"),
        pytest.param(b"event:  e\ndata: a\n", Event(data="a", event=" e"), id="a type with a space"),
        pytest.param(b"id: 1\ndata: a\n", Event(data="a", id="1"), id="an id"),
        pytest.param(b"data: a\nid:  1", Event(data="a", id=" 1"), id="an id that is unfinished"),
        pytest.param(b"data: a\nid: 1\0", Event(data="a"), id="an id with a NUL"),
        pytest.param(b"retry: 5\ndata: a\n", Event(data="a", retry=5), id="a retry"),
        pytest.param(b"id: 1\ndata: a\n\ndata: b", Event(data="b", id="1"), id="the id of an event before"),
        pytest.param(b"id: 1\n\ndata: b\n", Event(data="b", id="1"), id="the id of a block before"),
        pytest.param(b"id: 1\n\nid: 2\ndata: b", Event(data="b", id="2"), id="an id in place of one before"),
        pytest.param(b"id: 1\n\nid\ndata: b", Event(data="b"), id="an id reset"),
        pytest.param(b"id: 1\n\ndata: b\nid", Event(data="b"), id="an id that is being reset"),
        pytest.param(b"event: e\ndata: a\n\ndata: b", Event(data="b"), id="not the type of an event before"),
        pytest.param(b"retry: 5\ndata: a\n\ndata: b", Event(data="b"), id="not the retry of an event before"),
        pytest.param(b"data: \xff\xe2\x82", Event(data="\ufffd\ufffd"), id="malformed bytes"),
        pytest.param(BOM + b"data: a", Event(data="a"), id="a BOM"),
        pytest.param(BOM + b"data: \xef\xbb\xbfa", Event(data="\ufeffa"), id="a BOM in the value"),
        pytest.param("event: \ufeff\ndata: a".encode(), Event(data="a", event="\ufeff"), id="a BOM as the type"),
    ],
)
def test_tail_and_a_blank_line_dispatch_what_is_pending(stream: bytes, pending: Event) -> None:
    for pieces in splits(stream):
        parser = Parser()
        feed_all(parser, pieces)
        assert Parser().feed((parser.tail + "\n\n").encode()) == [pending], pieces


def test_tail_knows_the_id_that_the_parser_began_with() -> None:
    parser = Parser(last_event_id="7")
    parser.feed(b"data: a")
    assert Parser().feed((parser.tail + "\n\n").encode()) == [Event(data="a", id="7")]


@pytest.mark.parametrize(
    "stream", [BOM + BOM + b"data: a", b"\n" + BOM + b"data: a", b"data: 1\n\n" + BOM + b"data: a"]
)
def test_tail_does_not_turn_a_field_behind_a_bom_into_data(stream: bytes) -> None:
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


# --- max_event_size. ---

SIZES = [
    pytest.param(b"data: x\n\n", 8, id="a line is its bytes and one for its end"),
    pytest.param(b"data: x\r\n\r\n", 8, id="a line end is one, CRLF too"),
    pytest.param(b"data: x\r\r", 8, id="a line end is one, CR too"),
    pytest.param(b"data:x\n\n", 7, id="bytes are counted as they stand"),
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
    pytest.param(b"data: x\n: 123456789\n", 20, id="a comment may be as long as what is left of its block"),
    pytest.param(b"data: x\n\n: 1234567890\n\ndata: x\n\n", 13, id="each block has a size of its own"),
    pytest.param(b"data: 1\n\ndata: 2\n\ndata: 12345\n\n", 12, id="the last block may be the largest"),
    pytest.param(b"data: 12345\n\ndata: 2\n\n", 12, id="the first block may be the largest"),
    pytest.param(b"\n\n\n\ndata\n\n\n\n\n\n\n", 5, id="blank lines have no size"),
    pytest.param(
        b"id: 1\ndata: 1\n\n" * 3 + b"id: 12\ndata: 2\n\n", 15, id="the last of many blocks may be the largest"
    ),
    pytest.param(b"event: e\ndata: 12\n\n" + b"event: e\ndata: 1\n\n" * 3, 18, id="the first of many blocks may be it"),
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


def test_events_before_the_one_too_large_are_returned_and_the_next_call_raises() -> None:
    parser = Parser(max_event_size=20)
    assert parser.feed(b"data: a\n\ndata: b\n\ndata: " + b"x" * 20) == data("a", "b")
    for _ in range(3):
        with pytest.raises(EventTooLarge):
            parser.feed(b"")
    with pytest.raises(EventTooLarge):
        parser.feed(b"data: c\n\n")
    with pytest.raises(EventTooLarge):
        parser.feed(b"\n\n")


@pytest.mark.parametrize("behind", [b"", b"\n\n", b"\n\ndata: b\n\n", b"\r\r"])
def test_reading_tail_takes_no_refusal_back(behind: bytes) -> None:
    parser = Parser(max_event_size=20)
    long = b"data: " + b"x" * 20 + behind
    assert parser.feed(b"data: a\n\n" + long) == data("a")
    for _ in range(2):
        assert parser.tail == long.decode()
        assert parser.failed
        with pytest.raises(EventTooLarge):
            parser.feed(b"data: c\n\n")


def test_a_parser_says_that_its_next_call_will_raise() -> None:
    parser = Parser(max_event_size=20)
    seen: list[bool] = []
    for piece in (b"", b"data: a\n\n", b"data: b\n\ndata: " + b"x" * 20):
        parser.feed(piece)
        seen.append(parser.failed)
    assert seen == [False, False, True]
    with pytest.raises(EventTooLarge):
        parser.feed(b"")
    assert parser.failed


def test_an_event_too_large_is_refused_at_once_where_no_event_came_before_it() -> None:
    parser = Parser(max_event_size=20)
    assert parser.feed(b"data: a\n\n") == data("a")
    with pytest.raises(EventTooLarge):
        parser.feed(b": heartbeat\ndata: " + b"x" * 20 + b"\n\ndata: b\n\n")
    with pytest.raises(EventTooLarge):
        parser.feed(b"data: c\n\n")


def test_an_event_behind_one_too_large_is_not_returned() -> None:
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
def test_a_line_without_end_is_refused_as_soon_as_it_is_too_long(start: bytes, size: int) -> None:
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
def test_a_block_without_end_is_refused(line: bytes, lines: int, at_once: int) -> None:
    parser = Parser(max_event_size=1000)
    for start in range(0, lines, at_once):
        assert parser.feed(line * min(at_once, lines - start)) == []
    with pytest.raises(EventTooLarge):
        parser.feed(line)


def test_a_million_heartbeats_are_never_too_much() -> None:
    parser = Parser(max_event_size=20)
    for _ in range(1000):
        parser.feed(b": heartbeat\n\n" * 1000)
    assert parser.tail == ""


@pytest.mark.parametrize(
    "beat", [b":\n", b": hi\r", b":\r\n\r\n", b"x: y\n", b"data: x\n\n", b"event: e\nid: 1\n\n", b"retry: 5\n\n", b"\n"]
)
def test_small_blocks_are_never_too_much(beat: bytes) -> None:
    parser = Parser(max_event_size=20)
    for _ in range(100):
        parser.feed(beat * 100)
        parser.feed(beat)
    assert parser.tail == ""


@pytest.mark.parametrize("at_once", [1, 100])
def test_heartbeats_inside_a_block_are_never_too_much(at_once: int) -> None:
    parser = Parser(max_event_size=20)
    parser.feed(b"data: a\n")
    for _ in range(10_000 // at_once):
        assert parser.feed(b": heartb\n" * at_once) == []
    assert parser.feed(b"data: b\n\n") == data("a\nb")


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_the_block_behind_one_of_exactly_the_limit_has_all_its_room(size: int) -> None:
    stream = b"data: 1234567\n\nid: 1\ndata: 1\n\n: 34567890123\n\n" * 5
    assert feed_until_refused(Parser(max_event_size=14), cut(stream, size)) == (interpret(stream).events, False)


def test_the_limit_is_64_mib_unless_the_caller_says_otherwise() -> None:
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


def test_none_is_no_limit() -> None:
    piece = b"x" * MIB
    parser = Parser(max_event_size=None)
    parser.feed(b"data: ")
    for _ in range(65):
        parser.feed(piece)
    [event] = parser.feed(b"\n\n")
    assert len(event.data) == 65 * MIB


def test_the_error_names_the_limit_and_is_one_of_the_package() -> None:
    with pytest.raises(SSEError, match=r"\b1,?234\b"):
        Parser(max_event_size=1234).feed(b"x" * 1235)


# --- Cost, without a clock: what is copied shows in the allocator; what is read again runs into the time limit. ---


def allocated(parser: Parser, piece: bytes, times: int) -> int:
    """Return the bytes that the reads allocate, one read after the other: what is copied shows."""
    total = 0
    tracemalloc.start()
    try:
        for _ in range(times):
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            parser.feed(piece)
            _, peak = tracemalloc.get_traced_memory()
            total += peak - before
    finally:
        tracemalloc.stop()
    return total


@pytest.mark.parametrize(
    "start", [b"data: ", b"event: e\r\ndata:", b"data: 1\n\ndata: 2", b": ", BOM + b"data: a\rdata: "]
)
def test_reading_a_line_eight_times_as_long_copies_eight_times_as_much(start: bytes) -> None:
    costs: list[int] = []
    for times in (1024, 8192):
        parser = Parser()
        parser.feed(start)
        costs.append(allocated(parser, b"x" * 256, times))
    assert costs[1] < 12 * max(costs[0], 256 * 1024)


def test_reading_a_block_of_eight_times_as_many_lines_copies_eight_times_as_much() -> None:
    costs = [allocated(Parser(), b"data: " + b"x" * 100 + b"\n", times) for times in (1000, 8000)]
    assert costs[1] < 12 * costs[0]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("start", [b"data: ", b"id: 1\ndata:", b"id: 1\r\n\r\ndata: "])
def test_a_line_of_32_mib_in_pieces_of_64_bytes_is_read_in_time(start: bytes) -> None:
    # Read again, or copied, for each piece, these would be eight terabytes.
    piece = b"x" * 64
    parser = Parser()
    parser.feed(start)
    for _ in range(32 * MIB // len(piece)):
        parser.feed(piece)
    [event] = parser.feed(b"\n\n")
    assert len(event.data) == 32 * MIB


@pytest.mark.timeout(30)
def test_a_block_of_100_000_lines_that_come_one_by_one_is_read_in_time() -> None:
    line = b"data: " + b"x" * 40 + b"\n"
    parser = Parser()
    for _ in range(100_000):
        parser.feed(line)
    [event] = parser.feed(b"\n")
    assert len(event.data) == 100_000 * 41 - 1


def memory(parser: Parser, read: bytes, times: int) -> tuple[int, int]:
    """Return the events found, and the peak of memory in bytes."""
    found = 0
    tracemalloc.start()
    try:
        for _ in range(times):
            found += len(parser.feed(read))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return found, peak


def test_a_million_events_take_constant_memory() -> None:
    found, peak = memory(Parser(), b"data: x\n\n" * 1000, 1000)
    assert found == 1_000_000
    assert peak < MIB


@pytest.mark.parametrize(
    "read",
    [
        b"event: e\nid: 1\ndata: x\ndata: y\n\n",
        b"data: x\r\n\r\n",
        b": heartbeat\r",
        b"id: 1\n\n",
        b"retry: 1\n\n",
        b"unknown: field\n",
        b"\r",
        b"\n",
        b"\xff\n",
    ],
)
def test_reads_that_go_on_for_ever_take_constant_memory(read: bytes) -> None:
    _, peak = memory(Parser(), read, 5_000)
    assert peak < 16 * 1024


@pytest.mark.timeout(10)
def test_a_long_unfinished_line_behind_others_is_refused_in_linear_time() -> None:
    parser = Parser(max_event_size=100)
    assert parser.feed(b"data: 1\n\ndata: " + b"x" * 4_000_000) == [Event(data="1")]
    with pytest.raises(EventTooLarge):
        parser.feed(b"")
