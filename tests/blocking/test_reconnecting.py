"""When a request is sent again, when it is not, and how long it takes until then."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from socket import create_server
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

import sse_client
from sse_client import Client, ConnectionFailed, IdleTimeout, Lost, Reconnect, StatusError, StreamTruncated, Timeout
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Server, Wait, chunk, head, reply, stream

from .kit import AT_ONCE, ONE, Log, connection_ends, outcome

LAST = stream([b"data: 2\n\n", b"data: end\n\n"])

OTHER_METHODS = ["POST", "PUT", "PATCH", "DELETE"]


def dead_port() -> int:
    """Return a port that refuses connections."""
    with create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


# Methods that may not be sent twice.


@pytest.mark.parametrize("method", OTHER_METHODS)
def test_a_refused_connection_is_tried_again_with_any_method(method: str, naps: list[float]) -> None:
    log = Log()
    url = f"http://127.0.0.1:{dead_port()}/"
    _, error = outcome(sse_client.stream(method, url, data=b"x", observer=log))
    assert type(error) is ConnectionFailed
    assert not error.sent
    assert isinstance(error.__cause__, ConnectionRefusedError)
    assert log.names == ["Lost"] * 4 + ["Closed"]
    assert naps[0] == 1
    assert any("5" in note for note in error.__notes__)


@pytest.mark.parametrize("method", OTHER_METHODS)
@pytest.mark.parametrize(
    "script",
    [
        pytest.param([RESET], id="a reset after sending"),
        pytest.param([CLOSE], id="an end before the status"),
        pytest.param([b"HTTP/1.1 200", CLOSE], id="an end inside the status"),
        pytest.param([head(), CLOSE], id="a cut before an event"),
        pytest.param([STALL], id="silence"),
    ],
)
def test_what_may_have_been_processed_is_not_sent_again(method: str, script: Any, naps: list[float]) -> None:
    with Server(script, LAST) as server:
        data, error = outcome(sse_client.stream(method, server.url, data=b"x", timeout=0.3))
        assert data == []
        assert isinstance(error, ConnectionFailed)
        assert error.sent
        assert len(server.requests) == server.connections == 1
    assert naps == []


def test_a_cut_is_an_error_after_the_events_that_were_whole(naps: list[float]) -> None:
    with Server([*ONE, chunk(b"data: 2\n\n"), b"f\r\ndata: 3", CLOSE], LAST) as server:
        data, error = outcome(sse_client.post(server.url, data=b"x"))
        assert (data, type(error)) == (["1", "2"], ConnectionFailed)
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_says_that_it_was_not_processed(status: int, naps: list[float]) -> None:
    with Server(reply(status, headers={"Retry-After": "7"}), stream([b"data: 1\n\n"])) as server:
        assert outcome(sse_client.post(server.url, data=b"x")) == (["1"], None)
        assert [request.body for request in server.requests] == [b"x", b"x"]
    (nap,) = naps
    assert 7 <= nap <= 7.7


@pytest.mark.parametrize(
    ("status", "headers"),
    [(429, {}), (503, {}), (500, {"Retry-After": "1"}), (502, {}), (503, {"Retry-After": "soon"}), (401, {})],
)
def test_a_bad_status_without_a_retry_after_that_counts_is_final(
    status: int, headers: dict[str, str], naps: list[float]
) -> None:
    with Server(reply(status, headers=headers), LAST) as server:
        _, error = outcome(sse_client.post(server.url, data=b"x"))
        assert isinstance(error, StatusError)
        assert len(server.requests) == 1


def test_a_retry_after_may_be_a_date(naps: list[float]) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    with Server(reply(503, headers={"Retry-After": date}), stream([b"data: 1\n\n"])) as server:
        assert outcome(sse_client.post(server.url, data=b"x")) == (["1"], None)
    (nap,) = naps
    assert 90 <= nap <= 110


def test_what_a_server_asks_for_is_capped(naps: list[float]) -> None:
    with Server(
        reply(503, headers={"Retry-After": "99999999"}), stream([b"retry: 99999999\n\n"]), reply(204)
    ) as server:
        outcome(sse_client.get(server.url, reconnect=Reconnect(max_asked=10)))
    assert 10 <= naps[0] <= 11
    assert naps[1] >= 10
    assert naps[1] < 11


def test_until_does_not_make_a_post_repeatable(naps: list[float]) -> None:
    with Server(stream([b"data: 1\n\n"]), LAST) as server:
        data, error = outcome(sse_client.post(server.url, until="end"))
        assert (data, type(error)) == (["1"], StreamTruncated)
        assert len(server.requests) == 1


@pytest.mark.parametrize("reconnect", [True, Reconnect()])
def test_the_callers_word_makes_a_post_repeatable(reconnect: Any, naps: list[float]) -> None:
    with Server([RESET], stream([b"data: 1\n\n"]), [*ONE, CLOSE], reply(500), LAST) as server:
        assert outcome(sse_client.post(server.url, data=b"x", reconnect=reconnect, until="end")) == (
            ["1", "1", "2"],
            None,
        )
        assert [request.body for request in server.requests] == [b"x"] * 5


def test_reconnect_false_sends_nothing_again_not_even_after_a_refusal(naps: list[float]) -> None:
    log = Log()
    _, error = outcome(sse_client.post(f"http://127.0.0.1:{dead_port()}/", reconnect=False, observer=log))
    assert type(error) is ConnectionFailed
    with Server(reply(503, headers={"Retry-After": "0"})) as server:
        _, error = outcome(sse_client.post(server.url, reconnect=False, observer=log))
        assert len(server.requests) == 1
    assert log.names == ["Closed", "Closed"]
    assert naps == []


def test_a_kept_alive_connection_that_is_dead_does_not_get_a_post_sent_twice(naps: list[float]) -> None:
    """The server closes the connection at the very moment when it has the second request."""
    with Server(stream([b"data: 1\n\n"]), [CLOSE], LAST) as server, Client() as client:
        assert outcome(client.post(server.url, data=b"a")) == (["1"], None)
        _, error = outcome(client.post(server.url, data=b"b"))
        assert type(error) is ConnectionFailed
        assert error.sent
        assert [request.body for request in server.requests] == [b"a", b"b"]
        assert [request.connection for request in server.requests] == [0, 0]


def test_a_connection_that_was_closed_while_idle_is_replaced(naps: list[float]) -> None:
    gone = threading.Event()
    script = [*stream([b"data: 1\n\n"]), Wait(gone), CLOSE]
    with Server(script, stream([b"data: 2\n\n"])) as server, Client() as client:
        assert outcome(client.post(server.url)) == (["1"], None)
        gone.set()
        assert connection_ends(server, 20)
        assert outcome(client.post(server.url)) == (["2"], None)
        assert [request.connection for request in server.requests] == [0, 1]
    assert naps == []


class _OwnConnections(HTTPConnectionPool):
    def _new_conn(self) -> Any:
        return HTTPConnection(self.host, self.port)


class _OwnPool(HTTPAdapter):
    """As adapters for Unix sockets do it: connections that are not made by the pool's class."""

    def get_connection_with_tls_context(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        host, _, port = request.url.partition("//")[2].partition("/")[0].partition(":")
        return _OwnConnections(host, int(port))


class _OwnSend(HTTPAdapter):
    """As adapters do that wrap another library."""

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        requests.request(request.method, request.url, data=request.body, timeout=5)
        raise AssertionError


@pytest.mark.parametrize("adapter", [_OwnPool, _OwnSend])
def test_an_adapter_that_says_nothing_about_its_connections_gets_no_post_sent_twice(
    adapter: type[HTTPAdapter], naps: list[float]
) -> None:
    with Server([CLOSE], LAST) as server, requests.Session() as session:
        session.mount("http://", adapter())
        with Client(session) as client:
            _, error = outcome(client.post(server.url, data=b"x"))
        assert type(error) is ConnectionFailed
        assert error.sent
        assert len(server.requests) == 1


def test_an_adapter_that_says_nothing_about_its_connections_retries_what_was_refused(naps: list[float]) -> None:
    with requests.Session() as session:
        session.mount("http://", _OwnPool())
        log = Log()
        with Client(session) as client:
            _, error = outcome(client.post(f"http://127.0.0.1:{dead_port()}/", data=b"x", observer=log))
    assert type(error) is ConnectionFailed
    assert not error.sent
    assert log.names == ["Lost"] * 4 + ["Closed"]


# GET.


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize(
    ("script", "loss"),
    [
        pytest.param(stream([b"id: 1\ndata: 1\n\n"]), ConnectionFailed, id="a clean end"),
        pytest.param([head(), chunk(b"id: 1\ndata: 1\n\n"), CLOSE], ConnectionFailed, id="a cut"),
        pytest.param([head(), chunk(b"id: 1\ndata: 1\n\n"), b"9\r\nda", RESET], ConnectionFailed, id="a reset"),
        pytest.param([head(), chunk(b"id: 1\ndata: 1\n\n"), STALL], IdleTimeout, id="silence"),
        pytest.param(stream([b"id: 1\ndata: 1\n\n"], framing="close", http="1.0"), ConnectionFailed, id="HTTP 1.0"),
    ],
)
def test_a_get_is_sent_again_after_every_loss(
    script: Any, loss: type[Exception], method: str, naps: list[float]
) -> None:
    log = Log()
    with Server(script, reply(204)) as server:
        data, error = outcome(sse_client.stream(method, server.url, observer=log, timeout=0.3))
        assert error is None
        assert data in (["1"], [])  # a reset may overtake the event
        assert [request.headers.get("last-event-id") for request in server.requests] == [
            None,
            data[0] if data else None,
        ]
    (lost,) = log.of(Lost)
    assert type(lost.error) is loss
    assert naps == [1.0]


@pytest.mark.parametrize(
    "script", [[RESET], [CLOSE], [STALL], reply(500), reply(502), reply(503), reply(504), reply(429)]
)
def test_a_get_is_sent_again_where_no_stream_came(script: Any, naps: list[float]) -> None:
    with Server(script, reply(204)) as server:
        assert outcome(sse_client.get(server.url, timeout=0.3)) == ([], None)
        assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501, 202, 206])
