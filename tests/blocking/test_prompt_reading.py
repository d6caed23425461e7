"""An event is yielded when its last byte arrives, whatever the framing and the coding."""

from __future__ import annotations

import threading
import zlib
from typing import TYPE_CHECKING

import pytest

import sse_client
from sse_client import Client, Comment
from sse_client.testing import CLOSE, LAST_CHUNK, STALL, Server, Step, Wait, chunk, head, stream

from .kit import ONE

if TYPE_CHECKING:
    from typing import Any, Literal

BLOCKS = [b"data: 1\n\n", b": ping\n\nid: x\ndata: 2\r\n\r\n", "data: \u65e5\u672c\rdata: 3\r\r".encode()]
EXPECTED = ["1", "2", "\u65e5\u672c\n3"]

FRAMINGS = [
    pytest.param("chunked", "1.1", id="chunked"),
    pytest.param("length", "1.1", id="Content-Length"),
    pytest.param("close", "1.1", id="until close"),
    pytest.param("close", "1.0", id="HTTP 1.0"),
    pytest.param("length", "1.0", id="HTTP 1.0 with Content-Length"),
]


@pytest.mark.parametrize("coding", [None, "gzip", "deflate", "br"])
@pytest.mark.parametrize(("framing", "http"), FRAMINGS)
def test_an_event_is_yielded_while_the_server_waits_before_it_sends_more(
    framing: Literal["chunked", "length", "close"], http: str, coding: Literal["gzip", "deflate", "br"] | None
) -> None:
    steps = stream(BLOCKS, framing=framing, coding=coding, http=http)
    gates = [threading.Event() for _ in EXPECTED]
    script: list[Step] = steps[:2]
    for gate, step in zip(gates, [*steps[2 : len(gates) + 1], b""], strict=True):
        script += [Wait(gate), step]
    script += steps[len(gates) + 1 :]
    got: list[str] = []
    with Server(script) as server, sse_client.post(server.url, timeout=10) as events:
        for event, gate in zip(events, gates, strict=False):
            got.append(event.data)
            gate.set()
        assert next(events, None) is None
    assert got == EXPECTED


def test_a_comment_is_yielded_while_the_server_waits() -> None:
    script: list[Step] = [head(), chunk(b":one\n"), STALL]
    with Server(script) as server, sse_client.get(server.url, comments=True, timeout=10) as events:
        first: Any = next(events)
        assert first == Comment("one")


def test_an_event_inside_an_unfinished_chunk_is_yielded_at_once() -> None:
    with (
        Server([head(), b"ffff\r\ndata: 1\n\ndata:", STALL]) as server,
        sse_client.post(server.url, timeout=10) as events,
    ):
        assert next(events).data == "1"
        assert events.tail == "data:"


def test_an_event_that_came_with_the_head_is_yielded_at_once() -> None:
    with Server([head() + chunk(b"data: 1\n\n"), STALL]) as server, sse_client.post(server.url, timeout=10) as events:
        assert next(events).data == "1"


def test_an_event_that_ends_in_a_bare_cr_is_not_held_back_for_a_lf() -> None:
    more = threading.Event()
    script: list[Step] = [head(), chunk(b"data: 1\r\r"), Wait(more), chunk(b"\ndata: 2\r\n\r\n"), LAST_CHUNK]
    with Server(script) as server, sse_client.post(server.url, timeout=10) as events:
        assert next(events).data == "1"
        more.set()
        assert [event.data for event in events] == ["2"]


def test_two_events_of_one_read_are_both_there_before_the_next_read() -> None:
    with (
        Server([head(), chunk(b"data: 1\n\ndata: 2\n\n"), STALL]) as server,
        sse_client.post(server.url, timeout=10) as events,
    ):
        assert [next(events).data, next(events).data] == ["1", "2"]


BODY = "\ufeffid: 7\r\ndata: \u20ac\r\n\r\n:c\rdata:2\n\n".encode()


@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_every_split_of_a_stream_gives_the_same_events(framing: str) -> None:
    with Server() as server, Client() as client:
        for cut in range(1, len(BODY)):
            pieces = [BODY[:cut], BODY[cut:]]
            if framing == "chunked":
                server.script([head() + b"".join(map(chunk, pieces)) + LAST_CHUNK])
            else:
                server.script([head(framing="length", length=len(BODY)), *pieces])
            with client.post(server.url) as events:
                assert [(event.id, event.data) for event in events] == [("7", "\u20ac"), ("7", "2")], cut
        assert server.connections == 1


