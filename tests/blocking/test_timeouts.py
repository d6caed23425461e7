"""The clocks: to connect, of silence, of a wait for the first event and for the next, and of the whole."""

from __future__ import annotations

import socket
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

import sse_client
from sse_client import (
    Client,
    Closed,
    ConnectionFailed,
    DeadlineExceeded,
    IdleTimeout,
    Lost,
    Opened,
    Timeout,
)
from sse_client.testing import CLOSE, STALL, Pause, Server, Step, chunk, head, reply, stream

from .kit import AT_ONCE, ONE, PROMPT, Log, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHORT = 0.2
"""Seconds of a clock that is to ring."""

ROOM = 1.2
"""Seconds of one that must not ring before something else has happened, on a machine that stops for half of them."""


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    begin = monotonic()
    return function(), monotonic() - begin


def dribble(begin: bytes, piece: bytes) -> Iterator[Step]:
    """Send `begin`, and then a little, again and again: far more often than any timeout of a single read."""
    if begin:
        yield begin
    while True:
        yield piece
        yield Pause(0.02)


def test_a_connection_that_is_not_made_in_time_is_a_lost_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        held: list[socket.socket] = []
        try:
            for _ in range(4):  # more than the backlog holds: the next ones are not answered
                sock = socket.socket()
                sock.setblocking(False)
                sock.connect_ex(("127.0.0.1", port))
                held.append(sock)
            url = f"http://127.0.0.1:{port}/"
            (_, error), took = timed(
                lambda: outcome(sse_client.post(url, timeout=Timeout(connect=SHORT, read=30), reconnect=False))
            )
        finally:
            for sock in held:
                sock.close()
    assert isinstance(error, ConnectionFailed)
    assert not error.sent
    assert took < SHORT + PROMPT


def test_the_time_to_connect_is_not_that_of_silence() -> None:
    with Server([Pause(0.3), *stream([b"data: 1\n\n"])]) as server:
        assert outcome(sse_client.post(server.url, timeout=Timeout(connect=0.1, read=10))) == (["1"], None)


@pytest.mark.parametrize(
    "begin", [[], [b"HTTP/1.1 200 OK\r\n"], [head()], ONE, [head(), b"ff\r\ndata: "]], ids=lambda begin: str(len(begin))
)
def test_silence_is_an_idle_timeout_wherever_it_is(begin: list[Step]) -> None:
    with Server([*begin, STALL]) as server:
        (_, error), took = timed(lambda: outcome(sse_client.post(server.url, timeout=Timeout(read=SHORT))))
    assert type(error) is IdleTimeout
    assert isinstance(error.__cause__, TimeoutError)
    assert SHORT * 0.9 < took < SHORT + PROMPT


@pytest.mark.parametrize("beat", [b":\n", b":\n\n", b"x", b"data: "])
def test_any_byte_is_life(beat: bytes) -> None:
    def beating() -> Iterator[Step]:
        yield head()
        for _ in range(10):
            yield Pause(ROOM / 6)
            yield chunk(beat)
        yield chunk(b"\n\ndata: end\n\n")

    with Server(beating()) as server:
        data, error = outcome(sse_client.post(server.url, timeout=Timeout(read=ROOM), until="end"))
    assert error is None
    assert len(data) <= 1


@pytest.mark.parametrize("beat", [chunk(b":\n\n"), chunk(b"id: 1\n\n"), chunk(b"data:"), b"f"])
def test_heartbeats_are_no_events_for_the_clock_of_events(beat: bytes) -> None:
    timeout = Timeout(read=30, event=SHORT)
    with Server(dribble(head(), beat)) as server:
        (_, error), took = timed(lambda: outcome(sse_client.post(server.url, timeout=timeout, reconnect=False)))
    assert type(error) is IdleTimeout
    assert "event" in str(error)
    assert SHORT * 0.9 < took < SHORT + PROMPT


@pytest.mark.parametrize("framing", ["length", "close"])
def test_the_clock_of_events_runs_on_every_framing(framing: Any) -> None:
    timeout = Timeout(read=30, event=SHORT)
    with Server(dribble(head(framing=framing, length=10**9), b":\n")) as server:
        (_, error), took = timed(lambda: outcome(sse_client.post(server.url, timeout=timeout, reconnect=False)))
    assert type(error) is IdleTimeout
    assert took < SHORT + PROMPT


def test_comments_that_are_yielded_are_no_events_for_the_clock_either() -> None:
    beats: list[Step] = [chunk(b":c\n\n"), Pause(SHORT / 4)]
    with Server([head(), *beats * 20]) as server:
        (data, error), took = timed(
            lambda: count(sse_client.post(server.url, timeout=Timeout(event=SHORT), comments=True))
        )
    assert data > 2
    assert type(error) is IdleTimeout
    assert took < SHORT + PROMPT


