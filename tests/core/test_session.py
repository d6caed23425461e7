"""The session: one stream over many connections, told in the words that a shell uses. No I/O, no clock."""

# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
from __future__ import annotations

import logging
import random
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from core.kit import URL, body
from sse_client._core.session import Session, checked
from sse_client._core.stream_format import EVENT_STREAM, StreamFormat
from sse_client.errors import (
    BodyNotReplayable,
    ConnectionFailed,
    ContentTypeError,
    EventTooLarge,
    IdleTimeout,
    ResponseError,
    SSEError,
    StatusError,
    StreamTruncated,
)
from sse_client.events import Comment, Event
from sse_client.observer import Closed, Lost, Opened
from sse_client.options import Options, Timeout, merged
from sse_client.parser import Parser
from sse_client.policy import Reconnect
from sse_client.request import Attempt, Request

if TYPE_CHECKING:
    from collections.abc import Callable

LOST = ConnectionFailed("lost")
KIB = 1024
NAME = "GET https://example.com/events"


class Memory:
    """A checkpoint that keeps everything."""

    def __init__(self, last_event_id: Any = "") -> None:
        self.first = last_event_id
        self.saved: list[str] = []

    def load(self) -> str:
        return self.first  # type: ignore[no-any-return]  # some tests make it a liar

    def save(self, last_event_id: str) -> None:
        self.saved.append(last_event_id)


def session(method: str = "GET", dialect: StreamFormat = EVENT_STREAM, **options: Any) -> Session:
    checked = merged(Options(), options)
    return Session(checked.request(method, URL), checked, dialect)


def begun(stream: Session) -> Request:
    """Return the request of the next attempt, with what a transport adds to its headers."""
    request = checked(stream.attempt())
    names = {name.lower() for name in request.headers}
    resume = {"Last-Event-ID": stream.resume} if stream.resume and "last-event-id" not in names else {}
    return replace(request, headers={**request.headers, **resume})


def connect(stream: Session) -> Request:
    """Make the next connection, and return what was asked."""
    request = begun(stream)
    assert stream.opened(body()) is None
    return request


def opened(**options: Any) -> Session:
    stream = session(**options)
    connect(stream)
    return stream


def receive(stream: Session, data: bytes) -> list[Any]:
    """Feed what one read brought, and come back for more, as a consumer does."""
    events = list(stream.delivery.feed(data))
    stream.consumed()
    return events


def asked(request: Request) -> Any:
    return request.headers.get("Last-Event-ID")


def done(last: Event) -> bool:
    return last.data == "[DONE]"


def never(_: Event) -> bool:
    return False


def changing(**changes: Any) -> Callable[[Request, Attempt], Request]:
    """Return a `prepare` that makes these changes."""

    def prepare(request: Request, _: Attempt) -> Request:
        return replace(request, **changes)

    return prepare


def event(number: int) -> bytes:
    return b"id: %d\ndata: %d\n\n" % (number, number)


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]  (used by all)
    def uniform(low: float, high: float) -> float:
        return min(low, high)

    monkeypatch.setattr(random, "uniform", uniform)


# --- From the request to the end. ---


def test_a_stream_from_its_request_over_a_loss_to_its_end() -> None:
    news: list[Any] = []
    stream = session(observer=news.append, until="end")
    first = begun(stream)
    assert (first.method, first.url) == ("GET", URL)
    assert asked(first) is None
    one, two = body(), body()
    assert stream.opened(one) is None
    assert list(stream.delivery.feed(b"id: 1\ndata: one\n\n")) == [Event(data="one", id="1")]
    stream.consumed()
    assert stream.lost(LOST) == 1.0
    assert asked(begun(stream)) == b"1"
    assert stream.opened(two) is None
    assert list(stream.delivery.feed(b"data: end\n\n")) == []
    before = stream.ending
    stream.consumed()
    assert (before, stream.ending) == (None, "until")
    stream.closed("until")
    assert news == [
        Opened(one.response, Attempt(number=1, last_event_id="")),
        Lost(LOST, 1.0),
        Opened(two.response, Attempt(number=2, last_event_id="1", error=LOST)),
        Closed("until"),
    ]


def test_what_the_caller_asks_for_is_sent_as_it_is() -> None:
    stream = session("POST", data=b"body", params={"a": "b"}, headers={"accept": "a/b"}, auth=("u", "p"))
    request = begun(stream)
    assert (request.method, request.data, request.params, request.auth) == ("POST", b"body", {"a": "b"}, ("u", "p"))
    assert request.headers == {"accept": "a/b"}


# --- The last event ID (WHATWG 9.2.3, 9.2.6). ---