def test_other_statuses_are_final(status: int, naps: list[float]) -> None:
    with Server(reply(status), reply(204)) as server:
        _, error = outcome(sse_client.get(server.url))
        assert isinstance(error, StatusError)
        assert len(server.requests) == 1


def test_no_status_at_all_is_the_standards_own_rule(naps: list[float]) -> None:
    with Server(reply(503), reply(204)) as server:
        _, error = outcome(sse_client.get(server.url, reconnect=Reconnect(statuses=())))
        assert isinstance(error, StatusError)
        assert len(server.requests) == 1


def test_retry_outlives_the_connection(naps: list[float]) -> None:
    scripts = [stream([b"retry: 250\n\ndata: 1\n\n"]), stream([b"data: 1\n\n"]), [*ONE, CLOSE], reply(204)]
    with Server(*scripts) as server:
        assert outcome(sse_client.get(server.url)) == (["1"] * 3, None)
    assert naps == [0.25, 0.25, 0.25]


def test_retry_0_waits_a_tenth_of_a_second(naps: list[float]) -> None:
    with Server(stream([b"retry: 0\ndata: 1\n\n"]), stream([b"data: 1\n\n"]), reply(204)) as server:
        assert outcome(sse_client.get(server.url)) == (["1"] * 2, None)
    assert naps == [0.1, 0.1]


