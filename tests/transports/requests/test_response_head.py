"""The head of a response is what http.client reads, where that reads all of it."""

from __future__ import annotations

import io
from http.client import HTTPException, HTTPResponse, LineTooLong
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_client.transports._requests.response_head import CheckedResponse


class Received(io.RawIOBase):
    """Bytes that a socket receives, a few at a time."""

    def __init__(self, octets: bytes) -> None:
        self._rest = io.BytesIO(octets)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with memoryview(buffer) as view:
            return self._rest.readinto(view[:100])


class Socket:
    """As much of a socket as a response uses."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def makefile(self, _: str, buffering: int = -1) -> io.IOBase:
        received = Received(self._octets)
        return received if buffering == 0 else io.BufferedReader(received)

    def settimeout(self, seconds: float | None) -> None:
        pass


def read(kind: type[HTTPResponse], octets: bytes, method: str = "GET") -> HTTPResponse:
    sock: Any = Socket(octets)
    response = kind(sock, method=method)
    response.begin()
    return response


def shown(kind: type[HTTPResponse], octets: bytes, method: str) -> Any:
    """Return all that a head says, or the error that it is."""
    try:
        response: Any = read(kind, octets, method)
    except HTTPException as error:
        return type(error), str(error)
    line = response.version, response.status, response.code, response.reason
    return line, response.msg.items(), response.headers is response.msg, response.will_close, response.length


STATUS_LINES = [
    "HTTP/1.1 200 OK", "HTTP/1.0 200 OK", "HTTP/0.9 200 OK", "HTTP/1.9 200 OK", "HTTP/2 200 OK", "HTTP/0.95 200 OK",
    "HTTP/1.1 200", "HTTP/1.1 204  No  Content ", "HTTP/1.1 304 \xe9", "HTTP/1.1 101 Upgrade", "HTTP/1.1 99 Low",
    "HTTP/1.1 abc", "ICY 200 OK", "nonsense",
]  # fmt: skip
NAMES = ["A", "a", "Connection", "Keep-Alive", "Proxy-Connection", "Content-Type", "From", "MIME-Version", "x!#$%"]
VALUES = [
    "", " ", " x", "\tx \t", " close", " Keep-Alive, x", " a:b", ' "a', " a\x0bb", " a\x0cb", " a\x1c\x85b",
    " \xff\xe9", " multipart/mixed", " multipart/mixed; boundary=x", " message/rfc822", " =?utf-8?q?x?=",
]  # fmt: skip
LINES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=6)


@given(
    line=st.sampled_from(STATUS_LINES),
    fields=LINES,
    framing=st.sampled_from(["", "Content-Length: 5", "Transfer-Encoding: chunked"]),
    method=st.sampled_from(["GET", "HEAD", "POST"]),
    line_end=st.sampled_from(["\r\n", "\n"]),
)
def test_a_head_is_what_http_client_reads(
    line: str, fields: list[tuple[str, str]], framing: str, method: str, line_end: str
) -> None:
    lines = [line, *(f"{name}:{value}" for name, value in fields), *([framing] if framing else [])]
    head = (line_end.join(lines) + 2 * line_end).encode("latin-1")
    assert shown(CheckedResponse, head, method) == shown(HTTPResponse, head, method)


def test_what_follows_the_head_is_not_taken() -> None:
    response = read(CheckedResponse, b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
    assert response.read() == b"body"


@pytest.mark.parametrize("kind", [HTTPResponse, CheckedResponse])
@pytest.mark.parametrize(
    ("fields", "error"),
    [
        pytest.param(b"a: x\r\n" * 99, None, id="as many fields as http.client reads"),
        pytest.param(b"a: x\r\n" * 100, HTTPException, id="one more"),
        pytest.param(b"a:" + b"x" * (64 * 1024 - 4) + b"\r\n", None, id="a line as long as http.client reads"),
        pytest.param(b"a:" + b"x" * (64 * 1024 - 3) + b"\r\n", LineTooLong, id="a longer one"),
    ],
)
def test_bounds_of_a_head_are_those_of_http_client(
    kind: type[HTTPResponse], fields: bytes, error: type[HTTPException] | None
) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n"
    if error is None:
        assert read(kind, head).status == 200
    else:
        with pytest.raises(error):
            read(kind, head)


@pytest.mark.parametrize("kind", [HTTPResponse, CheckedResponse])
@pytest.mark.parametrize("more", [0, 1])
def test_bounds_of_a_status_line_are_those_of_http_client(kind: type[HTTPResponse], more: int) -> None:
    line = b"HTTP/1.1 200 " + b"x" * (64 * 1024 - 15 + more) + b"\r\n"
    if more:
        with pytest.raises(LineTooLong):
            read(kind, line + b"\r\n")
    else:
        assert read(kind, line + b"\r\n").status == 200
