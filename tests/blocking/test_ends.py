"""How a response ends: whatever was whole before a bad end is delivered, and the error says what it was."""

from __future__ import annotations

import resource
import sys
import threading
import zlib
from typing import TYPE_CHECKING

import pytest

import sse_client
from sse_client import (
    Client,
    ConnectionFailed,
    ContentTypeError,
    EventTooLarge,
    IdleTimeout,
    RedirectRefused,
    ResponseError,
    StatusError,
    StreamTruncated,
    Timeout,
)
from sse_client._core import response_body as incoming  # its patience is too long for a test
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Pause, Server, Step, Wait, chunk, head, reply, stream

from .kit import AT_ONCE, ONE, PROMPT, failure, outcome, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

ONE_CLOSED = [head(framing="close"), b"data: 1\n\n"]


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_clean_end_ends_the_iteration_of_a_post(framing: Literal["chunked", "length", "close"]) -> None:
    with Server(stream([b"data: 1\n\n"], framing=framing)) as server:
        assert outcome(sse_client.post(server.url)) == (["1"], None)
        assert len(server.requests) == 1


def test_a_block_without_its_empty_line_is_dropped_at_a_clean_end() -> None:
    with Server(stream([b"data: 1\n\n", b"id: x\ndata: 2\n"])) as server, sse_client.post(server.url) as events:
        assert [event.data for event in events] == ["1"]
        assert events.last_event_id == ""


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([*ONE, b"20\r\ndata: 2", CLOSE], id="inside a chunk"),
        pytest.param([*ONE, b"9\r\ndata: 2\n\n", CLOSE], id="before the CRLF of a chunk"),
        pytest.param([*ONE, CLOSE], id="between two chunks"),
        pytest.param([*ONE, b"1", CLOSE], id="inside the size of a chunk"),
        pytest.param([*ONE, b"0\r\n", CLOSE], id="before the trailers"),
        pytest.param([*ONE, b"0\r\nX-Trailer: 1\r\n", CLOSE], id="inside the trailers"),
        pytest.param([*ONE, b"zz\r\ndata: 2\n\n\r\n", STALL], id="by a size that is no number"),
        pytest.param([*ONE, b"-5\r\n", STALL], id="by a negative size"),
        pytest.param([*ONE, b"\r\n", STALL], id="by an empty size"),
        pytest.param([*ONE, b"2\r\n: \n\n\r\n", STALL], id="by a chunk that is longer than its size"),
        pytest.param([*ONE, b"1" * 70_000, STALL], id="by an endless size"),
        pytest.param([head(framing="length", length=99), b"data: 1\n\ndata: 2", CLOSE], id="before its length"),
        pytest.param([*ONE_CLOSED[:1], b"data: 1\n\n", RESET], id="by a reset, until close"),
    ],
)
def test_a_body_cut_off_is_a_lost_connection_after_the_events_that_were_whole(script: list[Step]) -> None:
    seen = threading.Event()
    if script[-1] is RESET:
        script = [*script[:-1], Wait(seen), RESET]  # a reset may overtake what was sent before it
    with Server(script) as server, sse_client.post(server.url, timeout=10) as events:
        assert next(events).data == "1"
        seen.set()
        _, error = outcome(events)
        assert isinstance(error, ConnectionFailed)
        assert not isinstance(error, IdleTimeout)
        assert error.sent
        assert next(events, None) is None


@pytest.mark.parametrize(
    "framed",
    [pytest.param(b"+9\r\ndata: 1\n\n\r\n", id="a plus"), pytest.param(b"0x9\r\ndata: 1\n\n\r\n", id="0x")],
)
def test_a_malformed_chunk_size_is_an_error_however_it_was_received(framed: bytes) -> None:
    bytewise = [framed[i : i + 1] for i in range(len(framed))]
    with Server([head(), framed, STALL], [head(), *bytewise, STALL]) as server:
        for _ in range(2):
            data, error = outcome(sse_client.post(server.url, timeout=0.5))
            assert (data, type(error)) == ([], ConnectionFailed)


def test_a_length_that_is_too_short_ends_the_stream_there() -> None:
    with Server([head(framing="length", length=12), b"data: 1\n\ndata: 2\n\n", CLOSE]) as server:
        assert outcome(sse_client.post(server.url)) == (["1"], None)


