"""Every option, in both of its meanings, and what is refused before anything is sent."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import requests

import sse_client
from sse_client import (
    Attempt,
    Client,
    Comment,
    ConnectionFailed,
    Event,
    EventStream,
    FileCheckpoint,
    IdleTimeout,
    Reconnect,
    Request,
    StatusError,
    StreamTruncated,
    Timeout,
)
from sse_client.testing import CLOSE, LAST_CHUNK, STALL, Server, chunk, head, reply, stream

from .kit import AT_ONCE, ONE, Log, outcome

if TYPE_CHECKING:
    from pathlib import Path

    from sse_client import Closed, Lost, Opened
    from sse_client.testing import Received

DEAD = "http://127.0.0.1:9/"


# What is refused.


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"timeoutt": 1}, TypeError, "timeoutt"),
        ({"verifi": False}, TypeError, "verifi"),
        ({"timeout": 0}, ValueError, "timeout"),
        ({"timeout": -1}, ValueError, "timeout"),
        ({"timeout": (1, 0)}, ValueError, "timeout"),
        ({"timeout": float("nan")}, ValueError, "timeout"),
        ({"timeout": "1"}, TypeError, ""),
        ({"timeout": (1, 2, 3)}, (TypeError, ValueError), ""),
        ({"reconnect": 1}, TypeError, "reconnect"),
        ({"reconnect": "yes"}, TypeError, "reconnect"),
        ({"last_event_id": 5}, TypeError, "last_event_id"),
        ({"last_event_id": None}, TypeError, "last_event_id"),
        ({"last_event_id": "a\nX: y"}, ValueError, "last_event_id"),
        ({"last_event_id": "a\r"}, ValueError, "last_event_id"),
        ({"last_event_id": "\0"}, ValueError, "last_event_id"),
        ({"last_event_id": "\ud800"}, ValueError, ""),
        ({"until": 5}, TypeError, "until"),
        ({"until": b"[DONE]"}, TypeError, "until"),
        ({"prepare": 5}, TypeError, "prepare"),
        ({"checkpoint": 5}, TypeError, "checkpoint"),
        ({"checkpoint": object()}, TypeError, "checkpoint"),
        ({"comments": "yes"}, TypeError, "comments"),
        ({"max_event_size": 0}, ValueError, "max_event_size"),
        ({"max_event_size": "1"}, TypeError, "max_event_size"),
        ({"observer": 5}, TypeError, "observer"),
        ({"headers": {"X": "a\r\nY: b"}}, ValueError, "X"),
        ({"headers": {"X": b"a\nb"}}, ValueError, "X"),
        ({"headers": {"X": "a\0"}}, ValueError, "X"),
        ({"headers": {"X\r\nY": "a"}}, ValueError, ""),
        ({"headers": {"X:": "a"}}, ValueError, ""),
        ({"headers": {"": "a"}}, ValueError, ""),
        ({"headers": {"X": "\u20ac"}}, ValueError, "X"),
        ({"headers": {"X": 5}}, TypeError, "X"),
        ({"headers": {b"X": "a"}}, TypeError, ""),
        ({"data": b"x", "json": {}}, ValueError, "json"),
    ],
)
def test_a_mistake_in_an_option_is_refused_by_the_call_itself(
    options: dict[str, Any], error: type[Exception] | tuple[type[Exception], ...], words: str
) -> None:
    with pytest.raises(error) as caught:
        sse_client.post(DEAD, **options)
    assert words in str(caught.value)
    with pytest.raises(error):
        sse_client.subscribe("POST", DEAD, print, **options)
    with pytest.raises(error):
        Client().stream("POST", DEAD, **options)


def test_an_unknown_option_is_a_type_error_of_the_client_too() -> None:
    options: dict[str, Any] = {"retries": 3}
    with pytest.raises(TypeError, match="retries"):
        Client(**options)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/events",
        "127.0.0.1/events",
        "http://",
        "http:///events",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://[::1/",
        "http://127.0.0.1/ HTTP/1.1\r\nX: y",
        "http://127.0.0.1/\r\nX: y",
        "http://127.0.0.1/\0",
        "http://127.0.0.1/a b",
    ],
)
def test_a_bad_url_is_refused_by_the_call_itself(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        sse_client.get(url)


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://*/", f"http://{'a' * 70}.example/", "http://.example/"])
def test_a_url_that_cannot_be_sent_to_is_a_value_error_and_no_attempt_is_made(url: str) -> None:
    log = Log()
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - told below
        outcome(sse_client.get(url, observer=log, reconnect=AT_ONCE))
    assert type(caught.value).__module__.partition(".")[0] in {"builtins", "sse_client"}
    assert log.names in ([], ["Closed"])


@pytest.mark.parametrize("method", ["", "GE T", "GET\r\nX: y", "G\0"])
def test_a_bad_method_is_refused_by_the_call_itself(method: str) -> None:
    with pytest.raises(ValueError, match="method"):
        sse_client.stream(method, DEAD)


def test_url_in_the_place_of_the_method_is_not_shown() -> None:
    with pytest.raises(ValueError, match=r"^expected an HTTP method such as GET or POST, got a URL$"):
        sse_client.stream("http://user:password@127.0.0.1/?key=secret", "GET")


@pytest.mark.parametrize(
    ("files", "got"),
    [("report.txt", "str of str"), ([b"line\n"], "list of bytes"), ({"line"}, "set of str"), (5, "int")],
)
def test_files_without_names_are_refused(files: Any, got: str) -> None:
    with pytest.raises(
        TypeError, match=f"^files: expected a mapping of names to files, or a list of pairs, got {got}$"
    ):
        sse_client.post(DEAD, files=files)


def test_types_that_are_no_text_are_refused() -> None:
    nothing: Any = None
    with pytest.raises(TypeError):
        sse_client.stream(nothing, DEAD)
    with pytest.raises(TypeError):
        sse_client.get(nothing)


def test_a_body_that_is_no_json_is_refused_before_anything_is_sent() -> None:
    with Server() as server:
        for value in (float("nan"), {1, 2}, {"a": object()}):
            with pytest.raises((TypeError, ValueError)):
                outcome(sse_client.post(server.url, json=value, reconnect=AT_ONCE))
        assert server.connections == 0


# timeout


@pytest.mark.parametrize(
    "timeout", [0.2, (5, 0.2), (None, 0.2), Timeout(read=0.2), Timeout(1, 0.2, None, 9), Timeout(None, 0.2)]
)
def test_every_form_of_timeout_limits_silence(timeout: Any) -> None:
    with Server([*ONE, STALL]) as server:
        data, error = outcome(sse_client.post(server.url, timeout=timeout))
    assert data == ["1"]
    assert type(error) is IdleTimeout


@pytest.mark.parametrize("timeout", [None, (None, None), 5, (5, None), Timeout(read=None)])
def test_a_timeout_that_is_none_or_long_lets_a_stream_end(timeout: Any) -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        assert outcome(sse_client.post(server.url, timeout=timeout)) == (["1"], None)


def test_the_default_timeout_is_ten_seconds_and_five_minutes() -> None:
    assert Timeout() == Timeout(10, 300, None, None)


# until


def test_until_is_not_yielded_and_ends_the_iteration_although_more_would_come() -> None:
    with Server([*ONE, chunk(b"data: [DONE]\n\ndata: 2\n\n"), STALL]) as server:
        log = Log()
        assert outcome(sse_client.get(server.url, until="[DONE]", observer=log)) == (["1"], None)
        assert len(server.requests) == 1
    assert log.of(sse_client.Closed) == [sse_client.Closed("until", None)]


def test_until_may_be_a_predicate_of_an_event() -> None:
    with Server([*ONE, chunk(b"event: end\ndata: 2\n\n"), STALL]) as server:
        events = sse_client.get(server.url, until=lambda event: event.event == "end")
        assert outcome(events) == (["1"], None)


def test_until_as_a_str_is_equal_to_the_data_and_not_a_part_of_it() -> None:
    with Server(stream([b"data: [DONE] \n\n", b"data: x[DONE]\n\n", b"data: [DONE]\n\n"])) as server:
        assert outcome(sse_client.post(server.url, until="[DONE]")) == (["[DONE] ", "x[DONE]"], None)


def test_an_empty_str_is_an_until_too() -> None:
    with Server(stream([b"data: 1\n\n", b"data\n\n", b"data: 2\n\n"])) as server:
        assert outcome(sse_client.post(server.url, until="")) == (["1"], None)


def test_without_until_a_done_is_an_event_like_others() -> None:
    with Server(stream([b"data: [DONE]\n\n"])) as server:
        assert outcome(sse_client.post(server.url)) == (["[DONE]"], None)


def test_an_end_before_until_is_a_reconnect_where_that_is_allowed() -> None:
    with Server(stream([b"data: 1\n\n"]), stream([b"data: 2\n\n", b"data: end\n\n"])) as server:
        log = Log()
        assert outcome(sse_client.get(server.url, until="end", reconnect=AT_ONCE, observer=log)) == (["1", "2"], None)
    (lost,) = log.of(sse_client.Lost)
    assert type(lost.error) is StreamTruncated


def test_an_error_of_until_goes_to_the_user_and_closes_the_stream() -> None:
    with Server([*ONE, STALL]) as server, sse_client.post(server.url, until=lambda event: bool(1 // 0)) as events:
        with pytest.raises(ZeroDivisionError):
            next(events)
        assert events.state == "closed"
        assert list(events) == []


def test_until_is_not_asked_about_comments() -> None:
    asked: list[Any] = []

    def until(event: Event) -> bool:
        asked.append(event)
        return event.data == "end"

    with (
        Server(stream([b":c\ndata: 1\n\n:d\n", b"data: end\n\n"])) as server,
        sse_client.post(server.url, comments=True, until=until) as events,
    ):
        got: list[Any] = list(events)
    assert got == [Comment("c"), Event("1"), Comment("d")]
    assert asked == [Event("1"), Event("end")]


# prepare


def test_prepare_is_called_before_every_attempt_with_its_number_place_and_error() -> None:
    attempts: list[Attempt] = []

    def prepare(request: Request, attempt: Attempt) -> Request:
        attempts.append(attempt)
        return replace(request, headers={**request.headers, "Authorization": f"Bearer {attempt.number}"})

    with Server(reply(503), stream([b"id: a\ndata: 1\n\n"]), stream([b"data: end\n\n"])) as server:
        events = sse_client.get(server.url, prepare=prepare, until="end", reconnect=AT_ONCE)
        assert outcome(events) == (["1"], None)
        assert [request.headers["authorization"] for request in server.requests] == ["Bearer 1", "Bearer 2", "Bearer 3"]
    assert [(attempt.number, attempt.last_event_id) for attempt in attempts] == [(1, ""), (2, ""), (3, "a")]
    assert [type(attempt.error) for attempt in attempts] == [type(None), StatusError, StreamTruncated]


def test_prepare_may_resume_a_post_with_a_get_and_at_another_url() -> None:
    def prepare(request: Request, attempt: Attempt) -> Request:
        if attempt.last_event_id:
            return replace(request, method="GET", url=f"{request.url}/resume", json=None)
        return request

    with Server([head(), chunk(b"id: a\ndata: 1\n\n"), CLOSE], stream([b"data: end\n\n"])) as server:
        events = sse_client.post(f"{server.url}/x", json={"a": 1}, prepare=prepare, until="end", reconnect=AT_ONCE)
        assert outcome(events) == (["1"], None)
        first, second = server.requests
    assert (first.method, first.path, first.json()) == ("POST", "/x", {"a": 1})
    assert (second.method, second.path, second.body) == ("GET", "/x/resume", b"")
    assert second.headers["last-event-id"] == "a"
    assert "content-length" not in second.headers


def test_the_reconnect_rule_stays_that_of_the_first_method() -> None:
    def prepare(request: Request, attempt: Attempt) -> Request:
        return replace(request, method="GET")

    with Server(stream([b"data: 1\n\n"]), stream([b"data: 2\n\n"])) as server:
        assert outcome(sse_client.post(server.url, prepare=prepare)) == (["1"], None)
        assert [request.method for request in server.requests] == ["GET"]


def test_prepare_changes_its_own_attempt_only() -> None:
    def prepare(request: Request, attempt: Attempt) -> Request:
        assert "X" not in request.headers
        return replace(request, headers={"X": "1"})

    with Server(stream([b"data: 1\n\n"]), stream([b"data: end\n\n"])) as server:
        assert outcome(sse_client.get(server.url, prepare=prepare, until="end", reconnect=AT_ONCE)) == (["1"], None)


def test_a_last_event_id_that_prepare_sets_is_left_alone() -> None:
    def prepare(request: Request, attempt: Attempt) -> Request:
        return replace(request, headers={"last-event-ID": "mine"})

    with Server(reply(204)) as server:
        outcome(sse_client.get(server.url, prepare=prepare, last_event_id="other"))
        assert [value for name, value in server.requests[0].raw_headers if name.lower() == b"last-event-id"] == [
            b"mine"
        ]


@pytest.mark.parametrize("returned", [None, "http://x/", Request(method="GET", url="nowhere")])
def test_what_prepare_returns_is_checked_and_nothing_is_sent(returned: Any) -> None:
    with Server() as server:
        with pytest.raises((TypeError, ValueError)):
            outcome(sse_client.get(server.url, prepare=lambda request, attempt: returned, reconnect=AT_ONCE))
        assert server.connections == 0


def test_an_error_of_prepare_goes_to_the_user() -> None:
    def prepare(request: Request, attempt: Attempt) -> Request:
        raise LookupError("no token")

    with Server() as server:
        log = Log()
        with pytest.raises(LookupError, match="no token"):
            outcome(sse_client.get(server.url, prepare=prepare, observer=log))
        assert server.connections == 0
    assert log.names == ["Closed"]


# last_event_id and checkpoint


def sent_ids(server: Server) -> list[list[bytes]]:
    return [
        [value for name, value in request.raw_headers if name.lower() == b"last-event-id"]
        for request in server.requests
    ]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("", []),
        ("7", [b"7"]),
        ("\u65e5\u672c \u20ac", ["\u65e5\u672c \u20ac".encode()]),
        ("\xe9", "\xe9".encode()),
        (" a b\t", [b"a b"]),
        (" ", []),
    ],
)
def test_a_last_event_id_goes_out_as_utf_8(given: str, sent: list[bytes] | bytes) -> None:
    with Server(reply(204)) as server:
        outcome(sse_client.get(server.url, last_event_id=given))
        assert sent_ids(server) == [[sent] if isinstance(sent, bytes) else sent]


@pytest.mark.parametrize(
    "raw", ["\u65e5\u672c".encode(), b"\xff", b"a  b ", b"\x0bA", b"\x0cA", b"\x7f", b"\x1f", b"a\xc2\x85b"]
)
def test_whatever_id_a_server_sends_the_stream_is_resumed_with_it(raw: bytes) -> None:
    with Server(stream([b"id: " + raw + b"\ndata: 1\n\n"]), stream([b"data: end\n\n"])) as server:
        assert outcome(sse_client.get(server.url, until="end", reconnect=AT_ONCE)) == (["1"], None)
        assert sent_ids(server) == [[], [raw.decode(errors="replace").strip(" ").encode()]]


def test_an_empty_id_resets_and_then_no_header_is_sent() -> None:
    with Server(stream([b"id: a\ndata: 1\n\nid\n\n"]), stream([b"data: end\n\n"])) as server:
        assert outcome(sse_client.get(server.url, until="end", reconnect=AT_ONCE, last_event_id="x")) == (["1"], None)
        assert sent_ids(server) == [[b"x"], []]


def test_last_event_id_is_that_of_the_last_event_yielded() -> None:
    blocks = b"id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\n\n"
    with (
        Server([head(), chunk(blocks), LAST_CHUNK]) as server,
        sse_client.post(server.url, last_event_id="0") as events,
    ):
        assert events.last_event_id == "0"
        assert [(event.id, events.last_event_id) for event in events] == [("1", "1"), ("2", "2")]
        assert events.last_event_id == "3"


def test_an_id_is_saved_when_the_consumer_comes_back_and_not_before(tmp_path: Path) -> None:
    place = tmp_path / "place"
    with (
        Server([head(), chunk(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n"), STALL]) as server,
        sse_client.post(server.url, checkpoint=place) as events,
    ):
        next(events)
        assert not place.exists()
        next(events)
        assert place.read_bytes() == b"1"
    assert FileCheckpoint(place).load() == "1"


def fail_at_three(stream: EventStream) -> None:
    with stream as events:
        for event in events:
            if event.id == "3":
                raise LookupError("not handled")


def test_an_event_whose_handling_failed_comes_again_after_a_restart(tmp_path: Path) -> None:
    place = str(tmp_path / "place")
    with Server(events=4) as server:
        with pytest.raises(LookupError):
            fail_at_three(sse_client.get(f"{server.url}/events", checkpoint=place))
        with sse_client.get(f"{server.url}/events", checkpoint=place, until="event 4") as events:
            assert [event.id for event in events] == ["3"]
        assert sent_ids(server) == [[], [b"2"]]
    assert FileCheckpoint(place).load() == "4"


def test_an_id_without_an_event_is_saved_too(tmp_path: Path) -> None:
    place = tmp_path / "place"
    with Server(stream([b"id: 1\ndata: a\n\n", b"id: 2\n\n"])) as server:
        assert outcome(sse_client.post(server.url, checkpoint=place)) == (["a"], None)
    assert place.read_bytes() == b"2"


def test_a_given_last_event_id_beats_the_checkpoint(tmp_path: Path) -> None:
    FileCheckpoint(tmp_path / "place").save("old")
    with Server(reply(204), reply(204)) as server:
        outcome(sse_client.get(server.url, checkpoint=tmp_path / "place", last_event_id="new"))
        outcome(sse_client.get(server.url, checkpoint=tmp_path / "place"))
        assert sent_ids(server) == [[b"new"], [b"old"]]


class Memory:
    """A checkpoint of the user's own; it is false, as an empty container is."""

    def __init__(self, last_event_id: str = "") -> None:
        self.saved: list[str] = []
        self._first = last_event_id

    def __len__(self) -> int:
        return len(self.saved)

    def load(self) -> str:
        return self._first

    def save(self, last_event_id: str) -> None:
        self.saved.append(last_event_id)


