"""Bodies whose first bytes are looked at: what was read is handed out again, and errors come as they are."""

from __future__ import annotations

import pytest

from sse_client import ConnectionFailed, IdleTimeout
from sse_client._core.run_sync import run_sync
from sse_client._core.sniffed_body import SniffedBody
from sse_client._http.headers import Headers
from sse_client.extension import looks_like_event_stream
from sse_client.observer import Response

from .kit import URL, ListedBody

STREAM = b"\xef\xbb\xbf\r\n\n: hi\ndata: 1\n\n"


def listed(*receives: bytes | Exception) -> ListedBody:
    return ListedBody(Response(200, Headers([]), URL, None), receives)


def sniffed(body: ListedBody) -> tuple[SniffedBody, bool]:
    made = SniffedBody(body)
    return made, run_sync(made.sniff(looks_like_event_stream, 7.0))


def rest(body: SniffedBody) -> bytes:
    pieces: list[bytes] = []
    while piece := run_sync(body.read(None)):
        pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize("at", range(1, len(STREAM)))
def test_every_split_of_a_stream_is_one_and_is_read_whole(at: int) -> None:
    body, verdict = sniffed(listed(STREAM[:at], STREAM[at:]))
    assert verdict
    assert rest(body) == STREAM


def test_a_byte_at_a_time_is_enough() -> None:
    body, verdict = sniffed(listed(*(STREAM[at : at + 1] for at in range(len(STREAM)))))
    assert verdict
    assert rest(body) == STREAM


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([b'{"choices"', b": []}"], False),
        ([b"<", b"!DOCTYPE html>"], False),
        ([b"da", b"te: 1\n"], False),
        ([b" data: 1\n\n"], False),
        ([b"dat"], False),
        ([b"data"], False),
        ([], False),
        ([b"data"] + [b"a"] * 3, False),
        ([b"data", b"\n"], True),
        ([b"error", b": {}"], True),
    ],
)
def test_other_bodies_are_none_and_keep_their_bytes(pieces: list[bytes], expected: bool) -> None:
    body, verdict = sniffed(listed(*pieces))
    assert verdict is expected
    assert rest(body) == b"".join(pieces)


def test_no_more_is_read_than_is_needed_to_tell() -> None:
    inner = listed(b"{", b"never", ConnectionFailed("never"))
    body, verdict = sniffed(inner)
    assert not verdict
    assert inner.deadlines == [7.0]
    assert run_sync(body.read(None)) == b"{"


def test_a_body_of_blank_lines_is_given_up_after_4_kib() -> None:
    inner = listed(*[b"\n" * 1000] * 100)
    _, verdict = sniffed(inner)
    assert not verdict
    assert len(inner.deadlines) == 5


@pytest.mark.parametrize("error", [ConnectionFailed("cut"), IdleTimeout("late")])
def test_an_error_before_it_is_known_is_the_error(error: Exception) -> None:
    body = SniffedBody(listed(b"da", error))
    with pytest.raises(type(error)) as caught:
        run_sync(body.sniff(looks_like_event_stream, None))
    assert caught.value is error


def test_the_excerpt_begins_with_what_was_read() -> None:
    inner = listed(b"{", b'"a": 1}', b" and more")
    body, _ = sniffed(inner)
    assert run_sync(body.read_excerpt(5, None)) == b'{"a":'
    assert inner.closed


def test_an_excerpt_is_no_longer_than_asked_for() -> None:
    body, _ = sniffed(listed(b'{"a": 1}', b"more"))
    assert run_sync(body.read_excerpt(3, None)) == b'{"a'


def test_the_whole_begins_with_what_was_read() -> None:
    inner = listed(b"{", b'"a": 1}')
    body, _ = sniffed(inner)
    assert run_sync(body.read_whole(None)) == b'{"a": 1}'
    assert inner.closed


def test_closing_and_draining_are_the_bodys() -> None:
    inner = listed(b"data: 1\n\n", b"data: 2\n\n")
    body, _ = sniffed(inner)
    body.close()
    assert inner.closed == 1
    run_sync(body.drain())
    assert inner.closed == 2
