"""A stream in a thread of its own, and a handler."""

from __future__ import annotations

import queue
import threading
from typing import Any

import pytest

import sse_client
from sse_client import Client, Closed, Comment, ConnectionFailed, Event, FileCheckpoint, StatusError
from sse_client.testing import CLOSE, STALL, Server, chunk, head, reply, stream

from .kit import AT_ONCE, ONE, PROMPT, Log, seconds

MANY = [b"id: %d\nevent: %b\ndata: %d\n\n" % (n, b"odd" if n % 2 else b"even", n) for n in range(100)]


def test_a_handler_is_called_with_each_event_until_the_end() -> None:
    got: list[Event] = []
    threads: set[str] = set()

    def handler(event: Event) -> None:
        got.append(event)
        threads.add(threading.current_thread().name)

    with Server(stream(MANY)) as server:
        subscription = sse_client.subscribe("POST", server.url, handler, data=b"x")
        assert subscription.join(10)
        assert subscription.error is None
        assert server.requests[0].body == b"x"
    assert [event.id for event in got] == [str(n) for n in range(100)]
    assert threads != {threading.current_thread().name}
    assert subscription.stream.state == "closed"


def test_events_picks_types() -> None:
    got: list[str] = []
    with Server(stream([*MANY, b"data: plain\n\n"]), stream([*MANY, b"data: plain\n\n"])) as server:
        sse_client.subscribe("POST", server.url, lambda event: got.append(event.data), events=["odd"]).join(10)
        assert got == [str(n) for n in range(1, 100, 2)]
        got.clear()
        one = iter(["message"])
        sse_client.subscribe("POST", server.url, lambda event: got.append(event.data), events=one).join(10)
        assert got == ["plain"]


def test_events_of_no_type_is_no_event_at_all() -> None:
    got: list[Any] = []
    with Server(stream(MANY)) as server:
        sse_client.subscribe("POST", server.url, got.append, events=()).join(10)
    assert got == []


def test_comments_are_handled_if_asked_for() -> None:
    got: list[Any] = []
    with Server(stream([b":c\n\ndata: 1\n\n"])) as server:
        sse_client.subscribe("POST", server.url, got.append, comments=True).join(10)
    assert got == [Comment("c"), Event("1")]


def test_comments_are_handled_beside_types() -> None:
    got: list[Any] = []
    with Server(stream([b":c\n\ndata: 1\n\nevent: odd\ndata: 2\n\n"])) as server:
        sse_client.subscribe("POST", server.url, got.append, comments=True, events=["odd"]).join(10)
    assert got == [Comment("c"), Event("2", "odd")]


@pytest.mark.parametrize(("handler", "events"), [(None, None), (5, None), (print, "odd"), (print, 5)])
def test_a_handler_or_types_of_another_kind_are_refused_at_once(handler: Any, events: Any) -> None:
    before = threading.active_count()
    with Server() as server:
        with pytest.raises(TypeError):
            sse_client.subscribe("GET", server.url, handler, events=events)
        assert server.connections == 0
    assert threading.active_count() <= before


def test_a_bounded_queue_holds_the_stream_back_and_nothing_is_lost() -> None:
    received: queue.Queue[Event] = queue.Queue(maxsize=2)
    sent: list[int] = []

    def endless() -> Any:
        yield head()
        for n in range(100_000):
            sent.append(n)
            yield chunk(b"data: %d %b\n\n" % (n, b"x" * 10_000))

    with Server(endless()) as server:
        subscription = sse_client.subscribe("POST", server.url, received.put)
        numbers = [int(received.get(timeout=10).data.split()[0]) for _ in range(500)]
        assert numbers == list(range(500))
        assert len(sent) < 50_000  # what the buffers on the way hold, and not all there is
        subscription.close()
        while not subscription.join(0.01):
            while not received.empty():  # `put` is not woken by close
                received.get()
        assert subscription.error is None


def test_close_wakes_the_reader_and_nothing_is_delivered_after_it() -> None:
    got: list[str] = []
    first = threading.Event()

    def handler(event: Event) -> None:
        got.append(event.data)
        first.set()

    with Server([*ONE, STALL]) as server:
        subscription = sse_client.subscribe("GET", server.url, handler)
        assert first.wait(10)
        assert seconds(subscription.close) < PROMPT
        assert seconds(lambda: subscription.join(10)) < PROMPT
        assert subscription.error is None
        assert len(server.requests) == 1
    assert got == ["1"]


def test_what_a_blocking_handler_left_over_is_not_delivered_after_close() -> None:
    got: list[str] = []
    inside, go = threading.Event(), threading.Event()

    def handler(event: Event) -> None:
        got.append(event.data)
        inside.set()
        go.wait(10)

    with Server([head(), chunk(b"".join(MANY)), STALL]) as server:
        subscription = sse_client.subscribe("GET", server.url, handler)
        assert inside.wait(10)
        subscription.close()
        assert not subscription.join(0)
        go.set()
        assert subscription.join(10)
    assert got == ["0"]


