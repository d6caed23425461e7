"""What a server keeps of a request, read with raw sockets."""

from __future__ import annotations

import socket
import threading
import tracemalloc

import pytest
import requests

from sse_client.testing import (
    CLOSE,
    Headers,
    Server,
    reply,
)

from .kit import OK, connect, exchange


def test_a_request_is_kept_as_it_came() -> None:
    with Server([*OK, CLOSE]) as server:
        assert (
            exchange(
                server,
                b"PUT /a/b?c=d&e HTTP/1.1\r\nHost: x\r\nX-Id: \xe2\x82\xac \r\nAccept: a\r\naccept:b\r\n"
                b"Content-Length: 7\r\n\r\n[1, 2] ",
            )
            == reply(200, b"ok")[0]
        )
        (request,) = server.requests
    assert (request.method, request.path, request.connection) == ("PUT", "/a/b?c=d&e", 0)
    assert request.headers["X-ID"] == "\xe2\x82\xac"
    assert dict(request.headers) == {"host": "x", "x-id": "\xe2\x82\xac", "accept": "a, b", "content-length": "7"}
    assert request.raw_headers[1:4] == [(b"X-Id", b"\xe2\x82\xac"), (b"Accept", b"a"), (b"accept", b"b")]
    assert request.body == b"[1, 2] "
    assert request.json() == [1, 2]


def test_a_body_is_not_given_memory_before_it_has_arrived() -> None:
    def sent_length(length: int) -> int:
        tracemalloc.reset_peak()
        with Server() as server, connect(server) as sock:
            sock.sendall(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\nx" % length)
            sock.shutdown(socket.SHUT_WR)
            assert sock.recv(100) == b""
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        assert sent_length(10**9) < sent_length(100) + 4 * 2**20
    finally:
        tracemalloc.stop()


def test_headers_show_what_they_hold() -> None:
    headers = Headers([(b"A", b"1"), (b"B", b"2")])
    assert repr(headers) == "Headers({'a': '1', 'b': '2'})"
    assert (len(headers), "A" in headers, "C" in headers) == (2, True, False)


def test_a_chunked_request_body_is_read_to_its_end_before_the_answer() -> None:
    body = b"3;ext=1\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nTrailer: x\r\n\r\n"
    with Server([*OK, CLOSE]) as server:
        exchange(server, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        assert server.requests[0].body == b"abc0123456789abcdef"


@pytest.mark.parametrize(
    ("request_bytes", "message"),
    [
        pytest.param(b"hello\r\n\r\n", "expected a request line, not b'hello'", id="request line"),
        pytest.param(b"GET / HTTP/1.1\r\nnonsense\r\n\r\n", "expected a header, not b'nonsense'", id="header"),
        pytest.param(b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "expected a header, not b' c'", id="folded header"),
        pytest.param(b"GET / HTTP/1.1\r\n : b\r\n\r\n", "expected a header, not b' : b'", id="blank name"),
        pytest.param(b"GET / HTTP/1.1\r\n: b\r\n\r\n", "expected a header, not b': b'", id="no name"),
        pytest.param(
            b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
            "expected a chunk's end, not b'bc'",
            id="chunk",
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "expected a size of 0 or more, not -1", id="length"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
            "expected a size of 0 or more, not -1",
            id="chunk size",
        ),
        pytest.param(b"G" * 2**18 + b"G", "expected a line of at most 262144 bytes, got more", id="endless line"),
        pytest.param(
            b"GET / HTTP/1.1\r\n" + b"a:\r\n" * 2**16,
            "expected a line of at most 0 bytes, got more",
            id="endless head",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1" + b";" * 2**16,
            "expected a line of at most 65536 bytes, got more",
            id="endless chunk line",
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a:\r\n" * 2**16 + b"a",
            "expected a line of at most 0 bytes, got more",
            id="endless trailers",
        ),
    ],
)
def test_a_request_that_is_not_http_is_an_error_of_the_test(request_bytes: bytes, message: str) -> None:
    with pytest.raises(ExceptionGroup, match="errors in the scripts") as caught, Server() as server:
        assert exchange(server, request_bytes) == b""
    (error,) = caught.value.exceptions
    assert isinstance(error, ValueError)
    assert str(error) == message


@pytest.mark.parametrize(
    "part",
    [b"", b"GET / HT", b"GET / HTTP/1.1\r\nA: b\r\n", b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab"],
)
@pytest.mark.parametrize("abrupt", [False, True])
def test_a_client_that_goes_away_inside_a_request_is_no_error(part: bytes, abrupt: bool) -> None:
    with Server(OK) as server:
        with connect(server) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert sock.recv(100).endswith(b"ok")
            sock.sendall(part)
            if abrupt:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            else:
                sock.shutdown(socket.SHUT_WR)
                assert sock.recv(1) == b""
        assert len(server.requests) == 1


def test_wait_for_returns_the_requests_once_enough_have_come() -> None:
    with Server() as server:
        clients = [threading.Thread(target=requests.get, args=(f"{server.url}/{n}",)) for n in range(3)]
        for client in clients:
            client.start()
        assert {request.path for request in server.wait_for(3)} == {"/0", "/1", "/2"}
        for client in clients:
            client.join()
        assert server.connections == 3
        assert {request.connection for request in server.requests} == {0, 1, 2}


def test_wait_for_says_what_came_instead() -> None:
    with Server() as server:
        with pytest.raises(TimeoutError, match=r"^expected 1 requests within 0 s; came: none$"):
            server.wait_for(1, timeout=0)
        requests.get(f"{server.url}/a", timeout=10)
        with pytest.raises(TimeoutError, match=r"^expected 2 requests within 0.01 s; came: GET /a$"):
            server.wait_for(2, timeout=0.01)
