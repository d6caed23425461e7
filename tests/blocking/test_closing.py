"""`close()` from any thread at any time: the reader wakes, nothing is sent after it, and it is over for good."""

from __future__ import annotations

import gc
import ssl
import threading
import weakref
from socket import create_server
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
import requests
import trustme

import sse_client
from sse_client import Client, Closed, EventStream, Reconnect, Request, Timeout
from sse_client._core.delivery import Delivery
from sse_client._core.response_body import ResponseBody
from sse_client.testing import CLOSE, LAST_CHUNK, STALL, Server, Step, Wait, chunk, head, reply, stream
from sse_client.transports._httpx.direct_body import DirectBody
from sse_client.transports._requests.socket_body import SocketBody
from sse_client.transports._requests.wakeup import Wakeup

from .kit import AT_ONCE, ONE, PROMPT, Log, Task, certify, outcome, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

ALL = Timeout(connect=60, read=60)


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Released each time that a reader is about to read from its connection."""
    begun = threading.Semaphore(0)
    for kind in (SocketBody, DirectBody):
        announce(monkeypatch, begun, kind)
    return begun


def announce(monkeypatch: pytest.MonkeyPatch, begun: threading.Semaphore, kind: type[ResponseBody]) -> None:
    read = kind.read_blocking

    def announced(self: ResponseBody, deadline: float | None) -> bytes:
        begun.release()
        return read(self, deadline)

    monkeypatch.setattr(kind, "read_blocking", announced)


@pytest.fixture
def sleeping(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a reader is about to sleep."""
    begun = threading.Event()
    sleep = Wakeup.pause

    def announced(self: Wakeup, time: float) -> None:
        begun.set()
        sleep(self, time)

    monkeypatch.setattr(Wakeup, "pause", announced)
    return begun


def closed_while(events: EventStream, blocked: Callable[[], object], expected: list[str]) -> None:
    """Read in a thread until it is blocked, close, and see it return at once, for good."""
    task = Task(lambda: [event.data for event in events])
    blocked()
    begin = monotonic()
    events.close()
    assert task.result() == expected
    assert task.ended_at - begin < PROMPT
    assert events.state == "closed"
    assert list(events) == []
    with events as again:
        assert next(again, None) is None


def times(semaphore: threading.Semaphore, n: int) -> Callable[[], None]:
    def wait() -> None:
        for _ in range(n):
            assert semaphore.acquire(timeout=10)

    return wait


FRAMINGS = [
    pytest.param("chunked", "1.1", id="chunked"),
    pytest.param("length", "1.1", id="Content-Length"),
    pytest.param("close", "1.1", id="until close"),
    pytest.param("close", "1.0", id="HTTP 1.0"),
]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certify(context, authority)
    return context


@pytest.fixture
def trusting(authority: trustme.CA) -> Iterator[requests.Session]:
    with authority.cert_pem.tempfile() as path, requests.Session() as session:
        session.verify = path
        yield session


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("coding", [None, "gzip"])
@pytest.mark.parametrize(("framing", "http"), FRAMINGS)
def test_a_reader_blocked_in_a_body_wakes(
    framing: Literal["chunked", "length", "close"],
    http: str,
    coding: Literal["gzip"] | None,
    secure: bool,
    reading: threading.Semaphore,
    tls: ssl.SSLContext,
    trusting: requests.Session,
) -> None:
    script = [*stream([b"data: 1\n\n", b"data: 2\n\n"], framing=framing, coding=coding, http=http)[:2], STALL]
    log = Log()
    with Server(script, tls=tls if secure else None) as server, Client(trusting, observer=log, timeout=ALL) as client:
        closed_while(client.get(server.url), times(reading, 2), ["1"])
        assert len(server.requests) == 1
    assert log.names == ["Opened", "Closed"]
    assert log.of(Closed) == [Closed("closed", None)]


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nContent-"], ids=["nothing came", "half of a head came"])
def test_a_reader_that_waits_for_the_head_wakes(
    begin: bytes, secure: bool, tls: ssl.SSLContext, trusting: requests.Session
) -> None:
    log = Log()
    script: list[Step] = [begin, STALL] if begin else [STALL]
    with Server(script, tls=tls if secure else None) as server, Client(trusting, observer=log, timeout=ALL) as client:
        closed_while(client.get(server.url), lambda: server.wait_for(1), [])
        assert len(server.requests) == 1
    assert log.of(Closed) == [Closed("closed", None)]
    assert log.names == ["Closed"]


