"""Responses that are made in the background, over connections that are lost, by both clients. No test sleeps."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from both_clients import naps as naps
from test_client_kit import Log
from test_client_kit import surroundings as surroundings

from sse_client import (
    Attempt,
    ConnectionFailed,
    DeadlineExceeded,
    IdleTimeout,
    Lost,
    Request,
    StatusError,
    StreamTruncated,
    Timeout,
)
from sse_client.adapters.openai import ChatError
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Received, Script, Server, Step, chunk, head, reply

from .asking import ASK, Asker, Making, answering, as_json, message, query
from .asking import asker as asker
from .kit import RESPONSE, lifecycle

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("naps")

BACKGROUND = {"background": True}
WHOLE = ("Hello", "complete", None)
MAKING = Making()
COUNT = len(MAKING.blocks)
ENDINGS: list[Any] = [
    pytest.param((CLOSE,), id="cut"),
    pytest.param((RESET,), id="reset"),
    pytest.param((LAST_CHUNK,), id="ended cleanly"),
]


def resumed(asker: Asker, *scripts: Any, **options: Any) -> list[Received]:
    """Ask once, and expect the whole response; return the requests."""
    with Server(*scripts) as server:
        came = asker.ask(server.url, call=BACKGROUND, **options)
        assert came.end == WHOLE, came.error
        assert came.numbers == list(range(COUNT))
        assert (came.response.output_text, came.response.status) == ("Hello", "completed")
        return server.requests


# Where it was lost.


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("count", range(1, COUNT))
def test_a_response_that_is_lost_behind_an_event_goes_on_with_the_next(
    asker: Asker, count: int, ending: tuple[Step, ...]
) -> None:
    # A reset may take the events with it that were not read yet.
    first, second = resumed(asker, MAKING.first(count, *ending), _as_asked)
    assert first.method == "POST"
    if ending != (RESET,):
        assert query(second) == {"stream": ["true"], "starting_after": [str(count - 1)]}


def _as_asked(request: Received) -> list[Step]:
    return MAKING.rest()(request) if request.method == "GET" else MAKING.all()


SHORT = Making([
    {"type": "response.created", "response": {"id": "r", "background": True, "status": "in_progress"}},
    {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "H\u00e9"},
    {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "l\U0001f600"},
    {"type": "response.completed", "response": {"id": "r", "background": True, "status": "completed"}},
])  # fmt: skip


@pytest.mark.parametrize("ending", [(CLOSE,), (LAST_CHUNK,)], ids=["cut", "ended cleanly"])
def test_wherever_its_bytes_are_cut_no_event_is_lost_and_none_comes_twice(
    asker: Asker, ending: tuple[Step, ...]
) -> None:
    def rest(request: Received) -> list[Step]:
        return SHORT.rest()(request) if request.method == "GET" else SHORT.all()

    # Without an event, a cut is retried, but a clean end is the end.
    begin = len(SHORT.blocks[0]) if ending == (LAST_CHUNK,) else 1
    # Of the last event, nothing but its blank line may be missing: that is the end too.
    sizes = range(begin, len(SHORT.whole.rstrip()))
    with Server(*[script for size in sizes for script in (SHORT.bytes(size, *ending), rest)]) as server:
        all_that_came = asker.ask_all(server.url, times=len(sizes), call=BACKGROUND)
        requests = server.requests
    assert len(requests) == 2 * len(sizes)
    for number, (size, came) in enumerate(zip(sizes, all_that_came, strict=True)):
        assert came.end == ("H\u00e9l\U0001f600", "complete", None), f"cut at {size}: {came.error}"
        assert came.numbers == [0, 1, 2, 3], f"cut at {size}"
        assert came.response.output_text == "H\u00e9l\U0001f600"
        came_before = SHORT.whole[:size].count(b"\n\n")
        again = requests[2 * number + 1]
        assert again.method == ("GET" if came_before else "POST")
        if came_before:
            assert query(again)["starting_after"] == [str(came_before - 1)]


@pytest.mark.parametrize("missing", [1, 2])
@pytest.mark.parametrize("ending", ENDINGS[::2])
def test_a_last_event_without_its_blank_line_is_not_asked_for_again(
    asker: Asker, ending: tuple[Step, ...], missing: int
) -> None:
    (request,) = resumed(asker, MAKING.bytes(len(MAKING.whole) - missing, *ending))
    assert request.method == "POST"
    _, again = resumed(asker, MAKING.first(5), [head(), chunk(b"".join(MAKING.blocks[5:])[:-missing]), *ending])
    assert again.method == "GET"


@pytest.mark.parametrize("tail", ["data: [DONE]", "data: []", 'data: {"type":"keepalive"}', "event: error\ndata: {}"])
def test_any_other_event_without_its_blank_line_is_not_the_last(asker: Asker, tail: str) -> None:
    first = [*MAKING.first(5)[:-1], chunk(tail.encode()), CLOSE]
    assert len(resumed(asker, first, MAKING.rest())) == 2


def test_it_goes_on_after_silence(asker: Asker) -> None:
    log = Log()
    requests = resumed(
        asker,
        MAKING.first(4, STALL),
        MAKING.rest(2, STALL),
        [STALL],
        MAKING.rest(),
        under={"observer": log, "timeout": (5, 0.4)},
    )
    assert [request.method for request in requests] == ["POST", "GET", "GET", "GET"]
    assert [type(news.error) for news in log.news if isinstance(news, Lost)] == [IdleTimeout] * 3


def test_it_goes_on_after_too_long_a_wait_for_an_event(asker: Asker) -> None:
    requests = resumed(asker, MAKING.first(4, STALL), MAKING.rest(), timeout=Timeout(event=0.5))
    assert len(requests) == 2


def test_a_loss_before_the_first_event_is_a_request_that_is_sent_again(asker: Asker) -> None:
    requests = resumed(
        asker, [RESET], reply(503), [head(), chunk(MAKING.whole[:20]), CLOSE], MAKING.all(), max_retries=3
    )
    assert [request.method for request in requests] == ["POST"] * 4
    assert len({request.body for request in requests}) == 1


def test_its_text_is_whole_and_can_be_parsed(asker: Asker) -> None:
    making = Making(answering('{"a"', ": [1", "]}"))
    scripts: list[Script] = [making.first(6), making.rest(1), making.rest()]
    with Server(*scripts, *scripts) as server:
        assert asker.ask(server.url, call=BACKGROUND, read="text").pieces == ['{"a"', ": [1", "]}"]
        assert asker.ask(server.url, call=BACKGROUND, parse=dict[str, list[int]]).value == {"a": [1]}


def test_without_being_made_in_the_background_it_does_not_go_on(asker: Asker, naps: list[float]) -> None:
    making = Making(answering("Hel", "lo", background=False))
    with Server(making.first(5)) as server:
        came = asker.ask(server.url)
        assert came.end == ("Hel", "truncated", StreamTruncated)
        assert isinstance(came.error, StreamTruncated)
        assert came.error.partial == came.response
        assert came.response.output_text == "Hel"
        assert isinstance(came.error.__cause__, ConnectionFailed)
        assert (len(server.requests), naps) == (1, [])


def test_the_servers_word_on_the_background_counts_and_the_callers_where_it_says_nothing(asker: Asker) -> None:
    for said, asked, goes_on in [
        (False, True, False),
        (True, False, True),
        (None, True, True),
        (None, False, False),
    ]:
        making = Making(answering("Hel", "lo", background=said))
        with Server(making.first(5), making.rest()) as server:
            came = asker.ask(server.url, call={"background": asked})
            assert (came.reply.outcome == "complete") == goes_on, (said, asked)
            assert len(server.requests) == 1 + goes_on


def test_what_cannot_be_asked_for_by_an_id_and_a_number_does_not_go_on(asker: Asker) -> None:
    nameless = Making([lifecycle("queued", background=True, id=""), *answering("Hi")[2:]])
    numberless = Making()
    numberless.blocks = [block.replace(b'"sequence_number"', b'"number"') for block in numberless.blocks]
    for making in (nameless, numberless):
        with Server(making.first(3)) as server:
            came = asker.ask(server.url, call=BACKGROUND)
            assert came.end == ("", "truncated", StreamTruncated)
            assert len(server.requests) == 1


# What is sent.


def test_it_is_asked_for_with_a_get_by_its_id_behind_the_last_event(asker: Asker) -> None:
    with Server(MAKING.first(5), MAKING.rest(1), MAKING.rest()) as server:
        came = asker.ask(
            f"{server.url}/v1?tenant=a%20b",
            call={**BACKGROUND, "headers": {"content-type": "application/json", "X-Own": "mine"}},
            params={"api-version": "7"},
            under={"params": {"region": "x"}, "headers": {"X-Shared": "ours"}},
        )
        assert came.end == WHOLE
        first, *others = server.requests
    own = {"tenant": ["a b"], "api-version": ["7"], "region": ["x"]}
    assert (first.method, first.path.partition("?")[0], query(first)) == ("POST", "/v1/responses", own)
    assert first.json() == {**ASK, **BACKGROUND, "stream": True}
    for request, after in zip(others, ("4", "5"), strict=True):
        assert (request.method, request.path.partition("?")[0]) == ("GET", "/v1/responses/resp_1")
        assert query(request) == {**own, "stream": ["true"], "starting_after": [after]}
        assert request.path.count("starting_after") == 1
        assert request.body == b""
        assert not {"content-type", "content-length", "transfer-encoding", "last-event-id"} & {*request.headers}
        for name in ("Authorization", "Idempotency-Key", "X-Own", "X-Shared", "Accept"):
            assert request.headers[name] == first.headers[name], name
    assert first.headers["Idempotency-Key"]


def test_an_id_is_quoted(asker: Asker) -> None:
    making = Making([lifecycle("queued", background=True, id="a/b?c#\u00e9 .."), *answering("Hi")[1:]])
    with Server(making.first(1), making.rest()) as server:
        assert asker.ask(server.url, call=BACKGROUND).reply.outcome == "complete"
        assert server.requests[1].path.startswith("/responses/a%2Fb%3Fc%23%C3%A9%20..?stream=true&")


def test_the_fields_that_were_asked_for_are_asked_for_again(asker: Asker) -> None:
    asked = {"include": ["reasoning.encrypted_content", "b"], "stream_options": {"include_obfuscation": False}}
    with Server(MAKING.first(5), MAKING.rest()) as server:
        assert asker.ask(server.url, call={**BACKGROUND, **asked}).end == WHOLE
        assert query(server.requests[1]) == {
            "stream": ["true"],
            "starting_after": ["4"],
            "include[]": asked["include"],
            "include_obfuscation": ["false"],
        }


def test_the_clients_own_way_to_prepare_a_request_has_the_last_word(asker: Asker) -> None:
    seen: list[tuple[str, int]] = []

    def prepare(request: Request, attempt: Attempt) -> Request:
        seen.append((request.method, attempt.number))
        return replace(request, headers={**request.headers, "Authorization": f"Bearer {attempt.number}"})

    requests = resumed(asker, MAKING.first(5), MAKING.rest(), under={"prepare": prepare})
    assert seen == [("POST", 1), ("GET", 2)]
    assert [request.headers["Authorization"] for request in requests] == ["Bearer 1", "Bearer 2"]


def test_it_goes_on_over_the_connection_that_a_clean_end_leaves(asker: Asker) -> None:
    with Server(MAKING.first(5, LAST_CHUNK), reply(503), MAKING.rest(), MAKING.all()) as server:
        assert [came.end for came in asker.ask_all(server.url, times=2, call=BACKGROUND)] == [WHOLE, WHOLE]
        assert server.connections == 1


# What comes back.


@pytest.mark.parametrize("back", [1, 3, 100], ids=["one before", "three before", "from the start"])
def test_events_that_are_sent_once_more_do_not_come_twice(asker: Asker, back: int) -> None:
    requests = resumed(asker, MAKING.first(5), MAKING.rest(2, back=back), MAKING.rest(back=back))
    assert [query(request).get("starting_after") for request in requests] == [None, ["4"], ["6"]]


def test_a_gap_is_an_error(asker: Asker) -> None:
    with Server(MAKING.first(5), MAKING.rest(back=-1)) as server:
        came = asker.ask(server.url, call=BACKGROUND)
    assert came.end == ("Hel", "error", ChatError)
    assert isinstance(came.error, ChatError)
    assert came.error.message == "expected the event with the sequence number 5 after the reconnect, got 6"
    assert came.error.partial == came.response
    assert came.response.output_text == "Hel"


def test_an_error_of_the_responses_is_one_behind_a_loss_too(asker: Asker) -> None:
    failed = answering("Hel", "lo")
    failed[-1] = lifecycle("failed", background=True, error={"code": "server_error", "message": "no"})
    making = Making(failed)
    with Server(making.first(5), making.rest()) as server:
        came = asker.ask(server.url, call=BACKGROUND)
    assert came.end == ("Hello", "error", ChatError)
    assert isinstance(came.error, ChatError)
    assert (came.error.message, came.error.code) == ("no", "server_error")


@pytest.mark.parametrize(
    "between",
    [
        pytest.param([reply(500, b"busy")], id="500"),
        pytest.param([reply(429, b"slow down", {"Retry-After": "1"})], id="429 with Retry-After"),
        pytest.param([reply(503), [RESET]], id="503 and a reset"),
        pytest.param([reply(408), reply(409)], id="408 and 409"),
        pytest.param([reply(404, headers={"x-should-retry": "true"})], id="404 that says to retry"),
        pytest.param([[CLOSE], [head(), CLOSE]], id="nothing"),
        pytest.param([[head(), LAST_CHUNK]], id="an empty stream"),
        pytest.param([[head(), chunk(b": beat\n\nevent: ping\ndata: {}\n\n"), CLOSE]], id="pings"),
    ],
)
def test_a_failure_that_may_pass_does_not_end_it(asker: Asker, between: list[Any], naps: list[float]) -> None:
    requests = resumed(asker, MAKING.first(5), *between, MAKING.rest(), max_retries=len(between) + 1)
    assert {query(request)["starting_after"][0] for request in requests[1:]} == {"4"}
    assert len(requests) == len(naps) + 1 == len(between) + 2


def test_what_the_server_asks_for_is_waited_for(
    asker: Asker, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", _least)
    resumed(asker, MAKING.first(5), reply(429, headers={"Retry-After": "7"}), MAKING.rest())
    assert naps == [0.375, 7]


def _least(low: float, _: float) -> float:
    return low


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        pytest.param(
            400,
            {"error": {"message": "This response can no longer be streamed because it is more than 5 minutes old."}},
            "This response can no longer be streamed because it is more than 5 minutes old.",
            id="too old",
        ),
        pytest.param(404, {"error": {"message": "no such response"}}, "no such response", id="not there"),
        pytest.param(405, {"detail": "Method Not Allowed"}, "Method Not Allowed", id="a server that cannot"),
    ],
)
def test_where_it_is_refused_the_error_has_what_had_come(
    asker: Asker, status: int, body: Any, message: str, naps: list[float]
) -> None:
    with Server(MAKING.first(5), reply(status, as_json(body))) as server:
        came = asker.ask(server.url, call=BACKGROUND)
        assert len(server.requests) == 2
    assert came.end == ("Hel", "truncated", ChatError)
    assert isinstance(came.error, ChatError)
    assert (came.error.message, came.error.status) == (message, status)
    assert isinstance(came.error.__cause__, StatusError)
    assert came.error.partial == came.response
    assert (came.response.id, came.response.output_text, came.response.status) == ("resp_1", "Hel", "in_progress")
    assert len(naps) == 1


def test_whoever_asks_for_too_long_a_wait_is_not_waited_for(asker: Asker, naps: list[float]) -> None:
    with Server(MAKING.first(5), reply(429, b"later", {"Retry-After": "121"})) as server:
        came = asker.ask(server.url, call=BACKGROUND)
    assert came.end == ("Hel", "truncated", ChatError)
    assert came.error is not None
    assert getattr(came.error, "partial", None) == came.response
    assert len(naps) == 1


def test_no_content_is_the_end(asker: Asker) -> None:
    with Server(MAKING.first(5), reply(204)) as server:
        came = asker.ask(server.url, call=BACKGROUND)
    assert came.end == ("Hel", "truncated", StreamTruncated)


def test_a_page_in_its_place_is_an_error(asker: Asker) -> None:
    with Server(MAKING.first(5), reply(200, b"<html><title>Login</title>", {"Content-Type": "text/html"})) as server:
        came = asker.ask(server.url, call=BACKGROUND)
    assert came.end == ("Hel", "error", ChatError)
    assert isinstance(came.error, ChatError)
    assert (came.error.message, came.error.status) == ("an HTML page: Login", 200)
    assert came.error.partial == came.response
    assert came.response.output_text == "Hel"


def whole(text: str, status: str = "completed", **more: Any) -> list[Step]:
    body = {**RESPONSE, "background": True, "status": status, "output": [message(text)] if text else [], **more}
    return reply(200, as_json(body), {"Content-Type": "application/json"})


@pytest.mark.parametrize("count", [1, 3, 5, 6, 8])
def test_a_whole_response_in_its_place_brings_what_is_missing(asker: Asker, count: int) -> None:
    with Server(MAKING.first(count), whole("Hello")) as server:
        came = asker.ask(server.url, call=BACKGROUND)
    assert came.end == WHOLE
    assert came.events[-1].type == "response.completed"
    assert came.response.output_text == "Hello"


def test_a_whole_response_of_another_text_is_an_error(asker: Asker) -> None:
    with Server(MAKING.first(5), whole("Hallo")) as server:
        came = asker.ask(server.url, call=BACKGROUND)
    assert came.end == ("Hel", "error", ChatError)
    assert "a response whose text begins with 'Hel', got 'Hallo'" in str(came.error)
    assert getattr(came.error, "partial", None) == came.response
    assert came.response.output_text == "Hel"


@pytest.mark.parametrize("status", ["queued", "in_progress"])
def test_a_response_in_its_place_that_is_not_over_cuts_it_off(asker: Asker, status: str) -> None:
    with Server(MAKING.first(5), whole("", status)) as server:
        came = asker.ask(server.url, call=BACKGROUND)
    assert came.end == ("Hel", "truncated", StreamTruncated)
    assert getattr(came.error, "partial", None) == came.response
    assert (came.response.output_text, came.response.status) == ("Hel", status)


# How often.


def test_each_event_begins_the_count_anew(asker: Asker, naps: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", _least)
    bit = MAKING.rest(1)
    scripts = [MAKING.first(1), *[bit] * (COUNT - 2), MAKING.rest()]
    assert len(resumed(asker, *scripts, max_retries=1)) == COUNT
    assert naps == [0.375] * (COUNT - 1)


def test_the_delays_begin_anew_too(asker: Asker, naps: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", _least)
    resumed(
        asker, [RESET], MAKING.first(5), reply(500), reply(500), MAKING.rest(1), [RESET], MAKING.rest(), max_retries=3
    )
    assert naps == [0.375, 0.375, 0.75, 1.5, 0.375, 0.75]


@pytest.mark.parametrize("most", [0, 1, 3])
@pytest.mark.parametrize(
    "useless",
    [
        pytest.param([head(), CLOSE], id="nothing"),
        pytest.param(MAKING.rest(0), id="no event"),
        pytest.param(MAKING.rest(0, back=5), id="repeats alone"),
        pytest.param([head(), chunk(b'data: {"type":"keepalive"}\n\n'), CLOSE], id="events without a number"),
        pytest.param([RESET], id="resets"),
    ],
)
def test_without_progress_it_gives_up_in_the_end(
    asker: Asker, useless: list[Step] | Callable[[Received], list[Step]], most: int
) -> None:
    with Server(MAKING.first(5), *[useless] * 9) as server:
        came = asker.ask(server.url, call=BACKGROUND, max_retries=most)
        assert len(server.requests) == 1 + most
    assert came.end == ("Hel", "truncated", StreamTruncated)
    assert isinstance(came.error, StreamTruncated)
    assert came.error.partial == came.response
    assert came.response.output_text == "Hel"
    assert isinstance(came.error.__cause__, ConnectionFailed)


def test_a_server_that_stays_busy_is_given_up_with_what_had_come(asker: Asker) -> None:
    with Server(MAKING.first(5), *[reply(503, b"busy")] * 9) as server:
        came = asker.ask(server.url, call=BACKGROUND)
        assert len(server.requests) == 3
    assert came.end == ("Hel", "truncated", ChatError)
    assert getattr(came.error, "partial", None) == came.response


def test_the_limit_on_the_whole_holds_over_all_connections(asker: Asker) -> None:
    with Server(MAKING.first(5), MAKING.rest(1, STALL)) as server:
        came = asker.ask(server.url, call=BACKGROUND, timeout=Timeout(total=1))
        assert len(server.requests) == 2
    assert came.end == ("Hello", "truncated", DeadlineExceeded)
    assert came.response.output_text == "Hello"
    assert getattr(came.error, "partial", None) == came.response


def test_an_observer_is_told_of_each_loss(asker: Asker) -> None:
    log = Log()
    resumed(asker, MAKING.first(3), MAKING.rest(2), MAKING.rest(), under={"observer": log})
    assert log.names == ["Opened", "Lost", "Opened", "Lost", "Opened", "Closed"]
