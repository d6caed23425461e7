"""The parser, rule by rule: each stream whole, in pieces of every small size, and over every split into two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sse_client.events import Comment, Event
from sse_client.parser import Parser

from .kit import BOM, cut, data, feed_all, splits
from .reference import interpret

if TYPE_CHECKING:
    from collections.abc import Callable

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
        b"data: a\n\ndata: b\r\n\r\ndata: c\r\rdata: d\n\n", data("a", "b", "c", "d"), id="each block may have its own"
    ),
    pytest.param(b"data: a\n\n\r\r\n\n\ndata: b\n\n", data("a", "b"), id="further blank lines dispatch nothing"),
    pytest.param(b"\n\r\r\n\n", [], id="blank lines alone dispatch nothing"),
    pytest.param("data: a\u2028b\n\n".encode(), data("a\u2028b"), id="U+2028 does not end a line"),
    pytest.param("data: a\u2029b\n\n".encode(), data("a\u2029b"), id="U+2029 does not end a line"),
    pytest.param("data: a\u0085b\n\n".encode(), data("a\u0085b"), id="U+0085 does not end a line"),
    pytest.param(b"data: a\x0bb\n\n", data("a\x0bb"), id="VT does not end a line"),
    pytest.param(b"data: a\x0cb\n\n", data("a\x0cb"), id="FF does not end a line"),
    pytest.param(b"data: a\x1cb\x1dc\x1ed\n\n", data("a\x1cb\x1dc\x1ed"), id="FS, GS and RS do not end a line"),
    pytest.param(b"data: a\0\n\n", data("a\0"), id="NUL does not end a line"),
    pytest.param(b"data: a\n", [], id="an unfinished block at the end is dropped"),
    pytest.param(b"data: a", [], id="an unfinished line at the end is dropped"),
    pytest.param(b"data: a\n\ndata: b\n", data("a"), id="only the unfinished block is dropped"),
    pytest.param(b"data: a\r", [], id="one CR ends the line but not the block"),
    pytest.param(b"data: a\r\n", [], id="one CRLF ends the line but not the block"),
]

FIELDS = [
    pytest.param(b"data:a\n\n", data("a"), id="the space after the colon is optional"),
    pytest.param(b"data:  a\n\n", data(" a"), id="only one space after the colon is stripped"),
    pytest.param(b"data:\ta\n\n", data("\ta"), id="a tab after the colon is kept"),
    pytest.param("data:\u00a0a\n\n".encode(), data("\u00a0a"), id="a no-break space after the colon is kept"),
    pytest.param(b"data: a \n\n", data("a "), id="trailing spaces are kept"),
    pytest.param(b"data: a: b: c\n\n", data("a: b: c"), id="further colons belong to the value"),
    pytest.param(b"data::a\n\n", data(":a"), id="a value may begin with a colon"),
    pytest.param(b"data: \n\n", data(""), id="a space alone is an empty value"),
    pytest.param(b"data:\n\n", data(""), id="data with nothing after the colon is empty data, and dispatches"),
    pytest.param(b"data\n\n", data(""), id="data without a colon is empty data, and dispatches"),
    pytest.param(b"data\ndata\n\n", data("\n"), id="two empty data lines are one LF"),
    pytest.param(b"data: a\ndata:\n\n", data("a\n"), id="an empty last data line is kept"),
    pytest.param(b"data\ndata: a\n\n", data("\na"), id="an empty first data line is kept"),
    pytest.param(b"data: a\ndata: b\ndata: c\n\n", data("a\nb\nc"), id="data lines are joined by LF"),
    pytest.param(b"data: a\nevent: e\ndata: b\n\n", [Event(data="a\nb", event="e")], id="fields come in any order"),
    pytest.param(b"Data: a\nDATA: b\n\n", [], id="field names distinguish case"),
    pytest.param(b" data: a\n\n", [], id="a space before a field name makes it unknown"),
    pytest.param(b"data : a\n\n", [], id="a space after a field name makes it unknown"),
    pytest.param(b"data\0: a\n\n", [], id="a NUL after a field name makes it unknown"),
    pytest.param(b"datax: a\ndat: b\nx\n\n", [], id="unknown fields dispatch nothing"),
    pytest.param(b"x: 1\ndata: a\ny\nz:2\n\n", data("a"), id="unknown fields are ignored"),
    pytest.param(b": hi\ndata: a\n:\n:hi\n\n", data("a"), id="comments are ignored"),
    pytest.param(b":\n\n:\n\n", [], id="comments alone dispatch nothing"),
    pytest.param(b":data: a\n\n", [], id="a commented field is a comment"),
]

TYPES = [
    pytest.param(b"event: e\ndata: a\n\n", [Event(data="a", event="e")], id="event sets the type"),
    pytest.param(b"event:e\ndata: a\n\n", [Event(data="a", event="e")], id="the space before a type is optional"),
    pytest.param(
        b"event: e\ndata: a\n\ndata: b\n\n",
        [Event(data="a", event="e"), Event(data="b")],
        id="the type lasts for one event",
    ),
    pytest.param(b"event: e\n\n", [], id="a block of a type alone is not dispatched"),
    pytest.param(b"event: e\n\ndata: a\n\n", data("a"), id="the type of a block without data is forgotten"),
    pytest.param(b"event: e\nevent: f\ndata: a\n\n", [Event(data="a", event="f")], id="the last type wins"),
    pytest.param(b"event: e\nevent\ndata: a\n\n", data("a"), id="an empty type is message"),
    pytest.param(b"event: e\nevent:\ndata: a\n\n", data("a"), id="an empty type discards an earlier one"),
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
        b"id: 1\nid: 2\0\ndata: a\n\n", [Event(data="a", id="1")], id="an id with a NUL leaves an earlier one"
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
    pytest.param(b"retry: 5\nretry: x\ndata\n\n", [Event(retry=5)], id="an invalid retry leaves an earlier one"),
    pytest.param(b"retry: 5\n\nretry: x\ndata\n\n", [Event()], id="an invalid retry is not shown"),
    pytest.param(b"retry: 5\n\n", [], id="a block of a retry alone is not dispatched"),
]

ENCODING = [
    pytest.param(BOM + b"data: a\n\n", data("a"), id="a leading BOM is stripped"),
    pytest.param(BOM + BOM + b"data: a\n\n", [], id="a second BOM belongs to the field name"),
    pytest.param(BOM + BOM + b"data: a\n\ndata: b\n\n", data("b"), id="a second BOM spoils its own line only"),
    pytest.param(b"\n" + BOM + b"data: a\n\n", [], id="a BOM on a later line belongs to the field name"),
    pytest.param(
        b"data: a\n\n" + BOM + b"data: b\n\n", data("a"), id="a BOM on a later block belongs to the field name"
    ),
    pytest.param(b"data: " + BOM + b"a\n\n", data("\ufeffa"), id="a BOM in a value is kept"),
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
def test_a_rule_holds_for_every_split(stream: bytes, events: list[Event]) -> None:
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
def test_a_rule_holds_after_other_events(stream: bytes, events: list[Event]) -> None:
    for at in range(len(stream) + 1):
        pieces = [b"data: 1\n\n", b"data: 2\n\n" + stream[:at], stream[at:]]
        assert feed_all(Parser(), pieces) == [*data("1", "2"), *events], pieces


@every_rule
def test_the_reference_obeys_the_rule(stream: bytes, events: list[Event]) -> None:
    assert interpret(stream).events == events


def test_an_empty_read_changes_nothing() -> None:
    parser = Parser()
    assert parser.feed(b"") == []
    assert parser.feed(b"data: a\n\n") == data("a")
    assert parser.feed(b"") == []


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
        pytest.param(b"", "7", id="it starts as the one given"),
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
        pytest.param(b"id: 8\nid\n\n", "", id="an empty id discards an earlier one"),
        pytest.param(b"id: 8\0\n\n", "7", id="an id with a NUL leaves it"),
        pytest.param(b"id: \0\n\n", "7", id="an id of a NUL alone leaves it"),
        pytest.param(b"id: 8\nid: 9\0\n\n", "8", id="an id with a NUL leaves an earlier one of its block"),
        pytest.param(b"idx: 8\nI: 8\nId: 8\n\n", "7", id="only the field id sets it"),
    ],
)
def test_the_last_event_id(stream: bytes, last_event_id: str) -> None:
    assert interpret(stream, last_event_id="7").last_event_id == last_event_id
    for pieces in splits(stream):
        parser = Parser(last_event_id="7")
        feed_all(parser, pieces)
        assert parser.last_event_id == last_event_id, pieces


def test_the_last_event_id_is_set_when_its_block_ends() -> None:
    parser = Parser(last_event_id="7")
    seen: list[str] = []
    for line in (b"id: 8\n", b"data: a\n", b"\n", b"id\n", b"\n"):
        parser.feed(line)
        seen.append(parser.last_event_id)
    assert seen == ["7", "7", "8", "8", ""]


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_events_carry_the_id_that_the_parser_was_given(size: int) -> None:
    stream = b"data: a\n\ndata: b\n\nevent: e\ndata: c\n\ndata: d\r\n\r\nid\ndata: e\n\n"
    assert [event.id for event in Parser(last_event_id="7").feed(stream)] == ["7", "7", "7", "7", ""]
    assert feed_all(Parser(last_event_id="7"), cut(stream, size)) == interpret(stream, last_event_id="7").events


def test_the_last_event_id_is_empty_at_first() -> None:
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


def test_retry_may_have_more_digits_than_int_accepts() -> None:
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
        pytest.param(b":hi\n", [Comment(text="hi")], id="its space is optional"),
        pytest.param(b":  hi \n", [Comment(text=" hi ")], id="only one space is stripped"),
        pytest.param(b":\n:\n", [Comment(text=""), Comment(text="")], id="it may be empty"),
        pytest.param(b": \n", [Comment(text="")], id="it may be a space"),
        pytest.param(b"::\n: : \n", [Comment(text=":"), Comment(text=": ")], id="it may hold colons"),
        pytest.param(b": hi\r: ho\r", [Comment(text="hi"), Comment(text="ho")], id="it ends at CR"),
        pytest.param(b": hi\r\n: ho\r\n", [Comment(text="hi"), Comment(text="ho")], id="it ends at CRLF"),
        pytest.param(b": hi", [], id="an unfinished one is dropped"),
        pytest.param(b": \xff\0\n", [Comment(text="\ufffd\0")], id="it is decoded like everything else"),
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
def test_comments_come_only_if_asked_for(stream: bytes, found: list[Event | Comment]) -> None:
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
def test_comments_are_counted_in_any_case(comments: bool) -> None:
    stream = b": 1\n\ndata: a\n:\ndata: b\r\n\r\n:3\r: 4\r\n\nx: y\n\n: unfinished"
    for pieces in splits(stream):
        parser = Parser(comments=comments)
        assert parser.comment_count == 0
        feed_all(parser, pieces)
        assert parser.comment_count == 4, pieces
