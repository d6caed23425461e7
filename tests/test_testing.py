"""The scripted server, driven with raw sockets, http.client and requests."""

from __future__ import annotations

import http.client
import importlib
import json
import socket
import ssl
import sys
import threading
import time
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import requests
import trustme

from sse_client import testing
from sse_client.events import Event
from sse_client.testing import (
    CLOSE,
    LAST_CHUNK,
    RESET,
    STALL,
    Headers,
    Pause,
    Received,
    Server,
    Step,
    ToolAnswer,
    Wait,
    chunk,
    head,
    reply,
    stream,
)
from sse_client.testing import _server as server_module  # its patience is too long for a test

if TYPE_CHECKING:
    from collections.abc import Iterator

OK = reply(200, b"ok")
MESSAGES = [{"role": "user", "content": "Say hi"}]


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def exchange(server: Server, request: bytes = b"GET / HTTP/1.1\r\n\r\n") -> bytes:
    """Send `request` on a connection of its own, and return all that comes until the server closes."""
    with connect(server) as sock:
        sock.sendall(request)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def chat(server: Server, **body: Any) -> requests.Response:
    return requests.post(f"{server.url}/v1/chat/completions", json=body, timeout=10)


def payloads(response: requests.Response) -> list[dict[str, Any]]:
    blocks = response.text.split("\n\n")
    assert blocks[-2:] == ["data: [DONE]", ""]
    return [json.loads(block.removeprefix("data: ")) for block in blocks[:-2]]


def subscription(server: Server, last_event_id: str | None = None) -> requests.Response:
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    return requests.get(f"{server.url}/events", headers=headers, timeout=10)


# Messages


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


# Requests


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


# Scripts


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


# Closing


def test_a_server_that_never_started_can_be_closed() -> None:
    server = Server()
    assert server.url == f"http://127.0.0.1:{server.port}"
    server.close()
    with pytest.raises(ConnectionRefusedError):
        connect(server)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([b"x", STALL], id="stalls"),
        pytest.param([b"x", Pause(60), b"y"], id="pauses"),
        pytest.param([b"x", Wait(threading.Event()), b"y"], id="waits"),
        pytest.param([b"x", b"y" * 50_000_000], id="sends to a client that does not read"),
        pytest.param([b"x"], id="waits for the next request"),
    ],
)
@pytest.mark.parametrize("tls", [False, True])
def test_close_ends_a_script_at_once_that(script: list[Step], tls: bool) -> None:
    with Server(script, tls=server_context() if tls else None) as server, connect(server) as raw:
        sock = client_context().wrap_socket(raw, server_hostname="127.0.0.1") if tls else raw
        with closing(sock):
            sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert sock.recv(1) == b"x"
            start = time.monotonic()
            server.close()
            assert time.monotonic() - start < 1


def test_a_script_that_reaches_a_wait_after_close_does_not_wait() -> None:
    reached, closing_now = threading.Event(), threading.Event()

    def script(_: Received) -> Iterator[Step]:
        reached.set()
        closing_now.wait(10)
        yield Wait(threading.Event())

    server = Server(script).start()
    with connect(server) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert reached.wait(10)
        closer = threading.Thread(target=server.close)
        closer.start()
        assert sock.recv(1) == b""  # the connection is stopped
        closing_now.set()
        closer.join()


def test_a_script_that_does_not_end_is_an_error_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_PATIENCE", 0.01)
    reached, go = threading.Event(), threading.Event()

    def script(_: Received) -> list[Step]:
        reached.set()
        go.wait(10)
        return []

    server = Server(script).start()
    threads = set(threading.enumerate())
    with connect(server) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert reached.wait(10)
        (thread,) = set(threading.enumerate()) - threads
        with pytest.raises(ExceptionGroup) as caught:
            server.close()
        assert str(caught.value.exceptions[0]) == (
            "testing server, connection 0: its script still runs 0.01 s after close()"
        )
        go.set()
        thread.join(10)


# TLS


AUTHORITY: Any = trustme.CA()  # Any, because its types name those of pyOpenSSL
CERTIFICATE = AUTHORITY.issue_cert("127.0.0.1")


