"""Events to deltas, and how a stream ends."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec.structs import replace

from sse_client import Comment, ConnectionFailed, DeadlineExceeded, Event, SSEError, StreamTruncated
from sse_client.adapters.openai import ChatDelta, ChatError, Choice, Completion, Message, Usage, adeltas, deltas
from sse_client.adapters.openai.chat._reader import ChatReader
from sse_client.replies._reply import body_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator


def chunk(content: str | None = None, finish_reason: str | None = None, index: int = 0) -> Event:
    choice = {"index": index, "delta": {"content": content}, "finish_reason": finish_reason}
    return Event(json.dumps({"id": "c", "model": "m", "choices": [choice]}))


DONE = Event("[DONE]")


def test_a_delta_has_the_fields_of_its_chunk_and_the_chunk_itself() -> None:
    raw = (
        '{"id":"c","model":"m","choices":[{"index":2,"delta":{"role":"assistant","content":"Hi","refusal":"no",'
        '"reasoning":"hm"},"finish_reason":"stop","logprobs":{"content":[]},"seed":7}],"usage":{"total_tokens":3}}'
    )
    (delta,) = deltas([Event(raw)])
    assert delta == ChatDelta(
        index=2,
        role="assistant",
        content="Hi",
        reasoning="hm",
        refusal="no",
        finish_reason="stop",
        logprobs={"content": []},
        usage=Usage(total_tokens=3),
        id="c",
        model="m",
        raw=raw,
    )
    assert delta.raw is raw
    assert delta.tool_calls == ()
    assert msgspec.json.decode(msgspec.json.encode(delta), type=ChatDelta) == delta


def test_a_chunk_gives_a_delta_for_each_of_its_choices() -> None:
    choices = [{"index": index, "delta": {"content": str(index)}, "finish_reason": "stop"} for index in (1, 0)]
    event = Event(json.dumps({"choices": choices}))
    assert [(delta.index, delta.content, delta.raw) for delta in deltas([event])] == [
        (1, "1", event.data),
        (0, "0", event.data),
    ]


def test_usage_without_a_choice_is_a_delta_without_an_index() -> None:
    event = Event('{"id":"c","choices":[],"usage":{"total_tokens":3}}')
    assert list(deltas([chunk("Hi"), event, DONE]))[1:] == [
        ChatDelta(usage=Usage(total_tokens=3), id="c", raw=event.data)
    ]


def test_a_chunk_that_carries_nothing_gives_no_delta() -> None:
    events: list[Event | Comment] = [Event('{"choices":[]}'), Comment("hi"), Event(""), chunk("Hi"), DONE]
    assert [delta.content for delta in deltas(events)] == ["Hi"]


@pytest.mark.parametrize("element", ["null", '"x"', "[]", "7"])
def test_what_is_no_object_among_the_tool_calls_is_no_call(element: str) -> None:
    event = Event(f'{{"choices":[{{"index":0,"delta":{{"content":"Hi","tool_calls":[{element}]}}}}]}}')
    assert [(delta.content, delta.tool_calls) for delta in deltas([event, DONE])] == [("Hi", ())]


def test_an_empty_finish_reason_is_none_in_a_delta_too() -> None:
    assert [delta.finish_reason for delta in deltas([chunk("Hi", ""), DONE])] == [None]


def test_deltas_take_nothing_after_done() -> None:
    events = iter([chunk("Hi"), DONE, chunk("more")])
    assert [delta.content for delta in deltas(events)] == ["Hi"]
    assert [event.data for event in events] == [chunk("more").data]


def test_deltas_come_as_the_events_do() -> None:
    events = iter([chunk("H"), chunk("i")])
    stream = deltas(events)
    assert next(stream).content == "H"
    assert next(events).data == chunk("i").data


def test_a_reader_that_is_done_interprets_nothing() -> None:
    reader = ChatReader()
    reader.feed(chunk("Hi"))
    reader.feed(DONE)
    before = reader.completion
    assert reader.feed(chunk("Hi")) == ()
    assert reader.feed(Event("junk")) == ()
    assert list(reader.end("data: junk")) == []
    assert reader.outcome == "complete"
    assert reader.completion == before


def test_the_completion_can_be_had_at_any_time() -> None:
    reader = ChatReader()
    assert reader.completion == Completion()
    reader.feed(chunk("H"))
    assert (reader.outcome, reader.done, reader.finished) == (None, False, False)
    before = reader.completion
    reader.feed(chunk("i", "stop"))
    assert before == Completion("c", "m", None, [Choice(0, Message(None, "H"))])
    assert reader.completion == Completion("c", "m", None, [Choice(0, Message(None, "Hi"), "stop")])
    assert (reader.outcome, reader.done, reader.finished) == (None, False, True)


def test_a_completion_keeps_its_logprobs_when_more_come() -> None:
    reader = ChatReader()
    event = Event('{"choices":[{"index":0,"delta":{},"logprobs":{"content":[1]}}]}')
    (delta,) = reader.feed(event)
    before = reader.completion
    reader.feed(event)
    assert before.choices[0].logprobs == delta.logprobs == {"content": [1]}
    assert reader.completion.choices[0].logprobs == {"content": [1, 1]}


@pytest.mark.parametrize(
    ("events", "message"),
    [
        pytest.param([], "the stream ended before its first chunk", id="nothing came"),
        pytest.param(
            [Comment("hi"), Event("", "ping")], "the stream ended before its first chunk", id="only heartbeats"
        ),
        pytest.param(
            [Event('{"choices":[]}')],
            """the stream ended before its first chunk; what came was '{"choices":[]}'""",
            id="only an empty chunk",
        ),
        pytest.param(
            [Event('{"type":"response.created"}')],
            """the stream ended before its first chunk; what came was '{"type":"response.created"}'""",
            id="only another API's events",
        ),
        pytest.param(
            [Event('{"usage":{}}')],
            "the stream ended without [DONE], and without a finish reason of choice 0",
            id="only usage",
        ),
        pytest.param(
            [chunk("Hi")], "the stream ended without [DONE], and without a finish reason of choice 0", id="no finish"
        ),
        pytest.param(
            [chunk("Hi", index=3), chunk("Hi", "stop", index=1), chunk("Ha", index=2)],
            "the stream ended without [DONE], and without a finish reason of choice 2, 3",
            id="a finish of one choice of three",
        ),
    ],
)
def test_a_stream_that_is_cut_is_truncated(events: list[Event | Comment], message: str) -> None:
    reader = ChatReader()
    for event in events:
        reader.feed(event)
    with pytest.raises(StreamTruncated) as caught:
        list(deltas(events))
    assert str(caught.value) == message
    assert caught.value.partial == reader.completion
    with pytest.raises(StreamTruncated):
        list(reader.end())
    assert reader.outcome == "truncated"


class Broken:
    """Events that end with an error of their own, and leave a tail, as an `EventStream` may."""

    def __init__(self, *events: Event, tail: str = "", error: SSEError | None = None) -> None:
        self.tail = tail
        self._events = events
        self.error = error or ConnectionFailed("the connection broke")

    def __iter__(self) -> Iterator[Event]:
        yield from self._events
        raise self.error


def test_events_that_break_off_are_a_truncated_stream() -> None:
    events = Broken(chunk("H"), tail='data: {"choices":[{"delta":{"content":"i"}}]}')
    stream = deltas(events)
    assert [next(stream).content, next(stream).content] == ["H", "i"]
    with pytest.raises(StreamTruncated, match="without a finish reason of choice 0") as caught:
        next(stream)
    assert caught.value.__cause__ is events.error
    assert caught.value.partial == Completion("c", "m", None, [Choice(0, Message(None, "Hi"))])


@pytest.mark.parametrize("events", [Broken(chunk("Hi", "stop")), Broken(chunk("Hi"), tail="data: [DONE]")])
def test_events_that_break_off_behind_the_end_are_a_whole_stream(events: Broken) -> None:
    assert [delta.content for delta in deltas(events)] == ["Hi"]


def test_events_that_break_off_before_the_first_chunk_are_an_error_of_theirs() -> None:
    events = Broken(Event("", "ping"))
    with pytest.raises(ConnectionFailed) as caught:
        list(deltas(events))
    assert caught.value is events.error


@pytest.mark.parametrize(
    ("events", "partial"),
    [
        pytest.param([chunk("Hi")], Completion("c", "m", None, [Choice(0, Message(None, "Hi"))]), id="behind a chunk"),
        pytest.param([], None, id="before the first chunk"),
    ],
)
def test_an_error_that_is_final_carries_what_had_come(events: list[Event], partial: Completion | None) -> None:
    late = DeadlineExceeded("too late")

    def until_late() -> Iterator[Event]:
        yield from events
        raise late

    with pytest.raises(DeadlineExceeded) as caught:
        list(deltas(until_late()))
    assert caught.value is late
    assert late.partial == partial


class Arriving:
    """The same events, asynchronously."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events = iter(events)
        self.tail = getattr(events, "tail", "")

    async def __aiter__(self) -> AsyncIterator[Event]:
        for event in self._events:
            yield event