@pytest.mark.parametrize(
    ("stream_", "last_event_id"),
    [
        pytest.param(b"data: x\n\n", None, id="no id"),
        pytest.param(b"id: 1\ndata: x\n\n", b"1", id="that of the last event"),
        pytest.param(b"id: 1\ndata: x\n\ndata: y\n\n", b"1", id="that of an event before"),
        pytest.param(b"id: 1\ndata: x\n\nid: 2\n\n", b"2", id="that of a block without data"),
        pytest.param(b"id: 1\n\n", b"1", id="that of a block without data alone"),
        pytest.param(b"id: 1\ndata: x\n\nid: 2\ndata: y\n", b"1", id="not that of an unfinished block"),
        pytest.param(b"id: 1\ndata: x\n\nid: 2", b"1", id="not that of an unfinished line"),
        pytest.param(b"id: 1\ndata: x\n\nid\ndata: y\n\n", None, id="an empty id resets it"),
        pytest.param(b"id: 1\ndata: x\n\nid:\n\n", None, id="in a block without data too"),
        pytest.param(b"id: 1\ndata: x\n\nid: a\0b\ndata: y\n\n", b"1", id="an id with a NUL is none"),
        pytest.param("id: ü\ndata: x\n\n".encode(), "ü".encode(), id="in UTF-8"),
        pytest.param(b"id:   1 \ndata: x\n\n", b"1", id="without blanks around it"),
        pytest.param(b"id:   \ndata: x\n\n", None, id="blanks alone make no header"),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_the_next_request_resumes_behind_what_was_dispatched(
    stream_: bytes, last_event_id: bytes | None, size: int
) -> None:
    stream = opened()
    for at in range(0, len(stream_), size):
        receive(stream, stream_[at : at + size])
    stream.lost(LOST)
    request = begun(stream)
    assert asked(request) == last_event_id
    assert ("Last-Event-ID" in request.headers) == (last_event_id is not None)


def test_an_id_lasts_over_connections_that_bring_none() -> None:
    stream = opened()
    receive(stream, event(1))
    for _ in range(2):
        stream.lost(LOST)
        assert asked(connect(stream)) == b"1"
    assert receive(stream, b"data: x\n\n") == [Event(data="x", id="1")]
    receive(stream, b"id\n\n")
    stream.lost(LOST)
    assert asked(connect(stream)) is None


def test_an_unfinished_block_is_dropped_with_its_connection() -> None:
    stream = opened()
    receive(stream, event(1) + b"event: x\nid: 2\ndata: half")
    assert stream.delivery.parser.tail == "event: x\nid: 2\ndata: half"
    stream.lost(LOST)
    connect(stream)
    assert stream.delivery.parser.tail == ""
    assert receive(stream, b"data: y\n\n") == [Event(data="y", id="1")]


def test_the_bom_may_come_on_every_connection() -> None:
    stream = opened()
    for _ in range(2):
        assert receive(stream, b"\xef\xbb\xbfdata: x\n\n") == [Event(data="x")]
        stream.lost(LOST)
        connect(stream)


def test_where_to_resume_can_be_given() -> None:
    stream = session(last_event_id="7")
    assert stream.delivery.last_event_id == "7"
    assert asked(connect(stream)) == b"7"
    assert receive(stream, b"data: x\n\n") == [Event(data="x", id="7")]


def test_the_last_event_id_is_that_of_the_last_event_that_was_taken() -> None:
    stream = opened(comments=True, last_event_id="0")
    batch = stream.delivery.feed(b": a\n\n" + event(1) + b": b\n" + event(2) + b"id: 3\n\n: c\n")
    seen = [stream.delivery.last_event_id]
    for each in batch:
        assert isinstance(each, (Event, Comment))
        seen.append(stream.delivery.last_event_id)
    assert seen == ["0", "0", "1", "1", "2", "2"]
    stream.consumed()
    assert stream.delivery.last_event_id == "3"


def test_the_last_event_id_of_a_batch_that_nobody_has_touched_is_the_one_before() -> None:
    stream = opened()
    receive(stream, event(1))
    stream.delivery.feed(event(2) + event(3))
    assert stream.delivery.last_event_id == "1"


# --- Checkpoints. ---


def test_a_checkpoint_tells_where_to_begin() -> None:
    memory = Memory("7")
    stream = session(checkpoint=memory)
    assert asked(connect(stream)) == b"7"
    assert stream.delivery.last_event_id == "7"
    receive(stream, b"data: x\n\n")
    assert memory.saved == []


def test_a_checkpoint_is_asked_once() -> None:
    memory = Memory("7")
    stream = opened(checkpoint=memory)
    memory.first = "8"
    stream.lost(LOST)
    assert asked(begun(stream)) == b"7"


def test_a_given_id_beats_the_checkpoints() -> None:
    assert asked(begun(session(checkpoint=Memory("7"), last_event_id="9"))) == b"9"


def test_an_id_is_saved_only_when_the_consumer_comes_back_for_the_next_event() -> None:
    memory = Memory()
    stream = opened(checkpoint=memory)
    batch = stream.delivery.feed(event(1) + event(2) + event(2) + event(3))
    saved: list[list[str]] = []
    for _ in batch:
        saved.append(list(memory.saved))
    assert saved == [[], ["1"], ["1", "2"], ["1", "2"]]
    stream.consumed()
    assert memory.saved == ["1", "2", "3"]


def test_an_id_is_not_saved_while_its_event_is_being_handled_though_it_is_the_last_of_its_batch() -> None:
    memory = Memory()
    stream = opened(checkpoint=memory)
    batch = stream.delivery.feed(event(1))
    assert next(batch) == Event(data="1", id="1")
    assert memory.saved == []
    stream.consumed()
    assert memory.saved == ["1"]


def test_the_id_of_a_block_without_data_is_saved_and_so_is_a_reset() -> None:
    memory = Memory()
    stream = opened(checkpoint=memory)
    receive(stream, event(1) + b"id: 2\n\n")
    receive(stream, b"id: 3\n\n")
    receive(stream, b"id\n\n")
    assert memory.saved == ["1", "2", "3", ""]


def test_comments_save_nothing() -> None:
    memory = Memory("7")
    stream = opened(checkpoint=memory, comments=True)
    assert receive(stream, b": a\n: b\n") == [Comment("a"), Comment("b")]
    assert memory.saved == []


def test_the_id_of_the_last_event_is_saved_and_those_behind_it_are_not() -> None:
    def second(last: Event) -> bool:
        return last.data == "2"

    for until in ("2", second):
        memory = Memory()
        stream = opened(checkpoint=memory, until=until)
        assert [each.data for each in receive(stream, event(1) + event(2) + event(3) + b"id: 4\n\n")] == ["1"]
        assert memory.saved == ["1", "2"]
        assert stream.ending == "until"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("a\r\nX: 1", ValueError),
        ("a\n", ValueError),
        ("\0", ValueError),
        (None, TypeError),
        (7, TypeError),
        (b"7", TypeError),
    ],
    ids=ascii,
)
def test_what_a_checkpoint_cannot_hold_is_refused_before_anything_is_sent(content: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="last_event_id"):
        begun(session(checkpoint=Memory(content)))