def test_a_reset_inside_a_chunked_body_is_a_lost_connection() -> None:
    seen = threading.Event()
    with Server([*ONE, Wait(seen), RESET]) as server, sse_client.post(server.url) as events:
        assert next(events).data == "1"
        seen.set()
        with pytest.raises(ConnectionFailed) as caught:
            next(events)
        assert isinstance(caught.value.__cause__, ConnectionResetError)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_compressed_body_cut_short_is_a_lost_connection_on_every_framing(
    framing: Literal["chunked", "length", "close"], coding: Literal["gzip", "deflate", "br"]
) -> None:
    steps = [step for step in stream([b"data: 1\n\n", b"data: 2\n\n"], coding=coding) if isinstance(step, bytes)]
    body = steps[1].partition(b"\r\n")[2][:-2]  # the first event's chunk alone
    with Server() as server:
        start = head(200, {"Content-Encoding": coding}, framing=framing, length=len(body))
        server.script([start, chunk(body) + LAST_CHUNK if framing == "chunked" else body, CLOSE])
        data, error = outcome(sse_client.post(server.url))
    assert data == ["1"]
    assert type(error) is ConnectionFailed


@pytest.mark.parametrize("size", [1, 5, 100_000])
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_what_came_before_a_corrupt_part_of_a_compressed_body_is_delivered(
    coding: Literal["gzip", "deflate"], size: int
) -> None:
    steps = [step for step in stream([b"data: 1\n\n", b"data: 2\n\n"], coding=coding) if isinstance(step, bytes)]
    body = b"".join(step.partition(b"\r\n")[2][:-2] for step in steps[1:3]) + b"\xff" * 50
    with Server() as server:
        start = head(200, {"Content-Encoding": coding}, framing="length", length=len(body))
        server.script([start, *[body[i : i + size] for i in range(0, len(body), size)]])
        data, error = outcome(sse_client.post(server.url))
    assert data == ["1", "2"]
    assert type(error) is ConnectionFailed


def test_a_checksum_of_gzip_that_is_wrong_is_an_error_after_the_events() -> None:
    compress = zlib.compressobj(wbits=31)
    body = compress.compress(b"data: 1\n\n") + compress.flush()
    body = body[:-8] + b"\0" * 8
    with Server([head(200, {"Content-Encoding": "gzip"}, framing="length", length=len(body)), body]) as server:
        data, error = outcome(sse_client.post(server.url))
    assert data == ["1"]
    assert type(error) is ConnectionFailed


def _bomb(megabytes: int) -> list[bytes]:
    compress = zlib.compressobj(1, wbits=31)
    pieces = [compress.compress(b"data: 1\n\ndata: ")]
    pieces += [compress.compress(b"x" * 1024 * 1024) for _ in range(megabytes)]
    return [*pieces, compress.flush()]


def test_a_bomb_inside_one_event_is_too_large_in_little_memory() -> None:
    body = b"".join(_bomb(150))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Server([head(200, {"Content-Encoding": "gzip"}), chunk(body) + LAST_CHUNK]) as server:
        data, error = outcome(sse_client.post(server.url, max_event_size=1024 * 1024))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert data == ["1"]
    assert type(error) is EventTooLarge
    assert grown * (1 if sys.platform == "darwin" else 1024) < 64 * 1024 * 1024


def test_a_coding_that_cannot_be_undone_is_an_error_and_no_bytes() -> None:
    with Server([head(200, {"Content-Encoding": "compress"}), chunk(b"data: 1\n\n"), LAST_CHUNK]) as server:
        error = failure(sse_client.get(server.url, reconnect=AT_ONCE))
        assert isinstance(error, ResponseError)
        assert error.status == 200
        assert "compress" in str(error)
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [401, 503])
def test_a_bad_status_is_told_even_if_its_body_has_a_coding_that_cannot_be_undone(status: int) -> None:
    with Server(reply(status, b"?", {"Content-Encoding": "compress", "Retry-After": "3"})) as server:
        error = failure(sse_client.get(server.url, reconnect=False))
    assert isinstance(error, StatusError)
    assert (error.status, error.retry_after) == (status, 3)


def test_an_html_page_is_no_stream_and_its_body_is_in_the_error() -> None:
    with Server(reply(200, b"<html>hello", {"Content-Type": "text/html; charset=utf-8"})) as server:
        error = failure(sse_client.get(server.url, reconnect=AT_ONCE))
        assert isinstance(error, ContentTypeError)
        assert (error.status, error.body) == (200, b"<html>hello")
        assert error.headers["content-type"] == "text/html; charset=utf-8"
        assert "text/html" in str(error)
        assert len(server.requests) == 1


