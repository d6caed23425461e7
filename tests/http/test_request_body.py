"""Bodies: what is sent again as it was, and what is refused because it is used up."""

from __future__ import annotations

import array
import ctypes
import io
import mmap
import os
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import requests

from sse_client._http.request_body import ReplayableBody
from sse_client.errors import BodyNotReplayable
from sse_client.request import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

URL = "https://example.com/events"


def get(url: str = URL, **fields: Any) -> Request:
    return Request(method="GET", url=url, **fields)


def post(url: str = URL, **fields: Any) -> Request:
    return Request(method="POST", url=url, **fields)


def read(request: Request) -> bytes:
    """Send the body, as a transport would: to its end."""
    prepared = requests.Request(request.method, request.url, data=request.data, json=request.json).prepare()
    body: Any = prepared.body
    if hasattr(body, "read"):
        body = body.read()
    elif body is not None and not isinstance(body, (bytes, str)):
        body = b"".join(body)
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def read_three_times(request: Request) -> list[bytes]:
    replay = ReplayableBody()
    return [read(replay.body_for(request)) for _ in range(3)]


class Again:
    """An iterable that begins anew each time."""

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"bo", b"dy"])


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        pytest.param({}, b"", id="no body"),
        pytest.param({"data": b"body"}, b"body", id="bytes"),
        pytest.param({"data": "body"}, b"body", id="text"),
        pytest.param({"data": {"a": "b"}}, b"a=b", id="form fields"),
        pytest.param({"data": [("a", "b")]}, b"a=b", id="pairs"),
        pytest.param({"json": {"a": 1}}, b'{"a": 1}', id="json"),
        pytest.param({"data": Again()}, b"body", id="an iterable that begins anew"),
        pytest.param({"data": lambda: b"body"}, b"body", id="a callable"),
        pytest.param({"data": lambda: iter([b"bo", b"dy"])}, b"body", id="a callable that makes generators"),
        pytest.param({"data": lambda: io.BytesIO(b"body")}, b"body", id="a callable that opens files"),
    ],
)
def test_a_body_is_sent_again_as_it_was(fields: dict[str, Any], body: bytes) -> None:
    assert read_three_times(post(**fields)) == [body] * 3


# --- Buffers: what requests sends, but with a length in bytes. ---

NUMBERS = array.array("I", [1, 2, 3])
BUFFERS = [
    pytest.param(lambda: bytearray(b"body"), b"body", id="bytearray"),
    pytest.param(lambda: memoryview(b"body"), b"body", id="memoryview"),
    pytest.param(lambda: memoryview(b"whole body")[6:], b"body", id="part of a memoryview"),
    pytest.param(lambda: memoryview(b"b.o.d.y.")[::2], b"body", id="every second byte of a memoryview"),
    pytest.param(lambda: memoryview(bytearray(b"abcdef")).cast("B", (2, 3)), b"abcdef", id="a table"),
    pytest.param(lambda: array.array("B", b"body"), b"body", id="array of bytes"),
    pytest.param(lambda: array.array("I", NUMBERS), NUMBERS.tobytes(), id="array of numbers"),
    pytest.param(lambda: memoryview(NUMBERS), NUMBERS.tobytes(), id="memoryview of numbers"),
    pytest.param(lambda: (ctypes.c_uint16 * 2)(1, 2), bytes((ctypes.c_uint16 * 2)(1, 2)), id="array of ctypes"),
    pytest.param(lambda: bytearray(), b"", id="empty bytearray"),
]


@pytest.mark.parametrize(("make", "body"), BUFFERS)
def test_a_buffer_is_sent_as_its_bytes_at_each_attempt(make: Any, body: bytes) -> None:
    assert read_three_times(post(data=make())) == [body] * 3
    assert read_three_times(post(data=make)) == [body] * 3


@pytest.mark.parametrize(("make", "body"), BUFFERS)
def test_the_length_of_a_buffer_is_in_bytes(make: Any, body: bytes) -> None:
    for data in (make(), make):
        request = ReplayableBody().body_for(post(data=data))
        prepared = requests.Request("POST", URL, data=request.data).prepare()
        assert prepared.headers["Content-Length"] == str(len(body))
        assert "Transfer-Encoding" not in prepared.headers
        assert "Content-Type" not in prepared.headers


def test_requests_alone_would_send_a_wrong_length() -> None:
    alone = requests.Request("POST", URL, data=NUMBERS).prepare()
    assert alone.headers["Content-Length"] == "3"


def test_a_buffer_that_changes_is_sent_again_as_it_was() -> None:
    body = bytearray(b"first")
    replay, request = ReplayableBody(), post(data=body)
    sent = [read(replay.body_for(request))]
    body[:] = b"other"
    sent.append(read(replay.body_for(request)))
    assert sent == [b"first", b"first"]
    assert read(replay.body_for(replace(request, data=body))) == b"other"


def test_a_buffer_may_be_released_once_it_is_given() -> None:
    with memoryview(bytearray(b"body")) as view:
        request = post(data=view)
    assert read(ReplayableBody().body_for(request)) == b"body"


def test_a_memory_mapped_file_is_a_file() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"0123456")
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            mapped.seek(3)
            request = post(data=mapped)
            assert request.data is mapped
            assert read_three_times(request) == [b"3456"] * 3


@pytest.mark.parametrize(("make", "body"), [each for each in BUFFERS if each.id != "every second byte of a memoryview"])
def test_a_buffer_among_files_is_sent_as_its_bytes(make: Any, body: bytes) -> None:
    replay, request = ReplayableBody(), post(files={"f": ("name", make())})
    for _ in range(2):
        assert b"\r\n\r\n" + body + b"\r\n" in encoded(replay.body_for(request))


