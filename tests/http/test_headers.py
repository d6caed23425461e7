"""Header fields of a response: any case, every value of a name, and nothing done before it is asked for."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from sse_client._http.headers import Headers

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS = [
    (b"Content-Type", b"text/plain"),
    (b"X-A", b"1"),
    (b"content-type", b"text/event-stream"),
    (b"X-Latin", b"\xe9"),
]


@pytest.mark.parametrize("name", ["X-A", "x-a", "X-a"])
def test_look_ups_ignore_case(name: str) -> None:
    headers = Headers(FIELDS)
    assert headers[name] == headers.get(name) == "1"
    assert name in headers


@pytest.mark.parametrize("name", ["X-B", "", 1, None])
def test_other_names_are_not_in_it(name: object) -> None:
    assert name not in Headers(FIELDS)


def test_missing_name_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Headers()["X-A"]


def test_fields_of_one_name_are_joined_or_listed() -> None:
    headers = Headers(FIELDS)
    assert headers["content-type"] == "text/plain, text/event-stream"
    assert headers.all("Content-type") == ["text/plain", "text/event-stream"]
    assert headers.all("X-A") == ["1"]
    assert headers.all("X-B") == []


def test_listed_values_are_a_copy() -> None:
    headers = Headers(FIELDS)
    headers.all("X-A").append("2")
    assert headers["X-A"] == "1"


def test_names_iterate_as_they_first_came() -> None:
    assert list(Headers(FIELDS)) == ["Content-Type", "X-A", "X-Latin"]
    assert len(Headers(FIELDS)) == 3


def test_bytes_are_latin_1_and_text_stays() -> None:
    assert Headers(FIELDS)["x-latin"] == "\xe9"
    assert dict(Headers([("X-A", "\u20ac")])) == {"X-A": "\u20ac"}


def test_fields_are_read_once_and_not_before_the_first_look_up() -> None:
    read: list[int] = []

    def fields() -> Iterator[tuple[bytes, bytes]]:
        read.append(1)
        yield from FIELDS

    headers = Headers(fields())
    assert not read
    assert [headers.get("X-A"), headers.get("X-B"), len(headers)] == ["1", None, 3]
    assert read == [1]


def test_equal_mappings_ignore_case() -> None:
    assert Headers([("X-A", "1")]) == Headers([(b"x-a", b"1")]) == {"X-a": "1"}
    assert Headers([("X-A", "1")]) != {"X-A": "2"}
    assert Headers([("X-A", "1")]) != {1: "1"}
    assert Headers() != []
    with pytest.raises(TypeError):
        hash(Headers())


def test_repr_shows_no_values() -> None:
    assert repr(Headers(FIELDS)) == "<Headers: Content-Type, X-A, X-Latin>"


def test_pickled_headers_keep_every_value() -> None:
    headers = pickle.loads(pickle.dumps(Headers(FIELDS)))
    assert headers == Headers(FIELDS)
    assert headers.all("content-type") == ["text/plain", "text/event-stream"]