async def awaited(events: Iterable[Event]) -> tuple[list[str | None], SSEError | None]:
    found: list[str | None] = []
    try:
        async for delta in adeltas(Arriving(events)):
            found.append(delta.content)
    except SSEError as error:
        return found, error
    return found, None


def taken(events: Iterable[Event]) -> tuple[list[str | None], SSEError | None]:
    found: list[str | None] = []
    try:
        for delta in deltas(events):
            found.append(delta.content)
    except SSEError as error:
        return found, error
    return found, None


def told(error: SSEError | None) -> tuple[object, ...]:
    return type(error), str(error), error and error.partial, error and error.__cause__


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([chunk("Hi", "stop"), DONE], id="a whole stream"),
        pytest.param([chunk("Hi")], id="a stream that is cut"),
        pytest.param([chunk("Hi"), Event('{"error":{"message":"no"}}')], id="an error in the stream"),
        pytest.param(Broken(chunk("Hi", "stop")), id="events that break off behind the end"),
        pytest.param(Broken(chunk("H"), tail='data: {"choices":[{"delta":{"content":"i"}}]}'), id="before the end"),
        pytest.param(Broken(Event("", "ping")), id="before the first chunk"),
        pytest.param(Broken(chunk("Hi"), error=DeadlineExceeded("too late")), id="an error that is final"),
    ],
)
def test_asynchronous_events_give_the_deltas_and_the_errors_of_others(events: Iterable[Event]) -> None:
    (found, error), (expected, expected_error) = asyncio.run(awaited(events)), taken(events)
    assert found == expected
    assert told(error) == told(expected_error)