def test_an_error_of_the_checkpoints_is_the_callers() -> None:
    class Full(Memory):
        def save(self, last_event_id: str) -> None:
            raise OSError(28, "No space left on device")

    stream = opened(checkpoint=Full())
    with pytest.raises(OSError, match="No space"):
        list(stream.delivery.feed(event(1) + event(2)))


def test_a_checkpoint_that_counts_as_empty_is_one_all_the_same() -> None:
    class Empty(Memory):
        def __len__(self) -> int:
            return 0

    memory = Empty("7")
    stream = session(checkpoint=memory)
    assert asked(connect(stream)) == b"7"
    receive(stream, event(8))
    assert memory.saved == ["8"]


# --- The last event. ---


@pytest.mark.parametrize("kind", ["text", "predicate"])
@pytest.mark.parametrize(
    ("reads", "events"),
    [
        pytest.param([b"data: [DONE]\n\n"], [], id="it is the first"),
        pytest.param([b"data: a\n\ndata: [DONE]\n\ndata: b\n\n"], ["a"], id="it is among others"),
        pytest.param([b"data: a\n\n", b"data: [DO", b"NE]\n\n"], ["a"], id="it comes in pieces"),
        pytest.param(
            [b"data: [DONE] \n\n", b"data: x[DONE]\n\n", b"data: [DONE]\n\n"],
            ["[DONE] ", "x[DONE]"],
            id="all of it counts",
        ),
        pytest.param([b"event: x\nid: 1\ndata: [DONE]\n\n"], [], id="its type does not count"),
    ],
)
def test_the_last_event_is_not_yielded_and_nothing_comes_after_it(
    kind: str, reads: list[bytes], events: list[str]
) -> None:
    stream = opened(until="[DONE]" if kind == "text" else done)
    got: list[Any] = []
    for data in reads:
        assert stream.ending is None
        got += receive(stream, data)
    assert [each.data for each in got] == events
    assert stream.ending == "until"


def test_an_empty_text_is_a_last_event_too() -> None:
    stream = opened(until="")
    assert receive(stream, b"data: a\n\ndata\n\n") == [Event(data="a")]
    assert stream.ending == "until"


