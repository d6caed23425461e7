"""What arrives at once is parsed in parts where other tasks wait for their turn of an event loop."""

from __future__ import annotations

import pytest

from sse_client._core.response_body import _MOST as MOST
from sse_client._core.run_sync import run_sync
from sse_client._core.sniffed_body import SniffedBody
from sse_client._http.coding_steps import Parts
from sse_client._http.headers import Headers
from sse_client.observer import Response

from .kit import URL, ListedBody


def listed(*receives: bytes | Exception) -> ListedBody:
    return ListedBody(Response(200, Headers([]), URL, None), receives)


@pytest.mark.parametrize("size", [1, MOST, MOST + 1, 5 * MOST - 1])
def test_long_data_comes_in_parts_with_a_breath_between_them(size: int) -> None:
    data = bytes(index % 251 for index in range(size))
    body = listed(b"next")
    parts = [body.parted(data)]
    while body.rest is not None:
        parts.append(run_sync(body.read_rest(None)))
    assert parts.pop() == b"next"
    assert b"".join(parts) == data
    assert max(map(len, parts)) <= MOST
    assert body.breaths == len(parts) - 1


def test_long_data_after_long_data_comes_in_parts_too() -> None:
    body = listed(b"b" * (MOST + 1), b"c")
    parts = [body.parted(b"a" * (MOST + 2))]
    while body.rest is not None:
        parts.append(run_sync(body.read_rest(None)))
    assert list(map(len, parts)) == [MOST, 2, MOST, 1, 1]


def test_the_end_of_the_body_follows_the_last_part() -> None:
    body = listed()
    body.parted(b"x" * (MOST + 1))
    assert run_sync(body.read_rest(7.0)) == b"x"
    assert run_sync(body.read_rest(7.0)) == b""
    assert body.deadlines == [7.0]


def test_whether_there_is_another_part_can_be_asked_twice() -> None:
    body = listed(b"end")
    body.parted(b"a" * MOST + b"b")
    assert body.has_part()
    assert body.has_part()
    assert run_sync(body.read_rest(None)) == b"b"
    assert not body.has_part()
    assert body.rest is None
    assert run_sync(body.read_rest(None)) == b"end"


def test_once_a_part_has_taken_long_the_parts_are_small() -> None:
    body = listed()
    clock = iter(range(100)).__next__  # each look is a second later
    body._parts = Parts(clock, clock)
    body.parted(b"x" * (MOST + 10_000))
    assert len(run_sync(body.read_rest(None))) == 4096


def test_a_sniffed_body_shares_the_loop_as_the_body_in_it_does() -> None:
    class Shared(ListedBody):
        shares_loop = True

    response = Response(200, Headers([]), URL, None)
    assert SniffedBody(Shared(response)).shares_loop
    assert not SniffedBody(ListedBody(response)).shares_loop