def test_a_server_that_accepts_and_drops_is_given_up_on(naps: list[float]) -> None:
    with Server(*[[CLOSE]] * 9) as server:
        _, error = outcome(sse_client.get(server.url))
        assert type(error) is ConnectionFailed
        assert len(server.requests) == 5
    assert len(naps) == 4
    assert naps[0] == 1
    assert all(nap >= 1 for nap in naps)


@pytest.mark.parametrize("script", [stream([]), stream([b":ping\n\n"]), stream([b"id: 1\n\n"]), [head(), CLOSE]])
def test_connections_that_open_and_bring_no_event_are_useless(script: Any, naps: list[float]) -> None:
    with Server(*[script] * 9) as server:
        _, error = outcome(sse_client.get(server.url, reconnect=Reconnect(max_attempts=3)))
        assert type(error) is ConnectionFailed
        assert any("3" in note for note in error.__notes__)
        assert len(server.requests) == 3


def test_one_event_ends_the_count(naps: list[float]) -> None:
    one = stream([b"data: 1\n\n"])
    with Server([CLOSE], [CLOSE], one, [CLOSE], [CLOSE], one, [CLOSE], [CLOSE], [CLOSE]) as server:
        data, error = outcome(sse_client.get(server.url, reconnect=AT_ONCE))
        assert (data, type(error)) == (["1", "1"], ConnectionFailed)
        assert len(server.requests) == 9