def test_a_comment_is_never_the_last_event() -> None:
    seen: list[Any] = []

    def until(last: Event) -> None:
        seen.append(last)

    stream = opened(until=until, comments=True)
    assert receive(stream, b": [DONE]\ndata: x\n\n") == [Comment("[DONE]"), Event(data="x")]
    assert seen == [Event(data="x")]
    stream = opened(until="[DONE]", comments=True)
    assert receive(stream, b": [DONE]\n: x\n\ndata: [DONE]\n\n: y\n") == [Comment("[DONE]"), Comment("x")]


def test_a_predicate_is_asked_about_an_event_when_the_consumer_comes_for_it() -> None:
    seen: list[str] = []

    def until(last: Event) -> None:
        seen.append(last.data)

    stream = opened(until=until)
    batch = stream.delivery.feed(event(1) + event(2))
    assert seen == []
    next(batch)
    assert seen == ["1"]


def test_an_error_of_the_predicates_is_the_callers() -> None:
    def until(last: Event) -> Any:
        return last.json()["end"]

    stream = opened(until=until)
    with pytest.raises(KeyError):
        list(stream.delivery.feed(b"data: {}\n\n"))


def test_what_is_behind_the_last_event_is_not_interpreted_even_where_it_is_too_large() -> None:
    stream = opened(until="end", max_event_size=100)
    assert receive(stream, b"data: a\n\ndata: end\n\ndata: " + b"x" * 200) == [Event(data="a")]
    assert stream.ending == "until"


@pytest.mark.parametrize("until", ["2", lambda last: last.data == "2"], ids=["text", "predicate"])
def test_the_last_event_can_be_included(until: Any) -> None:
    memory = Memory()
    stream = opened(until=until, include_last=True, checkpoint=memory)
    batch = stream.delivery.feed(event(1) + event(2) + event(3))
    assert [next(batch).data, next(batch).data] == ["1", "2"]
    assert (stream.delivery.last_event_id, stream.ending, memory.saved) == ("2", None, ["1"])
    assert next(batch, None) is None
    assert stream.consumed() is None
    assert (stream.delivery.last_event_id, stream.ending, memory.saved) == ("2", "until", ["1", "2"])


def test_only_a_stream_with_code_of_the_callers_between_its_events_is_watched() -> None:
    assert not session().delivery.watched
    assert not session(until="end").delivery.watched
    assert session(until=bool).delivery.watched
    assert session(checkpoint=Memory()).delivery.watched


# --- Ends and losses. ---


def test_a_clean_end_is_a_loss_where_the_stream_is_one_to_reconnect() -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        loss = opened(method=method).ended()
        assert type(loss) is ConnectionFailed
    loss = opened(method="POST", reconnect=True).ended()
    assert type(loss) is ConnectionFailed
    assert loss.sent


@pytest.mark.parametrize(
    "options",
    [
        {"method": "POST"},
        {"method": "PUT"},
        {"reconnect": False},
        {"reconnect": Reconnect(on_end=False)},
        {"method": "POST", "reconnect": Reconnect(on_end=False)},
    ],
    ids=str,
)
def test_a_clean_end_is_the_end_where_it_is_not(options: dict[str, Any]) -> None:
    stream = opened(**options)
    assert stream.ended() is None
    assert stream.ending == "end"


def test_a_cut_is_resumed_where_a_clean_end_is_not() -> None:
    assert opened(reconnect=Reconnect(on_end=False)).lost(LOST) == 1.0


@pytest.mark.parametrize("options", [{}, {"method": "POST"}, {"reconnect": False}], ids=str)
def test_an_end_before_the_last_event_is_never_silent(options: dict[str, Any]) -> None:
    stream = opened(until="end", **options)
    receive(stream, b"data: a\n\n")
    loss = stream.ended()
    assert type(loss) is StreamTruncated
    assert stream.ending is None
    if options:
        assert stream.lost(loss) is None
    else:
        assert stream.lost(loss) == 1.0


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_clean_end_before_the_last_event_is_not_resumed_where_only_cuts_are(method: str) -> None:
    stream = opened(method=method, until="end", reconnect=Reconnect(on_end=False))
    loss = stream.ended()
    assert type(loss) is StreamTruncated
    assert loss.final
    assert stream.lost(loss) is None
    assert stream.lost(LOST) == 1.0


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize(
    "error", [LOST, IdleTimeout("x"), StatusError("x", status=503)], ids=lambda each: type(each).__name__
)
def test_what_may_be_repeated_is_tried_again(method: str, error: SSEError) -> None:
    assert session(method).lost(error) == 1.0


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "QUERY"])
def test_other_methods_are_not_sent_twice_behind_the_callers_back(method: str) -> None:
    for error in (LOST, IdleTimeout("x"), StatusError("x", status=503)):
        assert session(method).lost(error) is None
    assert session(method).lost(ConnectionFailed("x", sent=False)) == 1.0
    assert session(method).lost(StatusError("x", status=503, retry_after=2.0)) == 2.0
    assert session(method, reconnect=True).lost(LOST) == 1.0
    assert session(method, reconnect=Reconnect(initial_delay=3)).lost(LOST) == 3.0