@pytest.mark.parametrize("coding", [None, "gzip", "deflate", "br"])
@pytest.mark.parametrize(("framing", "http"), FRAMINGS)
def test_a_response_that_comes_byte_by_byte_gives_the_same_events(
    framing: Literal["chunked", "length", "close"], http: str, coding: Literal["gzip", "deflate", "br"] | None
) -> None:
    steps = stream(BLOCKS, framing=framing, coding=coding, http=http)
    raw = b"".join(step for step in steps if isinstance(step, bytes))
    script: list[Step] = [raw[i : i + 1] for i in range(len(raw))]
    with Server([*script, CLOSE]) as server, sse_client.post(server.url) as events:
        assert [event.data for event in events] == EXPECTED


@pytest.mark.parametrize(
    "framed",
    [
        pytest.param(b"005;name=value;x\r\ndata:\r\n4\r\n x\n\n\r\n0\r\n\r\n", id="extensions and leading zeros"),
        pytest.param(b"5\r\ndata:\r\n4\r\n x\n\n\r\n0\r\nX-Trailer: 1\r\nY: 2\r\n\r\n", id="trailers"),
        pytest.param(b"A\r\ndata: x\r\n\r\n1\r\n\n\r\n00\r\n\r\n", id="upper case, and CRLF inside the data"),
        pytest.param(b"b\r\ndata: x\r\n\r\n\r\n0\r\n\r\n", id="data that looks like framing"),
    ],
)
def test_chunked_framing_is_read_as_the_standard_has_it(framed: bytes) -> None:
    for size in (1, 2, 3, 7, len(framed)):
        script: list[Step] = [head(), *(framed[i : i + size] for i in range(0, len(framed), size))]
        with Server(script) as server, sse_client.post(server.url) as events:
            assert [event.data for event in events] == ["x"], size


def test_gzip_members_one_after_the_other_are_one_stream() -> None:
    first, second = (stream([block], coding="gzip", framing="length") for block in (b"data: 1\n\n", b"data: 2\n\n"))
    body = b"".join(step for step in first[1:] + second[1:] if isinstance(step, bytes))
    script = [head(200, {"Content-Encoding": "gzip"}, framing="length", length=len(body)), body]
    with Server(script) as server, sse_client.post(server.url) as events:
        assert [event.data for event in events] == ["1", "2"]


def test_codings_on_top_of_each_other_are_undone_in_reverse() -> None:
    compress = zlib.compressobj(wbits=31)
    body = compress.compress(zlib.compress(b"data: 1\n\n")) + compress.flush()
    script = [head(200, {"Content-Encoding": "deflate, gzip"}, framing="length", length=len(body)), body]
    with Server(script) as server, sse_client.post(server.url) as events:
        assert [event.data for event in events] == ["1"]


def test_deflate_without_its_zlib_header_is_read_too() -> None:
    compress = zlib.compressobj(wbits=-15)
    body = compress.compress(b"data: 1\n\n") + compress.flush()
    script = [head(200, {"Content-Encoding": "deflate"}, framing="length", length=len(body)), body]
    with Server(script) as server, sse_client.post(server.url) as events:
        assert [event.data for event in events] == ["1"]


def test_utf_8_is_read_whatever_the_charset_says_and_malformed_bytes_never_raise() -> None:
    script = [head(content_type="TEXT/Event-Stream; charset=iso-8859-1"), chunk(b"data: \xe2\x82\xac\xff\n\n")]
    with Server([*script, LAST_CHUNK]) as server, sse_client.post(server.url) as events:
        assert [event.data for event in events] == ["\u20ac\ufffd"]


def test_entering_it_connects_and_shows_the_response() -> None:
    with Server([*ONE, STALL]) as server, sse_client.post(f"{server.url}/a?b=c") as events:
        assert events.state == "open"
        response = events.response
        assert response is not None
        assert (response.status, response.url) == (200, f"{server.url}/a?b=c")
        assert response.headers["content-TYPE"] == "text/event-stream"


def test_a_million_bytes_of_heartbeats_are_no_event_and_no_error() -> None:
    beats = chunk(b": ping\n\n" * 8192)
    with (
        Server([head(), *[beats] * 16, chunk(b"data: 1\n\n"), LAST_CHUNK]) as server,
        sse_client.post(server.url, max_event_size=100) as events,
    ):
        assert [event.data for event in events] == ["1"]
        assert events.stats.comments == 16 * 8192
