"""Any method with any body, sent again as it was."""

from __future__ import annotations

import io
from dataclasses import replace
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection as PooledConnection

import sse_client
from sse_client import Attempt, BodyNotReplayable, Client, ConnectionFailed, Request
from sse_client.testing import CLOSE, RESET, STALL, Server, head, reply, stream

from .kit import AT_ONCE, ONE, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def drop_twice() -> list[Any]:
    """Return three answers: a refusal, a stream that is cut, and one that ends."""
    return [reply(503), [*ONE, CLOSE], stream([b"data: 2\n\n", b"data: end\n\n"])]


class Reiterable:
    """An iterable that can begin anew, and is no iterator."""

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"ab", b"cd"])


class Four(io.BytesIO):
    """A file that is made without an argument."""

    def __init__(self) -> None:
        super().__init__(b"abcd")


def form_file() -> io.BytesIO:
    file = io.BytesIO(b"skipped abcd")
    file.seek(8)
    return file


BODIES: list[Any] = [
    pytest.param(lambda: {"data": b"abcd"}, b"abcd", id="bytes"),
    pytest.param(lambda: {"data": "\u20acd"}, "\u20acd".encode(), id="a str"),
    pytest.param(lambda: {"data": {"a": "1", "b": ["2", "3"]}}, b"a=1&b=2&b=3", id="a form"),
    pytest.param(lambda: {"data": [("a", "1"), ("a", "2")]}, b"a=1&a=2", id="pairs"),
    pytest.param(lambda: {"json": {"a": [1, None]}}, b'{"a": [1, null]}', id="json"),
    pytest.param(lambda: {"data": io.BytesIO(b"abcd")}, b"abcd", id="a file"),
    pytest.param(lambda: {"data": form_file()}, b"abcd", id="a file from where it stood"),
    pytest.param(lambda: {"data": Reiterable()}, b"abcd", id="an iterable that begins anew"),
    pytest.param(lambda: {"data": lambda: b"abcd"}, b"abcd", id="a callable that returns bytes"),
    pytest.param(lambda: {"data": lambda: iter([b"ab", b"cd"])}, b"abcd", id="a callable that returns an iterator"),
    pytest.param(lambda: {"data": lambda: io.BytesIO(b"abcd")}, b"abcd", id="a callable that returns a file"),
    pytest.param(lambda: {"data": Four}, b"abcd", id="a class whose objects are files"),
    pytest.param(lambda: {"data": None}, b"", id="none"),
]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("options", "body"), BODIES)
def test_a_body_is_sent_again_as_it_was(options: Callable[[], dict[str, Any]], body: bytes, method: str) -> None:
    with Server(*drop_twice()) as server:
        events = sse_client.stream(method, server.url, reconnect=AT_ONCE, until="end", **options())
        assert outcome(events) == (["1", "2"], None)
        assert [(request.method, request.body) for request in server.requests] == [(method, body)] * 3
        assert len({request.headers.get("content-type") for request in server.requests}) == 1
        assert len({request.headers.get("content-length") for request in server.requests}) == 1


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(lambda: {"f": io.BytesIO(b"abcd")}, id="a file"),
        pytest.param(
            lambda: {"f": ("name.txt", form_file(), "text/plain")}, id="a file from where it stood, with a name"
        ),
        pytest.param(lambda: {"f": ("name.txt", b"abcd")}, id="bytes"),
        pytest.param(lambda: [("f", io.BytesIO(b"ab")), ("f", io.BytesIO(b"cd"))], id="two of a name"),
    ],
)
def test_files_are_sent_again_as_they_were(files: Callable[[], Any]) -> None:
    with Server(*drop_twice()) as server:
        events = sse_client.post(server.url, files=files(), data={"a": "b"}, reconnect=AT_ONCE, until="end")
        assert outcome(events) == (["1", "2"], None)
        for request in server.requests:
            assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
            assert b"abcd" in request.body or (b"ab" in request.body and b"cd" in request.body)
            assert b"skipped" not in request.body
            assert b'name="a"' in request.body
        assert len({len(request.body) for request in server.requests}) == 1


def test_a_real_file_is_sent_again_from_where_it_stood(tmp_path: Path) -> None:
    path = tmp_path / "body"
    path.write_bytes(b"skipped abcd")
    with Server(*drop_twice()) as server, path.open("rb") as file:
        file.seek(8)
        events = sse_client.stream("PUT", server.url, data=file, reconnect=AT_ONCE, until="end")
        assert outcome(events) == (["1", "2"], None)
        assert [request.body for request in server.requests] == [b"abcd"] * 3
        assert not file.closed


