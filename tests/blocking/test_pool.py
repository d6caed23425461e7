"""Connections go back to the pool when a stream has ended well, and no slot, socket or thread is ever lost."""

from __future__ import annotations

import contextlib
import gc
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool

import sse_client
from sse_client import Client, DeadlineExceeded, Event, Opened, SSEError, Timeout
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Pause, Server, Wait, chunk, head, reply, stream

from .kit import AT_ONCE, ONE, PROMPT, Task, connection_ends, outcome, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from sse_client.testing import Step

END = stream([b"data: 1\n\n", b"data: end\n\n"])


@pytest.mark.parametrize("coding", [None, "gzip", "br"])
@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_a_connection_is_used_again_after_until(
    framing: Literal["chunked", "length"], coding: Literal["gzip", "br"] | None
) -> None:
    script = stream([b"data: 1\n\n", b"data: end\n\n", b"data: 3\n\n"], framing=framing, coding=coding)
    with Server(*[script] * 5) as server, Client(until="end") as client:
        for _ in range(5):
            assert outcome(client.post(server.url)) == (["1"], None)
        assert server.connections == 1


@pytest.mark.parametrize("framing", ["chunked", "length"])
@pytest.mark.parametrize("coding", [None, "gzip"])
def test_a_connection_is_used_again_after_a_clean_end(
    framing: Literal["chunked", "length"], coding: Literal["gzip"] | None
) -> None:
    with Server(*[stream([b"data: 1\n\n"], framing=framing, coding=coding)] * 5) as server, Client() as client:
        for _ in range(5):
            assert outcome(client.post(server.url)) == (["1"], None)
        assert server.connections == 1