@pytest.mark.parametrize("content_type", [None, "", "text/event-streams", "application/json", "text/event-stream, a/b"])
def test_a_content_type_that_is_not_that_of_a_stream_is_final(content_type: str | None) -> None:
    with Server([head(content_type=content_type), chunk(b"data: 1\n\n"), LAST_CHUNK]) as server:
        assert isinstance(failure(sse_client.get(server.url, reconnect=AT_ONCE)), ContentTypeError)
        assert len(server.requests) == 1


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_an_empty_body_is_an_iteration_without_an_event(framing: Literal["chunked", "length", "close"]) -> None:
    with Server(stream([], framing=framing), stream([], framing=framing, coding="gzip")) as server:
        assert outcome(sse_client.post(server.url)) == ([], None)
        assert outcome(sse_client.post(server.url)) == ([], None)


def test_an_empty_body_is_no_corrupt_gzip() -> None:
    with Server([head(200, {"Content-Encoding": "gzip"}, framing="length", length=0)]) as server:
        assert outcome(sse_client.post(server.url)) == ([], None)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_204_ends_the_stream_without_an_error_and_without_a_reconnect(method: str) -> None:
    with Server(reply(204), stream([b"data: 1\n\n"])) as server:
        stream_of_none = sse_client.stream(method, server.url, reconnect=AT_ONCE, until="never")
        assert outcome(stream_of_none) == ([], None)
        assert stream_of_none.state == "closed"
        assert len(server.requests) == 1


def test_204_is_no_error_when_entered() -> None:
    with Server(reply(204)) as server, sse_client.get(server.url) as events:
        assert list(events) == []


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_without_a_location_is_a_bad_status(status: int) -> None:
    with Server(reply(status)) as server:
        error = failure(sse_client.get(server.url, reconnect=AT_ONCE))
        assert isinstance(error, StatusError)
        assert error.status == status
        assert len(server.requests) == 1


def test_a_redirect_loop_is_refused() -> None:
    with Server() as server:
        server.script(*[reply(302, headers={"Location": "/"})] * 40)
        error = failure(sse_client.get(server.url, reconnect=AT_ONCE))
        assert isinstance(error, RedirectRefused)
        assert len(server.requests) == 31


@pytest.mark.parametrize("status", [201, 400, 401, 404, 500, 503, 599])
def test_a_bad_status_has_its_headers_and_body_in_the_error(status: int) -> None:
    with Server(reply(status, b'{"error": 1}', {"X-Reason": "why"})) as server:
        error = failure(sse_client.get(server.url, reconnect=False))
    assert isinstance(error, StatusError)
    assert (error.status, error.body, error.headers["x-reason"]) == (status, b'{"error": 1}', "why")
    assert str(status) in str(error)


@pytest.mark.parametrize("coding", [None, "gzip"])
def test_no_more_than_64_kib_of_a_bad_answer_are_kept(coding: str | None) -> None:
    body = b"x" * 300_000
    if coding:
        compress = zlib.compressobj(wbits=31)
        body = compress.compress(body) + compress.flush()
    with Server(reply(500, body, {"Content-Encoding": coding} if coding else {})) as server:
        error = failure(sse_client.get(server.url, reconnect=False))
    assert isinstance(error, StatusError)
    assert error.body == b"x" * 65536


def test_the_first_bytes_of_an_endless_bad_answer_are_enough() -> None:
    def endless() -> Iterator[Step]:
        yield head(500)
        while True:
            yield chunk(b"x" * 10_000)

    with Server(endless()) as server:
        error = failure(sse_client.get(server.url, reconnect=False))
    assert isinstance(error, StatusError)
    assert len(error.body) == 65536


def test_a_bad_answer_that_never_ends_takes_two_seconds_of_silence_at_most() -> None:
    with Server([head(500), chunk(b"why"), STALL]) as server:
        errors: list[Exception] = []
        took = seconds(lambda: errors.append(failure(sse_client.get(server.url, reconnect=False))))
    (error,) = errors
    assert isinstance(error, StatusError)
    assert error.body == b"why"
    assert took < 2 + PROMPT