class Pipe(io.RawIOBase):
    """A file that cannot go back."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._file.readinto(buffer)


def generator() -> Iterator[bytes]:
    yield b"ab"
    yield b"cd"


@pytest.mark.parametrize("body", [generator, lambda: iter([b"ab", b"cd"]), lambda: Pipe(b"abcd")])
def test_a_body_that_is_used_up_is_not_sent_a_second_time_not_even_empty(body: Callable[[], BinaryIO]) -> None:
    with Server(reply(503), stream([b"data: 1\n\n"])) as server:
        data, error = outcome(sse_client.post(server.url, data=body(), reconnect=AT_ONCE))
        assert (data, type(error)) == ([], BodyNotReplayable)
        assert [request.body for request in server.requests] == [b"abcd"]
        assert server.connections == 1
        assert error is not None
        assert isinstance(error.__cause__, sse_client.StatusError)


def test_a_generator_may_be_sent_once() -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        assert outcome(sse_client.post(server.url, data=generator())) == (["1"], None)
        assert server.requests[0].body == b"abcd"


def test_a_generator_that_never_left_may_not_be_used_up() -> None:
    """The connection was refused before a byte was read from it, and prepare leads to a server that listens."""
    read: list[bytes] = []

    def body() -> Iterator[bytes]:
        read.append(b"x")
        yield b"x"

    with Server(stream([b"data: 1\n\n"])) as server:
        urls = iter(["http://127.0.0.1:9/", server.url])

        def prepare(request: Request, attempt: Attempt) -> Request:
            return replace(request, url=next(urls))

        data, error = outcome(sse_client.post(server.url, data=body(), prepare=prepare, reconnect=AT_ONCE))
        if error is None:
            assert (data, server.requests[0].body) == (["1"], b"x")
        else:
            assert type(error) is BodyNotReplayable
            assert (server.connections, read) == (0, [])


def test_a_callable_is_called_once_for_each_attempt() -> None:
    numbers = iter([b"first", b"second", b"third"])
    with Server(*drop_twice()) as server:
        outcome(sse_client.post(server.url, data=lambda: next(numbers), reconnect=AT_ONCE, until="end"))
        assert [request.body for request in server.requests] == [b"first", b"second", b"third"]


def test_bodies_that_a_callable_made_are_not_kept() -> None:
    class Body(io.BytesIO):
        alive = 0

        def __init__(self) -> None:
            super().__init__(b"abcd")
            type(self).alive += 1

        def __del__(self) -> None:
            type(self).alive -= 1

    with Server(*[stream([b"data: 1\n\n"])] * 12) as server:
        with sse_client.post(server.url, data=lambda: Body(), reconnect=AT_ONCE) as events:
            for _ in range(12):
                next(events)
            assert Body.alive <= 2
        assert [request.body for request in server.requests] == [b"abcd"] * 12


def test_an_error_of_a_body_is_the_callers_and_is_not_retried() -> None:
    def broken() -> Iterator[bytes]:
        yield b"ab"
        raise FileNotFoundError("no more")

    def hollow() -> bytes:
        raise LookupError("no body")

    with Server(*[[STALL]] * 3) as server:
        with pytest.raises(FileNotFoundError, match="no more"):
            outcome(sse_client.post(server.url, data=broken(), reconnect=AT_ONCE))
        with pytest.raises(LookupError, match="no body"):
            outcome(sse_client.post(server.url, data=hollow, reconnect=AT_ONCE))
        assert server.requests == []


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize(("options", "body"), BODIES)
def test_a_redirect_within_the_origin_takes_the_body_along(
    options: Callable[[], dict[str, Any]], body: bytes, status: int
) -> None:
    with Server(reply(status, headers={"Location": "/b"}), stream([b"data: 1\n\n"])) as server:
        assert outcome(sse_client.post(f"{server.url}/a", **options())) == (["1"], None)
        assert [(request.method, request.path, request.body) for request in server.requests] == [
            ("POST", "/a", body),
            ("POST", "/b", body),
        ]


def test_a_generator_cannot_follow_a_redirect() -> None:
    with Server(reply(307, headers={"Location": "/b"}), stream([b"data: 1\n\n"])) as server:
        data, error = outcome(sse_client.post(f"{server.url}/a", data=generator()))
        assert (data, type(error)) == ([], BodyNotReplayable)
        assert [request.path for request in server.requests] == ["/a"]


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (302, "DELETE", "GET"),
        (301, "PUT", "PUT"),
        (301, "GET", "GET"),
    ],
)
def test_a_redirect_that_drops_the_body_drops_its_headers_too(status: int, method: str, then: str) -> None:
    with Server(reply(status, headers={"Location": "/b"}), stream([b"data: 1\n\n"])) as server:
        events = sse_client.stream(
            method, f"{server.url}/a", data=b"abcd", headers={"Content-Type": "a/b", "X-Key": "k"}, reconnect=False
        )
        assert outcome(events) == (["1"], None)
        second = server.requests[1]
    assert (second.method, second.path, second.body) == (then, "/b", b"")
    assert "content-type" not in second.headers
    assert second.headers.get("content-length", "0") == "0"
    assert second.headers["x-key"] == "k"


def test_a_large_body_that_the_server_refuses_before_it_was_read_is_no_hang() -> None:
    with Server([RESET]) as server:
        _, error = outcome(sse_client.post(server.url, data=b"x" * 5_000_000, timeout=10))
    assert isinstance(error, ConnectionFailed)


def test_head_is_a_method_like_others() -> None:
    with Server([head(framing="length", length=10)]) as server:
        assert outcome(sse_client.stream("HEAD", server.url, reconnect=False)) == ([], None)
        assert server.requests[0].method == "HEAD"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return what is sent, piece by piece."""
    pieces: list[bytes] = []
    send = HTTPConnection.send

    def watched(connection: HTTPConnection, data: Any) -> None:
        pieces.append(bytes(data))
        send(connection, data)

    monkeypatch.setattr(HTTPConnection, "send", watched)
    return pieces