@pytest.mark.parametrize(
    "error", [LOST, ConnectionFailed("x", sent=False), StatusError("x", status=503, retry_after=1.0)]
)
def test_nothing_is_tried_again_where_the_caller_says_so(error: SSEError) -> None:
    assert session(reconnect=False).lost(error) is None


@pytest.mark.parametrize(
    "error",
    [
        SSEError("x"),
        ResponseError("x", status=503),
        ContentTypeError("x", status=200),
        EventTooLarge("x"),
        BodyNotReplayable("x"),
        StatusError("x", status=404),
        ConnectionFailed("x", sent=False, final=True),
    ],
    ids=lambda each: type(each).__name__,
)
def test_other_errors_are_final(error: SSEError) -> None:
    assert session(reconnect=Reconnect(max_attempts=None)).lost(error) is None


def test_a_body_that_is_used_up_tells_why_it_was_to_be_sent_again() -> None:
    stream = opened(method="POST", reconnect=True)
    stream.lost(LOST)
    begun(stream)
    error = BodyNotReplayable("x")
    assert stream.lost(error) is None
    assert error.__cause__ is LOST


def test_connections_without_an_event_are_counted_and_one_event_ends_the_count() -> None:
    stream = session(reconnect=Reconnect(max_attempts=3))
    for useless in (1, 2):
        connect(stream)
        receive(stream, b": alive\nretry: 1000\nid: 1\n\n")
        stream.lost(LOST)
        assert stream.useless_attempts == useless
    connect(stream)
    receive(stream, event(1))
    assert stream.useless_attempts == 0
    stream.lost(LOST)
    assert stream.useless_attempts == 0
    for useless in (1, 2):
        begun(stream)
        stream.lost(StatusError("x", status=503))
        assert stream.useless_attempts == useless
    begun(stream)
    error = ConnectionFailed("x")
    assert stream.lost(error) is None
    assert error.__notes__[0].startswith("Gave up after 3 failed attempts")


def test_comments_alone_make_no_connection_useful_even_where_they_are_asked_for() -> None:
    stream = opened(comments=True)
    receive(stream, b": a\n: b\n")
    stream.lost(LOST)
    assert stream.useless_attempts == 1


def test_the_last_event_makes_its_connection_useful() -> None:
    stream = opened(until="end")
    receive(stream, b"data: end\n\n")
    assert (stream.stats.events, stream.useless_attempts) == (1, 0)


def test_the_reconnection_time_outlives_its_connection_and_changes_with_the_next() -> None:
    stream = opened()
    times = [stream.delivery.reconnection_time]
    receive(stream, b"retry: 250\n\ndata: x\n\n")
    assert stream.lost(LOST) == 0.25
    connect(stream)
    times.append(stream.delivery.reconnection_time)
    assert stream.lost(LOST) == 0.25
    connect(stream)
    for line in (b"retry: 99\n", b"retry: x\n"):
        receive(stream, line)
        times.append(stream.delivery.reconnection_time)
    assert times == [None, 250, 99, 99]
    receive(stream, b"retry: " + b"9" * 5000 + b"\ndata: x\n\n")
    assert stream.lost(LOST) == 3600.0


# --- Events that are too large. ---


@pytest.mark.parametrize("until", [None, "end", never])
def test_the_events_before_one_that_is_too_large_are_handed_out_first(until: Any) -> None:
    stream = opened(max_event_size=100, until=until)
    assert list(stream.delivery.feed(event(1) + event(2) + b"data: " + b"x" * 200)) == [
        Event(data="1", id="1"),
        Event(data="2", id="2"),
    ]
    assert type(stream.consumed()) is EventTooLarge
    assert stream.delivery.last_event_id == "2"


def test_an_event_that_is_too_large_is_refused_at_once_where_there_is_none_before_it() -> None:
    stream = opened(max_event_size=100)
    with pytest.raises(EventTooLarge):
        stream.delivery.feed(b"data: " + b"x" * 200)
    stream = opened(max_event_size=None)
    assert len(receive(stream, b"data: " + b"x" * 200 * KIB + b"\n\n")) == 1


def test_the_events_before_one_that_is_too_large_are_saved() -> None:
    memory = Memory()
    stream = opened(max_event_size=100, checkpoint=memory)
    list(stream.delivery.feed(event(1) + b"data: " + b"x" * 200))
    assert type(stream.consumed()) is EventTooLarge
    assert memory.saved == ["1"]


# --- `prepare`. ---


