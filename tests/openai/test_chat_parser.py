"""The chat parser: the parser, and the errors of old llama.cpp."""

from __future__ import annotations

import pytest

from sse_client import Event
from sse_client.adapters.openai._parser import ChatParser


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_an_error_field_is_an_event_of_the_type_error(size: int) -> None:
    parser, events = ChatParser(), list[Event]()
    stream = b'data: 1\n\nerror: {"code":400}\nfoo: bar\n\ndata: [DONE]\n\n'
    for start in range(0, len(stream), size):
        events += parser.feed(stream[start : start + size])
    assert [(event.event, event.data) for event in events] == [
        ("message", "1"),
        ("error", '{"code":400}'),
        ("message", "[DONE]"),
    ]
