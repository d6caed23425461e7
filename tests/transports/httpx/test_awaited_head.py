"""A response over HTTP/2 that does not come, or is none: its stream alone ends, and the server is told."""

from __future__ import annotations

import socket
import struct
import threading
from typing import Any

import anyio
import pytest
from h2.events import RequestReceived, StreamReset

import sse_client
from sse_client import ConnectionFailed, IdleTimeout, SSEError, Timeout
from sse_client.aio import AsyncClient

from .columns import Column, columns, run
from .h2_server import H2Server, Peer

H2C: dict[str, Any] = {"http1": False, "http2": True}
SOON = 20
"""Seconds that a busy machine may take for what takes milliseconds."""
INITIAL_WINDOW_SIZE = b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04"


class Beside:
    """What came of a stream that was read all the while, and of the one beside it that had no answer.

    Args:
        window: how much of its body the second one may send.
        reset: the code with which the server ends the second one; None: it does not.

    Attributes:
        data: of the first stream.
        error: of the second one.
        codes: with which the server was told to end the second one.
    """

    def __init__(self, window: int = 65535, reset: int | None = None) -> None:
        self._window = window
        self._reset = reset
        self.data: list[str] = []
        self.error: BaseException | None = None
        self.codes: list[int] = []

    def server_script(self, peer: Peer) -> None:
        """Answer the first request; end it when the second one, which has no answer, was reset."""
        first = peer.request(1)
        peer.head(first)
        peer.sock.sendall(INITIAL_WINDOW_SIZE + self._window.to_bytes(4, "big"))
        peer.event(first, "1")
        if self._window:
            peer.request(2)
        if self._reset is None:
            self.codes.append(int(peer.until(StreamReset).error_code))
        else:
            while sum(isinstance(event, RequestReceived) for event in peer.events) < 2:
                peer.receive()
            peer.reset(first + 2, self._reset)
        peer.event(first, "2", end=True)
        peer.finish()

    def run(self, column: Column, how: str) -> None:
        """Read a stream, and open one beside it that ends by its `timeout`, or by `close` or a cancelled scope."""
        options: dict[str, Any] = {"reconnect": False, "timeout": Timeout(read=0.5 if how == "timeout" else SOON)}
        with H2Server(self.server_script) as server:
            if column.kind == "blocking":
                self._blocking(column, server.url, how, options)
            else:
                run(column.kind, lambda: self._awaited(column, server.url, how, options))
            sent = [("POST", b"x")] if self._window else []
            assert [request[1:] for request in server.requests] == [("GET", b""), *sent]
            assert len(server.peers) == 1

    def _blocking(self, column: Column, url: str, how: str, options: dict[str, Any]) -> None:
        with sse_client.Client(column.library.Client(**H2C)) as client, client.get(url, reconnect=False) as first:
            self.data.append(next(first).data)
            reader = threading.Thread(target=lambda: self.data.extend(event.data for event in first), daemon=True)
            reader.start()
            second = client.post(url, data=b"x", **options)
            if how == "close":
                threading.Timer(0.3, second.close).start()
            try:
                second.__enter__()
            except SSEError as error:
                self.error = error
            reader.join(SOON)
            assert not reader.is_alive()

    async def _awaited(self, column: Column, url: str, how: str, options: dict[str, Any]) -> None:
        async with AsyncClient(column.library.AsyncClient(**H2C)) as client, client.get(url, reconnect=False) as first:
            self.data.append((await anext(first)).data)

            async def read() -> None:
                self.data.extend([event.data async for event in first])

            async with anyio.create_task_group() as group:
                group.start_soon(read)
                second = client.post(url, data=b"x", **options)
                with anyio.move_on_after(0.3 if how == "close" else SOON):
                    try:
                        await second.__aenter__()
                    except SSEError as error:
                        self.error = error


@columns
def test_a_head_that_does_not_come_in_time_ends_its_own_stream(column: Column) -> None:
    """Also while another stream of the connection is read, which holds the lock on its reads."""
    beside = Beside()
    beside.run(column, "timeout")
    assert isinstance(beside.error, IdleTimeout)
    assert beside.error.sent
    assert (beside.data, beside.codes) == (["1", "2"], [8])


@columns
def test_leaving_a_stream_without_a_head_tells_the_server_and_harms_no_other(column: Column) -> None:
    beside = Beside()
    beside.run(column, "close")
    assert (beside.data, beside.codes) == (["1", "2"], [8])


@columns
@pytest.mark.parametrize("how", ["timeout", "close"])
def test_a_body_that_the_server_takes_nothing_of_ends_its_own_stream(column: Column, how: str) -> None:
    beside = Beside(window=0)
    beside.run(column, how)
    assert isinstance(beside.error, IdleTimeout) or how == "close"
    assert (beside.data, beside.codes) == (["1", "2"], [8])