def test_max_attempts_none_never_gives_up(naps: list[float]) -> None:
    with Server(*[[CLOSE]] * 40, LAST) as server:
        rules = Reconnect(initial_delay=0, max_delay=0, max_attempts=None)
        assert outcome(sse_client.get(server.url, reconnect=rules, until="end")) == (["2"], None)


def test_max_attempts_1_is_one_attempt_that_fails_or_progress(naps: list[float]) -> None:
    with Server(stream([b"data: 1\n\n"]), [CLOSE]) as server:
        data, error = outcome(sse_client.get(server.url, reconnect=Reconnect(max_attempts=1)))
        assert data == ["1"]
        assert type(error) is ConnectionFailed
        assert len(server.requests) == 2


def test_the_last_event_id_is_that_of_the_last_whole_block(naps: list[float]) -> None:
    scripts: list[Any] = [
        [head(), chunk(b"id: a\ndata: 1\n\nid: b\ndata: cut"), CLOSE],
        stream([b"id: c\n\n"]),
        stream([b"data: 2\n\n"]),
        reply(204),
    ]
    with Server(*scripts) as server:
        assert outcome(sse_client.get(server.url)) == (["1", "2"], None)
        assert [request.headers.get("last-event-id") for request in server.requests] == [None, "a", "c", "c"]


def test_an_event_without_an_id_has_the_one_from_the_connection_before(naps: list[float]) -> None:
    with (
        Server(stream([b"id: a\ndata: 1\n\n"]), stream([b"data: 2\n\n"]), reply(204)) as server,
        sse_client.get(server.url) as events,
    ):
        assert [(event.data, event.id) for event in events] == [("1", "a"), ("2", "a")]


def test_a_stream_that_drops_again_and_again_is_read_without_a_gap(naps: list[float]) -> None:
    with Server(events=20, drop_after=3, retry=0) as server, sse_client.get(f"{server.url}/events") as events:
        assert [event.id for event in events] == [str(n) for n in range(1, 21)]
        assert events.stats.connections > 5


def test_the_server_is_back_after_a_refusal() -> None:
    """The port refuses at first; it listens by the time of the second attempt."""
    port = dead_port()
    servers: list[Any] = []

    def observer(news: Any) -> None:
        if isinstance(news, Lost):
            listener = create_server(("127.0.0.1", port))
            servers.append(listener)

            def answer() -> None:
                with closing(listener), listener.accept()[0] as sock:
                    sock.recv(65536)
                    sock.sendall(head() + chunk(b"data: 1\n\n") + LAST_CHUNK)

            thread = threading.Thread(target=answer, daemon=True)
            thread.start()

    rules = Reconnect(initial_delay=0)
    events = sse_client.post(f"http://127.0.0.1:{port}/", reconnect=rules, until="1", observer=observer, timeout=5)
    assert outcome(events) == ([], None)
    assert events.stats.connections == 1


def test_last_error_has_a_note_and_its_cause(naps: list[float]) -> None:
    with Server(*[reply(503)] * 5) as server:
        _, error = outcome(sse_client.get(server.url))
    assert isinstance(error, StatusError)
    assert any("5" in note and "s" in note for note in error.__notes__)


def test_the_url_of_a_reconnect_is_the_one_that_was_asked_for(naps: list[float]) -> None:
    redirect = reply(302, headers={"Location": "/b"})
    with Server(redirect, stream([b"data: 1\n\n"]), redirect, reply(204)) as server:
        assert outcome(sse_client.get(f"{server.url}/a")) == (["1"], None)
        assert [request.path for request in server.requests] == ["/a", "/b", "/a", "/b"]


def test_a_timeout_of_the_connection_proves_that_nothing_was_sent(
    naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    from urllib3.util import connection

    def never(*args: Any, **kwargs: Any) -> Any:
        raise TimeoutError("timed out")

    monkeypatch.setattr(connection, "create_connection", never)
    log = Log()
    _, error = outcome(sse_client.post("http://127.0.0.1:9/", timeout=Timeout(connect=0.1), observer=log))
    assert isinstance(error, ConnectionFailed)
    assert not error.sent
    assert log.names == ["Lost"] * 4 + ["Closed"]
