"""The parser of replies: errors of old llama.cpp, byte order marks, and lines that belong to no event stream."""

from __future__ import annotations

import pytest

from sse_client import Event, Parser
from sse_client.replies.parsing import TolerantParser


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_an_error_field_is_an_event_of_the_type_error(size: int) -> None:
    parser, events = TolerantParser(), list[Event]()
    stream = b'data: 1\n\nerror: {"code":400}\nfoo: bar\n\ndata: [DONE]\n\n'
    for start in range(0, len(stream), size):
        events += parser.feed(stream[start : start + size])
    assert [(event.event, event.data) for event in events] == [
        ("message", "1"),
        ("error", '{"code":400}'),
        ("message", "[DONE]"),
    ]


def test_data_after_a_byte_order_mark_is_an_event() -> None:
    events = TolerantParser().feed("\ufeffdata: 1\n\n\ufeffdata: 2\n\n\ufeff: 3\n\ndata: 4\n\n".encode())
    assert [(event.event, event.data) for event in events] == [("message", "1"), ("message", "2"), ("message", "4")]


def test_lines_that_no_stream_has_stand_in_the_tail() -> None:
    parser = TolerantParser()
    parser.feed(b'data: 1\n\n{\n  "a": "b"\nfoo\n: comment\nid: 7\ndata: 2\nda')
    assert parser.stray == '{\n  "a": "b"\nfoo'
    assert parser.tail == '{\n  "a": "b"\nfoo\nid: 7\ndata: 2\nda'
    (event,) = Parser().feed(parser.tail.encode() + b"\n\n")
    assert event == Event("2", id="7")


def test_only_the_first_of_those_lines_are_kept() -> None:
    parser = TolerantParser()
    parser.feed(b"x" * 100_000 + b"\n")
    parser.feed(b"y\n" * 10)
    assert parser.stray == "x" * 100_000
    parser = TolerantParser()
    for _ in range(10):
        parser.feed(b"field: value\n" * 10_000)
    assert 64 * 1024 <= len(parser.stray) < 65 * 1024
