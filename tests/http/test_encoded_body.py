"""Bodies as they are sent, the same as requests encodes them, and how long they are."""

from __future__ import annotations

import array
import gzip
import io
import os
import re
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import requests

from sse_client import Request
from sse_client._http.encoded_body import EncodedBody, encoded_body, known_length, length_of, octets
from sse_client._http.url import MalformedRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def encoded(**options: Any) -> EncodedBody | None:
    return encoded_body(Request(method="POST", url="http://h/", **options))


def whole(**options: Any) -> tuple[bytes | str, str | None]:
    """Return the content and the type of a body that is bytes or text, a multipart boundary replaced."""
    body = encoded(**options)
    assert body is not None
    assert body.length == len(body.content.encode() if isinstance(body.content, str) else body.content)
    return without_boundary(body.content, body.media_type)


def by_requests(**options: Any) -> tuple[bytes | str, str | None]:
    prepared = requests.Request("POST", "http://h/", **options).prepare()
    body: Any = prepared.body
    return without_boundary(body, prepared.headers.get("Content-Type"))


def without_boundary(content: bytes | str, media_type: Any) -> tuple[bytes | str, Any]:
    boundary = (media_type or "").partition("boundary=")[2]
    if not boundary or isinstance(content, str):
        return content, media_type
    return content.replace(boundary.encode(), b"BOUNDARY"), media_type.replace(boundary, "BOUNDARY")


class Part(NamedTuple):
    name: str
    content: Any


class Named(io.BytesIO):
    def __init__(self, name: Any) -> None:
        super().__init__(b"content")
        self.name = name


WHOLE: list[dict[str, Any]] = [
    {"data": b"bytes"},
    {"data": "text \u20ac"},
    {"data": {"a": "x y", "b": ["1", 2], "c": None, "\u20ac": b"\xff"}},
    {"data": [("a", "1"), ("a", "2")]},
    {"data": (("a", "1"),)},
    {"json": {"a": [1, None, "\u20ac"], "b": {}}},
    {"json": "text"},
    {"json": 0},
    {"files": {"f": b"bytes", "g": "text \u20ac", "h": bytearray(b"buffer")}},
    {"files": {"f": ("n\u00e4me", "text"), "g": ["n", b"x", "a/b"], "h": Part("n", "x")}},
    {"files": [("f", ("n", b"x", "a/b", {"X-A": "1"})), ("f", b"y")]},
    {"files": (("f", "x"), ("g", ("n", None)), ("h", "y"))},
    {"files": {"f": "x"}, "data": {"a": ["1", b"2", 3, None], b"b": "\u20ac"}},
    {"files": {"f": "x"}, "data": [("a", "1"), ("a", "2")]},
]


@pytest.mark.parametrize("options", WHOLE)
def test_body_is_that_of_requests(options: dict[str, Any]) -> None:
    assert whole(**options) == by_requests(**options)


@pytest.mark.parametrize("name", ["/tmp/a.txt", b"/tmp/a.txt", "<stdin>", "", None, 3])
def test_name_of_a_file_is_that_of_requests(name: Any) -> None:
    assert whole(files={"f": Named(name)}) == by_requests(
        files={"f": Named(os.fsdecode(name) if name == b"/tmp/a.txt" else name)}
    )


@pytest.mark.parametrize("options", [{}, {"data": b""}, {"data": ""}, {"data": {}}, {"data": 0}, {"files": {}}])
def test_nothing_is_no_body(options: dict[str, Any]) -> None:
    assert encoded(**options) is None


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (bytearray(b"abc"), b"abc"),
        (memoryview(b"abcd")[1:3], b"bc"),
        (memoryview(b"a-b-")[::2], b"ab"),
        (array.array("H", b"abcd"), b"abcd"),
    ],
)
def test_buffer_of_a_request_is_its_bytes(data: Any, content: bytes) -> None:
    assert encoded(data=data) == EncodedBody(content, len(content))


def test_iterable_and_file_are_left_as_they_are(tmp_path: Path) -> None:
    async def pieces() -> Any:
        yield b"x"

    for data in (iter([b"a"]), pieces(), io.BytesIO(), {b"a"}):
        assert encoded(data=data) == EncodedBody(data, None)
    (tmp_path / "a").write_bytes(b"abcdef")
    with (tmp_path / "a").open("rb") as file:
        file.seek(2)
        assert encoded(data=file) == EncodedBody(file, 4)
        assert file.read() == b"cdef"


