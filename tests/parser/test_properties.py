"""The parser against a transcription of the standard, on hostile streams.

`make fuzz` runs it with many more examples, and others each time.
"""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sse_client.errors import EventTooLarge
from sse_client.events import Comment, Event
from sse_client.parser import Parser

from .reference import Interpretation, interpret, within

if TYPE_CHECKING:
    from collections.abc import Sequence

BOM = b"\xef\xbb\xbf"

# From here on a parser need not distinguish reconnection times.
ENDLESS = 10**18

# --- Streams ---


def together(*parts: bytes) -> bytes:
    return b"".join(parts)


line_end = st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"])

fragment = st.sampled_from(
    [
        b"a",
        b"",
        b" ",
        b":",
        b": ",
        b"\0",
        b"\t",
        b"\x0b",
        b"\x0c",
        b"\x1c",
        b"data",
        b"data: ",
        b"id: 1",
        BOM,
        BOM[:1],
        BOM[:2],
        b"\xff",
        b"\x80",
        b"\xc0\x80",
        b"\xe2\x82",
        b"\xe2\x82\xac",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98",
        b"\xf0\x9f\x98\x80",
        b"\xf4\x90\x80\x80",
        "\u0085".encode(),
        "\u2028".encode(),
        "\u2029".encode(),
    ]
)
value = st.one_of(
    st.sampled_from([b"", b"x", b"hello", b'{"a": 1}']),
    st.lists(fragment, max_size=4).map(b"".join),
    st.text(max_size=6).map(lambda text: text.encode("utf-8", "surrogatepass").translate(None, b"\r\n")),
)
digits = st.one_of(
    st.sampled_from([b"0", b"007", b"5 ", b" 5", b"+5", b"-5", b"1_0", b"1.5", "٣".encode(), "²".encode(), b"5\0"]),
    st.integers(0, 10**9).map(lambda number: str(number).encode()),
    st.sampled_from([b"9" * 4301, b"0" * 4301 + b"8", b"1" + b"0" * 700]),
)
colon = st.sampled_from([b": ", b": ", b":", b":  "])
name = st.sampled_from([b"data", b"event", b"id"])
field = st.one_of(
    st.builds(together, name, colon, value),
    st.builds(together, st.just(b"data"), colon, value),
    st.builds(together, st.just(b"retry"), colon, digits),
    st.sampled_from([b"data", b"event", b"id", b"retry"]),
)
long_line = st.builds(
    together,
    st.sampled_from([b"data: ", b"data:", b"id: ", b": ", b"event: ", b"unknown: "]),
    st.integers(100, 3000).map(lambda times: b"x" * times),
    value,
)
odd_line = st.one_of(
    st.sampled_from([b":", b": hi", b":hi", b"::", b": \xff"]),
    st.sampled_from([b"x", b"x: y", b"Data: a", b" data: a", b"data : a", b"data\0: a", BOM + b"data: a", b"dat"]),
    value,
    long_line,
)
line = st.builds(together, st.one_of(field, field, odd_line), line_end)
block = st.builds(together, st.lists(line, max_size=5).map(b"".join), line_end)


@st.composite
def runs(draw: st.DrawFn) -> bytes:
    """Blocks of the same form, which a parser may read in bulk; often with odd ones among them."""
    end = draw(line_end)
    shape = draw(
        st.sampled_from(
            [
                [b"data: %s"],
                [b"data:%s"],
                [b"event: e", b"data: %s"],
                [b"event:e", b"data:%s"],
                [b"event: \xff", b"data: %s"],
                [b"event", b"data: %s"],
                [b"event: %s", b"data: x"],
                [b"id: %s", b"data: x"],
                [b"event: e", b"id: 1", b"data: %s", b"data: y"],
                [b"event: %s", b"id: %s", b"data: %s"],
                [b"id:%s", b"data:%s"],
                [b"data: %s", b"id: %s"],
                [b"data: {", b"data: %s", b"data: }"],
                [b"id: %s", b"retry: 5", b"data: {", b"data: %s"],
                [b"retry: 5", b"data: %s"],
                [b": %s"],
            ]
        )
    )
    plain = st.sampled_from([b"x", b"", b" x", b"data: x", b"{}", b"\xff", b"\0", "\u2028".encode(), b"x\r", b"\ny"])
    values = draw(st.one_of(st.lists(plain, min_size=1, max_size=8), st.lists(st.just(b"x"), min_size=2, max_size=40)))
    blocks = [end.join(line.replace(b"%s", value) for line in shape) + end + end for value in values]
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 3]))):
        at = draw(st.integers(0, len(blocks)))
        blocks.insert(at, draw(st.one_of(line, block, line_end, value)))
    return b"".join(blocks)


