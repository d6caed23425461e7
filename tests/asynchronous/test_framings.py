"""What is read as a response, and what is refused (RFC 9112): each framing is decided once, and alike in every client.

`docs/errors.md` has these tables in words.
"""

from __future__ import annotations

import pytest

from sse_client import ConnectionFailed
from sse_client.testing import CLOSE, Server

from .differences import EXAMPLES
from .kit import CLIENTS, Client

EVENT = b"data: 1\n\n"
LINE = b"HTTP/1.1 200 OK\r\n"
TYPE = b"Content-Type: text/event-stream\r\n"
CHUNKS = b"Transfer-Encoding: chunked\r\n"
CHUNK, END = b"9\r\n" + EVENT + b"\r\n", b"0\r\n\r\n"


# The examples of a transport read heads and chunks with http.client and with h11, whose rules are their own.
@pytest.fixture(params=[name for name in CLIENTS if name not in EXAMPLES])
def client(request: pytest.FixtureRequest) -> Client:
    """One client after the other."""
    return CLIENTS[request.param]()


def field(lines: bytes, body: bytes = EVENT) -> bytes:
    """Return a response with header lines of its own."""
    return LINE + TYPE + lines + b"\r\n" + body


def chunked(body: bytes) -> bytes:
    return field(CHUNKS, body)


READ = {
    "no framing": field(b""),
    "no framing, HTTP/1.0": field(b"").replace(b"1.1", b"1.0"),
    "a length": field(b"Content-Length: 9\r\n"),
    "a length with zeros before it": field(b"Content-Length: 009\r\n"),
    "a length among blanks": field(b"Content-Length:\t9 \r\n"),
    "chunks": chunked(CHUNK + END),
    "chunks, in capitals": field(b"Transfer-Encoding: CHUNKED\r\n", CHUNK + END),
    "chunks, HTTP/1.0": chunked(CHUNK + END).replace(b"1.1", b"1.0"),
    "a chunk extension": chunked(b"9;a=b" + CHUNK[1:] + END),
    "a quoted chunk extension": chunked(b'9;a="b;c"' + CHUNK[1:] + END),
    "a blank after a chunk size": chunked(b"9 " + CHUNK[1:] + END),
    "zeros before a chunk size": chunked(b"0000009" + CHUNK[1:] + END),
    "trailers": chunked(CHUNK + b"0\r\nX-Count: 1\r\n\r\n"),
    "bytes after a length": field(b"Content-Length: 9\r\n", EVENT + b"surplus\r\n\r\n"),
    "bytes after the last chunk": chunked(CHUNK + END + b"surplus\r\n\r\n"),
    "a head of LF lines": field(b"").replace(b"\r\n", b"\n"),
    "a folded header": field(b"X-A: a\r\n\tb\r\n"),
    "a folded length": field(b"Content-Length:\r\n 9\r\n", EVENT + EVENT),
    "a status without words": field(b"").replace(b" OK", b""),
    "interim responses": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: </>\r\n\r\n" + field(b""),
}