def test_a_reader_that_waits_on_a_used_connection_wakes(reading: threading.Semaphore) -> None:
    with Server(stream([b"data: 1\n\n"]), [STALL]) as server, Client(timeout=ALL) as client:
        outcome(client.post(server.url))
        closed_while(client.post(server.url), lambda: server.wait_for(2), [])
        assert server.connections == 1


def test_a_reader_that_sleeps_before_a_reconnect_wakes(sleeping: threading.Event) -> None:
    log = Log()
    with Server(stream([b"retry: 60000\ndata: 1\n\n"]), stream([b"data: 2\n\n"])) as server:
        events = sse_client.get(server.url, observer=log)
        closed_while(events, lambda: sleeping.wait(10), ["1"])
        assert len(server.requests) == 1
    assert log.names == ["Opened", "Lost", "Closed"]


def test_a_reader_whose_upload_is_not_taken_wakes() -> None:
    """The server takes the connection and reads nothing: the body fills every buffer on the way."""
    sent = threading.Event()

    def body() -> Iterator[bytes]:
        sent.set()
        while True:
            yield b"x" * 1_000_000

    with create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        closed_while(sse_client.post(url, data=body(), timeout=ALL), lambda: sent.wait(10), [])


def test_a_reader_that_drains_wakes(reading: threading.Semaphore, monkeypatch: pytest.MonkeyPatch) -> None:
    draining = threading.Event()
    drain = ResponseBody.drain

    async def announced(self: ResponseBody) -> None:
        draining.set()
        await drain(self)

    monkeypatch.setattr("sse_client._core.response_body._DRAIN_SECONDS", 30)
    monkeypatch.setattr(ResponseBody, "drain", announced)
    with Server([head(), chunk(b"data: end\n\n"), STALL]) as server:
        closed_while(sse_client.get(server.url, until="end"), lambda: draining.wait(10), [])


def test_a_reader_of_a_bad_answer_wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()
    excerpt = ResponseBody.read_excerpt

    async def announced(self: ResponseBody, limit: int, deadline: float | None) -> bytes:
        asked.set()
        return await excerpt(self, limit, deadline)

    monkeypatch.setattr(ResponseBody, "read_excerpt", announced)
    with Server([head(500), chunk(b"why"), STALL]) as server:
        events = sse_client.get(server.url)
        task = Task(lambda: outcome(events))
        assert asked.wait(10)
        begin = monotonic()
        events.close()
        task.result()
        assert task.ended_at - begin < PROMPT


def test_between_two_events_the_rest_of_the_batch_is_dropped() -> None:
    log = Log()
    with Server([head(), chunk(b"data: 1\n\ndata: 2\n\n"), STALL]) as server:
        events = sse_client.get(server.url, observer=log)
        got: list[str] = []
        for event in events:
            got.append(event.data)
            events.close()
            assert events.state == "closed"
        assert got == ["1"]
    assert log.of(Closed) == [Closed("closed", None)]


def test_another_thread_may_close_while_the_consumer_works() -> None:
    with Server([head(), chunk(b"data: 1\n\ndata: 2\n\n"), STALL]) as server:
        events = sse_client.get(server.url)
        assert next(events).data == "1"
        Task(events.close).result()
        assert next(events, None) is None


def test_close_before_it_was_opened_sends_nothing() -> None:
    log = Log()
    with Server() as server:
        events = sse_client.get(server.url, observer=log)
        events.close()
        events.close()
        assert list(events) == []
        with events:
            assert next(events, None) is None
        assert server.connections == 0
    assert log.news == [Closed("closed", None)]


def test_close_again_and_after_the_end_says_nothing_more() -> None:
    log = Log()
    with Server(stream([b"data: 1\n\n"])) as server:
        events = sse_client.post(server.url, observer=log)
        outcome(events)
        for _ in range(2):
            events.close()
    assert log.of(Closed) == [Closed("end", None)]


def test_many_threads_may_close_at_once(reading: threading.Semaphore) -> None:
    log = Log()
    with Server([*ONE, STALL]) as server:
        events = sse_client.get(server.url, observer=log)
        task = Task(lambda: [event.data for event in events])
        times(reading, 2)()
        closers = [Task(events.close) for _ in range(8)]
        for closer in closers:
            closer.result()
        assert task.result() == ["1"]
    assert log.of(Closed) == [Closed("closed", None)]


def test_nothing_is_sent_after_close_although_prepare_was_running() -> None:
    running, go = threading.Event(), threading.Event()

    def prepare(request: Request, attempt: Any) -> Request:
        running.set()
        go.wait(10)
        return request

    with Server() as server:
        events = sse_client.post(server.url, data=b"x", prepare=prepare)
        task = Task(lambda: list(events))
        assert running.wait(10)
        events.close()
        go.set()
        assert task.result() == []
        assert server.requests == []