shifting_runs = st.lists(runs(), min_size=2, max_size=4).map(b"".join)


unfinished = st.one_of(st.just(b""), field, odd_line, line)
grammatical = st.builds(
    together,
    st.sampled_from([b"", b"", b"", BOM, BOM + BOM, BOM[:2], BOM + b"\n", b"\n"]),
    st.lists(st.one_of(block, block, runs(), line, line_end), max_size=6).map(b"".join),
    unfinished,
)
letters = st.lists(
    st.sampled_from([b"\r", b"\n", b":", b" ", b"data", b"id", b"event", b"retry", b"1", b"\0", BOM, b"\xe2"]),
    max_size=30,
).map(b"".join)
streams = st.one_of(grammatical, grammatical, runs(), shifting_runs, letters, st.binary(max_size=40))


def cut(stream: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(edges)]


@st.composite
def splits(draw: st.DrawFn) -> list[bytes]:
    """A stream in pieces, empty ones among them."""
    stream = draw(streams)
    size = draw(st.one_of(st.none(), st.none(), st.integers(1, 8), st.just(64)))
    if size is not None:
        return [stream[at : at + size] for at in range(0, len(stream), size)]
    if draw(st.booleans()):
        # As a live stream comes: one block a read.
        return re.split(rb"(?<=\n\n)|(?<=\r\n\r\n)", stream)
    # Cuts matter most at line ends.
    ends = [
        at for at in range(len(stream) + 1) if stream[at - 1 : at] in (b"\r", b"\n") or stream[at : at + 1] == b"\n"
    ]
    place = st.one_of(st.integers(0, len(stream)), st.sampled_from(ends)) if ends else st.integers(0, len(stream))
    return cut(stream, draw(st.lists(place, max_size=12)))


# --- What is compared ---


def known(event: Event | Comment) -> Event | Comment:
    if isinstance(event, Event) and event.retry is not None and event.retry > ENDLESS:
        return Event(data=event.data, event=event.event, id=event.id, retry=ENDLESS)
    return event


def expected(stream: bytes, last_event_id: str = "") -> Interpretation:
    """Return the reference's interpretation, without a difference between very long reconnection times."""
    result = interpret(stream, last_event_id)
    time = result.reconnection_time
    return dataclasses.replace(
        result,
        everything=[known(event) for event in result.everything],
        reconnection_time=None if time is None else min(time, ENDLESS),
    )


def feed(parser: Parser[Event | Comment], data: bytes) -> list[Event | Comment]:
    return [known(event) for event in parser.feed(data)]


def state(parser: Parser[Event | Comment]) -> tuple[str, int | None]:
    time = parser.reconnection_time
    return parser.last_event_id, None if time is None else min(time, ENDLESS)


# --- Properties ---


@given(splits(), st.sampled_from(["", "", "7"]))
@example([b"\rd", b"ata: a\n\n"], "")
@example([b"data: a\r", b"\ndata: b\n\n"], "")
def test_every_split_means_what_the_standard_says(pieces: list[bytes], last_event_id: str) -> None:
    parser = Parser(last_event_id=last_event_id, comments=True)
    found: list[Event | Comment] = []
    for piece in pieces:
        found += feed(parser, piece)
    reference = expected(b"".join(pieces), last_event_id)
    assert found == reference.everything
    assert state(parser) == (reference.last_event_id, reference.reconnection_time)


@given(splits())
def test_without_comments_the_events_are_the_same(pieces: list[bytes]) -> None:
    parser = Parser()
    found: list[Event | Comment] = []
    for piece in pieces:
        found += feed(parser, piece)
    reference = expected(b"".join(pieces))
    assert found == [event for event in reference.everything if isinstance(event, Event)]
    assert state(parser) == (reference.last_event_id, reference.reconnection_time)


@given(splits())
def test_every_read_returns_all_that_it_completes(pieces: list[bytes]) -> None:
    parser = Parser(comments=True)
    found: list[Event | Comment] = []
    arrived = b""
    for piece in pieces[:25]:
        found += feed(parser, piece)
        arrived += piece
        reference = expected(arrived)
        assert found == reference.everything
        assert state(parser) == (reference.last_event_id, reference.reconnection_time)