def test_prepare_is_called_before_every_attempt_with_what_the_caller_asked_for() -> None:
    calls: list[tuple[Request, Attempt]] = []

    def prepare(request: Request, attempt: Attempt) -> Request:
        calls.append((request, attempt))
        return replace(request, method="GET", headers={"Authorization": f"Bearer {attempt.number}"})

    stream = session("POST", prepare=prepare, reconnect=True, data=b"body")
    first = connect(stream)
    receive(stream, event(1))
    stream.lost(LOST)
    second = begun(stream)
    status = StatusError("x", status=503)
    stream.lost(status)
    begun(stream)
    assert [request for request, _ in calls] == [calls[0][0]] * 3
    assert (calls[0][0].method, calls[0][0].data, calls[0][0].headers) == ("POST", b"body", {})
    assert [attempt for _, attempt in calls] == [
        Attempt(number=1, last_event_id=""),
        Attempt(number=2, last_event_id="1", error=LOST),
        Attempt(number=3, last_event_id="1", error=status),
    ]
    assert first.headers["Authorization"] == "Bearer 1"
    assert second.headers["Authorization"] == "Bearer 2"
    assert asked(second) == b"1"


def test_prepare_is_told_the_id_of_the_checkpoint() -> None:
    numbers: list[str] = []

    def prepare(request: Request, attempt: Attempt) -> Request:
        numbers.append(attempt.last_event_id)
        return request

    begun(session(prepare=prepare, checkpoint=Memory("7")))
    assert numbers == ["7"]


@pytest.mark.parametrize("value", ["own", b"own", None])
def test_a_last_event_id_of_prepares_own_wins(value: str | bytes | None) -> None:
    stream = session(last_event_id="7", prepare=changing(headers={"last-event-id": value}))
    request = begun(stream)
    assert request.headers["last-event-id"] == value
    assert "Last-Event-ID" not in request.headers


def test_the_rule_of_reconnecting_stays_that_of_the_first_method() -> None:
    stream = session("POST", prepare=changing(method="GET"))
    connect(stream)
    assert stream.lost(LOST) is None
    stream = session("GET", prepare=changing(method="POST"))
    connect(stream)
    assert stream.lost(LOST) == 1.0


@pytest.mark.parametrize("returned", [None, "GET", {}, ("GET", URL)], ids=repr)
def test_prepare_returns_a_request_or_is_told_so(returned: Any) -> None:
    def returning(*_: object) -> Any:
        return returned

    with pytest.raises(TypeError, match=f"prepare: expected a Request, got {type(returned).__name__}"):
        begun(session(prepare=returning))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"headers": {"X": "a\r\nb"}}, ValueError),
        ({"headers": {"Last-Event-ID": "a\n"}}, ValueError),
        ({"url": "/events"}, ValueError),
        ({"url": None}, TypeError),
        ({"method": "G T"}, ValueError),
        ({"data": b"", "json": {}}, ValueError),
        ({"headers": None}, TypeError),
    ],
)
def test_what_prepare_returns_is_checked_as_the_callers_own(changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        begun(session(prepare=changing(**changes)))


def test_an_attempt_comes_in_two_halves_for_a_shell_that_awaits_what_prepare_returned() -> None:
    async def prepare(request: Request, attempt: Attempt) -> Request:
        return replace(request, headers={"Number": str(attempt.number)})

    stream = session(prepare=prepare, last_event_id="7")
    for number in ("1", "2"):
        asked: Any = stream.attempt()
        with pytest.raises(StopIteration) as returned:
            asked.send(None)
        request = checked(returned.value.value)
        assert (request.headers["Number"], stream.resume) == (number, b"7")


def test_what_came_of_awaiting_prepare_is_checked_like_what_it_returned() -> None:
    with pytest.raises(TypeError, match="prepare: expected a Request, got str"):
        checked("GET")
    with pytest.raises(ValueError, match="absolute URL"):
        checked(Request(method="GET", url="/"))


def test_a_prepare_that_must_be_awaited_is_refused_where_nothing_is() -> None:
    async def prepare(request: Request, _: Attempt) -> Request:
        return request

    with pytest.raises(TypeError, match="got a coroutine, which the blocking client cannot await"):
        begun(session(prepare=prepare))


# --- Responses. ---


@pytest.mark.parametrize("content_type", ["text/event-stream", "text/html", None])
def test_no_content_is_the_end(content_type: str | None) -> None:
    news: list[Any] = []
    stream = session(observer=news.append)
    begun(stream)
    assert stream.opened(body(status=204, content_type=content_type)) is None
    assert stream.ending == "no content"
    assert (news, stream.stats.connections) == ([], 0)


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (201, "201 (Created)"),
        (206, "206 (Partial Content)"),
        (302, "302 (Found)"),
        (404, "404 (Not Found)"),
        (599, "599"),
    ],
)
def test_every_other_status_is_an_error_that_shows_no_secret(status: int, phrase: str) -> None:
    stream = session()
    begun(stream)
    answer = body(status=status, X="1")
    error = stream.opened(answer)
    assert type(error) is StatusError
    assert str(error) == f"expected status 200 from https://example.com/events, got {phrase}"
    assert (error.status, error.headers, error.body, error.retry_after) == (status, answer.response.headers, b"", None)
    assert stream.stats.connections == 0