REFUSED = {
    "two lengths": field(b"Content-Length: 9\r\nContent-Length: 8\r\n"),
    "equal lengths": field(b"Content-Length: 9\r\nContent-Length: 9\r\n"),
    "a list of equal lengths": field(b"Content-Length: 9, 9\r\n"),
    "a length with a sign": field(b"Content-Length: +9\r\n"),
    "a negative length": field(b"Content-Length: -1\r\n"),
    "a length that is no number": field(b"Content-Length: 9x\r\n"),
    "an empty length": field(b"Content-Length: \r\n"),
    "a length beside chunks": field(CHUNKS + b"Content-Length: 9\r\n", CHUNK + END),
    "a length before chunks": field(b"Content-Length: 9\r\n" + CHUNKS, CHUNK + END),
    "chunks of chunks": field(CHUNKS + CHUNKS, CHUNK + END),
    "chunks that are coded": field(b"Transfer-Encoding: gzip, chunked\r\n", CHUNK + END),
    "another transfer coding": field(b"Transfer-Encoding: xchunked\r\n", CHUNK + END),
    "an empty transfer coding": field(b"Transfer-Encoding:\r\n", CHUNK + END),
    "a blank after a chunk extension": chunked(b"9;a=b " + CHUNK[1:] + END),
    "a blank in a chunk extension": chunked(b"9; a=b" + CHUNK[1:] + END),
    "a blank before a chunk size": chunked(b" " + CHUNK + END),
    "a chunk size with a sign": chunked(b"+" + CHUNK + END),
    "a chunk size in Python's way": chunked(b"0x" + CHUNK + END),
    "a chunk size with an underscore": chunked(b"0_" + CHUNK + END),
    "no chunk size": chunked(b"\r\n" + EVENT + b"\r\n" + END),
    "chunk lines that end in LF": chunked(b"9\n" + EVENT + b"\n0\n\n"),
    "chunk lines that end in CR": chunked(b"9\r" + EVENT + b"\r0\r\r"),
    "a header without a colon": field(b"nonsense\r\n"),
    "a blank before a colon": field(b"X-A : b\r\n"),
    "a blank before the first header": field(b"").replace(b"\r\n", b"\r\n ", 1),
    "a blank before the framing, as the first header": b"HTTP/1.1 200 OK\r\n " + CHUNKS + field(b"", CHUNK + END)[17:],
    "a blank line before the head": b"\r\n" + field(b""),
    "another protocol": field(b"").replace(b"HTTP/1.1", b"RTSP/1.0"),
    "a NUL in a header": field(b"X-A: \0\r\n"),
    "a bare CR in a header": field(b"X-A: a\rX-B: b\r\n"),
    "no HTTP": EVENT,
}

BROKEN = {
    "a chunk that is longer than its size": chunked(b"9\r\n" + EVENT + b"surplus\r\n" + END),
    "a chunk without its line end": chunked(CHUNK[:-2] + END),
    "a trailer without a colon": chunked(CHUNK + b"0\r\nnonsense\r\n\r\n"),
    "no last chunk": chunked(CHUNK),
    "half of the last chunk": chunked(CHUNK + b"0\r\n"),
    "a length that is not met": field(b"Content-Length: 10\r\n"),
}

# h11, which reads the heads of httpx2 and httpx, takes equal lengths for one before anybody else sees them.
_OF_H11 = {"equal lengths", "a list of equal lengths"}


@pytest.mark.parametrize("response", READ.values(), ids=READ)
def test_a_response_is_read(client: Client, response: bytes) -> None:
    with Server([response, CLOSE]) as server:
        assert client.read("POST", server.url).outcome == (["1"], None)


@pytest.mark.parametrize("name", REFUSED)
def test_a_response_is_refused(client: Client, name: str) -> None:
    lenient = name in _OF_H11 and "httpx" in client.name
    with Server([REFUSED[name], CLOSE]) as server:
        assert client.read("POST", server.url).outcome == ((["1"], None) if lenient else ([], ConnectionFailed))


@pytest.mark.parametrize("response", BROKEN.values(), ids=BROKEN)
def test_whole_events_come_before_the_error(client: Client, response: bytes) -> None:
    with Server([response, CLOSE]) as server:
        assert client.read("POST", server.url).outcome == (["1"], ConnectionFailed)


@pytest.mark.parametrize("name", ["blocking", "asyncio"])
def test_a_response_after_the_end_of_another_is_nobodys(name: str) -> None:
    forged = field(b"Content-Length: 9\r\n", b"data: 2\n\n")
    last = field(b"Content-Length: 9\r\n", b"data: 3\n\n")
    with Server([field(b"Content-Length: 9\r\n", EVENT + forged)], [last]) as server:
        readings = CLIENTS[name]().read_twice(server.url, reconnect=False)
        assert [reading.data for reading in readings] == [["1"], ["3"]]