@given(st.one_of(letters, st.binary(max_size=40), streams.map(lambda stream: stream[:60])))
def test_every_byte_returns_all_that_it_completes(stream: bytes) -> None:
    parser = Parser(comments=True)
    found: list[Event | Comment] = []
    for at in range(len(stream)):
        found += feed(parser, stream[at : at + 1])
        assert found == expected(stream[: at + 1]).everything


@given(splits())
def test_tail_and_a_blank_line_dispatch_the_pending_event(pieces: list[bytes]) -> None:
    parser = Parser()
    dispatched = sum(len(parser.feed(piece)) for piece in pieces)
    # After a CR, the first LF is skipped.
    pending = [known(event) for event in interpret(b"".join(pieces) + b"\n\n\n").events[dispatched:]]
    assert feed(Parser(), (parser.tail + "\n\n").encode()) == pending


@given(splits())
def test_tail_changes_nothing(pieces: list[bytes]) -> None:
    watched, other = Parser(comments=True), Parser(comments=True)
    for piece in pieces:
        assert watched.feed(piece) == other.feed(piece)
        assert watched.tail == watched.tail


def enough(stream: bytes) -> int:
    """Return the smallest limit that `stream` does not exceed."""
    return bisect.bisect_left(range(len(stream) + 2), True, key=lambda limit: not within(stream, limit)[1])


@st.composite
def limited(draw: st.DrawFn) -> tuple[list[bytes], int]:
    """A stream in pieces and a limit, most often one that it just keeps, or exceeds by a byte."""
    pieces = draw(splits())
    near = st.sampled_from([-1, 0, 1]).map(lambda more: enough(b"".join(pieces)) + more)
    return pieces, max(3, draw(st.one_of(near, near, st.integers(3, 60), st.integers(3, 4000))))


@given(limited())
def test_every_split_meets_the_limit_at_the_same_place(pieces_and_limit: tuple[list[bytes], int]) -> None:
    pieces, limit = pieces_and_limit
    parser = Parser(comments=True, max_event_size=limit)
    whole, too_large = within(b"".join(pieces), limit)
    reference = expected(whole)
    found: list[Event | Comment] = []
    refused = False
    try:
        for piece in [*pieces, b""]:
            found += feed(parser, piece)
    except EventTooLarge:
        refused = True
    assert found == reference.everything
    assert refused == too_large
    assert state(parser) == (reference.last_event_id, reference.reconnection_time)


@given(limited())
def test_too_large_is_refused_with_its_read_or_the_next(pieces_and_limit: tuple[list[bytes], int]) -> None:
    pieces, limit = pieces_and_limit
    parser = Parser(comments=True, max_event_size=limit)
    arrived = b""
    for piece in pieces:
        arrived += piece
        too_large = within(arrived, limit)[1]
        found: list[Event | Comment] = []
        try:
            found += parser.feed(piece)
        except EventTooLarge:
            assert too_large
            return
        assert parser.failed == too_large
        if too_large:
            assert found, "an error waits only for events before it"
            with pytest.raises(EventTooLarge):
                parser.feed(b"")
            return


# --- Encoded and parsed back ---

text = st.text(st.characters(exclude_categories=["Cs"]))
one_line = text.map(lambda value: value.replace("\r", "").replace("\n", ""))
events = st.builds(
    Event,
    data=text.map(lambda value: value.replace("\r", "\n")),
    event=st.one_of(st.just("message"), one_line.map(lambda value: value or "message")),
    id=one_line.map(lambda value: value.replace("\0", "")),
    retry=st.none() | st.integers(0, 10**12),
)


@given(events)
def test_an_encoded_event_is_parsed_back_as_itself(event: Event) -> None:
    assert Parser().feed(event.encode()) == [event]
    assert interpret(event.encode()).events == [event]


@given(st.lists(events, max_size=6), st.lists(st.integers(0, 1000), max_size=6))
def test_a_stream_of_encoded_events_is_parsed_back(sent: list[Event], places: list[int]) -> None:
    last = ""
    meant: list[Event] = []
    for event in sent:
        last = event.id or last  # an event without an id has that of the event before it
        meant.append(Event(data=event.data, event=event.event, id=last, retry=event.retry))
    parser = Parser()
    found: list[Event] = []
    for piece in cut(b"".join(event.encode() for event in sent), places):
        found += parser.feed(piece)
    assert found == meant


@given(one_line)
def test_a_comment_line_is_parsed_back_as_the_comment(text: str) -> None:
    found: list[Event | Comment] = [*Parser(comments=True).feed(f": {text}\n".encode())]
    assert found == [Comment(text=text)]