@pytest.mark.parametrize("framing", ["chunked", "length"])
@pytest.mark.parametrize("coding", [None, "gzip"])
@pytest.mark.parametrize("until", [None, "1"], ids=["a clean end", "until"])
def test_a_connection_is_let_go_of_before_it_can_be_anybody_elses(
    framing: Literal["chunked", "length"],
    coding: Literal["gzip"] | None,
    until: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held: list[Any] = []
    put = HTTPConnectionPool._put_conn

    def watched(pool: HTTPConnectionPool, connection: Any) -> None:
        held.append(events._wakeup._socket)
        put(pool, connection)

    monkeypatch.setattr(HTTPConnectionPool, "_put_conn", watched)
    with Server(stream([b"data: 1\n\n"], framing=framing, coding=coding)) as server, Client(until=until) as client:
        events = client.post(server.url)
        with events:
            assert events._wakeup._socket is not None
            assert len(list(events)) == (until is None)
    assert held == [None]


def test_a_connection_is_used_again_by_a_reconnect_and_after_204() -> None:
    with Server(*[stream([b"data: 1\n\n"])] * 3, reply(204), *[reply(204)] * 2) as server, Client() as client:
        assert outcome(client.get(server.url, reconnect=AT_ONCE)) == (["1"] * 3, None)
        assert outcome(client.get(server.url)) == ([], None)
        assert outcome(client.get(server.url)) == ([], None)
        assert server.connections == 1


def test_a_connection_is_not_used_again_after_a_break() -> None:
    with Server(*[END] * 3) as server, Client() as client:
        for _ in range(3):
            with client.post(server.url) as events:
                next(events)
        assert server.connections == 3


def test_a_connection_whose_body_has_bytes_behind_its_end_is_not_used_again() -> None:
    with Server([head() + chunk(b"data: 1\n\n") + LAST_CHUNK + b"rubbish"], END) as server, Client() as client:
        assert outcome(client.post(server.url)) == (["1"], None)
        assert outcome(client.post(server.url)) == (["1", "end"], None)
        assert server.connections == 2


def test_a_server_that_asks_to_close_is_obeyed() -> None:
    scripts = [[head(200, {"Connection": "close"}), chunk(b"data: 1\n\n") + LAST_CHUNK] for _ in range(2)]
    with Server(*scripts) as server, Client() as client:
        for _ in range(2):
            assert outcome(client.post(server.url)) == (["1"], None)
        assert server.connections == 2


def test_a_server_that_idles_after_until_costs_a_quarter_second_once() -> None:
    with Server([head(), chunk(b"data: end\n\n"), STALL], END) as server, Client(until="end") as client:
        assert 0.2 < seconds(lambda: outcome(client.post(server.url))) < 0.25 + PROMPT
        assert outcome(client.post(server.url)) == (["1"], None)
        assert server.connections == 2


def test_a_server_that_goes_on_after_until_is_cut_off() -> None:
    def endless() -> Iterator[bytes]:
        yield head()
        yield chunk(b"data: end\n\n")
        while True:
            yield chunk(b"data: more\n\n" * 1000)

    with Server(endless()) as server:
        assert seconds(lambda: outcome(sse_client.post(server.url, until="end"))) < 0.25 + PROMPT


@pytest.mark.parametrize("framing", [b"0\r\nX-Trailer: ", b"5;name="], ids=["a trailer", "a chunk's extension"])
def test_framing_that_dribbles_after_until_is_not_waited_for(framing: bytes) -> None:
    sent: list[bytes] = []

    def dribbling() -> Iterator[Step]:
        yield head()
        yield chunk(b"data: end\n\n") + framing
        for _ in range(60):
            sent.append(b"x")
            yield b"x"
            yield Pause(0.05)

    with Server(dribbling()) as server:
        assert outcome(sse_client.post(server.url, until="end")) == ([], None)
        assert len(sent) < 30


def test_what_is_drained_is_not_interpreted() -> None:
    late = chunk(b"retry: 5\n\nid: x\ndata: late\n\n" + b"x" * 5000)
    ended = threading.Event()

    def until(event: Event) -> bool:
        ended.set()
        return event.data == "end"

    with (
        Server([head(), chunk(b"data: end\n\n"), Wait(ended), late, LAST_CHUNK]) as server,
        sse_client.post(server.url, until=until, max_event_size=100) as events,
    ):
        assert list(events) == []
        assert (events.reconnection_time, events.last_event_id) == (None, "")


def test_the_timeout_of_a_drained_connection_is_reset() -> None:
    slow = threading.Event()

    def later() -> Iterator[bytes]:
        slow.wait(0.5)  # longer than the drain may take
        yield from (step for step in END if isinstance(step, bytes))

    with Server(END, later()) as server, Client(until="end") as client:
        assert outcome(client.post(server.url)) == (["1"], None)
        assert outcome(client.post(server.url)) == (["1"], None)
        assert server.connections == 1


def _fails(argument: object) -> bool:
    raise ZeroDivisionError


ENDS: list[Any] = [
    pytest.param(END, {}, id="a clean end"),
    pytest.param(END, {"until": "end"}, id="until"),
    pytest.param(END, {"until": "1"}, id="until, with more behind"),
    pytest.param([head(), chunk(b"data: end\n\n"), STALL], {"until": "end"}, id="until, and silence"),
    pytest.param(reply(204), {}, id="204"),
    pytest.param(reply(500, b"no"), {}, id="a bad status"),
    pytest.param([head(500), chunk(b"x" * 100_000), STALL], {}, id="a bad status with a long body"),
    pytest.param(reply(200, b"<html>"), {}, id="a page"),
    pytest.param([head(200, {"Content-Encoding": "compress"}), STALL], {}, id="a coding that cannot be undone"),
    pytest.param([*ONE, CLOSE], {}, id="a cut"),
    pytest.param([RESET], {}, id="a reset"),
    pytest.param([CLOSE], {}, id="nothing"),
    pytest.param([b"rubbish\r\n\r\n", CLOSE], {}, id="rubbish"),
    pytest.param([*ONE, STALL], {"timeout": 0.1}, id="silence"),
    pytest.param([STALL], {"timeout": 0.1}, id="no head"),
    pytest.param([*ONE, STALL], {"timeout": Timeout(total=0.1)}, id="total"),
    pytest.param([STALL], {"timeout": Timeout(total=0.1)}, id="total without a head"),
    pytest.param([*ONE, chunk(b"data: " + b"x" * 500), STALL], {"max_event_size": 100}, id="too large"),
    pytest.param(reply(302), {}, id="no location"),
    pytest.param(reply(307, headers={"Location": "http://127.0.0.2/"}), {"data": b"x"}, id="a refused redirect"),
    pytest.param(reply(302, headers={"Location": "ftp://x/"}), {}, id="a redirect to nowhere"),
    pytest.param(END, {"observer": _fails}, id="an observer that raises"),
    pytest.param(END, {"until": _fails}, id="an until that raises"),
    pytest.param([*stream([b"data: 1\n\n"], framing="close"), CLOSE], {}, id="until close"),
    pytest.param([head(200, {"Content-Encoding": "gzip"}), chunk(b"no gzip"), STALL], {}, id="corrupt gzip"),
]


@pytest.mark.parametrize(("script", "options"), ENDS)
def test_a_blocking_pool_of_one_has_its_slot_back_whatever_the_end_was(script: Any, options: dict[str, Any]) -> None:
    with requests.Session() as session, Server() as server, Client(session, timeout=5) as client:
        session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=1, pool_block=True))
        for _ in range(2):
            server.script(script)
            with contextlib.suppress(ZeroDivisionError):
                outcome(client.post(server.url, reconnect=False, **options))
        server.script(END)
        task = Task(lambda: outcome(client.post(server.url)))
        assert task.result() == (["1", "end"], None)


def test_a_blocking_pool_has_its_slot_back_after_a_break_and_after_close() -> None:
    with requests.Session() as session, Server(*[[*ONE, STALL]] * 4, END) as server, Client(session) as client:
        session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=1, pool_block=True))
        for _ in range(4):
            with client.post(server.url) as events:
                next(events)
        assert Task(lambda: outcome(client.post(server.url))).result() == (["1", "end"], None)