class Reader:
    """A body with `read` alone, and what else is asked for."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)

    def read(self, size: int = -1) -> bytes:
        return b""


def failing(*_: Any) -> int:
    raise OSError("no position")


@pytest.mark.parametrize(
    ("body", "length"),
    [
        (io.BytesIO(b"abc"), 3),
        (io.StringIO("a\u20ac"), 4),
        ("a\u20ac", 4),
        ([b"ab", b"c"], 2),
        (Reader(), 0),
        (Reader(len=7), 7),
        (Reader(len=7, tell=lambda: 2), 5),
        (Reader(len="7"), 0),
        (Reader(tell=failing, seek=failing), 0),
        (Reader(tell=lambda: 9), 0),
        (Reader(len=3, tell=lambda: 9), 0),
        (Reader(mode="r", tell=failing, seek=failing), 0),
    ],
)
def test_length(body: Any, length: int) -> None:
    assert length_of(body) == length


@pytest.mark.parametrize(
    "body",
    [[b"ab", b"c"], {b"ab", b"c"}, {"a": 1}.items(), range(3), deque([b"ab"]), iter([b"ab"]), Reader(), io.BytesIO()],
    ids=lambda body: type(body).__name__,
)
def test_a_number_of_pieces_is_no_length(body: Any) -> None:
    assert known_length(body) is None


@pytest.mark.parametrize(("body", "length"), [(b"abc", 3), ("a\u20ac", 4), (io.BytesIO(b"abc"), 3), (Reader(len=7), 7)])
def test_known_length(body: Any, length: int) -> None:
    assert known_length(body) == length


@pytest.mark.parametrize(
    ("piece", "content"),
    [
        (b"a", b"a"),
        ("\u20ac", b"\xe2\x82\xac"),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"a-b-")[::2], b"ab"),
        (array.array("H", b"abcd"), b"abcd"),
    ],
)
def test_octets_of_a_piece(piece: Any, content: bytes) -> None:
    assert octets(piece) == content


@pytest.mark.parametrize("piece", [1, None, ("a", "b"), [b"a"], 1.5], ids=repr)
def test_a_piece_without_octets_is_named(piece: Any) -> None:
    with pytest.raises(TypeError, match=f"an iterable of bytes, got one of {type(piece).__name__}"):
        octets(piece)


def test_length_of_text_in_a_file_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a\r\n\u20ac")
    with (tmp_path / "a").open(encoding="utf-8") as file:
        assert length_of(file) == 0


def test_length_of_a_file_that_decompresses_is_not_that_on_disk(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a", "wb") as written:
        written.write(b"a" * 1000)
    with gzip.open(tmp_path / "a") as file:
        assert length_of(file) in {0, 1000}
        assert file.read() == b"a" * 1000


def test_length_of_a_pipe_is_not_known() -> None:
    readable, writable = os.pipe()
    os.write(writable, b"abc")
    os.close(writable)
    with open(readable, "rb") as file:
        assert length_of(file) == 0
        assert file.read() == b"abc"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("-inf")]])
def test_number_without_a_json_form_is_refused(value: Any) -> None:
    with pytest.raises(MalformedRequest, match="json"):
        encoded(json=value)


def test_value_without_a_json_form_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"^json: Object of type object is not JSON serializable; pass"):
        encoded(json=object())


def test_json_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(MalformedRequest, match="json"):
        encoded(json=value)


MALFORMED: list[Any] = [
    ({"data": "\ud800"}, "data: half of a surrogate pair"),
    ({"data": {"a": "\ud800"}}, "data: half of a surrogate pair"),
    ({"files": {"f": ("\ud800", b"x")}}, "files: half of a surrogate pair"),
    ({"data": [1]}, "data: expected a mapping, or pairs"),
    ({"data": [b"ab", b"cd"]}, "data: expected a mapping, or pairs .*; join the pieces of a body"),
    ({"data": ("ab", "cd")}, "data: expected a mapping, or pairs .*; join the pieces of a body"),
    ({"files": ["ab"]}, "files: expected a mapping, or pairs of a name and a value$"),
    ({"files": [1]}, "files: expected a mapping, or pairs"),
    ({"files": {"f": ("n",)}}, r"files: expected \(name, content\)"),
    ({"files": {"f": ("n", b"", "", {}, 1)}}, r"files: expected \(name, content\)"),
    ({"files": {"f": b"x"}, "data": [("a", "\ud800")]}, "data: half of a surrogate pair"),
]


@pytest.mark.parametrize(("options", "words"), MALFORMED)
def test_body_that_cannot_be_encoded_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(MalformedRequest, match=words):
        encoded(**options)


def test_data_of_another_type_is_a_type_error() -> None:
    with pytest.raises(
        TypeError, match="data: expected bytes, a str, a form, a file, or an iterable of bytes, got int"
    ):
        encoded(data=5)


def test_boundaries_are_random() -> None:
    def boundary() -> str:
        body = encoded(files={"f": b"x"})
        assert body is not None
        found = re.search("boundary=(.+)", body.media_type or "")
        assert found
        return found[1]

    assert boundary() != boundary()


def test_error_of_the_callers_own_files_is_not_hidden() -> None:
    def files() -> Iterator[Any]:
        yield "f", b"x"
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        encoded(files=files())
