"""What ends a stream of HTTP/2: the error of this package's tree with the code in it, and whether a POST is resent."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import anyio
import pytest

import sse_client
from sse_client import ConnectionFailed, IdleTimeout, Reconnect, Timeout
from sse_client.aio import AsyncClient
from sse_client.testing import CLOSE, Server

from .columns import Column, columns, run
from .h2_server import H2Server, Peer

if TYPE_CHECKING:
    from collections.abc import Callable

H2C: dict[str, Any] = {"http1": False, "http2": True}
"""Arguments of a client that speaks HTTP/2 over clear text, without asking."""

AT_ONCE = Reconnect(initial_delay=0, max_delay=0, max_attempts=3, on_end=False)

CODES = {
    0: "NO_ERROR",
    1: "PROTOCOL_ERROR",
    2: "INTERNAL_ERROR",
    3: "FLOW_CONTROL_ERROR",
    4: "SETTINGS_TIMEOUT",
    5: "STREAM_CLOSED",
    6: "FRAME_SIZE_ERROR",
    7: "REFUSED_STREAM",
    8: "CANCEL",
    9: "COMPRESSION_ERROR",
    10: "CONNECT_ERROR",
    11: "ENHANCE_YOUR_CALM",
    12: "INADEQUATE_SECURITY",
    13: "HTTP_1_1_REQUIRED",
    99: "an unknown code",
}

AWAITED: list[Column] = [each for each in columns.args[1] if each.kind != "blocking"]


def whole(peer: Peer) -> None:
    """Answer each request with one event."""
    number = 0
    while True:
        number += 1
        stream = peer.request(number)
        peer.head(stream)
        peer.event(stream, str(number), end=True)


@columns
@pytest.mark.parametrize("code", CODES)
def test_a_reset_in_the_middle_says_its_code(column: Column, code: int) -> None:
    def script(peer: Peer) -> None:
        stream = peer.request()
        peer.head(stream)
        peer.event(stream, "1")
        peer.reset(stream, code)
        peer.finish()

    with H2Server(script) as server:
        outcome = column.read("POST", server.url, client=H2C)
        assert len(server.requests) == 1
    assert outcome.data == ["1"]
    assert isinstance(outcome.error, ConnectionFailed)
    assert f"the server reset the stream (RST_STREAM, {CODES[code]}, {code:#x})" in str(outcome.error)
    assert outcome.error.sent


@columns
@pytest.mark.parametrize("code", [code for code in CODES if code != 7])
def test_a_reset_before_the_head_may_have_been_processed(column: Column, code: int) -> None:
    def script(peer: Peer) -> None:
        peer.reset(peer.request(), code)
        peer.finish()

    with H2Server(script) as server:
        outcome = column.read("POST", server.url, data=b"x", client=H2C, reconnect=None)
        assert [request[1:] for request in server.requests] == [("POST", b"x")]
    assert isinstance(outcome.error, ConnectionFailed)
    assert f"RST_STREAM, {CODES[code]}, {code:#x}" in str(outcome.error)
    assert outcome.error.sent


@columns
def test_a_refused_stream_is_sent_again_as_the_server_has_not_processed_it(column: Column) -> None:
    def script(peer: Peer) -> None:
        peer.reset(peer.request(), 7)
        stream = peer.request(2)
        peer.head(stream)
        peer.event(stream, "1", end=True)
        peer.finish()

    with H2Server(script) as server:
        outcome = column.read("POST", server.url, data=b"x", client=H2C)
        assert [request[1:] for request in server.requests] == [("POST", b"x")] * 2
    assert (outcome.data, outcome.error) == (["1"], None)


@columns
@pytest.mark.parametrize("code", [0, 11])
def test_streams_above_the_last_one_of_a_goaway_are_sent_again(column: Column, code: int) -> None:
    def script(peer: Peer) -> None:
        peer.request()
        peer.goaway(code, last=0)
        peer.finish()

    with H2Server(script, whole) as server:
        outcome = column.read("POST", server.url, data=b"x", client=H2C)
        assert [request[1:] for request in server.requests] == [("POST", b"x")] * 2
        assert len(server.peers) == 2
    assert (outcome.data, outcome.error) == (["1"], None)


@columns
@pytest.mark.parametrize("head", [False, True], ids=["before the head", "in the body"])
def test_streams_up_to_the_last_one_of_a_goaway_with_an_error_are_lost(column: Column, head: bool) -> None:
    def script(peer: Peer) -> None:
        stream = peer.request()
        if head:
            peer.head(stream)
            peer.event(stream, "1")
        peer.goaway(11, last=stream)
        peer.finish()

    with H2Server(script) as server:
        outcome = column.read("POST", server.url, data=b"x", client=H2C)
        assert len(server.requests) == 1
    assert outcome.data == ["1"] * head
    assert isinstance(outcome.error, ConnectionFailed)
    assert "the server ended the connection (GOAWAY, ENHANCE_YOUR_CALM, 0xb)" in str(outcome.error)
    assert outcome.error.sent


@columns
@pytest.mark.parametrize("last", [0, 1, 2**31 - 1], ids=["of none", "of this stream", "of all"])
def test_a_server_that_has_answered_has_processed_whatever_its_goaway_says(column: Column, last: int) -> None:
    def script(peer: Peer) -> None:
        stream = peer.request()
        peer.head(stream)
        peer.event(stream, "1")
        peer.goaway(2, last)
        peer.finish()

    with H2Server(script) as server:
        outcome = column.read("POST", server.url, data=b"x", client=H2C)
        assert len(server.requests) == 1
    assert outcome.data == ["1"]
    assert isinstance(outcome.error, ConnectionFailed)
    assert outcome.error.sent


@columns
def test_a_goaway_without_an_error_loses_no_event_of_a_stream_that_the_server_finishes(column: Column) -> None:
    def script(peer: Peer) -> None:
        stream = peer.request()
        peer.head(stream)
        peer.event(stream, "1")
        peer.goaway(0)
        peer.event(stream, "2")
        peer.goaway(0, last=stream)  # as servers do that shut down gracefully
        for number in range(3, 100):
            peer.event(stream, str(number))
        peer.event(stream, "100", end=True)
        peer.finish()

    with H2Server(script) as server:
        outcome = column.read("POST", server.url, client=H2C)
        assert len(server.requests) == 1
    assert (outcome.data, outcome.error) == ([str(number) for number in range(1, 101)], None)


@columns
def test_a_request_after_a_goaway_takes_another_connection(column: Column) -> None:
    def script(peer: Peer) -> None:
        stream = peer.request()
        peer.head(stream)
        peer.goaway(0, last=stream)
        peer.event(stream, "1", end=True)
        peer.finish()

    with H2Server(script, whole) as server:
        outcome = column.read("GET", server.url, client=H2C, until="2", reconnect=Reconnect(initial_delay=0))
        assert outcome.data[0] == "1"
        assert len(server.peers) >= 2
        assert [request[0] for request in server.peers[0].requests] == [1]


VIOLATIONS: dict[str, tuple[Callable[[Peer, int], object], str]] = {
    "a window beyond its greatest size": (
        lambda peer, _: peer.sock.sendall(b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\xff\xff"),
        "FLOW_CONTROL_ERROR, 0x3",
    ),
    "data of a stream that was never opened": (
        lambda peer, _: peer.sock.sendall(b"\x00\x00\x05\x00\x00\x00\x00\x00\x09hello"),
        "PROTOCOL_ERROR, 0x1",
    ),
    "a window of a stream beyond its greatest size": (
        lambda peer, stream: peer.sock.sendall(
            b"\x00\x00\x04\x08\x00" + stream.to_bytes(4, "big") + b"\x7f\xff\xff\xff"
        ),
        "FLOW_CONTROL_ERROR, 0x3",
    ),
    "the head of a frame that is too large": (
        lambda peer, stream: peer.sock.sendall(b"\x00\x40\x01\x00\x00" + stream.to_bytes(4, "big")),
        "FRAME_SIZE_ERROR, 0x6",
    ),
    "an answer of HTTP/1.1": (
        lambda peer, _: peer.sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        "FRAME_SIZE_ERROR, 0x6",
    ),
    "a frame that is too large": (
        lambda peer, stream: peer.sock.sendall(b"\x00\x40\x01\x00\x00" + stream.to_bytes(4, "big") + b":" * 16385),
        "FRAME_SIZE_ERROR, 0x6",
    ),
}


@columns
@pytest.mark.parametrize("head", [False, True], ids=["before the head", "in the body"])
@pytest.mark.parametrize("violation", VIOLATIONS)
def test_a_server_that_breaks_the_rules_is_a_lost_connection(column: Column, violation: str, head: bool) -> None:
    breaks, code = VIOLATIONS[violation]

    def script(peer: Peer) -> None:
        stream = peer.request()
        if head:
            peer.head(stream)
            peer.event(stream, "1")
        breaks(peer, stream)
        peer.finish()

    with H2Server(script) as server:
        outcome = column.read("POST", server.url, data=b"x", client=H2C)
        assert len(server.requests) == 1
    assert isinstance(outcome.error, ConnectionFailed)
    assert f"the server broke the rules of HTTP/2 ({code})" in str(outcome.error)
    assert outcome.error.sent


@columns
def test_a_server_that_answers_no_ping_and_nothing_else_is_a_loss(column: Column) -> None:
    def script(peer: Peer) -> None:
        stream = peer.request()
        peer.head(stream)
        peer.event(stream, "1")
        peer.finish()

    with H2Server(script) as server:
        outcome = column.read("POST", server.url, client=H2C, timeout=Timeout(read=0.5))
    assert outcome.data == ["1"]
    assert isinstance(outcome.error, IdleTimeout)


@columns
def test_a_ping_of_the_server_is_answered_while_a_stream_is_read(column: Column) -> None:
    answered: list[Any] = []

    def script(peer: Peer) -> None:
        from h2.events import PingAckReceived

        stream = peer.request()
        peer.head(stream)
        peer.state.ping(b"12345678")
        peer.flush()
        answered.append(peer.until(PingAckReceived).ping_data)
        peer.event(stream, "1", end=True)
        peer.finish()

    with H2Server(script) as server:
        assert column.read("POST", server.url, client=H2C).data == ["1"]
    assert answered == [b"12345678"]


@columns
def test_a_server_whose_ping_timed_out_is_a_lost_connection(column: Column) -> None:
    def script(peer: Peer) -> None:
        stream = peer.request()
        peer.head(stream)
        peer.event(stream, "1")
        peer.goaway(2, last=stream)  # "keepalive ping timeout", as servers of gRPC do it
        peer.sock.shutdown(2)

    with H2Server(script, whole) as server:
        outcome = column.read("GET", server.url, client=H2C, reconnect=AT_ONCE)
        assert len(server.requests) == 2
    assert (outcome.data, outcome.error) == (["1", "1"], None)


@columns
def test_a_server_that_allows_one_stream_lets_the_next_one_wait_until_connect_is_over(column: Column) -> None:
    """The wait is no endless one, and the request was not sent."""
    with H2Server(one_at_a_time, streams=1) as server:
        error = second_of_two(column, server.url)
        assert len(server.requests) == 1
    assert isinstance(error, ConnectionFailed)
    assert not error.sent


@columns
def test_a_server_that_allows_no_more_streams_gets_none(column: Column) -> None:
    def script(peer: Peer) -> None:
        stream = peer.request()
        peer.head(stream)
        peer.sock.sendall(b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00")  # MAX_CONCURRENT_STREAMS: 0
        peer.event(stream, "1")
        peer.finish()

    with H2Server(script) as server:
        error = second_of_two(column, server.url)
        assert len(server.requests) == 1
    assert isinstance(error, ConnectionFailed)
    assert "the server takes no more requests on its connection" in str(error)
    assert not error.sent


@pytest.mark.parametrize(
    "column", [each for each in columns.args[1] if each.kind != "blocking"], ids=lambda each: each.kind
)
def test_a_connection_that_ends_under_a_request_that_waits_for_a_place_has_not_sent_it(column: Column) -> None:
    """One of the client's owner, whose streams are httpcore's: it takes a GOAWAY for the end of the connection."""
    waiting = threading.Event()

    def script(peer: Peer) -> None:
        stream = peer.request()
        peer.head(stream)
        peer.event(stream, "1")
        assert waiting.wait(20)
        peer.goaway(0, last=stream)
        peer.finish()

    async def main(url: str) -> None:
        owner = column.library.AsyncClient(**H2C)
        async with (
            AsyncClient(owner) as client,
            owner.stream("GET", url) as response,
            anyio.create_task_group() as group,
        ):
            pieces = response.aiter_bytes()
            await anext(pieces)

            async def ask() -> None:
                async with client.post(url, data=b"x") as events:
                    data.extend([event.data async for event in events])

            group.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            waiting.set()
            with pytest.raises(column.library.RemoteProtocolError):
                await anext(pieces)

    data: list[str] = []
    with H2Server(script, whole, streams=1) as server:
        run(column.kind, lambda: main(server.url))
        assert [request[1:] for request in server.requests] == [("GET", b""), ("POST", b"x")]
    assert data == ["1"]


def one_at_a_time(peer: Peer) -> None:
    """Keep the first stream open."""
    stream = peer.request()
    peer.head(stream)
    peer.event(stream, "1")
    peer.finish()


def second_of_two(column: Column, url: str) -> Exception | None:
    """Open a stream beside one that stays open; return what it raises."""
    second: dict[str, Any] = {"timeout": Timeout(connect=0.5, read=60), "reconnect": False}
    if column.kind == "blocking":
        with sse_client.Client(column.library.Client(**H2C)) as client, client.get(url) as first:
            next(first)
            try:
                with client.get(url, **second):
                    return None
            except Exception as error:  # noqa: BLE001 - it is looked at
                return error
    found: list[Exception] = []

    async def main() -> None:
        async with AsyncClient(column.library.AsyncClient(**H2C)) as client, client.get(url) as first:
            await anext(first)
            try:
                async with client.get(url, **second):
                    return
            except Exception as error:  # noqa: BLE001 - it is looked at
                found.append(error)

    run(column.kind, main)
    return found[0] if found else None


@columns
def test_a_server_that_speaks_http_2_unasked_is_a_lost_connection(column: Column) -> None:
    settings = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    with Server([settings, CLOSE]) as server:
        outcome = column.read("POST", server.url, reconnect=False)
    assert isinstance(outcome.error, ConnectionFailed)
    assert "the response's head is malformed" in str(outcome.error)


@columns
def test_a_server_that_does_not_speak_http_2_is_a_lost_connection(column: Column) -> None:
    with Server([b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", CLOSE]) as server:
        outcome = column.read("POST", server.url, reconnect=False, client=H2C)
    assert isinstance(outcome.error, ConnectionFailed)