@pytest.mark.parametrize("status", [200, 201, 202, 206, 299])
def test_any_success_opens_a_post(status: int) -> None:
    stream = session("POST")
    begun(stream)
    answer = body(status=status)
    answer.method = "POST"
    assert stream.opened(answer) is None


def test_a_post_that_became_a_get_is_opened_by_200_alone() -> None:
    stream = session("POST")
    begun(stream)
    error = stream.opened(body(status=201))
    assert type(error) is StatusError
    assert str(error) == "expected status 200 from https://example.com/events, got 201 (Created)"


def test_reset_content_opens_no_stream_of_any_method() -> None:
    for method in ("GET", "POST"):
        stream = session(method)
        begun(stream)
        answer = body(status=205)
        answer.method = method
        error = stream.opened(answer)
        assert type(error) is StatusError
        expected = {"GET": "status 200", "POST": "a 2xx status with content"}[method]
        assert str(error) == f"expected {expected} from https://example.com/events, got 205 (Reset Content)"


def test_a_post_that_was_redirected_is_not_sent_again_on_request() -> None:
    stream = session("POST")
    begun(stream)
    answer = body(status=503, Retry_After="2")
    answer.redirected = True
    error = stream.opened(answer)
    assert isinstance(error, StatusError)
    assert error.redirected
    assert stream.lost(error) is None


def test_a_status_error_knows_when_to_come_again() -> None:
    stream = session()
    begun(stream)
    error = stream.opened(body(status=503, Retry_After="120"))
    assert isinstance(error, StatusError)
    assert error.retry_after == 120.0
    assert stream.lost(error) == 120.0


@pytest.mark.parametrize(
    "content_type",
    [
        "text/event-stream",
        "Text/Event-Stream",
        "text/event-stream; charset=utf-8",
        "text/event-stream;charset=iso-8859-1;x=y",
        " text/event-stream ;",
    ],
)
def test_case_and_parameters_of_the_content_type_do_not_count(content_type: str) -> None:
    stream = session()
    begun(stream)
    assert stream.opened(body(content_type=content_type)) is None


@pytest.mark.parametrize(
    ("content_type", "shown"),
    [
        (None, "no content type"),
        ("", "no content type"),
        (";", "no content type"),
        ("text/html; charset=utf-8", "text/html"),
        ("Application/JSON", "application/json"),
        ("text/event-streams", "text/event-streams"),
        ("text/event-stream, text/html", "text/html"),
        ("text/event-stream charset=utf-8", "a malformed content type, text/event-stream charset=utf-8"),
        ("*/*", "a malformed content type, */*"),
    ],
)
def test_every_other_content_type_is_an_error(content_type: str | None, shown: str) -> None:
    stream = session()
    begun(stream)
    answer = body(content_type=content_type)
    error = stream.opened(answer)
    assert type(error) is ContentTypeError
    assert str(error) == f"expected text/event-stream from https://example.com/events, got {shown}"
    assert (error.status, error.headers) == (200, answer.response.headers)
    assert stream.lost(error) is None


def test_a_coding_that_cannot_be_undone_is_an_error_and_not_events() -> None:
    stream = session()
    begun(stream)
    error = stream.opened(body(Content_Encoding="compress"))
    assert type(error) is ResponseError
    assert "got compress" in str(error)
    assert error.status == 200
    assert stream.lost(error) is None


def test_a_dialect_may_know_other_types_another_parser_and_another_limit() -> None:
    class Loud(Parser):
        def feed(self, data: bytes) -> list[Event]:
            return super().feed(data.upper().replace(b"DATA", b"data"))

    dialect = StreamFormat(parser=Loud, media_types=frozenset({"text/plain"}), body_limit=5)
    stream = session(dialect=dialect)
    begun(stream)
    assert stream.format.body_limit == 5
    assert stream.opened(body(content_type="text/plain")) is None
    assert receive(stream, b"data: x\n\n") == [Event(data="X")]
    assert isinstance(stream.opened(body()), ContentTypeError)
    assert session().format.body_limit == 64 * KIB


