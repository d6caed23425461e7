"""Single header fields are looked up in aiohttp's mapping, with what reading all fields would give."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from multidict import CIMultiDict

from sse_client._http.headers import Headers
from sse_client.transports._aiohttp.received_headers import ReceivedHeaders

FIELDS = (
    (b"Content-Type", b"text/plain"),
    (b"content-type", b"text/event-stream"),
    (b"X-A", b"1"),
    (b"X-Latin", b"\xe9"),
    (b"X-UTF-8", "\u20ac".encode()),
    (b"X-Latin-Twice", b"a"),
    (b"x-latin-twice", b"\xe9"),
)


def received() -> ReceivedHeaders:
    decoded = [(name.decode(), value.decode("utf-8", "surrogateescape")) for name, value in FIELDS]  # as aiohttp does
    response: Any = SimpleNamespace(raw_headers=FIELDS, headers=CIMultiDict(decoded))
    return ReceivedHeaders(response)


@pytest.mark.parametrize("name", ["Content-Type", "x-a", "X-Latin", "X-UTF-8", "X-Latin-Twice", "X-Missing"])
def test_a_look_up_gives_what_reading_all_fields_gives(name: str) -> None:
    assert received().get(name) == Headers(FIELDS).get(name)
    assert received().get(name, "default") == Headers(FIELDS).get(name, "default")


def test_a_look_up_of_ascii_reads_no_other_field() -> None:
    headers = received()
    headers._fields = None  # so that reading them all would find nothing
    assert headers.get("X-A") == "1"
    assert headers.get("X-Latin") is None


def test_the_whole_mapping_is_that_of_the_fields() -> None:
    assert dict(received()) == dict(Headers(FIELDS))
    assert repr(received()) == repr(Headers(FIELDS))