def test_a_blocking_pool_serves_reconnects() -> None:
    with requests.Session() as session, Server(reply(503), [*ONE, CLOSE], reply(500), END) as server:
        session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=1, pool_block=True))
        with Client(session, timeout=5) as client:
            events = client.get(server.url, reconnect=AT_ONCE, until="end")
            assert Task(lambda: outcome(events)).result() == (["1", "1"], None)


def test_a_session_that_was_used_before_still_works_and_can_be_woken() -> None:
    with requests.Session() as session, Server(reply(200, b"ok"), [STALL], reply(200, b"ok"), END) as server:
        assert session.get(server.url, timeout=5).text == "ok"
        with Client(session) as client:
            events = client.get(server.url)
            task = Task(lambda: list(events))
            server.wait_for(2)
            assert seconds(events.close) < PROMPT
            assert task.result() == []
            assert session.get(server.url, timeout=5).text == "ok"
            assert outcome(client.post(server.url)) == (["1", "end"], None)
        assert len(server.requests) == 4


def test_two_streams_of_one_client_can_be_read_and_closed_apart() -> None:
    with (
        Server([*ONE, STALL], END) as server,
        Client() as client,
        client.post(server.url) as first,
        client.post(server.url) as second,
    ):
        assert next(first).data == "1"
        assert [event.data for event in second] == ["1", "end"]
        assert first.state == "open"


def test_a_closed_client_opens_no_stream() -> None:
    client = Client()
    client.close()
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.get("http://127.0.0.1:9/")


def test_a_stream_of_its_own_leaves_no_connection_open() -> None:
    with Server(END) as server:
        events = sse_client.post(server.url)
        assert outcome(events) == (["1", "end"], None)
        assert connection_ends(server, 20)
        assert events.response is not None  # it is still alive, and keeps nothing open


def test_a_closed_client_leaves_no_connection_open() -> None:
    with Server(END) as server, Client() as client:
        events = client.post(server.url)
        assert outcome(events) == (["1", "end"], None)
        client.close()
        assert connection_ends(server, 20)
        assert events.response is not None


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="there is no /proc to count in")
def test_nothing_is_left_open_after_two_hundred_streams() -> None:
    scripts: list[Any] = [END, reply(204), reply(500, b"x"), [*ONE, CLOSE], [RESET], [*ONE, STALL], reply(200, b"x")]

    def run(n: int) -> None:
        with Server(*[scripts[i % len(scripts)] for i in range(n)]) as server:
            for i in range(n):
                timeout = Timeout(total=60, event=50) if i % 2 else 5
                with contextlib.suppress(SSEError), sse_client.post(server.url, timeout=timeout) as events:
                    next(events, None)

    run(10)
    gc.collect()
    threads, open_before = set(threading.enumerate()), descriptors()
    gc.disable()  # what is left to the collector is left open
    try:
        run(200)
        for thread in set(threading.enumerate()) - threads:
            thread.join(2)
        assert descriptors() <= open_before
        assert set(threading.enumerate()) <= threads
    finally:
        gc.enable()


@pytest.mark.parametrize("timeout", [Timeout(), Timeout(total=60), Timeout(event=60)])
def test_a_stream_that_is_dropped_without_a_word_leaves_no_thread(timeout: Timeout) -> None:
    with Server([*ONE, STALL]) as server, Client() as client:
        before = set(threading.enumerate())
        for event in client.post(server.url, timeout=timeout):
            assert event.data == "1"
            break
        gc.collect()
        for thread in set(threading.enumerate()) - before:
            if "sse_client" in thread.name:
                thread.join(2)
                assert not thread.is_alive()


@pytest.mark.parametrize("coding", [None, "gzip"])
@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_closing_a_stream_whose_body_has_come_leaves_the_next_one_on_its_connection_alone(
    framing: Literal["chunked", "length"], coding: Literal["gzip"] | None
) -> None:
    more = threading.Event()
    steps = stream([b"data: 1\n\n"], framing=framing, coding=coding)
    first_body = [b"".join(step for step in steps if isinstance(step, bytes))]
    second_body: list[Any] = [*ONE, Wait(more), chunk(b"data: 2\n\n"), LAST_CHUNK]
    with Server(first_body, second_body) as server, Client() as client:
        first = client.post(server.url, timeout=Timeout(total=60))
        assert next(first).data == "1"
        with client.post(server.url) as second:
            assert next(second).data == "1"
            first.close()
            more.set()
            assert [event.data for event in second] == ["2"]


def test_an_observer_whose_error_is_one_of_ours_costs_no_place_in_the_pool() -> None:
    def observer(news: object) -> None:
        if isinstance(news, Opened):
            raise DeadlineExceeded("the caller's own")

    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=1, pool_block=True))
    with Server([*ONE, STALL], END) as server, Client(session) as client:
        events = client.post(server.url, observer=observer)
        with pytest.raises(DeadlineExceeded, match="the caller's own"):
            next(events)
        following = Task(lambda: outcome(client.post(server.url, until="end")))
        assert following.result() == (["1"], None)