def test_no_asynchronous_event_behind_done_is_taken() -> None:
    events = iter([chunk("Hi"), DONE, chunk("more")])
    assert asyncio.run(awaited(events)) == (["Hi"], None)
    assert [event.data for event in events] == [chunk("more").data]


def test_an_error_in_the_stream_keeps_its_own_partial() -> None:
    with pytest.raises(ChatError) as caught:
        list(deltas([chunk("Hi"), Event('{"error":{"message":"no"}}')]))
    assert caught.value.partial == Completion("c", "m", None, [Choice(0, Message(None, "Hi"))])


def test_so_many_choices_as_were_asked_for_have_to_finish() -> None:
    events = [chunk("Hi", "stop"), chunk("Ho", "stop", 2)]
    assert len(list(deltas(events, choices=2))) == 2
    with pytest.raises(StreamTruncated, match=r"without a finish reason of choice 1$"):
        list(deltas(events, choices=3))


def test_the_end_is_judged_once() -> None:
    reader = ChatReader()
    with pytest.raises(StreamTruncated):
        list(reader.end())
    assert list(reader.end()) == []


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param("data: [DONE]", id="DONE"),
        pytest.param('data: {"choices":[{"delta":{"content":"!"},"finish_reason":"stop"}]}', id="the finish chunk"),
        pytest.param(
            'data: {"choices":[],"usage"\ndata: :{"total_tokens":1}}\n\ndata: [DONE]', id="chunks of two lines"
        ),
    ],
)
def test_a_whole_event_in_the_tail_counts(tail: str) -> None:
    reader = ChatReader()
    reader.feed(chunk("Hi"))
    list(reader.end(tail))
    assert reader.outcome == "complete"


@pytest.mark.parametrize(
    "tail", ["", "da", "data: [DON", "data: 7", 'data: {"choices":[{"delta":{"content":"!"}}]', "event: x"]
)
def test_half_an_event_in_the_tail_does_not_count(tail: str) -> None:
    reader = ChatReader()
    reader.feed(chunk("Hi"))
    with pytest.raises(StreamTruncated) as caught:
        list(reader.end(tail))
    assert caught.value.partial.choices[0].message.content == "Hi"


def test_the_deltas_of_a_tail_come_before_the_end_is_judged() -> None:
    reader = ChatReader()
    last = reader.end('data: {"choices":[{"delta":{"content":"Hi"}}]}')
    assert next(last).content == "Hi"
    with pytest.raises(StreamTruncated):
        next(last)


