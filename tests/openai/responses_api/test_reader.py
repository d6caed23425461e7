"""How the stream of a response is read, and how it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sse_client import Comment, Event, StreamTruncated
from sse_client.adapters.openai import ChatError
from sse_client.adapters.openai.responses import (
    IncompleteDetails,
    Response,
    ResponseFailure,
    ResponseLifecycleEvent,
    ResponseTextDeltaEvent,
)
from sse_client.adapters.openai.responses._reader import ResponseReader
from sse_client.replies._reply import body_text
from sse_client.replies.parsing import TolerantParser

from .kit import (
    CALL,
    MESSAGE,
    RESPONSE,
    TEXT,
    TOOL,
    USAGE,
    about,
    encoded,
    event,
    events,
    fed,
    lifecycle,
    partial_of,
    read,
    said,
)

BEGUN = [lifecycle("created"), *said(MESSAGE, 0, "Hel", "lo")[:3]]
CHUNK = '{"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hi"}}]}'


def failure(*stream: Event) -> tuple[ChatError, ResponseReader]:
    """Return the error of the last event of `stream`."""
    reader = ResponseReader()
    for each in stream[:-1]:
        reader.feed(each)
    with pytest.raises(ChatError) as caught:
        reader.feed(stream[-1])
    assert reader.outcome == "error"
    assert partial_of(caught.value) == reader.response
    return caught.value, reader


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_every_split_of_the_bytes_gives_the_same_events(size: int) -> None:
    whole, _ = read(encoded(TOOL))
    found, reader = read(encoded(TOOL), size)
    assert found == whole
    assert [each.type for each in found] == [payload["type"] for payload in TOOL]
    assert [each.sequence_number for each in found] == list(range(len(TOOL)))
    assert (reader.outcome, reader.done, reader.skipped) == ("complete", True, 0)
    assert reader.response.output_text == "Hello"


def test_a_whole_stream_is_complete_and_its_response_is_the_servers() -> None:
    found, reader = read(encoded(TEXT))
    pieces = [each.delta for each in found if isinstance(each, ResponseTextDeltaEvent)]
    assert pieces == ["Hel", "lo"]
    last = found[-1]
    assert isinstance(last, ResponseLifecycleEvent)
    assert reader.response is last.response or reader.response == last.response
    assert reader.response.json() == TEXT[-1]["response"]
    assert (reader.response.status, reader.response.function_calls) == ("completed", [])


def test_an_incomplete_response_is_a_whole_stream_that_says_why() -> None:
    details = {"reason": "max_output_tokens"}
    reader = fed(*BEGUN, lifecycle("incomplete", incomplete_details=details, output=[MESSAGE]))
    assert reader.outcome == "complete"
    assert reader.response.status == "incomplete"
    assert reader.response.incomplete_details == IncompleteDetails("max_output_tokens")


def test_a_server_may_say_no_more_than_that_it_is_over() -> None:
    reader = fed(*BEGUN, {"type": "response.incomplete"})
    assert reader.outcome == "complete"
    assert (reader.response.id, reader.response.status) == ("resp_1", "incomplete")
    assert reader.response.output_text == "Hel"


def test_the_status_of_the_response_itself_counts() -> None:
    reader = fed({"type": "response.completed", "response": {**RESPONSE, "status": "incomplete"}})
    assert (reader.outcome, reader.response.status) == ("complete", "incomplete")


@pytest.mark.parametrize("output", [None, [], "x"], ids=["none", "an empty one", "an odd one"])
def test_an_output_that_the_last_event_leaves_out_is_what_had_arrived(output: Any) -> None:
    reader = fed(*TEXT[:-1], lifecycle("completed", output=output, usage=USAGE))
    assert [item.json() for item in reader.response.output] == [MESSAGE]
    assert reader.response.usage is not None


def test_nothing_after_the_last_event_is_interpreted() -> None:
    reader = fed(*TEXT)
    before = reader.response
    assert reader.feed(Event("[DONE]")) == ()
    assert reader.feed(Event("junk")) == ()
    assert reader.feed(event(lifecycle("failed"))) == ()
    assert list(reader.end("data: junk")) == []
    assert (reader.outcome, reader.response) == ("complete", before)


@pytest.mark.parametrize(
    "each",
    [
        pytest.param(Comment("OPENROUTER PROCESSING"), id="a comment"),
        pytest.param(Event(""), id="no data"),
        pytest.param(Event("  "), id="blanks"),
        pytest.param(Event(": PROCESSING"), id="a comment that a gateway wrapped"),
        pytest.param(Event("12:30", "ping"), id="a ping"),
        pytest.param(Event('{"type":"ping"}'), id="a ping by its payload"),
        pytest.param(Event("12:30", "heartbeat"), id="a heartbeat"),
        pytest.param(Event("keep-alive"), id="a heartbeat by all of its data"),
        pytest.param(Event("null"), id="null"),
        pytest.param(Event("null", "response.created"), id="null of a known type"),
        pytest.param(Event('{"status":"queued"}'), id="an object of no type"),
    ],
)
def test_what_is_no_event_gives_none(each: Event | Comment) -> None:
    reader = ResponseReader()
    assert reader.feed(each) == ()
    assert (reader.outcome, reader.empty) == (None, True)
    assert reader.response == Response()


def test_a_reader_is_empty_until_its_first_event() -> None:
    reader = fed(lifecycle("created"))
    assert (reader.empty, reader.done, reader.outcome) == (False, False, None)


@pytest.mark.parametrize(
    ("last", "fields"),
    [
        pytest.param(
            event({"type": "error", "code": "c", "message": "no", "param": "p", "sequence_number": 2}),
            {"message": "no", "code": "c", "param": "p"},
            id="flat, as it is documented",
        ),
        pytest.param(
            event({"type": "error", "error": {"type": "t", "code": "c", "message": "no", "param": None}}),
            {"message": "no", "code": "c", "type": "t", "param": None},
            id="nested, as it is sent",
        ),
        pytest.param(Event('{"type":"error","message":"no"}'), {"message": "no"}, id="without an event line"),
        pytest.param(Event("upstream died", "error"), {"message": "upstream died"}, id="plain text"),
        pytest.param(
            Event('{"error":{"message":"no","code":502}}'), {"message": "no", "code": 502}, id="an error alone"
        ),
        pytest.param(Event('[{"error":{"message":"no","code":400}}]'), {"message": "no", "code": 400}, id="an array"),
        pytest.param(
            event({"type": "response.error", "error": {"message": "no", "code": "c"}}),
            {"message": "no", "code": "c"},
            id="response.error",
        ),
        pytest.param(event({"type": "message_stop", "error": "no"}), {"message": "no"}, id="beside another type"),
        pytest.param(
            event(lifecycle("failed", error={"code": "server_error", "message": "no"})),
            {"message": "no", "code": "server_error", "type": None, "param": None, "status": None},
            id="a response that failed",
        ),
        pytest.param(
            event(lifecycle("failed")),
            {"message": "the response failed, and the server does not say why", "code": "failed"},
            id="a response that failed for no reason",
        ),
        pytest.param(
            event({"type": "response.failed", "error": {"message": "no"}}), {"message": "no"}, id="failed, no response"
        ),
        pytest.param(
            event(lifecycle("completed", status="failed", error={"message": "no"})),
            {"message": "no"},
            id="a response that says itself that it failed",
        ),
        pytest.param(
            event(lifecycle("completed", status="cancelled")),
            {"message": "the response was cancelled, and the server does not say why", "code": "cancelled"},
            id="a response that was cancelled",
        ),
        pytest.param(Event("Sure"), {"message": "expected an event in JSON, got 'Sure'"}, id="no JSON"),
        pytest.param(Event("[" * 100_000), {"code": None}, id="JSON that is nested too deep"),
        pytest.param(
            Event('{"type":"response.output_item.done","item":{"a":' + "[" * 100_000 + "]" * 100_000 + "}}"),
            {"code": None},
            id="an item that is nested too deep",
        ),
        pytest.param(Event("[" * 100_000, "response.created"), {"code": None}, id="a known type, nested too deep"),
        pytest.param(
            Event("7"), {"message": "expected an event of the Responses API, got '7'"}, id="JSON that is no object"
        ),
        pytest.param(
            Event("[1]", "response.created"),
            {"message": "expected an event of the Responses API, got '[1]'"},
            id="a known type that is no object",
        ),
        pytest.param(
            Event(CHUNK), {"message": f"expected an event of the Responses API, got {CHUNK!r}"}, id="a chat chunk"
        ),
    ],
)
def test_an_error_in_the_stream(last: Event, fields: dict[str, Any]) -> None:
    error, reader = failure(*map(event, BEGUN), last)
    assert {name: getattr(error, name) for name in fields} == fields
    assert error.raw == last.data
    assert reader.response.output_text == "Hel"


def test_an_error_sets_status_and_error_and_so_does_the_failure_after_it() -> None:
    error, reader = failure(*map(event, BEGUN), event({"type": "error", "error": {"message": "no", "code": "c"}}))
    assert str(error) == "no (code c)"
    assert (reader.response.status, reader.response.error) == ("failed", ResponseFailure("c", "no"))
    failed = lifecycle("failed", error={"code": "d", "message": "not at all"}, usage=USAGE)
    for each in (Comment("hi"), event(about("output_text.delta", delta="x")), event({"type": "response.failed"})):
        assert reader.feed(each) == ()
    assert reader.feed(event(failed)) == ()
    assert list(reader.end()) == []
    assert (reader.response.status, reader.response.error) == ("failed", ResponseFailure("d", "not at all"))
    assert reader.response.usage is not None
    assert reader.feed(event(lifecycle("failed"))) == ()
    assert reader.response.error == ResponseFailure("d", "not at all")


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        pytest.param([], "the stream ended before its first event", id="nothing came"),
        pytest.param([Comment("hi"), Event("", "ping")], "the stream ended before its first event", id="heartbeats"),
        pytest.param(
            [Event('{"status":"queued"}')],
            """the stream ended before its first event; what came was '{"status":"queued"}'""",
            id="only what is no event",
        ),
        pytest.param(
            [event({"type": "message_stop"})],
            "the stream ended without response.completed; the last event was message_stop",
            id="another API's events",
        ),
        pytest.param(
            events(BEGUN),
            "the stream ended without response.completed; the last event was response.output_text.delta (3)",
            id="no last event",
        ),
        pytest.param(
            events(TEXT[:-1]),
            "the stream ended without response.completed; the last event was response.output_item.done (8)",
            id="every item done",
        ),
    ],
)
def test_a_stream_without_its_last_event_is_truncated(stream: list[Event | Comment], message: str) -> None:
    reader = ResponseReader()
    for each in stream:
        reader.feed(each)
    with pytest.raises(StreamTruncated) as caught:
        list(reader.end())
    assert str(caught.value) == message
    assert caught.value.partial == reader.response
    assert reader.outcome == "truncated"
    assert list(reader.end()) == []


@pytest.mark.parametrize("done", ["[DONE]", ' "[DONE]" '])
def test_done_before_the_last_event_is_truncated_too(done: str) -> None:
    reader = fed(*BEGUN)
    with pytest.raises(StreamTruncated, match=r"the stream ended with \[DONE\] without response.completed") as caught:
        reader.feed(Event(done))
    assert caught.value.partial.output_text == "Hel"
    assert reader.outcome == "truncated"
    assert reader.feed(event(TEXT[4])) == ()
    with pytest.raises(StreamTruncated, match=r"the stream ended with \[DONE\] before its first event"):
        ResponseReader().feed(Event(done))


def test_a_truncated_stream_has_the_text_that_came() -> None:
    with pytest.raises(StreamTruncated) as caught:
        read(encoded(TEXT)[: encoded(TEXT).index(b"event: response.output_text.done") + 40])
    assert caught.value.partial.output_text == "Hello"
    assert (caught.value.partial.id, caught.value.partial.status) == ("resp_1", "in_progress")


def test_a_stream_of_what_is_no_event_that_ends_with_done_is_an_error() -> None:
    raw = '{"status":"queued"}'
    error, _ = failure(Event(raw), Event("[DONE]"))
    assert error.message == f"expected events of the Responses API, got {raw!r}"


def test_a_whole_event_in_the_tail_counts() -> None:
    _, reader = read(encoded(TEXT).rstrip(b"\n"))
    assert reader.outcome == "complete"


@pytest.mark.parametrize("tail", ["", "da", 'data: {"type":"response.comp', "event: response.completed"])
def test_half_an_event_in_the_tail_does_not_count(tail: str) -> None:
    reader = fed(*BEGUN)
    with pytest.raises(StreamTruncated):
        list(reader.end(tail))


def test_the_events_of_a_tail_come_before_the_end_is_judged() -> None:
    reader = fed(*BEGUN)
    last = reader.end('data: {"type":"response.output_text.delta","delta":"!","output_index":0,"content_index":0}')
    assert [next(last).type, reader.response.output_text] == ["response.output_text.delta", "Hel!"]
    with pytest.raises(StreamTruncated):
        next(last)


@pytest.mark.parametrize("tail", ['data: {"type":"error","message":"no"}', "event: error\ndata: no", "error: no"])
def test_an_error_in_the_tail_is_one(tail: str) -> None:
    reader = fed(*BEGUN)
    with pytest.raises(ChatError, match="no"):
        list(reader.end(tail))
    assert reader.outcome == "error"


def test_an_error_field_of_its_own_is_an_error() -> None:
    (each,) = TolerantParser().feed(b'error: {"code":400,"message":"too long"}\n\n')
    error, _ = failure(each)
    assert (error.message, error.code) == ("too long", 400)


def test_a_whole_response_instead_of_a_stream_gives_its_texts_and_its_end() -> None:
    reader = ResponseReader()
    payload = {**RESPONSE, "status": "completed", "output": [CALL, MESSAGE], "usage": USAGE}
    body = b"\xef\xbb\xbf" + json.dumps(payload).encode()
    text, last = reader.whole(body_text(body))
    raw = json.dumps(payload)
    assert text == ResponseTextDeltaEvent("response.output_text.delta", None, raw, 0, "Hello", "msg_1", 1, logprobs=[])
    assert last == ResponseLifecycleEvent("response.completed", None, raw, reader.response)
    assert (reader.outcome, reader.empty, reader.response.output_text) == ("complete", False, "Hello")
    assert reader.response.json() == payload


def test_a_whole_response_may_be_incomplete_or_say_only_what_it_has() -> None:
    assert [each.type for each in ResponseReader().whole('{"object":"response","status":"incomplete"}')] == [
        "response.incomplete"
    ]
    assert [each.type for each in ResponseReader().whole('{"output":[]}')] == ["response.completed"]


@pytest.mark.parametrize("status", ["queued", "in_progress"])
def test_a_whole_response_that_is_not_over_is_truncated(status: str) -> None:
    reader = ResponseReader()
    with pytest.raises(StreamTruncated, match=f"a response that is {status}, and no stream") as caught:
        reader.whole(json.dumps({**RESPONSE, "status": status}))
    assert caught.value.partial.id == "resp_1"
    assert reader.outcome == "truncated"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        pytest.param(b'{"error":{"message":"no","code":"c"}}', {"message": "no", "code": "c"}, id="a JSON error"),
        pytest.param(
            json.dumps({**RESPONSE, "status": "failed", "error": {"message": "no", "code": "c"}}).encode(),
            {"message": "no", "code": "c"},
            id="a response that failed",
        ),
        pytest.param(
            json.dumps({**RESPONSE, "status": "cancelled"}).encode(),
            {"message": "the response was cancelled, and the server does not say why", "code": "cancelled"},
            id="a response that was cancelled",
        ),
        pytest.param(b"<html><title>Login</title>", {"message": "an HTML page: Login"}, id="an HTML page"),
        pytest.param(b"", {"message": "an empty answer (200 OK)"}, id="nothing"),
        pytest.param(b"[]", {"message": "expected an error message, got []"}, id="an array"),
        pytest.param(
            CHUNK.encode(), {"message": f"expected a response of the Responses API, got {CHUNK!r}"}, id="a completion"
        ),
        pytest.param(b'{"choices":[],"error":"no"}', {"message": "no"}, id="an error beside choices"),
    ],
)
def test_an_answer_that_is_neither(body: bytes, fields: dict[str, Any]) -> None:
    reader = ResponseReader()
    with pytest.raises(ChatError) as caught:
        reader.whole(body_text(body))
    assert {name: getattr(caught.value, name) for name in fields} == fields
    assert (caught.value.status, caught.value.raw) == (200, body.decode())
    assert partial_of(caught.value) == reader.response
    assert reader.outcome == "error"


@pytest.mark.parametrize(
    ("deepest", "each"),
    [
        pytest.param(
            "_output_accumulator.OutputAccumulator.add_item", event(said(MESSAGE, 0, "Hi")[0]), id="where it is added"
        ),
        pytest.param("_irregular_event.lenient", Event('{"type":"keepalive"}'), id="where it is irregular"),
    ],
)
def test_an_event_that_is_decoded_and_too_deep_for_what_follows_is_an_error(
    deepest: str, each: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where that is depends on how deep the caller's own calls are.
    def exceeded(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(f"sse_client.adapters.openai.responses.{deepest}", exceeded)
    error, _ = failure(each)
    assert error.message.startswith("expected an event that is not nested so deep, got")
    assert error.raw == each.data