def test_nothing_is_delivered_after_close_although_a_checkpoint_was_being_saved() -> None:
    got: list[str] = []
    inside, go = threading.Event(), threading.Event()

    class Slow:
        def load(self) -> str:
            return ""

        def save(self, last_event_id: str) -> None:
            inside.set()
            go.wait(10)

    with Server([head(), chunk(b"".join(MANY)), STALL]) as server:
        subscription = sse_client.subscribe("GET", server.url, lambda event: got.append(event.data), checkpoint=Slow())
        assert inside.wait(10)
        subscription.close()
        go.set()
        assert subscription.join(10)
    assert got == ["0"]


def test_the_handler_may_close() -> None:
    got: list[str] = []
    ready = threading.Event()

    def handler(event: Event) -> None:
        ready.wait(10)
        got.append(event.data)
        subscription.close()

    log = Log()
    with Server([head(), chunk(b"".join(MANY)), STALL]) as server:
        subscription = sse_client.subscribe("GET", server.url, handler, observer=log)
        ready.set()
        assert subscription.join(10)
        assert subscription.error is None
    assert got == ["0"]
    assert log.of(Closed) == [Closed("closed", None)]


@pytest.mark.parametrize("error", [LookupError("handler"), KeyboardInterrupt(), SystemExit(3), StopIteration()])
def test_an_exception_of_the_handler_ends_it_and_is_its_error(error: BaseException) -> None:
    got: list[str] = []

    def handler(event: Event) -> None:
        got.append(event.data)
        raise error

    with Server([head(), chunk(b"".join(MANY)), STALL]) as server:
        subscription = sse_client.subscribe("GET", server.url, handler)
        assert subscription.join(10)
        assert subscription.error is error
        assert subscription.stream.state == "closed"
        assert len(server.requests) == 1
    assert got == ["0"]


def test_an_event_whose_handler_failed_is_not_saved(tmp_path: Any) -> None:
    def handler(event: Event) -> None:
        if event.data == "3":
            raise LookupError

    with Server([head(), chunk(b"".join(MANY)), STALL]) as server:
        sse_client.subscribe("GET", server.url, handler, checkpoint=tmp_path / "place").join(10)
    assert FileCheckpoint(tmp_path / "place").load() == "2"


def test_an_error_of_the_stream_is_its_error_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with Server(reply(401), [*ONE, CLOSE]) as server:
        refused = sse_client.subscribe("GET", server.url, print)
        assert refused.join(10)
        cut = sse_client.subscribe("POST", server.url, lambda event: None)
        assert cut.join(10)
    assert isinstance(refused.error, StatusError)
    assert isinstance(cut.error, ConnectionFailed)
    errors = [record for record in caplog.records if record.name == "sse_client" and record.levelname == "ERROR"]
    assert len(errors) == 2


def test_it_reconnects_as_any_stream() -> None:
    got: list[str] = []
    with Server(events=10, drop_after=3, retry=0) as server:
        subscription = sse_client.subscribe(
            "GET", f"{server.url}/events", lambda event: got.append(event.id), reconnect=AT_ONCE
        )
        assert subscription.join(10)
        assert subscription.error is None
    assert got == [str(n) for n in range(1, 11)]


def test_leaving_the_block_closes_and_waits() -> None:
    got: list[str] = []
    first = threading.Event()

    def handler(event: Event) -> None:
        got.append(event.data)
        first.set()

    with Server([*ONE, STALL]) as server, Client() as client:
        with client.subscribe("GET", server.url, handler) as subscription:
            assert not subscription.join(0)
            assert first.wait(10)
        assert subscription.join(0)
        assert subscription.stream.state == "closed"
    assert got == ["1"]


def test_join_says_whether_it_has_ended() -> None:
    with Server([STALL]) as server:
        subscription = sse_client.subscribe("GET", server.url, print)
        assert subscription.join(0.01) is False
        subscription.close()
        assert subscription.join(10) is True
        assert subscription.join() is True
        subscription.close()


def test_close_at_once_sends_nothing_more_than_what_was_under_way() -> None:
    for _ in range(20):
        with Server(default=lambda _: [STALL]) as server:
            subscription = sse_client.subscribe("GET", server.url, print)
            subscription.close()
            assert subscription.join(10)
            assert subscription.error is None
        assert len(server.requests) <= 1


def test_subscriptions_of_one_client_are_independent() -> None:
    got: list[list[Event]] = [[], [], [], []]
    with Server(*[stream(MANY)] * 4) as server, Client() as client:
        subscriptions = [client.subscribe("POST", server.url, each.append) for each in got]
        assert all(subscription.join(10) for subscription in subscriptions)
        assert [subscription.error for subscription in subscriptions] == [None] * 4
    assert [[event.data for event in each] for each in got] == [[str(n) for n in range(100)]] * 4


def test_a_mistake_is_told_by_the_call_and_no_thread_is_begun() -> None:
    before = threading.active_count()
    options: dict[str, Any] = {"nope": 1}
    with pytest.raises(TypeError, match="nope"):
        sse_client.subscribe("GET", "http://127.0.0.1:9/", print, **options)
    with pytest.raises(ValueError, match="URL"):
        sse_client.subscribe("GET", "nowhere", print)
    assert threading.active_count() == before