def server_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    CERTIFICATE.configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def test_tls_serves_the_same_scripts() -> None:
    client = client_context()
    with Server(OK, stream([b"data\n\n"], framing="close"), [RESET], tls=server_context()) as server:
        assert server.url == f"https://127.0.0.1:{server.port}"
        with closing(http.client.HTTPSConnection("127.0.0.1", server.port, context=client, timeout=10)) as connection:
            for expected in (b"ok", b"data\n\n"):
                connection.request("GET", "/")
                with connection.getresponse() as response:
                    assert response.read() == expected
            assert server.connections == 1
            connection.request("GET", "/")
            with pytest.raises(ConnectionResetError):
                connection.getresponse()


def test_tls_ends_with_a_close_notify_when_the_close_is_orderly() -> None:
    with (
        Server([b"x", CLOSE], tls=server_context()) as server,
        client_context().wrap_socket(connect(server), server_hostname="127.0.0.1", suppress_ragged_eofs=False) as sock,
    ):
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert (sock.recv(1), sock.recv(1)) == (b"x", b"")


def test_a_client_that_does_not_trust_the_certificate_is_no_error() -> None:
    with (
        Server(tls=server_context()) as server,
        connect(server) as raw,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(raw, server_hostname="127.0.0.1")


def test_close_ends_a_handshake_that_the_client_never_begins() -> None:
    with Server(tls=server_context()) as server, connect(server) as first:
        with pytest.raises(ssl.SSLCertVerificationError), connect(server) as second:
            ssl.create_default_context().wrap_socket(second, server_hostname="127.0.0.1")
        assert server.connections == 2  # the first was accepted before
        server.close()
        assert first.recv(1) == b""


# The chat


def test_a_chat_without_stream_is_one_completion() -> None:
    with Server(answer="Hi, you") as server:
        completion = chat(server, messages=MESSAGES, model="m").json()
    assert completion["object"] == "chat.completion"
    assert (completion["id"], completion["model"]) == ("chatcmpl-1", "m")
    assert completion["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hi, you", "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ]
    assert completion["usage"]["completion_tokens"] == 2


def test_a_streamed_chat_is_a_chunk_for_each_token_and_done() -> None:
    with Server(answer=lambda body: f"  {body['messages'][0]['content']}\n twice ") as server:
        response = chat(server, messages=MESSAGES, stream=True)
    assert response.headers["content-type"] == "text/event-stream"
    chunks = payloads(response)
    assert {part["object"] for part in chunks} == {"chat.completion.chunk"}
    assert {part["model"] for part in chunks} == {"test-model"}
    assert all("usage" not in part for part in chunks)
    assert [part["choices"][0]["delta"] for part in chunks] == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "  Say"},
        {"content": " hi"},
        {"content": "\n twice"},
        {"content": " "},
        {},
    ]
    assert [part["choices"][0]["finish_reason"] for part in chunks] == [None] * 5 + ["stop"]


def test_each_token_is_an_http_chunk_of_its_own() -> None:
    with Server(answer="a b") as server, connect(server) as sock:
        body = json.dumps({"messages": [], "stream": True}).encode()
        sock.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        received = b""
        while not received.endswith(LAST_CHUNK):
            received += sock.recv(65536)
    assert received.count(b"\n\n\r\n") == received.count(b"\r\ndata: ") == 5


def test_a_pace_is_kept_between_tokens() -> None:
    with Server(answer="a b", pace=0.02) as server:
        start = time.monotonic()
        chat(server, messages=[], stream=True)
        assert time.monotonic() - start >= 0.04


def test_usage_comes_last_if_it_is_asked_for() -> None:
    with Server(answer="a b c") as server:
        *chunks, last = payloads(
            chat(server, messages=MESSAGES, stream=True, stream_options={"include_usage": True}, n=2)
        )
    assert all(part["usage"] is None for part in chunks)
    assert last["choices"] == []
    assert last["usage"]["completion_tokens"] == 6
    assert last["usage"]["total_tokens"] == 6 + last["usage"]["prompt_tokens"]


def test_n_choices_are_streamed_side_by_side() -> None:
    with Server(answer="a") as server:
        chunks = payloads(chat(server, messages=[], stream=True, n=2))
        assert len(chat(server, messages=[], n=2).json()["choices"]) == 2
    assert [part["choices"][0]["index"] for part in chunks] == [0, 1] * 3