# --- Whatever is used up by reading it. ---


def test_a_callable_is_called_once_for_each_attempt() -> None:
    bodies = iter([b"1", b"2", b"3"])
    assert read_three_times(post(data=lambda: next(bodies))) == [b"1", b"2", b"3"]


@pytest.mark.parametrize("start", [0, 3])
def test_a_file_is_sent_again_from_where_it_stood_at_first(start: int) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"0123456")
        file.seek(start)
        assert read_three_times(post(data=file)) == [b"0123456"[start:]] * 3
    buffer = io.BytesIO(b"0123456")
    buffer.seek(start)
    assert read_three_times(post(data=buffer)) == [b"0123456"[start:]] * 3


class Unseekable:
    """A file that says where it stands, and cannot go there."""

    def read(self, _: int = -1) -> bytes:
        return b""

    def tell(self) -> int:
        return 0


def generator() -> Iterator[bytes]:
    yield b"body"


def pipe() -> Any:
    ours, theirs = os.pipe()
    os.close(theirs)
    return open(ours, "rb")


@pytest.mark.parametrize(
    ("make", "named"),
    [
        pytest.param(generator, "generator", id="a generator"),
        pytest.param(lambda: iter([b"body"]), "list_iterator", id="an iterator"),
        pytest.param(Unseekable, "Unseekable", id="a file that cannot seek"),
        pytest.param(pipe, "BufferedReader", id="a pipe"),
    ],
)
def test_what_is_used_up_is_refused_before_a_second_attempt(make: Any, named: str) -> None:
    stream = make()
    replay = ReplayableBody()
    request = post(data=stream)
    assert replay.body_for(request) is request
    for _ in range(2):
        with pytest.raises(BodyNotReplayable, match=f"got a {named} that is used up.*data=callable"):
            replay.body_for(request)
    if hasattr(stream, "close"):
        stream.close()


def test_a_callable_that_returns_what_is_used_up_is_refused() -> None:
    stream = generator()
    replay = ReplayableBody()
    replay.body_for(post(data=lambda: stream))
    with pytest.raises(BodyNotReplayable):
        replay.body_for(post(data=lambda: stream))


def test_another_generator_for_each_attempt_is_not_used_up() -> None:
    replay = ReplayableBody()
    for _ in range(100):
        assert read(replay.body_for(post(data=generator()))) == b"body"


def test_a_body_that_was_dropped_and_comes_back_is_still_used_up() -> None:
    replay, request = ReplayableBody(), post(data=generator())
    replay.body_for(request)
    replay.body_for(replace(request, data=None))
    with pytest.raises(BodyNotReplayable):
        replay.body_for(request)


def test_bodies_made_for_earlier_attempts_are_released() -> None:
    freed: list[int] = []

    class Body(io.BytesIO):
        def __del__(self) -> None:
            freed.append(1)

    replay = ReplayableBody()
    for _ in range(20):
        replay.body_for(post(data=lambda: Body(b"body")))
    assert len(freed) >= 18


class Part(NamedTuple):
    name: str
    content: Any


def shaped(shape: str, file: Any) -> Any:
    """Return `files=` with `file` in it, in one of the shapes that requests takes."""
    shapes: dict[str, Any] = {
        "a file": {"f": file},
        "a name and a file": {"f": ("name", file)},
        "a name and a file in a list": {"f": ["name", file]},
        "with a type": {"f": ("name", file, "a/b")},
        "with headers": {"f": ("name", file, "a/b", {"X": "1"})},
        "a named tuple": {"f": Part("name", file)},
        "pairs": [("f", file), ("g", b"bytes")],
        "a tuple of pairs": (("f", ("name", file)), ("g", ("n", "text"))),
        "an iterator of pairs": iter([("f", ("name", file))]),
    }
    return shapes[shape]


SHAPES = ["a file", "a name and a file", "a name and a file in a list", "with a type", "with headers"]
MORE_SHAPES = ["a named tuple", "pairs", "a tuple of pairs", "an iterator of pairs"]


def encoded(request: Request) -> bytes:
    body: Any = requests.Request(request.method, request.url, data=request.data, files=request.files).prepare().body
    assert isinstance(body, bytes)
    return body


@pytest.mark.parametrize("shape", [*SHAPES, *MORE_SHAPES])
def test_files_are_sent_again_in_every_shape_that_requests_takes(shape: str) -> None:
    file = io.BytesIO(b"head content")
    file.seek(5)
    replay, request = ReplayableBody(), post(files=shaped(shape, file))
    for _ in range(3):
        try:
            body = encoded(replay.body_for(request))
        except BodyNotReplayable:
            pytest.fail("a file can be read again")
        assert b"content" in body
        assert b"head" not in body


@pytest.mark.parametrize("shape", [*SHAPES, *MORE_SHAPES])
def test_files_that_are_used_up_are_refused_in_every_shape(shape: str) -> None:
    replay, request = ReplayableBody(), post(files=shaped(shape, Unseekable()))
    replay.body_for(request)
    with pytest.raises(BodyNotReplayable, match="Unseekable"):
        replay.body_for(request)


def test_files_that_are_bytes_or_text_need_nothing() -> None:
    replay, request = ReplayableBody(), post(files={"f": b"bytes", "g": ("name", "text")}, data={"a": "b"})
    assert [encoded(replay.body_for(request)).count(b"form-data") for _ in range(3)] == [3] * 3


def test_an_asynchronous_generator_is_used_up_too() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x"

    replay = ReplayableBody()
    request = post(data=pieces())
    assert replay.body_for(request) is request
    with pytest.raises(BodyNotReplayable, match="async_generator"):
        replay.body_for(request)
