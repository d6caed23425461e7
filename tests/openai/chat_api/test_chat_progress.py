"""Which events of a chat end the wait for a delta."""

from __future__ import annotations

import pytest

from sse_client import Event
from sse_client.adapters.openai.chat._reply import CHAT


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(Event('{"choices":[{"index":0,"delta":{"content":"Hi"}}]}'), id="content"),
        pytest.param(Event('{"choices":[{"index":0,"delta":{"role":"assistant"}}]}'), id="a role"),
        pytest.param(Event('{"choices":[{"delta":{},"finish_reason":"stop"}]}'), id="a finish reason"),
        pytest.param(Event('{"choices":[],"usage":{"total_tokens":1}}'), id="usage"),
        pytest.param(Event('{"choices":[{"delta":{"content":["odd"]}}]}'), id="an irregular chunk"),
        pytest.param(Event("[DONE]"), id="the end"),
        pytest.param(Event(' "[DONE]"'), id="the end, quoted"),
        pytest.param(Event('{"error":{"message":"no"}}'), id="an error"),
        pytest.param(Event("no", "error"), id="an error of a type of its own"),
        pytest.param(Event("rubbish"), id="what is no JSON, an error too"),
    ],
)
def test_what_gives_a_delta_or_ends_the_reply_does(event: Event) -> None:
    assert CHAT.counts is not None
    assert CHAT.counts(event)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(Event("{}", "ping"), id="a ping"),
        pytest.param(Event(""), id="nothing"),
        pytest.param(Event(": PROCESSING"), id="a comment that a gateway wrapped"),
        pytest.param(Event('{"choices":[]}'), id="a chunk without choices"),
        pytest.param(Event('{"id":"c","choices":null,"usage":null}'), id="a chunk of nothing"),
        pytest.param(Event('{"type":"keepalive"}'), id="an object of another kind"),
    ],
)
def test_what_gives_none_does_not(event: Event) -> None:
    assert CHAT.counts is not None
    assert not CHAT.counts(event)