@columns
def test_a_body_larger_than_the_window_is_sent_while_another_stream_is_read(column: Column) -> None:
    """The reader of that one gets what opens the window."""
    size = 300_000

    def script(peer: Peer) -> None:
        first = peer.request(1)
        peer.head(first)
        peer.event(first, "1")
        second = peer.request(2)
        peer.head(second)
        peer.event(second, str(len(peer.requests[1][2])), end=True)
        peer.event(first, "2", end=True)
        peer.finish()

    def blocking(url: str) -> None:
        with sse_client.Client(column.library.Client(**H2C)) as client, client.get(url, reconnect=False) as first:
            data.append(next(first).data)
            reader = threading.Thread(target=lambda: data.extend(event.data for event in first), daemon=True)
            reader.start()
            with client.post(url, data=b"x" * size, timeout=SOON) as second:
                assert [event.data for event in second] == [str(size)]
            reader.join(SOON)

    async def awaited(url: str) -> None:
        async with AsyncClient(column.library.AsyncClient(**H2C)) as client, client.get(url, reconnect=False) as first:
            data.append((await anext(first)).data)

            async def read() -> None:
                data.extend([event.data async for event in first])

            async with anyio.create_task_group() as group:
                group.start_soon(read)
                async with client.post(url, data=b"x" * size, timeout=SOON) as second:
                    assert [event.data async for event in second] == [str(size)]

    data: list[str] = []
    with H2Server(script) as server:
        if column.kind == "blocking":
            blocking(server.url)
        else:
            run(column.kind, lambda: awaited(server.url))
        assert len(server.peers) == 1
    assert data == ["1", "2"]


@columns
def test_a_reset_under_a_body_that_waits_says_its_code(column: Column) -> None:
    beside = Beside(window=0, reset=2)
    beside.run(column, "reset")
    assert isinstance(beside.error, ConnectionFailed)
    assert "RST_STREAM, INTERNAL_ERROR, 0x2" in str(beside.error)
    assert beside.data == ["1", "2"]


@columns
def test_a_connection_that_ends_under_a_body_that_waits_has_had_the_request(
    column: Column, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the response has begun."""

    def script(peer: Peer) -> None:
        taken = Taken()
        monkeypatch.setattr(peer.state, "acknowledge_received_data", taken)
        while taken.size < 65535:
            peer.receive()
        stream_id = peer.until(RequestReceived).stream_id
        peer.head(stream_id)
        peer.event(stream_id, "1")
        peer.sock.shutdown(socket.SHUT_RDWR)

    with H2Server(script) as server:
        outcome = column.read("POST", server.url, data=b"x" * 100_000, client=H2C, timeout=SOON)
        assert len(server.peers) == 1
    assert isinstance(outcome.error, ConnectionFailed)
    assert "the server closed it" in str(outcome.error)
    assert outcome.error.sent


class Taken:
    """Takes what has come, and opens no window for more.

    Attributes:
        size: how many bytes that was.
    """

    def __init__(self) -> None:
        self.size = 0

    def __call__(self, size: int, _: int) -> None:
        self.size += size


@columns
def test_a_deadline_of_all_ends_the_wait_for_a_head(column: Column) -> None:
    codes: list[int] = []
    told = threading.Event()

    def script(peer: Peer) -> None:
        codes.append(int(peer.reset_of(peer.request()).error_code))
        told.set()
        peer.finish()

    with H2Server(script) as server:
        outcome = column.read("POST", server.url, client=H2C, timeout=Timeout(total=0.5))
        assert told.wait(SOON)
    assert isinstance(outcome.error, sse_client.DeadlineExceeded)
    assert codes == [8]


def raw_head(peer: Peer, stream_id: int, *fields: tuple[str, str]) -> None:
    """Send a head that h2 would not send."""
    block = peer.state.encoder.encode(fields)
    peer.sock.sendall(struct.pack(">I", len(block))[1:] + b"\x01\x04" + stream_id.to_bytes(4, "big") + block)


TYPE = ("content-type", "text/event-stream")


@columns
@pytest.mark.parametrize(
    "fields",
    [pytest.param([(":status", status), TYPE], id=repr(status)) for status in ("abc", "", "99", "2_0")]
    + [pytest.param([TYPE], id="none"), pytest.param([(":status", "200"), (":status", "204"), TYPE], id="two")],
)
def test_a_status_that_is_none_is_a_malformed_head(column: Column, fields: list[tuple[str, str]]) -> None:
    def script(peer: Peer) -> None:
        raw_head(peer, peer.request(), *fields)
        peer.finish()

    with H2Server(script) as server:
        outcome = column.read("POST", server.url, data=b"x", client=H2C, reconnect=False)
    assert isinstance(outcome.error, ConnectionFailed)
    assert str(outcome.error).endswith("the response's head is malformed")
    assert outcome.error.sent


@columns
@pytest.mark.parametrize("number", [3, 1001])
def test_interim_responses_are_passed_over_up_to_a_bound(column: Column, number: int) -> None:
    def script(peer: Peer) -> None:
        stream_id = peer.request()
        for _ in range(number):
            raw_head(peer, stream_id, (":status", "103"), ("link", "</style.css>"))
        peer.head(stream_id)
        peer.event(stream_id, "1", end=True)
        peer.finish()

    with H2Server(script) as server:
        outcome = column.read("POST", server.url, client=H2C, reconnect=False)
    if number == 3:
        assert (outcome.data, outcome.error) == (["1"], None)
    else:
        assert isinstance(outcome.error, ConnectionFailed)
        assert "more than 1000 interim responses" in str(outcome.error)


@columns
def test_a_redirect_that_goes_on_is_reset(column: Column) -> None:
    codes: list[int] = []

    def script(peer: Peer) -> None:
        first = peer.request()
        peer.state.send_headers(first, [(":status", "307"), ("location", "/other")])
        peer.data(first, b"a body that goes on")
        codes.append(int(peer.reset_of(first).error_code))
        second = peer.request(2)
        peer.head(second)
        peer.event(second, "1", end=True)
        peer.finish()

    with H2Server(script) as server:
        outcome = column.read("POST", server.url, client=H2C, reconnect=False)
    assert (outcome.data, outcome.error, codes) == (["1"], None, [8])
