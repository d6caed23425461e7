"""What a script does to its connection."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sse_client.testing import (
    CLOSE,
    RESET,
    Pause,
    Received,
    Server,
    Step,
    Wait,
    chunk,
    head,
    reply,
    stream,
)

from .kit import OK, connect, exchange

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_every_request_takes_the_next_script_and_then_the_routes_answer() -> None:
    with Server(reply(200, b"1"), lambda request: reply(200, request.path.encode())) as server:
        server.script(iter(reply(200, b"3")))
        answers = [requests.get(f"{server.url}/x", timeout=10).text for _ in range(4)]
    assert answers[:3] == ["1", "/x", "3"]
    assert json.loads(answers[3]) == {"error": {"message": "nothing at GET /x"}}


def test_a_connection_is_used_again_after_a_script_that_does_not_end_it() -> None:
    with Server(OK, stream([b"data\n\n"]), OK) as server, requests.Session() as session:
        assert [session.get(server.url).text for _ in range(3)] == ["ok", "data\n\n", "ok"]
        assert server.connections == 1
        assert {request.connection for request in server.requests} == {0}


def test_bytes_are_sent_as_they_are_and_at_once() -> None:
    go = threading.Event()
    with Server([b"not HTTP", Wait(go), b"\0", CLOSE]) as server, connect(server) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert sock.recv(100) == b"not HTTP"
        go.set()
        assert sock.recv(100) == b"\0"
        assert sock.recv(100) == b""


def test_a_pause_sends_nothing_for_as_long_as_it_says() -> None:
    with Server([b"a", Pause(0.05), b"b", CLOSE]) as server, connect(server) as sock:
        start = time.monotonic()
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert (sock.recv(1), sock.recv(1)) == (b"a", b"b")
        assert time.monotonic() - start >= 0.05


def test_reset_resets_the_connection() -> None:
    with Server([RESET]) as server, pytest.raises(ConnectionResetError):
        exchange(server)


def test_close_ends_the_body_that_is_framed_by_it() -> None:
    with Server(stream([b"data\n\n"], framing="close")) as server:
        assert requests.get(server.url, timeout=10).text == "data\n\n"


def test_a_script_may_be_endless() -> None:
    def forever(_: Received) -> Iterator[Step]:
        yield head()
        while True:
            yield chunk(b": beat\n\n")

    with Server(forever) as server, requests.get(server.url, stream=True, timeout=10) as response:
        assert response.raw.read(16) == b": beat\n\n: beat\n\n"


@pytest.mark.parametrize("script", [b"HTTP/1.1 200 OK\r\n\r\n", "text"])
def test_bytes_alone_are_no_script(script: Any) -> None:
    with pytest.raises(TypeError, match="a script must be an iterable of steps, or callable, not "):
        Server(script)


def test_what_a_script_raises_is_raised_by_close() -> None:
    def script(_: Received) -> Iterator[Step]:
        yield b"x"
        raise OSError("no such file")

    wrong: Any = [17]
    server = Server(script, wrong, lambda _: pytest.fail("an outcome of pytest")).start()
    assert [exchange(server), exchange(server), exchange(server)] == [b"x", b"", b""]
    with pytest.raises(BaseExceptionGroup) as caught:
        server.close()
    assert [str(error) for error in caught.value.exceptions] == [
        "no such file",
        "a step must be bytes, Pause, Wait, RESET, CLOSE or STALL, not 17",
        "an outcome of pytest",
    ]
    server.close()  # once is enough
