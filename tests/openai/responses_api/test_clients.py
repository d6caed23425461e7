"""Replies of the Responses API: the same scenarios through both clients, and what is a client's own."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any, assert_type

import msgspec
import pydantic
import pytest
from both_clients import naps as naps
from test_client_kit import HANGS, KEY, Log, background
from test_client_kit import surroundings as surroundings

from sse_client import (
    Attempt,
    Client,
    ConnectionFailed,
    ContentTypeError,
    EventTooLarge,
    IdleTimeout,
    Request,
    StatusError,
    StreamTruncated,
)
from sse_client.adapters.openai import ChatClient, ChatError
from sse_client.adapters.openai.aio import AsyncChatClient
from sse_client.adapters.openai.responses import (
    Response,
    ResponseEvent,
    ResponseItemEvent,
    ResponseLifecycleEvent,
    ResponsePartEvent,
    ResponseTextDeltaEvent,
    ResponseTextEvent,
)
from sse_client.aio import AsyncClient
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Server, Step, chunk, head, reply, stream

from .asking import ASK, Asker, Making, answering, as_json, blocks, message
from .asking import asker as asker
from .kit import MESSAGE, RESPONSE, TEXT, TOOL, Payload, about, lifecycle

if TYPE_CHECKING:
    from sse_client.adapters.openai.responses import AsyncResponseStream, ResponseStream

WHOLE = ("Hello", "complete", None)
BLOCKS = blocks(TEXT)
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html"}


def answered(payloads: list[Payload]) -> list[Step]:
    return stream(blocks(payloads))


# What arrives.


@pytest.mark.parametrize("enter", [True, False], ids=["entered", "not entered"])
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_events_arrive_in_order_and_by_their_types(asker: Asker, enter: bool, framing: Any) -> None:
    with Server(stream(BLOCKS, framing=framing)) as server:
        came = asker.ask(server.url, enter=enter)
    assert came.end == WHOLE
    assert came.numbers == list(range(len(TEXT)))
    assert [event.type for event in came.events] == [payload["type"] for payload in TEXT]
    assert [type(event) for event in came.events] == [
        ResponseLifecycleEvent,
        ResponseLifecycleEvent,
        ResponseItemEvent,
        ResponsePartEvent,
        ResponseTextDeltaEvent,
        ResponseTextDeltaEvent,
        ResponseTextEvent,
        ResponsePartEvent,
        ResponseItemEvent,
        ResponseLifecycleEvent,
    ]
    assert came.response.usage is not None
    assert (came.response.id, came.response.status, came.response.usage.total_tokens) == ("resp_1", "completed", 12)


def test_text_yields_its_pieces_alone(asker: Asker) -> None:
    with Server(answered(TOOL), answered(TOOL)) as server:
        came = asker.ask(server.url, read="text")
        assert (came.pieces, came.reply.outcome) == (["Hel", "lo"], "complete")
        (call,) = came.response.function_calls
        assert (call.name, call.parsed()) == ("add", {"a": 1})
        assert asker.ask(server.url, read="text", enter=False).pieces == ["Hel", "lo"]


@pytest.mark.parametrize("count", range(1, len(TEXT)))
def test_what_has_arrived_is_there_at_any_time_and_after_leaving(asker: Asker, count: int) -> None:
    with Server([head(), chunk(b"".join(BLOCKS[:count])), STALL]) as server:
        came = asker.ask(server.url, take=count)
    assert (len(came.events), came.reply.outcome, came.reply.events.reason) == (count, "cancelled", "closed")
    assert came.response.output_text == "Hello"[: 3 * max(0, min(count, 5) - 4) + 2 * max(0, min(count, 6) - 5)]
    assert came.response.status == "in_progress"


def test_a_type_that_is_not_known_is_an_event_too(asker: Asker) -> None:
    unknown = about("dream.begun", colour="blue")
    with Server(answered([*TEXT[:2], unknown, *TEXT[2:]])) as server:
        event = asker.ask(server.url).events[2]
    assert (type(event), event.type, event.json()["colour"]) == (ResponseEvent, "response.dream.begun", "blue")


def test_what_is_sent(asker: Asker) -> None:
    with Server(answered(TEXT), answered(TEXT)) as server:
        items = [{"role": "user", "content": "?"}]
        asker.ask(
            f"{server.url}/v1/?a=1",
            call={"input": iter(items), "instructions": "short", "headers": {"X-Own": "mine"}},
            organization="org",
            project="pro",
            params={"b": "2"},
        )
        asker.ask(server.url)
        request, plain = server.requests
    assert (request.method, request.path) == ("POST", "/v1/responses?a=1&b=2")
    assert request.json() == {"model": "m", "input": items, "instructions": "short", "stream": True}
    assert plain.json() == {**ASK, "stream": True}
    sent = {
        "authorization": f"Bearer {KEY}",
        "openai-organization": "org",
        "openai-project": "pro",
        "x-own": "mine",
        "content-type": "application/json",
        "accept": "text/event-stream",
    }
    assert sent.items() <= dict(request.headers).items()


@pytest.mark.parametrize("client", [ChatClient, AsyncChatClient])
def test_what_is_no_stream_cannot_be_asked_for(client: type[ChatClient] | type[AsyncChatClient]) -> None:
    with pytest.raises(ValueError, match="stream: what this returns is a stream"):
        client(api_key=KEY, base_url="http://127.0.0.1:9").responses.stream(model="m", input="?", stream=False)


# How it ends.


def test_the_connection_goes_back_to_the_pool(asker: Asker) -> None:
    done = b"data: [DONE]\n\n"
    scripts = [answered(TEXT), stream([*BLOCKS, done]), stream([*BLOCKS, b": the end\n\n"]), answered(TEXT)]
    with Server(*scripts) as server:
        all_that_came = asker.ask_all(server.url, times=len(scripts))
        assert server.connections == 1
    assert [came.end for came in all_that_came] == [WHOLE] * len(scripts)
    assert [came.reply.events.reason for came in all_that_came] == ["until"] * len(scripts)


def test_it_is_over_with_its_last_event_whatever_the_connection_does(asker: Asker) -> None:
    for ending in (STALL, CLOSE, RESET):
        with Server([head(), *map(chunk, BLOCKS), ending]) as server:
            if ending is RESET:
                # What was not read yet may be lost with it.
                assert asker.ask(server.url).reply.outcome in {"complete", "truncated"}
            else:
                assert asker.ask(server.url).end == WHOLE


def test_comments_and_pings_are_no_events(asker: Asker) -> None:
    between = b": PROCESSING\n\nevent: ping\ndata: {}\n\n"
    with Server(stream([between, *(block for each in BLOCKS for block in (each, between))])) as server:
        came = asker.ask(server.url, under={"comments": True})
    assert (came.end, len(came.events)) == (WHOLE, len(TEXT))


def test_a_last_event_without_its_blank_line_counts(asker: Asker) -> None:
    for ending in (LAST_CHUNK, CLOSE):
        with Server([head(), chunk(b"".join(BLOCKS).rstrip(b"\n")), ending]) as server:
            assert asker.ask(server.url).end == WHOLE


def test_an_incomplete_response_is_a_stream_that_is_complete(asker: Asker) -> None:
    more = {"incomplete_details": {"reason": "max_output_tokens"}, "output": [MESSAGE]}
    with Server(answered([*TEXT[:-1], lifecycle("incomplete", **more)])) as server:
        came = asker.ask(server.url)
    assert came.end == WHOLE
    assert came.response.status == "incomplete"
    assert came.response.incomplete_details is not None
    assert came.response.incomplete_details.reason == "max_output_tokens"


ERROR = {"type": "insufficient_quota", "code": "insufficient_quota", "message": "no money", "param": None}
FAILED = lifecycle("failed", error={"code": "insufficient_quota", "message": "no money"})


@pytest.mark.parametrize(
    "payloads",
    [
        pytest.param(
            [{"type": "error", "code": "insufficient_quota", "message": "no money", "param": None}], id="flat"
        ),
        pytest.param([{"type": "error", "error": ERROR}, FAILED], id="nested, and then the response failed"),
        pytest.param([FAILED], id="the response failed"),
    ],
)
@pytest.mark.parametrize("count", [0, 2, 5])
def test_an_error_inside_the_stream_is_raised_with_what_had_come(
    asker: Asker, payloads: list[Payload], count: int
) -> None:
    with Server(answered([*TEXT[:count], *payloads])) as server:
        came = asker.ask(server.url)
        assert len(server.requests) == 1
    assert came.end == ("Hel" if count == 5 else "", "error", ChatError)
    assert isinstance(came.error, ChatError)
    assert (came.error.message, came.error.code) == ("no money", "insufficient_quota")
    assert json.loads(came.error.raw)["type"] == payloads[0]["type"]
    assert came.error.partial == came.response
    assert len(came.events) == count


@pytest.mark.parametrize("count", range(1, len(TEXT)))
@pytest.mark.parametrize("ending", [LAST_CHUNK, CLOSE], ids=["ended cleanly", "cut"])
def test_a_stream_without_its_last_event_is_truncated(asker: Asker, count: int, ending: Step) -> None:
    with Server([head(), chunk(b"".join(BLOCKS[:count])), ending]) as server:
        came = asker.ask(server.url)
        assert len(server.requests) == 1
    assert (came.reply.outcome, len(came.events)) == ("truncated", count)
    assert isinstance(came.error, StreamTruncated)
    assert came.error.partial == came.response
    last = TEXT[count - 1]["type"]
    assert str(came.error) == f"the stream ended without response.completed; the last event was {last} ({count - 1})"


def test_a_stream_that_ends_with_done_before_its_last_event_is_truncated(asker: Asker) -> None:
    with Server(stream([*BLOCKS[:5], b"data: [DONE]\n\n"])) as server:
        came = asker.ask(server.url)
    assert came.end == ("Hel", "truncated", StreamTruncated)
    assert getattr(came.error, "partial", None) == came.response


def test_silence_cuts_it_off(asker: Asker) -> None:
    with Server([head(), chunk(b"".join(BLOCKS[:5])), STALL]) as server:
        came = asker.ask(server.url, timeout=0.4)
    assert came.end == ("Hel", "truncated", StreamTruncated)
    assert came.error is not None
    assert isinstance(came.error.__cause__, IdleTimeout)


@pytest.mark.parametrize("script", [stream([]), reply(204)], ids=["an empty stream", "no content"])
def test_nothing_at_all_is_truncated(asker: Asker, script: list[Step]) -> None:
    with Server(script) as server:
        came = asker.ask(server.url)
        assert len(server.requests) == 1
    assert came.end == ("", "truncated", StreamTruncated)
    assert getattr(came.error, "partial", None) == Response()


def test_an_event_that_is_too_large_ends_it(asker: Asker) -> None:
    with Server([head(), chunk(b"".join(BLOCKS[:5]) + b"data: " + b"x" * 2000), CLOSE]) as server:
        came = asker.ask(server.url, under={"max_event_size": 1000})
    assert came.end == ("Hel", "truncated", EventTooLarge)
    assert came.response.output_text == "Hel"
    assert getattr(came.error, "partial", None) == came.response


# What is no stream.


def test_a_whole_response_gives_its_text_and_its_end(asker: Asker) -> None:
    payload = {**RESPONSE, "status": "completed", "output": [MESSAGE]}
    with Server(*[reply(200, as_json(payload), JSON)] * 2) as server:
        for enter in (True, False):
            came = asker.ask(server.url, enter=enter)
            assert came.end == WHOLE
            assert [event.type for event in came.events] == ["response.output_text.delta", "response.completed"]
            assert came.response.json() == payload


def test_of_a_whole_response_that_refuses_its_text_alone_is_told(asker: Asker) -> None:
    refused = {**MESSAGE, "content": [{"type": "refusal", "refusal": "no"}, *MESSAGE["content"]]}
    payload = {**RESPONSE, "status": "completed", "output": [refused]}
    with Server(reply(200, as_json(payload), JSON)) as server:
        came = asker.ask(server.url)
    assert came.end == WHOLE
    assert isinstance(came.events[0], ResponseTextDeltaEvent)
    assert (came.events[0].content_index, len(came.events)) == (1, 2)


def test_a_whole_response_that_failed_is_an_error(asker: Asker) -> None:
    payload = {**RESPONSE, "status": "failed", "error": {"code": "c", "message": "no"}}
    with Server(reply(200, as_json(payload), JSON)) as server:
        came = asker.ask(server.url)
    assert came.end == ("", "error", ChatError)
    assert isinstance(came.error, ChatError)
    assert (came.error.message, came.error.code, came.error.status) == ("no", "c", 200)


def test_a_response_that_is_only_begun_is_truncated(asker: Asker) -> None:
    payload = {**RESPONSE, "status": "queued", "background": True}
    with Server(reply(200, as_json(payload), JSON)) as server:
        came = asker.ask(server.url, call={"background": True})
    assert came.end == ("", "truncated", StreamTruncated)
    assert (came.response.id, came.response.status) == ("resp_1", "queued")
    assert getattr(came.error, "partial", None) == came.response


@pytest.mark.parametrize("enter", [True, False], ids=["entered", "not entered"])
@pytest.mark.parametrize(
    ("script", "message", "status", "cause"),
    [
        pytest.param(
            reply(200, b"<html><title>Log in</title>", HTML), "an HTML page: Log in", 200, ContentTypeError, id="a page"
        ),
        pytest.param(reply(502, b"<html><title>Bad</title>", HTML), "an HTML page: Bad", 502, StatusError, id="a 502"),
        pytest.param(reply(400, as_json({"error": ERROR}), JSON), "no money", 400, StatusError, id="a 400"),
        pytest.param(reply(401, b'{"detail":"who?"}', JSON), "who?", 401, StatusError, id="a 401"),
        pytest.param(reply(200, as_json({"error": ERROR}), JSON), "no money", 200, ContentTypeError, id="a JSON error"),
        pytest.param(reply(404), "an empty answer (404 Not Found)", 404, StatusError, id="an empty 404"),
    ],
)
def test_an_answer_that_is_none_is_an_error(
    asker: Asker, script: list[Step], message: str, status: int, cause: type[Exception], enter: bool
) -> None:
    with Server(script) as server:
        came = asker.ask(server.url, enter=enter, max_retries=0)
    assert came.end == ("", "error", ChatError)
    assert isinstance(came.error, ChatError)
    assert (came.error.message, came.error.status, type(came.error.__cause__)) == (message, status, cause)
    assert came.response == Response()


def test_events_of_another_api_are_an_error(asker: Asker) -> None:
    chat = b'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
    with Server(stream([chat, b"data: [DONE]\n\n"])) as server:
        came = asker.ask(server.url)
    assert came.end == ("", "error", ChatError)


# Retries.


@pytest.mark.usefixtures("naps")
@pytest.mark.parametrize(
    "failing",
    [
        pytest.param(reply(429, b"slow"), id="429"),
        pytest.param(reply(500, b"busy"), id="500"),
        pytest.param([RESET], id="a reset"),
        pytest.param([head(), CLOSE], id="a cut before the first event"),
        pytest.param([head(), chunk(b": beat\n\nevent: ping\ndata: {}\n\n"), CLOSE], id="a cut after pings"),
        pytest.param([head(), b"99\r\n" + BLOCKS[0][:-2], CLOSE], id="a cut inside the first event"),
    ],
)
def test_what_fails_before_the_first_event_is_tried_again_with_the_same_key(asker: Asker, failing: list[Step]) -> None:
    with Server(failing, failing, answered(TEXT), failing, answered(TEXT)) as server:
        assert [came.end for came in asker.ask_all(server.url, times=2)] == [WHOLE, WHOLE]
        keys = [request.headers["Idempotency-Key"] for request in server.requests]
        assert len({request.body for request in server.requests}) == 1
        assert {request.method for request in server.requests} == {"POST"}
    assert (len(keys), len(set(keys[:3])), len(set(keys[3:])), len(set(keys))) == (5, 1, 1, 2)


@pytest.mark.usefixtures("naps")
def test_there_are_as_many_retries_as_asked_for(asker: Asker) -> None:
    for most in (0, 1, 4):
        with Server(*[[RESET]] * 9) as server:
            came = asker.ask(server.url, max_retries=most)
            assert len(server.requests) == most + 1
        assert came.end == ("", "error", ConnectionFailed)


def test_the_clients_own_way_to_prepare_a_request_sees_it(asker: Asker) -> None:
    def prepare(request: Request, attempt: Attempt) -> Request:
        return replace(request, headers={**request.headers, "X-Attempt": str(attempt.number)})

    with Server(answered(TEXT)) as server:
        assert asker.ask(server.url, under={"prepare": prepare}).end == WHOLE
        assert server.requests[0].headers["X-Attempt"] == "1"


# An answer of a type.


class Person(msgspec.Struct):
    name: str
    age: int


class Model(pydantic.BaseModel):
    name: str
    age: int


ADA = '{"name": "Ada", "age": 36}'


def says(text: str, **last: Any) -> list[Step]:
    payloads = answering(text[:5], text[5:], background=False)
    payloads[-1]["response"].update(last)
    return answered(payloads)


@pytest.mark.parametrize("enter", [True, False], ids=["entered", "not entered"])
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param(Person, Person("Ada", 36), id="a struct"),
        pytest.param(Model, Model(name="Ada", age=36), id="a pydantic model"),
        pytest.param(pydantic.TypeAdapter(Model), Model(name="Ada", age=36), id="a type adapter"),
        pytest.param(dict[str, Any], {"name": "Ada", "age": 36}, id="a dict"),
    ],
)
def test_an_answer_is_read_to_its_end_and_decoded(asker: Asker, kind: Any, value: Any, enter: bool) -> None:
    scripts = [says(ADA), says(f"```json\n{ADA}\n```"), reply(200, as_json({"output": [message(ADA)]}), JSON)]
    with Server(*scripts) as server:
        for _ in scripts:
            came = asker.ask(server.url, parse=kind, enter=enter)
            assert came.error is None
            assert came.value == value
            assert type(came.value) is type(value)
            assert came.reply.outcome == "complete"


@pytest.mark.parametrize("status", [None, "in_progress"])
def test_a_server_that_says_completed_means_it(asker: Asker, status: str | None) -> None:
    with Server(says(ADA, status=status)) as server:
        came = asker.ask(server.url, parse=Person)
    assert (came.value, came.response.status) == (Person("Ada", 36), "completed")


REFUSAL: Payload = {
    "id": "m", "type": "message", "role": "assistant",
    "content": [{"type": "refusal", "refusal": "I would rather not."}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("script", "why"),
    [
        pytest.param(says("never"), "the response is no JSON: 'never'", id="no JSON"),
        pytest.param(says('{"name": 1}'), "the response is not of the type Person", id="another type"),
        pytest.param(says(ADA, output=[REFUSAL]), "the response is a refusal: I would rather not.", id="a refusal"),
        pytest.param(
            says(ADA, status="incomplete", incomplete_details={"reason": "content_filter"}),
            "the response is incomplete (content_filter)",
            id="incomplete",
        ),
        pytest.param(
            says(ADA, status="incomplete"),
            "the response is incomplete (the server does not say why)",
            id="incomplete for no reason",
        ),
        pytest.param(answered(TOOL[:1] + TOOL[-1:]), "is no JSON: 'Hello'", id="a text beside a call"),
        pytest.param(
            answered([TEXT[0], lifecycle("completed", output=[TOOL[-1]["response"]["output"][1]])]),
            "the response has no text, but 1 function calls",
            id="a call alone",
        ),
        pytest.param(answered([TEXT[0], lifecycle("completed")]), "the response has no text", id="nothing"),
    ],
)
def test_an_answer_that_is_not_of_the_type_is_an_error_with_the_response(
    asker: Asker, script: list[Step], why: str
) -> None:
    with Server(script) as server:
        came = asker.ask(server.url, parse=Person)
    assert isinstance(came.error, ChatError)
    assert why in came.error.message
    assert came.error.partial == came.response
    assert came.reply.outcome == "complete"


def test_an_answer_that_is_cut_off_is_not_decoded(asker: Asker) -> None:
    making = Making(answering(ADA, " ", background=False))
    with Server(making.first(5), making.first(5)) as server:
        came = asker.ask(server.url, parse=Person)
    assert (type(came.error), came.value, came.reply.outcome) == (StreamTruncated, None, "truncated")
    assert came.response.output_text == ADA
    with pytest.raises(ChatError, match=r"is not finished \(in_progress\)"):
        came.response.parse(Person)
    with pytest.raises(ChatError, match=r"is not finished \(it has no status\)"):
        Response().parse(Person)


def test_what_is_parsed_has_the_type_that_was_asked_for() -> None:
    with Server(*[says(ADA)] * 3) as server, ChatClient(api_key=KEY, base_url=server.url) as chat:
        assert_type(chat.responses.stream(model="m", input="?").parse(Person), Person)
        parsed = chat.responses.stream(model="m", input="?").parse(pydantic.TypeAdapter(Model))
        assert_type(parsed, Model)
        replying = chat.responses.stream(model="m", input="?")
        list(replying)
        assert_type(replying.response.parse(Person), Person)
        assert_type(replying.response.parse(pydantic.TypeAdapter(Model)), Model)
        assert replying.parse(dict[str, Any]) == {"name": "Ada", "age": 36}


# Leaving it.


def test_nothing_comes_after_the_end(asker: Asker) -> None:
    with Server(answered(TEXT)) as server, ChatClient(api_key=KEY, base_url=server.url) as chat:
        replying = chat.responses.stream(**ASK)
        assert iter(replying) is replying
        assert len(list(replying)) == len(TEXT)
        assert list(replying) == []
        assert list(replying.text()) == []
        replying.close()
        assert replying.outcome == "complete"
        assert len(server.requests) == 1


def test_closing_it_from_another_thread_wakes_the_reader() -> None:
    making = Making()
    naps = threading.Event()
    log = Log()

    def observe(news: Any) -> None:
        log(news)
        if log.names[-1] == "Lost":
            naps.set()

    # In a read, and asleep before it goes on.
    for script in (making.first(5, STALL), making.first(5)):
        busy = reply(429, b"later", {"Retry-After": "100"})
        with Server(script, busy) as server, Client(observer=observe) as client:
            replying = ChatClient(api_key=KEY, base_url=server.url, client=client).responses.stream(
                **ASK, background=True
            )
            for _ in range(5):
                next(replying)
            reading = background(lambda: next(replying, None))  # noqa: B023 - it is over before the next turn
            if script[-1] is CLOSE:
                assert naps.wait(HANGS)
            replying.close()
            assert reading.result(HANGS) is None
            assert replying.outcome == "cancelled"
            assert replying.response.output_text == "Hel"


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the collector may come to the socket first
def test_a_reply_that_is_forgotten_is_collected() -> None:
    making = Making()
    with Server(making.first(5, STALL)) as server, ChatClient(api_key=KEY, base_url=server.url) as chat:
        replying: ResponseStream | None = chat.responses.stream(**ASK)
        assert replying is not None
        next(replying)
        gone = weakref.ref(replying)
        del replying
        gc.collect()
        assert gone() is None


async def read(replying: AsyncResponseStream) -> list[ResponseEvent]:
    return [event async for event in replying]


@pytest.mark.parametrize(
    "scripts",
    [
        pytest.param([[STALL]], id="before the head"),
        pytest.param([Making().first(5, STALL)], id="in a read"),
        pytest.param([Making().first(5), [STALL]], id="before the head of the connection that goes on"),
        pytest.param([Making().first(5), Making().rest(1, STALL)], id="in a read of the connection that goes on"),
        pytest.param(
            [Making().first(5), reply(429, b"", {"Retry-After": "100"})], id="asleep before the next connection"
        ),
    ],
)
def test_a_cancellation_closes_it(scripts: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_client.adapters._retry_delay._DELAYS", (0.0,))

    async def main() -> None:
        with Server(*scripts) as server:
            async with AsyncChatClient(api_key=KEY, base_url=server.url) as chat:
                replying = chat.responses.stream(**ASK, background=True)
                reading = asyncio.create_task(read(replying))
                await asyncio.to_thread(server.wait_for, len(scripts))
                await asyncio.sleep(0)
                reading.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await reading
                assert (replying.outcome, replying.events.state) == ("cancelled", "closed")
                assert [event async for event in replying] == []
            assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
            await asyncio.to_thread(server.close)

    asyncio.run(main())


def test_aclose_from_another_task_wakes_the_reader() -> None:
    making = Making()

    async def main() -> None:
        with Server(making.first(5), reply(429, b"", {"Retry-After": "100"})) as server:
            asleep = asyncio.Event()

            def observe(news: Any) -> None:
                if isinstance(getattr(news, "error", None), StatusError):
                    asleep.set()

            async with AsyncClient(observer=observe) as client:
                replying = AsyncChatClient(api_key=KEY, base_url=server.url, client=client).responses.stream(
                    **ASK, background=True
                )
                reading = asyncio.create_task(read(replying))
                async with asyncio.timeout(HANGS):
                    await asleep.wait()
                    await replying.aclose()
                    assert [event.sequence_number for event in await reading] == [0, 1, 2, 3, 4]
                assert replying.outcome == "cancelled"

    asyncio.run(main())


def test_the_asyncio_clients_own_way_to_prepare_a_request_may_wait() -> None:
    making = Making()

    async def prepare(request: Request, attempt: Attempt) -> Request:
        await asyncio.sleep(0)
        return replace(request, headers={**request.headers, "X-Attempt": str(attempt.number)})

    async def main() -> None:
        with Server(making.first(5), making.rest()) as server:
            async with AsyncClient(prepare=prepare) as client:
                chat = AsyncChatClient(api_key=KEY, base_url=server.url, client=client)
                assert len(await read(chat.responses.stream(**ASK, background=True))) == len(making.blocks)
            assert [request.headers["X-Attempt"] for request in server.requests] == ["1", "2"]
            assert [request.method for request in server.requests] == ["POST", "GET"]

    asyncio.run(main())