@pytest.mark.parametrize(
    ("options", "bodies"),
    [
        pytest.param({"data": b"abcd"}, [b"abcd"], id="bytes"),
        pytest.param({"data": "\u20acd"}, ["\u20acd".encode()], id="a str"),
        pytest.param({"data": {"a": "1"}}, [b"a=1"], id="a form"),
        pytest.param({"json": [1]}, [b"[1]"], id="json"),
        pytest.param({"data": b"x" * 65536}, [b"x" * 65536], id="just small enough"),
        pytest.param({}, [b""], id="none"),
        pytest.param({"data": b""}, [b""], id="an empty one"),
        pytest.param({"data": b"x" * 65537}, [b"", b"x" * 65537], id="a large one apart"),
        pytest.param({"data": io.BytesIO(b"abcd")}, [b"", b"abcd"], id="a file apart"),
    ],
)
def test_a_body_goes_out_with_the_head_on_a_connection_that_is_there(
    options: dict[str, Any], bodies: list[bytes], sent: list[bytes]
) -> None:
    with Server(*[stream([b"data: 1\n\n"])] * 2) as server, Client() as client:
        assert outcome(client.post(server.url)) == (["1"], None)
        sent.clear()
        assert outcome(client.post(server.url, **options)) == (["1"], None)
        assert server.connections == 1
    head, blank, body = sent[0].partition(b"\r\n\r\n")
    assert (head[:6], blank) == (b"POST /", b"\r\n\r\n")
    assert [body, *sent[1:]] == bodies
    assert server.requests[1].body == b"".join(bodies)


def test_the_head_of_a_request_that_connects_goes_out_alone(sent: list[bytes]) -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        assert outcome(sse_client.post(server.url, data=b"abcd")) == (["1"], None)
    assert sent[1:] == [b"abcd"]


def test_a_connection_that_sends_in_a_way_of_its_own_is_given_the_head_alone() -> None:
    sent: list[bytes] = []

    class Own(PooledConnection):
        def send(self, data: Any) -> None:
            sent.append(bytes(data))
            super().send(data)

    pool: Any = type("OwnPool", (HTTPConnectionPool,), {"ConnectionCls": Own})
    adapter: Any = HTTPAdapter()
    adapter.poolmanager.pool_classes_by_scheme = {"http": pool}
    with requests.Session() as session, Server(*[stream([b"data: 1\n\n"])] * 2) as server, Client(session) as client:
        session.mount("http://", adapter)
        for body in (b"1", b"2"):
            assert outcome(client.post(server.url, data=body)) == (["1"], None)
        assert server.connections == 1
    assert (len(sent), sent[1], sent[3]) == (4, b"1", b"2")
