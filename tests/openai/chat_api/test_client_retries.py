"""Which failures of a chat request are tried again, and after how long, by both clients. No test sleeps."""

from __future__ import annotations

import random
import socket
import time
import uuid
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
from both_clients import chat as chat
from both_clients import naps as naps
from test_client_kit import DONE, Log, answer, event, piece
from test_client_kit import surroundings as surroundings

from sse_client import Attempt, ConnectionFailed, Lost, Request, StatusError, StreamTruncated
from sse_client.adapters.openai import ChatError, Choice, Completion, Message
from sse_client.adapters.openai._shared.reply import OpenAIRetries
from sse_client.adapters.openai.chat._reader import ChatReader
from sse_client.policy import Policy
from sse_client.testing import CLOSE, RESET, Server, Step, chunk, head, reply, stream

if TYPE_CHECKING:
    from both_clients import Chat

pytestmark = pytest.mark.usefixtures("naps")

HI = Completion("c", "m", 1, [Choice(0, Message(None, "Hi"), "stop")])
WHOLE = ("Hi", "complete", None)


@pytest.fixture
def most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random numbers are the largest that they can be."""

    def uniform(_: float, high: float) -> float:
        return high

    monkeypatch.setattr(random, "uniform", uniform)


@pytest.fixture
def least(monkeypatch: pytest.MonkeyPatch) -> None:
    """Random numbers are the smallest that they can be."""

    def uniform(low: float, _: float) -> float:
        return low

    monkeypatch.setattr(random, "uniform", uniform)


def requests_for(chat: Chat, *scripts: Any, **options: Any) -> int:
    """Ask once; return how many requests came of it."""
    with Server(*scripts, *[answer("Hi")] * 5) as server:
        chat.ask(server.url, **options)
        return len(server.requests)


# Which.


@pytest.mark.parametrize("status", [408, 409, 429, 500, 501, 502, 503, 504, 529, 599])
def test_a_status_that_may_pass_is_retried(chat: Chat, status: int) -> None:
    assert requests_for(chat, reply(status)) == 2


@pytest.mark.parametrize("status", [201, 206, 302, 400, 401, 402, 403, 404, 405, 410, 413, 415, 422, 425, 451, 499])
def test_any_other_status_is_final(chat: Chat, status: int) -> None:
    assert requests_for(chat, reply(status)) == 1


@pytest.mark.parametrize(
    ("status", "said", "requests"),
    [
        (400, "true", 2),
        (401, "true", 2),
        (429, "true", 2),
        (429, "false", 1),
        (500, "false", 1),
        (500, "perhaps", 2),
        (400, "perhaps", 1),
        (400, "", 1),
    ],
)
def test_the_server_may_say_whether_to_retry(chat: Chat, status: int, said: str, requests: int) -> None:
    assert requests_for(chat, reply(status, headers={"X-Should-Retry": said})) == requests


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([RESET], id="a reset before the headers"),
        pytest.param([CLOSE], id="a close before the headers"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Ty", CLOSE], id="a close in the headers"),
        pytest.param([b"rubbish\r\n\r\n", CLOSE], id="an answer that is no HTTP"),
        pytest.param([head(), CLOSE], id="a cut before the first event"),
        pytest.param([head(), chunk(b": beat\n\n"), CLOSE], id="a cut after comments"),
        pytest.param([head(), chunk(b"event: ping\ndata: {}\n\ndata: \n\n"), CLOSE], id="a cut after pings"),
        pytest.param([head(), chunk(event({"id": "a", "choices": []})), CLOSE], id="a cut after a chunk of nothing"),
        pytest.param([head(), chunk(b"data: : beat\n\n"), CLOSE], id="a cut after a wrapped comment"),
        pytest.param([head(), b"99\r\n" + piece("Hi")[:-2], CLOSE], id="a cut inside the first chunk"),
        pytest.param([head(framing="length", length=99), b"data: ", CLOSE], id="a length that is not met"),
    ],
)
def test_a_connection_that_fails_before_the_first_delta_is_retried(chat: Chat, script: list[Step]) -> None:
    with Server(script, script, answer("Hi")) as server:
        came = chat.ask(server.url)
        assert (came.end, came.completion) == (WHOLE, HI)
        assert len({request.body for request in server.requests}) == 1
        assert len(server.requests) == 3


def test_a_connection_that_cannot_be_made_is_retried(chat: Chat, naps: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for entered in (True, False):
        came = chat.ask(f"http://127.0.0.1:{port}", enter=entered)
        assert came.end == ("", "error", ConnectionFailed)
        assert "could not connect" in str(came.error)
        assert isinstance(came.error, ConnectionFailed)
        assert not came.error.sent
    assert len(naps) == 4


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([head(), chunk(piece("Hi")), CLOSE], id="some content"),
        pytest.param(
            [head(), chunk(b'data: {"choices":[{"delta":{"role":"assistant"}}]}\n\n'), CLOSE], id="a role alone"
        ),
        pytest.param([head(), chunk(event({"choices": [], "usage": {"total_tokens": 1}})), CLOSE], id="usage alone"),
    ],
)
def test_nothing_is_retried_after_the_first_delta(chat: Chat, script: list[Step]) -> None:
    with Server(script) as server:
        came = chat.ask(server.url)
        assert isinstance(came.error, StreamTruncated)
        assert came.error.partial == came.completion != Completion()
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(stream([]), id="an empty stream"),
        pytest.param(stream([b": beat\n\n"], framing="close"), id="a stream of nothing but comments"),
        pytest.param(reply(204), id="no content"),
        pytest.param(reply(200, b"<html>", {"Content-Type": "text/html"}), id="an HTML page"),
        pytest.param(stream([event({"error": {"message": "no", "code": 503}})]), id="an error inside the stream"),
        pytest.param(stream([b"data: rubbish\n\n"]), id="data that is no JSON"),
        pytest.param(reply(307, headers={"Location": "ftp://127.0.0.1/"}), id="a redirect that is refused"),
    ],
)
def test_what_would_come_again_is_not_retried(chat: Chat, script: list[Step]) -> None:
    assert requests_for(chat, script) == 1


# How often.


@pytest.mark.parametrize("most_retries", [0, 1, 2, 5])
@pytest.mark.parametrize("failing", [reply(500, b"busy"), [RESET], [head(), chunk(b"event: ping\n\n"), CLOSE]])
def test_there_are_as_many_retries_as_asked_for(
    chat: Chat, failing: list[Step], most_retries: int, naps: list[float]
) -> None:
    with Server(*[failing] * 10) as server:
        came = chat.ask(server.url, max_retries=most_retries)
        assert len(server.requests) == most_retries + 1
        assert len(naps) == most_retries
        assert came.reply.outcome == "error"
        assert isinstance(came.error, (ChatError, ConnectionFailed))


def test_pings_do_not_begin_the_count_anew(chat: Chat) -> None:
    ping: list[Step] = [head(), chunk(b"id: 1\nevent: ping\ndata: {}\n\n"), CLOSE]
    with Server(*[ping] * 10) as server:
        assert type(chat.ask(server.url).error) is ConnectionFailed
        assert len(server.requests) == 3


def test_each_reply_counts_for_itself(chat: Chat) -> None:
    busy = reply(503)
    with Server(busy, busy, answer("Hi"), busy, busy, answer("Hi")) as server:
        assert [came.end for came in chat.ask_all(server.url, times=2)] == [WHOLE, WHOLE]


def test_what_failed_last_is_raised(chat: Chat) -> None:
    with Server([RESET], reply(503), reply(400, b"no")) as server:
        error = chat.ask(server.url).error
    assert isinstance(error, ChatError)
    assert (error.message, error.status) == ("no", 400)
    assert isinstance(error.__cause__, StatusError)


def test_a_whole_completion_may_be_the_answer_to_a_retry(chat: Chat) -> None:
    whole = reply(200, b'{"choices":[{"message":{"content":"Hi"}}]}', {"Content-Type": "application/json"})
    with Server([head(), CLOSE], whole) as server:
        assert chat.ask(server.url).end == WHOLE


# Begin anew.


def test_a_retry_forgets_what_the_aborted_try_brought(chat: Chat) -> None:
    first = event({"id": "first", "created": 7, "model": "other", "choices": []})
    second = event({"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]})
    aborted: list[Step] = [head(), chunk(b"retry: 60000\nid: 7\n" + first), CLOSE]
    with Server(aborted, stream([second, DONE])) as server:
        came = chat.ask(server.url)
        assert came.end == WHOLE
        assert came.completion == Completion(None, None, None, [Choice(0, Message(None, "Hi"), "stop")])
        assert "last-event-id" not in server.requests[1].headers
        assert server.requests[0].raw_headers == server.requests[1].raw_headers
        assert server.requests[0].body == server.requests[1].body


def test_a_last_event_id_of_the_callers_is_sent(chat: Chat) -> None:
    with Server([CLOSE], answer("Hi")) as server:
        assert chat.ask(server.url, headers={"last-event-id": "7"}).end == WHOLE
        assert [request.headers["Last-Event-ID"] for request in server.requests] == ["7", "7"]


def test_a_retry_uses_the_connection_again(chat: Chat) -> None:
    with Server(reply(503, b"busy"), reply(429), answer("Hi")) as server:
        assert chat.ask(server.url).end == WHOLE
        assert server.connections == 1


def test_the_clients_own_way_to_prepare_a_request_sees_each_try(chat: Chat) -> None:
    attempts: list[tuple[int, type | None]] = []

    def prepare(request: Request, attempt: Attempt) -> Request:
        attempts.append((attempt.number, type(attempt.error) if attempt.error else None))
        return replace(request, headers={**request.headers, "Authorization": f"Bearer {attempt.number}"})

    with Server(reply(401, headers={"x-should-retry": "true"}), answer("Hi")) as server:
        assert chat.ask(server.url, under={"prepare": prepare}).end == WHOLE
        assert [request.headers["Authorization"] for request in server.requests] == ["Bearer 1", "Bearer 2"]
    assert attempts == [(1, None), (2, StatusError)]


def test_the_rules_of_the_clients_own_do_not_apply(chat: Chat) -> None:
    with Server(reply(503), answer("Hi")) as server:
        assert chat.ask(server.url, under={"reconnect": False, "until": "Hi"}).end == WHOLE


def test_an_observer_is_told_of_each_retry(chat: Chat, naps: list[float]) -> None:
    log = Log()
    with Server(reply(503), [RESET], answer("Hi")) as server:
        assert chat.ask(server.url, under={"observer": log}).end == WHOLE
    assert log.names == ["Lost", "Lost", "Opened", "Closed"]
    assert [type(news.error) for news in log.news if isinstance(news, Lost)] == [StatusError, ConnectionFailed]
    assert len(naps) == 2


# After how long.


@pytest.mark.usefixtures("most")
def test_the_delay_doubles_up_to_eight_seconds(chat: Chat, naps: list[float]) -> None:
    requests_for(chat, *[reply(500)] * 8, max_retries=7)
    assert naps == [0.5, 1, 2, 4, 8, 8, 8]


@pytest.mark.usefixtures("least")
def test_the_delay_is_up_to_a_quarter_shorter(chat: Chat, naps: list[float]) -> None:
    requests_for(chat, *[[RESET]] * 8, max_retries=6)
    assert naps == [0.375, 0.75, 1.5, 3, 6, 6]


def test_the_thousandth_delay_is_no_longer_either(naps: list[float]) -> None:
    policy = Policy(OpenAIRetries(2000, ChatReader).rules()["reconnect"], repeat=True)
    for number in range(1, 2001):
        policy.delay(ConnectionFailed(), useless=number, reconnection_time=None, name="POST http://localhost/")
    assert len(naps) == 2000
    assert 6 <= min(naps[4:]) <= max(naps[4:]) <= 8


@pytest.mark.usefixtures("least")
@pytest.mark.parametrize(
    ("headers", "delay"),
    [
        pytest.param({"Retry-After": "7"}, 7, id="seconds"),
        pytest.param({"Retry-After": "0.25"}, 0.25, id="a part of a second"),
        pytest.param({"Retry-After": "0"}, 0, id="none"),
        pytest.param({"Retry-After": "120"}, 120, id="the longest"),
        pytest.param({"retry-after-ms": "1500"}, 1.5, id="milliseconds"),
        pytest.param({"Retry-After-MS": "20", "Retry-After": "7"}, 0.02, id="milliseconds beat seconds"),
        pytest.param({"retry-after-ms": "soon", "Retry-After": "7"}, 7, id="no milliseconds"),
        pytest.param({"retry-after-ms": "-1", "Retry-After": "7"}, 7, id="negative milliseconds"),
        pytest.param({"retry-after-ms": "inf", "Retry-After": "7"}, 7, id="endless milliseconds"),
        pytest.param({"retry-after-ms": "nan"}, 0.375, id="no number"),
        pytest.param({"Retry-After": "soon"}, 0.375, id="no time"),
        pytest.param({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0, id="a date in the past"),
    ],
)
@pytest.mark.parametrize("status", [429, 500])
def test_the_server_may_say_when_to_retry(
    chat: Chat, status: int, headers: dict[str, str], delay: float, naps: list[float]
) -> None:
    assert requests_for(chat, reply(status, headers=headers)) == 2
    assert naps == [delay]


@pytest.mark.usefixtures("most")
def test_what_the_server_asks_for_is_spread_over_a_tenth_more(chat: Chat, naps: list[float]) -> None:
    requests_for(chat, reply(503, headers={"Retry-After": "10"}))
    assert naps == [11]


@pytest.mark.usefixtures("least")
def test_the_server_may_say_when_to_retry_as_a_date(chat: Chat, naps: list[float]) -> None:
    requests_for(chat, reply(429, headers={"Retry-After": formatdate(time.time() + 60, usegmt=True)}))
    assert naps == [pytest.approx(60, abs=5)]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Retry-After": "121"}, id="seconds"),
        pytest.param({"retry-after-ms": "120001"}, id="milliseconds"),
        pytest.param({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, id="a date"),
        pytest.param({"Retry-After": "121", "x-should-retry": "true"}, id="though it may be retried"),
    ],
)
def test_whoever_asks_for_too_long_a_wait_is_not_waited_for(
    chat: Chat, headers: dict[str, str], naps: list[float]
) -> None:
    with Server(reply(429, b"busy", headers)) as server:
        error = chat.ask(server.url).error
        assert len(server.requests) == 1
    assert isinstance(error, ChatError)
    assert error.status == 429
    assert naps == []


@pytest.mark.usefixtures("most")
def test_a_reconnection_time_inside_the_stream_says_nothing_about_retries(chat: Chat, naps: list[float]) -> None:
    requests_for(chat, [head(), chunk(b"retry: 60000\n\n"), CLOSE])
    assert naps == [0.5]


# The key of a call.


def test_all_requests_of_a_call_have_one_key_and_each_call_another(chat: Chat) -> None:
    failing: list[list[Step]] = [reply(503), [RESET]]
    with Server(*failing, answer("Hi"), *failing, answer("Hi")) as server:
        assert [came.end for came in chat.ask_all(server.url, times=2)] == [WHOLE, WHOLE]
        keys = [request.headers["Idempotency-Key"] for request in server.requests]
    assert len(keys) == 6
    assert (len(set(keys[:3])), len(set(keys[3:])), len(set(keys))) == (1, 1, 2)
    assert {uuid.UUID(key).version for key in keys} == {4}


@pytest.mark.parametrize("name", ["Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY"])
@pytest.mark.parametrize("of", ["the call", "the chat client"])
def test_a_key_of_the_callers_is_sent_alone(chat: Chat, of: str, name: str) -> None:
    headers = {name: "mine"}
    options: dict[str, Any] = {"call": {"headers": headers}} if of == "the call" else {"headers": headers}
    with Server(reply(503), answer("Hi")) as server:
        assert chat.ask(server.url, **options).end == WHOLE
        for request in server.requests:
            sent = [value for key, value in request.raw_headers if key.lower() == b"idempotency-key"]
            assert sent == [b"mine"]


def test_the_key_can_be_taken_away(chat: Chat) -> None:
    with Server(answer("Hi")) as server:
        assert chat.ask(server.url, headers={"idempotency-key": None}).end == WHOLE
        assert "idempotency-key" not in server.requests[0].headers