def test_a_bad_answer_that_dribbles_is_given_up_on_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "_EXCERPT_SECONDS", 0.2)
    go = threading.Event()

    def dribbling() -> Iterator[Step]:
        yield head(500)
        while not go.wait(0.05):
            yield chunk(b"x")

    with Server(dribbling()) as server:
        errors: list[Exception] = []
        took = seconds(lambda: errors.append(failure(sse_client.get(server.url, reconnect=False))))
        go.set()
    (error,) = errors
    assert isinstance(error, StatusError)
    assert error.body.strip(b"x") == b""
    assert took < 0.2 + PROMPT


def test_a_compressed_bad_answer_that_dribbles_and_says_nothing_is_given_up_on_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(incoming, "_EXCERPT_SECONDS", 0.2)
    sent: list[bytes] = []

    def dribbling() -> Iterator[Step]:
        yield head(500, {"Content-Encoding": "gzip"})
        yield chunk(b"\x1f\x8b\x08\x08" + b"\0" * 6)  # a member's header; the name of its file follows
        for _ in range(60):
            sent.append(b"x")
            yield chunk(b"x")
            yield Pause(0.05)

    with Server(dribbling()) as server:
        assert isinstance(failure(sse_client.get(server.url, reconnect=False)), StatusError)
        assert len(sent) < 30


def test_an_error_while_a_bad_answer_is_read_does_not_hide_the_status() -> None:
    with Server([head(500), chunk(b"why"), RESET], reply(500, b"no gzip", {"Content-Encoding": "gzip"})) as server:
        for _ in range(2):
            error = failure(sse_client.get(server.url, reconnect=False))
            assert isinstance(error, StatusError)
            assert error.body in {b"why", b""}


@pytest.mark.parametrize("part", [b"data: ", b"data: x\n", b"", b"event: x"])
def test_an_endless_block_is_too_large_after_the_events_before_it(part: bytes) -> None:
    def endless() -> Iterator[Step]:
        yield from ONE
        while True:
            yield chunk((part or b"x") * 1000)

    with Server(endless()) as server:
        data, error = outcome(sse_client.get(server.url, max_event_size=100_000, reconnect=AT_ONCE))
        assert data == ["1"]
        assert type(error) is EventTooLarge
        assert len(server.requests) == 1


def test_events_that_came_in_one_read_with_a_block_that_is_too_large_are_delivered() -> None:
    with Server([head(), chunk(b"data: 1\n\ndata: 2\n\ndata: " + b"x" * 200), STALL]) as server:
        data, error = outcome(sse_client.get(server.url, max_event_size=100))
    assert data == ["1", "2"]
    assert type(error) is EventTooLarge


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([b"rubbish\r\n\r\n", CLOSE], id="a malformed status line"),
        pytest.param([b"HTTP/1.1 two hundred\r\n\r\n", CLOSE], id="a status that is no number"),
        pytest.param([CLOSE], id="nothing"),
        pytest.param([RESET], id="a reset"),
        pytest.param([b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", CLOSE], id="too many headers"),
        pytest.param([b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n", CLOSE], id="an endless header"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Type: text/ev", CLOSE], id="a head cut off inside its type"),
        pytest.param([b"HTTP/1.1 200 OK\r\n", CLOSE], id="a head cut off behind its status line"),
        pytest.param([b"HTTP/1.1 401 Unauthorized\r\nX-", CLOSE], id="a head of an error cut off"),
    ],
)
def test_an_answer_that_is_no_whole_head_is_a_lost_connection(answer: list[Step]) -> None:
    with Server(answer, stream([b"data: 1\n\n", b"data: end\n\n"])) as server:
        got = outcome(sse_client.get(server.url, until="end", reconnect=AT_ONCE))
        assert got == (["1"], None)


def test_an_end_before_until_is_told_apart_from_a_cut() -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        data, error = outcome(sse_client.post(server.url, until="[DONE]"))
    assert data == ["1"]
    assert type(error) is StreamTruncated
    assert error.partial is None


def test_silence_is_an_idle_timeout_and_a_cut_is_none() -> None:
    with Server([*ONE, STALL]) as server:
        data, error = outcome(sse_client.post(server.url, timeout=Timeout(read=0.2)))
    assert data == ["1"]
    assert type(error) is IdleTimeout


def test_after_an_error_the_iterator_is_over() -> None:
    with Server([*ONE, CLOSE]) as server, Client() as client, client.post(server.url) as events:
        assert next(events).data == "1"
        with pytest.raises(ConnectionFailed):
            next(events)
        assert events.state == "closed"
        assert list(events) == []
        assert len(server.requests) == 1