@pytest.mark.parametrize("tail", ['data: {"error":"no"}', "event: error\ndata: no", "error: no"])
def test_an_error_in_the_tail_is_one(tail: str) -> None:
    reader = ChatReader()
    reader.feed(chunk("Hi", "stop"))
    with pytest.raises(ChatError, match="no"):
        list(reader.end(tail))
    assert reader.outcome == "error"


def test_an_answer_that_failed_is_an_error_without_done_too() -> None:
    with pytest.raises(ChatError, match="choice 0 ended with the finish reason 'error'"):
        list(deltas([chunk("Hi", "error")]))


def test_a_whole_completion_instead_of_a_stream() -> None:
    reader = ChatReader()
    body = b'\xef\xbb\xbf{"id":"c","object":"chat.completion","choices":[{"index":0,"message":{"content":"Hi"}}]}'
    (delta,) = reader.whole(body_text(body))
    assert delta.content == "Hi"
    assert reader.outcome == "complete"
    assert reader.completion == Completion("c", None, None, [Choice(0, Message(None, "Hi"))])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b'{"error":{"message":"no"}}', "no", id="a JSON error"),
        pytest.param(b'{"error":"no","choices":[{}]}', "no", id="an error beside choices"),
        pytest.param(b"<html><title>Login</title>", "an HTML page: Login", id="an HTML page"),
        pytest.param(b"", "an empty answer (200 OK)", id="nothing"),
    ],
)
def test_a_response_that_is_neither(body: bytes, message: str) -> None:
    reader = ChatReader()
    with pytest.raises(ChatError) as caught:
        reader.whole(body_text(body))
    assert caught.value.message == message
    assert caught.value.status == 200
    assert reader.outcome == "error"


def test_data_that_is_no_unicode_is_an_error_or_what_was_meant() -> None:
    with pytest.raises(ChatError):
        list(deltas([Event("\ud800")]))
    assert [delta.content for delta in deltas([Event('{"choices":[{"delta":{"content":"\ud800a"}}]}'), DONE])] == [
        "\ufffda"
    ]


DETAILS = {"prompt_tokens_details": {"cached_tokens": 3}, "completion_tokens_details": {"reasoning_tokens": 1}}


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6, **DETAILS},
        {"inputTokens": 4, "cached_tokens": 1},
        {},
    ],
    ids=["OpenAI's", "another's", "nothing"],
)
def test_a_chunk_of_usage_alone_is_read_at_once_and_means_the_same(
    usage: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone: dict[str, object] = {
        "id": "c",
        "object": "chat.completion.chunk",
        "model": "m",
        "choices": [],
        "usage": usage,
    }
    events = [chunk("Hi", "stop"), Event(json.dumps({**alone, "unknown": 1})), DONE]
    in_general = list(deltas(events))
    monkeypatch.setattr("sse_client.adapters.openai.chat._irregular_chunk.parts", None)
    events[1] = Event(json.dumps({**alone, "system_fingerprint": "f", "service_tier": None, "obfuscation": "x"}))
    assert [replace(delta, raw="") for delta in deltas(events)] == [replace(delta, raw="") for delta in in_general]


@pytest.mark.parametrize("more", [{"error": {"message": "no"}}, {"object": "error", "message": "no"}])
def test_an_error_beside_usage_alone_is_an_error(more: dict[str, object]) -> None:
    event = Event(json.dumps({"choices": [], "usage": {"total_tokens": 3}, **more}))
    with pytest.raises(ChatError, match="no"):
        list(deltas([chunk("Hi", "stop"), event, DONE]))


def test_an_event_of_very_many_lines_is_not_read_as_that_many_chunks() -> None:
    line = '{"choices":[{"delta":{"content":"a"}}]}'
    reader = ChatReader()
    assert len(reader.feed(Event("\n".join([line] * 10_000)))) == 10_000
    with pytest.raises(ChatError, match="expected a chunk in JSON"):
        ChatReader().feed(Event("\n".join([line] * 10_001)))


def test_what_is_framed_more_than_twice_is_an_error() -> None:
    assert len(ChatReader().feed(Event('data: {"choices":[{"delta":{}}]}'))) == 1
    with pytest.raises(ChatError, match="expected a chunk in JSON"):
        ChatReader().feed(Event('data: data: {"choices":[{"delta":{}}]}'))