def count(events: sse_client.EventStream) -> tuple[int, Exception | None]:
    number = 0
    try:
        for _ in events:
            number += 1
    except sse_client.SSEError as error:
        return number, error
    return number, None


def test_the_clock_of_events_runs_while_the_head_dribbles() -> None:
    with Server(dribble(b"HTTP/1.1 200 OK\r\nX: ", b"x")) as server:
        timeout = Timeout(read=30, event=SHORT)
        (_, error), took = timed(lambda: outcome(sse_client.post(server.url, timeout=timeout, reconnect=False)))
    assert type(error) is IdleTimeout
    assert took < SHORT + PROMPT


def test_each_event_winds_the_clock_of_events_up_again() -> None:
    def beating() -> Iterator[Step]:
        yield head()
        for n in range(8):
            yield Pause(ROOM / 6)
            yield chunk(b"data: %d\n\n" % n)
        yield chunk(b"data: end\n\n")

    with Server(beating()) as server:
        data, error = outcome(sse_client.post(server.url, timeout=Timeout(event=ROOM), until="end"))
    assert (len(data), error) == (8, None)


def test_time_in_the_consumer_does_not_count_for_the_clocks_of_silence_and_events() -> None:
    busy = threading.Event()
    with (
        Server([*ONE, chunk(b"data: 2\n\n"), Pause(0.05), chunk(b"data: 3\n\n"), chunk(b"data: end\n\n")]) as server,
        sse_client.post(server.url, timeout=Timeout(read=ROOM, event=ROOM), until="end") as events,
    ):
        got: list[str] = []
        for event in events:
            got.append(event.data)
            if len(got) < 3:
                busy.wait(ROOM * 1.2)
    assert got == ["1", "2", "3"]


def test_no_event_in_time_is_a_loss_that_is_retried() -> None:
    log = Log()
    with Server([head(), STALL], stream([b"data: end\n\n"])) as server:
        events = sse_client.get(server.url, timeout=Timeout(event=ROOM), reconnect=AT_ONCE, until="end", observer=log)
        assert outcome(events) == ([], None)
    assert log.names == ["Opened", "Lost", "Opened", "Closed"]
    (lost,) = log.of(Lost)
    assert type(lost.error) is IdleTimeout


@pytest.mark.parametrize("begin", [[], [head()], [head(), chunk(b": beat\n\n")]], ids=["head", "body", "comment"])
def test_the_first_event_may_have_a_limit_of_its_own(begin: list[Step]) -> None:
    with Server([*begin, STALL]) as server:
        timeout = Timeout(read=30, event=30, first=SHORT)
        (_, error), took = timed(lambda: outcome(sse_client.post(server.url, timeout=timeout, reconnect=False)))
    assert type(error) is IdleTimeout
    assert f"within {SHORT} s" in str(error)
    assert SHORT * 0.9 < took < SHORT + PROMPT


def test_the_first_event_may_take_longer_than_those_after_it() -> None:
    with Server([head(), Pause(SHORT * 2), chunk(b"data: 1\n\n"), STALL]) as server:
        timeout = Timeout(read=30, event=SHORT, first=30)
        data, error = outcome(sse_client.post(server.url, timeout=timeout, reconnect=False))
    assert data == ["1"]
    assert type(error) is IdleTimeout


def test_each_connection_has_a_first_event() -> None:
    one: list[Step] = [*ONE, CLOSE]
    with Server(one, one, [head(), STALL], stream([b"data: end\n\n"])) as server:
        log = Log()
        timeout = Timeout(read=30, first=1)
        events = sse_client.get(server.url, timeout=timeout, reconnect=AT_ONCE, until="end", observer=log)
        assert outcome(events) == (["1", "1"], None)
    assert [type(lost.error) for lost in log.of(Lost)] == [ConnectionFailed, ConnectionFailed, IdleTimeout]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(lambda: [STALL], id="silence before the head"),
        pytest.param(lambda: dribble(b"", b"H"), id="a status line that dribbles"),
        pytest.param(lambda: dribble(b"HTTP/1.1 200 OK\r\nX: ", b"x"), id="a header that dribbles"),
        pytest.param(lambda: dribble(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), id="headers that dribble"),
        pytest.param(lambda: [head(), STALL], id="silence"),
        pytest.param(lambda: dribble(head(), chunk(b":\n\n")), id="heartbeats"),
        pytest.param(lambda: dribble(head(), chunk(b"data: 1\n\n")), id="events"),
        pytest.param(lambda: dribble(head(framing="close"), b"data: 1\n\n"), id="events until close"),
        pytest.param(lambda: dribble(head(framing="length", length=10**9), b"data: 1\n\n"), id="events of a length"),
        pytest.param(lambda: dribble(head(framing="close", http="1.0"), b":\n"), id="heartbeats of HTTP 1.0"),
        pytest.param(lambda: dribble(head() + b"5;", b"x"), id="a chunk size that dribbles"),
        pytest.param(lambda: dribble(head() + b"0\r\nX: ", b"x"), id="trailers that dribble"),
        pytest.param(lambda: dribble(head(500), chunk(b"x")), id="a bad answer that dribbles"),
        pytest.param(lambda: [head(500), STALL], id="a bad answer that is silent"),
    ],
)
def test_total_is_kept_whatever_the_server_does(script: Callable[[], Any]) -> None:
    log = Log()
    with Server(script()) as server:
        events = sse_client.get(server.url, timeout=Timeout(read=30, total=SHORT), observer=log)
        (_, error), took = timed(lambda: outcome(events))
        assert type(error) is DeadlineExceeded
        assert SHORT * 0.9 < took < SHORT + PROMPT
        assert len(server.requests) == 1
    assert log.of(Closed) == [Closed("error", error)]