def test_a_tool_call_is_streamed_in_fragments() -> None:
    with Server(answer=ToolAnswer("weather", {"city": "Zürich"})) as server:
        chunks = payloads(chat(server, messages=MESSAGES, stream=True, tools=[{}]))
        whole = chat(server, messages=MESSAGES, tools=[{}]).json()["choices"][0]
    first, *deltas, end = [part["choices"][0] for part in chunks]
    assert first["delta"] == {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "tool_calls": [
            {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}
        ],
    }
    fragments = [part["delta"]["tool_calls"][0]["function"]["arguments"] for part in deltas]
    assert len(fragments) > 1
    assert json.loads("".join(fragments)) == {"city": "Zürich"}
    assert (end["delta"], end["finish_reason"]) == ({}, "tool_calls")
    assert whole["finish_reason"] == "tool_calls"
    assert whole["message"]["tool_calls"][0]["function"] == {
        "name": "weather",
        "arguments": "".join(fragments),
    }


def test_a_tool_is_not_called_by_a_request_that_offers_none() -> None:
    with Server(answer=ToolAnswer("weather", {})) as server:
        assert "tool_calls" not in chat(server, messages=MESSAGES).json()["choices"][0]["message"]


@pytest.mark.parametrize(
    ("body", "param"), [(b"not JSON", None), (b"\xff", None), (b"[]", None), (b'{"messages": "x"}', "messages")]
)
def test_a_bad_chat_request_is_a_400_in_openais_shape(body: bytes, param: str | None) -> None:
    with Server() as server:
        response = requests.post(f"{server.url}/v1/chat/completions", data=body, timeout=10)
    assert (response.status_code, response.headers["content-type"]) == (400, "application/json")
    error = response.json()["error"]
    assert error.pop("message")
    assert error == {"type": "invalid_request_error", "param": param, "code": None}


def test_a_wrong_key_is_a_401_in_openais_shape() -> None:
    with Server(api_key="right", answer="yes") as server:
        url = f"{server.url}/v1/chat/completions?v=1"
        answers = [
            requests.post(url, json={"messages": []}, headers={"Authorization": f"Bearer {key}"}, timeout=10)
            for key in ("wrong", "right")
        ]
    assert [answer.status_code for answer in answers] == [401, 200]
    assert answers[0].json()["error"]["code"] == "invalid_api_key"


# The subscription


def test_a_subscription_is_numbered_and_ends_with_a_204() -> None:
    with Server(events=2, retry=1500) as server:
        assert subscription(server).text == "retry: 1500\n\nid: 1\ndata: event 1\n\nid: 2\ndata: event 2\n\n"
        assert subscription(server, "1").text == "retry: 1500\n\nid: 2\ndata: event 2\n\n"
        assert [subscription(server, past).status_code for past in ("2", "9")] == [204, 204]
        assert subscription(server, "x").status_code == 200


def test_a_subscription_is_endless_if_nothing_limits_it() -> None:
    with Server() as server, connect(server) as sock, sock.makefile("rb") as reader:
        sock.sendall(b"GET /events?a=b HTTP/1.1\r\nLast-Event-ID: 41\r\n\r\n")
        ids = [line for line in (reader.readline() for _ in range(500)) if line.startswith(b"id")]
    assert ids[0] == b"id: 42\n"
    assert len(ids) > 50


def test_a_subscription_may_be_given_its_events() -> None:
    events = [Event(data="a", id="x"), Event(data="b", event="e", retry=5)]
    with Server(events=events) as server:
        assert subscription(server).text == "id: x\ndata: a\n\nevent: e\nid: 2\nretry: 5\ndata: b\n\n"
        assert subscription(server, "x").text == "event: e\nid: 2\nretry: 5\ndata: b\n\n"
        assert subscription(server, "2").status_code == 204
        assert subscription(server, "unknown").text.startswith("id: x\n")


def test_a_connection_that_is_dropped_ends_inside_a_chunk_after_the_events_it_may_deliver() -> None:
    with Server(events=4, drop_after=2, pace=0.001) as server:
        cut = exchange(server, b"GET /events HTTP/1.1\r\n\r\n")
        assert cut.startswith(head() + chunk(b"id: 1\ndata: event 1\n\n") + chunk(b"id: 2\ndata: event 2\n\n"))
        rest = cut.split(b"event 2\n\n\r\n")[1]
        assert chunk(b"id: 3\ndata: event 3\n\n").startswith(rest)
        assert rest.startswith(b"15\r\nid: 3")
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            subscription(server, "1")
        assert subscription(server, "2").text == "id: 3\ndata: event 3\n\nid: 4\ndata: event 4\n\n"


def test_the_public_names_are_those_of_all() -> None:
    assert all(hasattr(testing, name) for name in testing.__all__)
    assert {name for name in vars(testing) if not name.startswith("_")} == set(testing.__all__)