@pytest.mark.parametrize("comments", [True, False])
def test_a_dialect_may_say_which_events_are_progress_for_the_clocks_that_wait_for_one(comments: bool) -> None:
    asked: list[str] = []

    def counts(event: Event) -> bool:
        asked.append(event.data)
        return event.data == "x"

    for timeout in (Timeout(event=1), Timeout(first=1)):
        stream = session(dialect=StreamFormat(counts=counts), timeout=timeout, comments=comments)
        connect(stream)
        for data, progress in [(b": x\n", False), (b"data: -\n\n", False), (b"data: -\n\ndata: x\n\n: x\n", True)]:
            receive(stream, data)
            assert stream.delivery.progressed is progress
        assert stream.stats.events == 3
    assert asked == ["-", "-", "x"] * 2
    unlimited = session(dialect=StreamFormat(counts=counts), timeout=Timeout(read=1, total=1))
    connect(unlimited)
    receive(unlimited, b"data: -\n\n")
    assert unlimited.delivery.progressed
    assert len(asked) == 6


# --- What can be looked at. ---


def test_the_counts_go_on_over_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([10.0, 11.0, 12.0])
    clock = SimpleNamespace(time=lambda: next(times))
    monkeypatch.setattr("sse_client._core.session.time", clock)
    monkeypatch.setattr("sse_client._core.delivery.time", clock)
    stream = session()
    empty = stream.stats
    assert (empty.connections, empty.events, empty.comments, empty.bytes, empty.useless_attempts) == (0, 0, 0, 0, 0)
    assert (empty.opened_at, empty.last_event_at) == (None, None)
    connect(stream)
    receive(stream, b": a\n" + event(1) + event(2) + b": b\n")
    stream.lost(LOST)
    after = stream.stats
    assert (after.connections, after.events, after.comments) == (1, 2, 2)
    assert after.bytes == len(b": a\n" + event(1) + event(2) + b": b\n")
    assert (after.opened_at, after.last_event_at) == (10.0, 11.0)
    begun(stream)
    stream.lost(LOST)
    connect(stream)
    receive(stream, b": c\n")
    last = stream.stats
    assert (last.connections, last.events, last.comments, last.bytes) == (2, 2, 3, after.bytes + 4)
    assert (last.useless_attempts, last.opened_at, last.last_event_at) == (1, 12.0, 11.0)


@pytest.mark.parametrize("comments", [True, False])
def test_comments_come_in_their_place_and_are_counted_whether_asked_for_or_not(comments: bool) -> None:
    stream = opened(comments=comments)
    batch: list[Any] = receive(stream, b": a\n\ndata: x\n\n:b\n: c\n\n")
    if not comments:
        batch.insert(0, Comment("a"))
        batch += [Comment("b"), Comment("c")]
    assert batch == [Comment("a"), Event(data="x"), Comment("b"), Comment("c")]
    assert (stream.stats.events, stream.stats.comments) == (1, 3)


def test_every_end_is_told_with_its_reason_and_its_error() -> None:
    news: list[Any] = []
    stream = session(observer=news.append)
    error = ValueError("x")
    stream.closed("closed")
    stream.closed("error", error)
    assert news == [Closed("closed"), Closed("error", error)]


def test_a_loss_that_is_final_is_told_as_an_end_only() -> None:
    news: list[Any] = []
    stream = session(observer=news.append, reconnect=False)
    assert stream.lost(LOST) is None
    assert news == []


def test_an_observers_own_error_is_the_callers() -> None:
    def observer(_: object) -> None:
        raise ZeroDivisionError

    stream = session(observer=observer)
    begun(stream)
    with pytest.raises(ZeroDivisionError):
        stream.opened(body())
    with pytest.raises(ZeroDivisionError):
        stream.lost(LOST)
    with pytest.raises(ZeroDivisionError):
        stream.closed("end")


def test_the_same_is_logged_without_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="sse_client"):
        stream = opened(headers={"Authorization": "s3cret"})
        stream.lost(LOST)
        stream.closed("until")
        stream.closed("error", ConnectionFailed("x"))
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", f"opened: {NAME}, attempt 1"),
        ("WARNING", "lost: lost; connecting again in 1 s"),
        ("INFO", f"closed: {NAME}, until"),
        ("INFO", f"closed: {NAME}, ConnectionFailed"),
    ]
    assert "s3cret" not in caplog.text


def test_a_clock_that_is_set_back_makes_no_connection_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("sse_client._core.session.monotonic", lambda: now)
    monkeypatch.setattr(time, "time", lambda: -now)  # it goes back by as much as goes by
    lived = session(reconnect=Reconnect(initial_delay=0.2))
    delays: list[float | None] = []
    for _ in range(10):
        lived.attempt()
        assert lived.opened(body()) is None
        lived.delivery.feed(b"data: x\n\n")
        lived.consumed()
        now += 60
        delays.append(lived.lost(LOST))
    assert delays == [0.2] * 10