def test_total_runs_over_reconnects() -> None:
    one: list[Step] = [head(), Pause(0.1), chunk(b"data: 1\n\n"), CLOSE]
    with Server(*[one] * 100) as server:
        events = sse_client.get(server.url, timeout=Timeout(total=ROOM), reconnect=AT_ONCE)
        (result, took) = timed(lambda: outcome(events))
        data, error = result
        assert type(error) is DeadlineExceeded
        assert 1 < len(server.requests) < 13
    assert len(data) >= 1
    assert took < ROOM + PROMPT


def test_total_is_over_redirects_too() -> None:
    slow = [Pause(0.05), *reply(302, headers={"Location": "/"})]
    with Server(*[slow] * 31) as server:
        (_, error), took = timed(lambda: outcome(sse_client.get(server.url, timeout=Timeout(total=SHORT))))
    assert type(error) is DeadlineExceeded
    assert took < SHORT + PROMPT


def test_total_does_not_count_against_a_stream_that_ends_in_time() -> None:
    with (
        Server(stream([b"data: 1\n\n"]), stream([b"data: 2\n\n"])) as server,
        Client(timeout=Timeout(total=10)) as client,
    ):
        assert outcome(client.post(server.url)) == (["1"], None)
        assert outcome(client.post(server.url)) == (["2"], None)
        assert server.connections == 1


def test_a_clock_that_ran_out_leaves_the_clients_other_connections_alone() -> None:
    with Server([*ONE, STALL], [*ONE, STALL], stream([b"data: 3\n\n"])) as server, Client() as client:
        with client.post(server.url, timeout=Timeout(total=ROOM)) as short, client.post(server.url) as long:
            assert next(long).data == "1"
            assert next(short).data == "1"
            with pytest.raises(DeadlineExceeded):
                next(short)
            assert long.state == "open"
        assert outcome(client.post(server.url)) == (["3"], None)


def test_the_first_of_two_clocks_counts() -> None:
    for timeout, expected in (
        (Timeout(read=30, event=SHORT, total=20), IdleTimeout),
        (Timeout(read=30, event=20, total=SHORT), DeadlineExceeded),
        (Timeout(read=SHORT, event=20, total=20), IdleTimeout),
    ):
        with Server([*ONE, STALL]) as server:
            (_, error), took = timed(lambda: outcome(sse_client.post(server.url, timeout=timeout)))  # noqa: B023
        assert type(error) is expected
        assert took < SHORT + PROMPT


def test_a_clock_runs_out_over_a_loss_only_once() -> None:
    """An idle timeout, then a stream that works: the old deadline must not break the new connection."""
    with Server([head(), STALL], [head(), Pause(ROOM * 0.5), chunk(b"data: 1\n\n"), STALL]) as server:
        log = Log()
        with sse_client.get(server.url, timeout=Timeout(event=ROOM), reconnect=AT_ONCE, observer=log) as events:
            assert next(events).data == "1"
        assert log.names == ["Opened", "Lost", "Opened", "Closed"]
    assert len(log.of(Opened)) == 2


def test_a_body_may_take_longer_to_send_than_a_connection_to_make() -> None:
    body = b"x" * 20_000_000
    answer = b"".join(each for each in stream([b"data: 1\n\n"]) if isinstance(each, bytes))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as received:
                for _ in range(2):
                    while received.readline() != b"\r\n":
                        pass
                    threading.Event().wait(3 * SHORT)  # the connection is full, and nobody reads
                    received.read(len(body))
                    connection.sendall(answer)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with Client(timeout=(SHORT, 30)) as client:
            for _ in range(2):  # a new connection, and the same once more
                assert outcome(client.post(url, data=body)) == (["1"], None)
        serving.join(10)