def test_nothing_is_sent_after_close_although_a_used_connection_waits() -> None:
    with Server(stream([b"data: 1\n\n"])) as server, Client() as client:
        outcome(client.post(server.url))

        def prepare(request: Request, attempt: Any) -> Request:
            events.close()
            return request

        events = client.post(server.url, prepare=prepare)
        assert list(events) == []
        assert len(server.requests) == 1


def test_nothing_is_sent_after_close_although_the_connection_was_being_made(monkeypatch: pytest.MonkeyPatch) -> None:
    from sse_client.transports._requests import connecting, connection

    running, go = threading.Event(), threading.Event()
    create = connecting.connect_socket

    def slow(*args: Any, **kwargs: Any) -> Any:
        running.set()
        go.wait(10)
        return create(*args, **kwargs)

    monkeypatch.setattr(connection, "connect_socket", slow)
    with Server() as server:
        events = sse_client.post(server.url, data=b"x")
        task = Task(lambda: list(events))
        assert running.wait(10)
        events.close()
        go.set()
        assert task.result() == []
        assert server.requests == []


@pytest.mark.parametrize("news", ["Opened", "Lost"])
def test_the_observer_may_close(news: str) -> None:
    names: list[str] = []

    def observer(each: object) -> None:
        names.append(type(each).__name__)
        if names[-1] == news:
            events.close()

    with Server(reply(503), [*ONE, CLOSE], stream([b"data: 2\n\n"])) as server:
        events = sse_client.get(server.url, observer=observer, reconnect=AT_ONCE)
        assert list(events) == []
        assert len(server.requests) == (1 if news == "Lost" else 2)
    assert names[-1] == "Closed"
    assert names.count("Closed") == 1


def test_until_may_close() -> None:
    def until(event: object) -> bool:
        events.close()
        return False

    with Server([head(), chunk(b"data: 1\n\ndata: 2\n\n"), STALL]) as server:
        events = sse_client.get(server.url, until=until)
        assert Task(lambda: [event.data for event in events]).result() in ([], ["1"])
        assert events.state == "closed"


