"""The bytes of responses."""

from __future__ import annotations

import importlib
import sys
import zlib
from typing import Any

import pytest

from sse_client.events import Event
from sse_client.testing import (
    CLOSE,
    LAST_CHUNK,
    chunk,
    head,
    reply,
    stream,
)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param(
            head(),
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
            id="a head is that of a chunked event stream",
        ),
        pytest.param(
            head(http="1.0", framing="close", content_type=None),
            b"HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n",
            id="a head without a content type names none",
        ),
        pytest.param(
            head(599, {"content-type": "a/b", "X": "\xe9"}, framing="length", length=3),
            b"HTTP/1.1 599 Unknown\r\nContent-Length: 3\r\ncontent-type: a/b\r\nX: \xe9\r\n\r\n",
            id="a header that is given replaces the one made",
        ),
        pytest.param(
            head(304, {"Set-Cookie": ["a=1", "b=2"]}),
            b"HTTP/1.1 304 Not Modified\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n",
            id="a list of values is a line each and a status without a body says nothing of one",
        ),
        pytest.param(head(100), b"HTTP/1.1 100 Continue\r\n\r\n", id="an informational head is a status line"),
        pytest.param(chunk(b"0123456789abcdef!"), b"11\r\n0123456789abcdef!\r\n", id="a chunk's size is hexadecimal"),
        pytest.param(chunk(b""), LAST_CHUNK, id="a chunk without data is the last one"),
    ],
)
def test_message(made: bytes, expected: bytes) -> None:
    assert made == expected


def test_a_reply_is_one_send_with_its_length() -> None:
    assert reply(404, b"no", {"X": "1"}) == [
        b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\nX: 1\r\n\r\nno"
    ]
    assert reply(503) == [b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"]
    assert reply(204) == [b"HTTP/1.1 204 No Content\r\n\r\n"]


def test_a_stream_is_a_head_then_a_step_for_each_event_then_the_end() -> None:
    events: list[bytes | Event] = [b"data: 1\n\n", Event(data="2", id="x")]
    assert stream(events) == [head(), chunk(b"data: 1\n\n"), chunk(b"id: x\ndata: 2\n\n"), LAST_CHUNK]
    assert stream(events, framing="length") == [
        head(framing="length", length=24),
        b"data: 1\n\n",
        b"id: x\ndata: 2\n\n",
    ]
    assert stream(events, framing="close", http="1.0", headers={"X": "1"}) == [
        head(headers={"X": "1"}, framing="close", http="1.0"),
        b"data: 1\n\n",
        b"id: x\ndata: 2\n\n",
        CLOSE,
    ]


def test_an_empty_event_is_not_taken_for_the_last_chunk() -> None:
    assert stream([b"", b"data\n\n"]) == [head(), chunk(b"data\n\n"), LAST_CHUNK]


def decoder(coding: str) -> Any:
    if coding == "br":
        return importlib.import_module("brotli").Decompressor().process
    return zlib.decompressobj(wbits=31 if coding == "gzip" else 15).decompress


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_compressed_stream_can_be_read_event_by_event(coding: Any) -> None:
    decode = decoder(coding)
    start, *pieces, last, end = stream([b"data: 1\n\n", b"data: 2\n\n"], coding=coding, framing="close")
    assert isinstance(start, bytes)
    assert b"\r\nContent-Encoding: " + coding.encode() + b"\r\n" in start
    assert [decode(piece) for piece in pieces] == [b"data: 1\n\n", b"data: 2\n\n"]
    assert decode(last) == b""
    assert end is CLOSE


def test_an_unknown_framing_or_coding_is_refused() -> None:
    unknown: Any = "none"
    with pytest.raises(ValueError, match="framing must be 'chunked', 'length' or 'close', not 'none'"):
        head(framing=unknown)
    with pytest.raises(ValueError, match="coding must be 'gzip', 'deflate' or 'br', not 'none'"):
        stream([], coding=unknown)
    with pytest.raises(ValueError, match="framing 'length' needs a length"):
        head(framing="length")


def test_brotli_is_needed_only_to_stream_brotli(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    assert stream([b"data\n\n"], coding="gzip")
    with pytest.raises(ImportError):
        stream([b"data\n\n"], coding="br")