def test_any_object_with_load_and_save_is_a_checkpoint_even_an_empty_one() -> None:
    memory = Memory("0")
    with Server(stream([b"id: 1\ndata: a\n\n", b"data: b\n\n", b"id: 2\ndata: c\n\n"])) as server:
        outcome(sse_client.post(server.url, checkpoint=memory))
        assert sent_ids(server) == [[b"0"]]
    assert memory.saved == ["1", "2"]


def test_the_place_is_saved_at_until_as_well() -> None:
    memory = Memory()
    with Server(stream([b"id: 1\ndata: a\n\n", b"id: 2\ndata: end\n\n"])) as server:
        outcome(sse_client.get(server.url, checkpoint=memory, until="end"))
    assert memory.saved == ["1", "2"]


def test_errors_of_a_checkpoint_go_to_the_user() -> None:
    class Broken(Memory):
        def save(self, last_event_id: str) -> None:
            raise OSError("disk full")

    with (
        Server([head(), chunk(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n"), STALL]) as server,
        sse_client.post(server.url, checkpoint=Broken()) as events,
    ):
        assert next(events).data == "a"
        with pytest.raises(OSError, match="disk full"):
            next(events)
        assert events.state == "closed"


def test_a_checkpoint_that_holds_a_line_end_is_refused_before_anything_is_sent() -> None:
    with Server() as server:
        with pytest.raises(ValueError, match="last_event_id"):
            outcome(sse_client.get(server.url, checkpoint=Memory("a\r\nX: y"), reconnect=AT_ONCE))
        assert server.connections == 0


# comments, max_event_size, headers


def test_comments_are_yielded_in_their_place_if_asked_for_and_counted_anyway() -> None:
    blocks = [b":a\ndata: 1\n\n:b\n", b": c\n\n"]
    with Server(stream(blocks), stream(blocks)) as server:
        with sse_client.post(server.url, comments=True) as events:
            both: list[Any] = list(events)
            assert (events.stats.events, events.stats.comments) == (1, 3)
        with sse_client.post(server.url) as events:
            assert list(events) == [Event("1")]
            assert events.stats.comments == 3
    assert both == [Comment("a"), Event("1"), Comment("b"), Comment("c")]


def test_max_event_size_none_means_no_limit() -> None:
    with Server(stream([b"data: " + b"x" * 100_000 + b"\n\n"])) as server:
        data, error = outcome(sse_client.post(server.url, max_event_size=None))
    assert (len(data[0]), error) == (100_000, None)


def test_accept_and_cache_control_are_sent_unless_the_caller_says_otherwise() -> None:
    with Server(*[reply(204)] * 4) as server, Client(headers={"X-Default": "1", "x-other": "2"}) as client:
        outcome(client.get(server.url))
        outcome(client.get(server.url, headers={"accept": "a/b", "CACHE-CONTROL": "max-age=1", "x-default": "3"}))
        outcome(client.get(server.url, headers={"Accept": None, "Cache-Control": None, "User-Agent": None}))
        outcome(client.get(server.url, headers={"X-Bytes": b"\xff", "X-Latin": "\xe9"}))
        first, second, third, fourth = server.requests
    assert (first.headers["accept"], first.headers["cache-control"]) == ("text/event-stream", "no-cache")
    assert (second.headers["accept"], second.headers["cache-control"]) == ("a/b", "max-age=1")
    assert (second.headers["x-default"], second.headers["x-other"]) == ("3", "2")
    assert "cache-control" not in third.headers
    assert third.headers.get("accept") != "*/*"
    assert (fourth.headers["x-bytes"], fourth.headers["x-latin"]) == ("\xff", "\xe9")


def test_headers_of_the_session_beat_what_is_sent_otherwise() -> None:
    with Server(reply(204)) as server, requests.Session() as session, Client(session) as client:
        session.headers.update({"accept": "a/b", "cache-control": "max-age=1"})
        outcome(client.get(server.url))
        (request,) = server.requests
    assert (request.headers["accept"], request.headers["cache-control"]) == ("a/b", "max-age=1")


def test_params_are_added_to_the_query() -> None:
    with Server(reply(204)) as server:
        outcome(sse_client.get(f"{server.url}/a?b=1", params={"c": ["2", "3"]}))
        assert server.requests[0].path == "/a?b=1&c=2&c=3"


def test_auth_and_cookies_are_those_of_requests() -> None:
    with Server(reply(204)) as server:
        outcome(sse_client.get(server.url, auth=("u", "p"), cookies={"a": "b"}))
        assert server.requests[0].headers["authorization"] == "Basic dTpw"
        assert server.requests[0].headers["cookie"] == "a=b"


def test_options_of_a_call_replace_those_of_the_client() -> None:
    with (
        Server(*[stream([b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"])] * 3) as server,
        Client(until="2", reconnect=False) as client,
    ):
        assert outcome(client.get(server.url)) == (["1"], None)
        assert outcome(client.get(server.url, until="3")) == (["1", "2"], None)
        assert outcome(client.get(server.url, until=None)) == (["1", "2", "3"], None)


# observer


def test_an_observer_is_told_what_happens_in_order() -> None:
    log = Log()
    with Server(reply(503), stream([b"data: 1\n\n"]), stream([b"data: end\n\n"])) as server:
        outcome(sse_client.get(server.url, until="end", observer=log, reconnect=AT_ONCE))
    assert log.names == ["Lost", "Opened", "Lost", "Opened", "Closed"]
    first, second = log.of(sse_client.Opened)
    assert [opened.attempt.number for opened in (first, second)] == [2, 3]
    assert first.response.status == 200
    assert [type(lost.error) for lost in log.of(sse_client.Lost)] == [StatusError, StreamTruncated]
    assert [lost.delay for lost in log.of(sse_client.Lost)] == [0, 0]


@pytest.mark.parametrize(
    ("script", "options", "reason"),
    [
        (stream([b"data: 1\n\n"]), {}, "end"),
        (stream([b"data: 1\n\n"]), {"until": "1"}, "until"),
        (reply(204), {}, "no content"),
        (reply(401), {}, "error"),
        ([*ONE, CLOSE], {}, "error"),
    ],
)
def test_an_observer_is_told_once_why_it_is_over(script: Any, options: dict[str, Any], reason: str) -> None:
    log = Log()
    with Server(script) as server:
        events = sse_client.post(server.url, observer=log, **options)
        _, error = outcome(events)
        events.close()
        list(events)
    assert log.of(sse_client.Closed) == [sse_client.Closed(reason, error)]  # type: ignore[arg-type]  # a parameter
    assert (error is not None) == (reason == "error")


def test_an_observer_is_told_of_a_consumer_that_leaves() -> None:
    log = Log()
    with Server([*ONE, STALL]) as server, sse_client.post(server.url, observer=log) as events:
        next(events)
    assert log.of(sse_client.Closed) == [sse_client.Closed("closed", None)]


def test_an_observer_that_is_false_is_an_observer() -> None:
    class Empty(Log):
        def __len__(self) -> int:
            return 0

    log = Empty()
    with Server(stream([b"data: 1\n\n"])) as server:
        outcome(sse_client.post(server.url, observer=log))
    assert log.names == ["Opened", "Closed"]


@pytest.mark.parametrize("kind", ["Opened", "Lost", "Closed"])
def test_an_exception_of_the_observer_goes_to_the_user_and_closes_the_stream(kind: str) -> None:
    def observer(news: Opened | Lost | Closed) -> None:
        if type(news).__name__ == kind:
            raise LookupError(kind)

    with Server([*ONE, CLOSE], reply(204)) as server:
        events = sse_client.get(server.url, observer=observer, reconnect=AT_ONCE)
        with pytest.raises(LookupError, match=kind):
            for _ in events:
                pass
        assert events.state == "closed"
        assert list(events) == []


def test_an_observer_is_called_in_the_readers_thread() -> None:
    threads: set[int] = set()
    with Server(stream([b"data: 1\n\n"])) as server:
        outcome(sse_client.post(server.url, observer=lambda news: threads.add(threading.get_ident())))
    assert threads == {threading.get_ident()}


def test_the_same_goes_to_the_log_without_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="sse_client")
    with Server(reply(503), stream([b"data: 1\n\n"]), reply(204)) as server:
        url = f"{server.url.replace('//', '//user:passseventy@')}/?token=tokenseventy"
        outcome(sse_client.get(url, headers={"X-Key": "keyseventy"}, reconnect=AT_ONCE))
    messages = [record.getMessage() for record in caplog.records if record.name == "sse_client"]
    assert [message.split(":")[0] for message in messages] == ["lost", "opened", "lost", "closed"]
    assert "seventy" not in "".join(messages)


# stats and state


def test_stats_count_over_all_connections() -> None:
    with Server(reply(503), stream([b":c\n\ndata: 1\n\n"]), stream([b"data: 2\n\n", b"data: end\n\n"])) as server:
        events = sse_client.get(server.url, until="end", reconnect=AT_ONCE)
        assert (events.stats.connections, events.stats.opened_at, events.stats.last_event_at) == (0, None, None)
        assert (events.state, events.response) == ("connecting", None)
        outcome(events)
        stats = events.stats
    assert (stats.connections, stats.events, stats.comments, stats.useless_attempts) == (2, 3, 1, 0)
    assert stats.bytes == len(b":c\n\ndata: 1\n\n" + b"data: 2\n\n" + b"data: end\n\n")
    assert stats.opened_at is not None
    assert stats.last_event_at is not None
    assert events.state == "closed"


def test_reconnection_time_is_what_the_server_asked_for() -> None:
    with Server(stream([b"retry: 25\n\ndata: 1\n\n"])) as server, sse_client.post(server.url) as events:
        assert events.reconnection_time is None
        next(events)
        assert events.reconnection_time == 25


# reconnect


def test_reconnect_false_makes_a_get_one_attempt() -> None:
    with Server(stream([b"data: 1\n\n"]), [CLOSE], reply(503)) as server:
        assert outcome(sse_client.get(server.url, reconnect=False)) == (["1"], None)
        assert type(outcome(sse_client.get(server.url, reconnect=False))[1]) is ConnectionFailed
        assert type(outcome(sse_client.get(server.url, reconnect=False))[1]) is StatusError
        assert len(server.requests) == 3


def test_reconnect_none_is_the_default() -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        assert outcome(sse_client.post(server.url, reconnect=None)) == (["1"], None)


def test_strategies_of_tenacity_are_asked(naps: list[float]) -> None:
    from tenacity import retry_if_exception_type, stop_after_attempt, wait_fixed

    seen: list[int] = []

    def note(state: Any) -> None:
        seen.append(state.attempt_number)

    rules = Reconnect(
        wait=wait_fixed(7),
        stop=stop_after_attempt(3),
        retry=retry_if_exception_type(StatusError),
        before_sleep=note,
    )
    with Server(*[reply(418)] * 5) as server:
        _, error = outcome(sse_client.get(server.url, reconnect=rules))
        assert len(server.requests) == 3
    assert isinstance(error, StatusError)
    assert (naps, seen) == ([7, 7], [1, 2])


def test_tenacitys_own_logging_says_what_is_tried_again_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    from tenacity import before_sleep_log

    log = before_sleep_log(logging.getLogger("a.test"), logging.WARNING)
    rules = Reconnect(initial_delay=0, before_sleep=log)
    with Server([CLOSE], stream([b"data: 1\n\n"])) as server:
        url = server.url.replace("//", "//user:s3cret@")
        assert outcome(sse_client.post(f"{url}?key=s3cret", reconnect=rules, until="1"))[1] is None
    (said,) = [record.message for record in caplog.records if record.name == "a.test"]
    assert said.startswith(f"Retrying POST {server.url} in 0 seconds as it raised ConnectionFailed: ")
    assert "s3cret" not in said


def test_every_request_shows_in_the_order_it_was_received() -> None:
    def script(request: Received) -> Any:
        return stream([b"data: %b\n\n" % request.method.encode()])

    with Server(script, script) as server:
        assert outcome(sse_client.stream("put", server.url)) == (["PUT"], None)
        assert outcome(sse_client.stream("REPORT", server.url)) == (["REPORT"], None)