def test_what_arrived_while_close_ran_is_not_yielded_and_the_connection_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The reader has received a batch, and is parsing it, when the stream is closed."""
    with Server([head(), chunk(b"data: 1\n\ndata: 2\n\n"), STALL]) as server, Client() as client:
        events = client.post(server.url)
        with events:
            feed = Delivery.feed

            def closed_meanwhile(delivery: Delivery, data: bytes) -> Any:
                Task(events.close).result()
                return feed(delivery, data)

            monkeypatch.setattr(Delivery, "feed", closed_meanwhile)
            assert next(events, None) is None
            assert events.state == "closed"
            assert events._loop._body is None


def test_what_until_lets_pass_after_close_is_not_yielded() -> None:
    running, go = threading.Event(), threading.Event()

    def until(event: object) -> bool:
        running.set()
        go.wait(10)
        return False

    log = Log()
    with Server([head(), chunk(b"data: 1\n\ndata: 2\n\n"), STALL]) as server:
        events = sse_client.post(server.url, until=until, observer=log)
        task = Task(lambda: [event.data for event in events])
        assert running.wait(10)
        events.close()
        go.set()
        assert task.result() == []
        assert events.state == "closed"
    assert log.of(Closed) == [Closed("closed", None)]


@pytest.mark.parametrize("enter", [False, True], ids=["next", "with"])
def test_a_reader_that_comes_while_another_thread_closes_finds_it_over(enter: bool) -> None:
    closing, go = threading.Event(), threading.Event()

    def observer(news: object) -> None:
        if isinstance(news, Closed):
            closing.set()
            go.wait(10)

    def read() -> object:
        if enter:
            with events:
                pass
        return next(events, None)

    with Server([*ONE, STALL]) as server:
        events = sse_client.get(server.url, observer=observer)
        next(events)
        closer = Task(events.close)
        assert closing.wait(10)
        reader = Task(read)
        reader.join(0.1)  # it may wait for the closer, or be over at once
        go.set()
        closer.result()
        assert reader.result() is None


def test_only_one_thread_may_be_in_it_at_a_time(reading: threading.Semaphore) -> None:
    more = threading.Event()
    with Server([*ONE, Wait(more), chunk(b"data: 2\n\n"), LAST_CHUNK]) as server:
        events = sse_client.post(server.url)
        task = Task(lambda: [event.data for event in events])
        times(reading, 2)()
        with pytest.raises(RuntimeError, match="thread"):
            next(events)
        with pytest.raises(RuntimeError, match="thread"):
            events.__enter__()
        assert events.state == "open"
        more.set()
        assert task.result() == ["1", "2"]


def test_only_one_thread_may_be_in_it_while_the_callers_own_code_runs_in_it() -> None:
    running, go = threading.Event(), threading.Event()

    def until(event: object) -> bool:
        running.set()
        go.wait(10)
        return False

    with Server(stream([b"data: 1\n\n"])) as server:
        events = sse_client.post(server.url, until=until)
        task = Task(lambda: next(events).data)
        assert running.wait(10)
        with pytest.raises(RuntimeError, match="thread"):
            next(events)
        go.set()
        assert task.result() == "1"
        assert events.state != "closed"
        events.close()


def test_an_iterator_may_change_threads_even_over_a_reconnect() -> None:
    with Server(*[stream([b"data: %d\n\n" % n, b"data: x\n\n"]) for n in range(4)], reply(204)) as server:
        events = sse_client.get(server.url, reconnect=AT_ONCE)
        got = [Task(lambda: next(events).data).result() for _ in range(8)]
        assert got == ["0", "x", "1", "x", "2", "x", "3", "x"]
        assert Task(lambda: next(events, None)).result() is None


def test_an_iterator_that_waits_in_a_new_thread_can_be_woken_there(reading: threading.Semaphore) -> None:
    with Server([*ONE, STALL]) as server:
        events = sse_client.get(server.url, timeout=ALL)
        assert next(events).data == "1"
        times(reading, 1)()
        closed_while(events, times(reading, 1), [])


@pytest.mark.parametrize("timeout", [Timeout(), Timeout(total=60), Timeout(event=60)])
def test_leaving_the_block_closes_and_leaves_no_thread(timeout: Timeout) -> None:
    with Server([*ONE, STALL]) as server:
        before = set(threading.enumerate())
        with sse_client.get(server.url, timeout=timeout) as events:
            next(events)
        assert events.state == "closed"
        for thread in set(threading.enumerate()) - before:
            if thread.name.startswith("sse_client"):
                thread.join(2)
                assert not thread.is_alive()


def test_close_wakes_whatever_moment_it_comes_at() -> None:
    """Closes after 0, 1, 2 ... steps of a busy stream, from another thread."""

    def busy() -> Iterator[Step]:
        yield head()
        for n in range(10_000):
            yield chunk(b"id: %d\ndata: %d\n\n" % (n, n))

    with Server() as server:
        for n in range(30):
            server.script(busy())
            log = Log()
            events = sse_client.get(server.url, observer=log, reconnect=Reconnect(initial_delay=0))
            go = threading.Event()

            def read(events: EventStream = events, go: threading.Event = go, n: int = n) -> list[str]:
                got: list[str] = []
                for event in events:
                    got.append(event.data)
                    if len(got) == n + 1:
                        go.set()
                return got

            task = Task(read)
            assert go.wait(10)
            assert seconds(events.close) < PROMPT
            got = task.result()
            assert got == [str(i) for i in range(len(got))]
            assert log.names == ["Opened", "Closed"]
        assert len(server.requests) == 30


def test_closing_a_client_ends_its_streams() -> None:
    with Server(stream([b"data: 1\n\n"]), stream([b"data: 2\n\n"])) as server:
        client = Client(reconnect=AT_ONCE)
        events = client.get(server.url)
        assert next(events).data == "1"
        client.close()
        assert next(events, None) is None
        assert events.reason == "closed"
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("first", "timeout"),
    [
        pytest.param([*ONE, CLOSE], 5.0, id="cut off"),
        pytest.param([*ONE, b"no size\r\n"], 5.0, id="malformed"),
        pytest.param([*ONE, STALL], 1.0, id="silent"),
        pytest.param([b"HTTP/1.1 no status\r\n\r\n", CLOSE], 5.0, id="malformed in its head"),
        pytest.param([CLOSE], 5.0, id="closed before its head"),
        pytest.param([STALL], 1.0, id="silent before its head"),
    ],
)
def test_a_stream_that_was_lost_before_is_let_go_when_it_is_dropped(
    first: list[Step], timeout: float, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("CRITICAL", "sse_client")  # a record holds the error, and that the stream
    with Server(first, [head(), chunk(b"data: 2\n\n"), STALL]) as server, Client() as client:
        events = client.get(server.url, reconnect=Reconnect(initial_delay=0), timeout=timeout)
        gc.disable()
        try:
            while next(events).data != "2":
                pass
            dropped = weakref.ref(events)
            del events
            assert dropped() is None, "it waits for the garbage collector"
        finally:
            gc.enable()
