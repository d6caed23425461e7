"""What a compressed body may inflate to: in proportion to what came, and to the events that it brought."""

from __future__ import annotations

import time

import pytest

from sse_client import EventTooLarge
from sse_client._core.delivery import Delivery
from sse_client._http import inflation_limit
from sse_client._http.inflation_limit import Inflation
from sse_client.options import DEFAULTS


@pytest.fixture
def delivery(monkeypatch: pytest.MonkeyPatch) -> Delivery:
    monkeypatch.setattr(inflation_limit, "_LINES", 10)
    monkeypatch.setattr(inflation_limit, "_BYTES", 1000)
    delivery = Delivery(DEFAULTS)
    delivery.begin()
    return delivery


def test_bytes_received_allow_for_lines(delivery: Delivery) -> None:
    inflated = Inflation(delivery, 0)
    delivery.feed(b"x\n" * 20)
    inflated.add_received(5)
    inflated.add_inflated(1, None)
    delivery.feed(b"x\n")
    with pytest.raises(EventTooLarge, match=r"got 2 bytes and 21 lines without data.* of 5 bytes inflates"):
        inflated.add_inflated(1, None)


@pytest.mark.parametrize("line", [b"\n", b":\n", b"id\n\n", b"data\n", b"retry: 1\n\n", b"vendor: 1\n"])
def test_lines_of_all_kinds_count(delivery: Delivery, line: bytes) -> None:
    delivery.feed(b"\xef\xbb\xbf" + line * 11)
    with pytest.raises(EventTooLarge):
        Inflation(delivery, 0).add_inflated(1, None)


def test_the_data_of_an_event_and_what_surrounds_it_do_not_count(delivery: Delivery) -> None:
    inflated = Inflation(delivery, 0)
    delivery.feed(b"x\n" * 10 + b"id\nretry:1\nevent:x\n" + b"data\n" * 50 + b"\n")
    inflated.add_inflated(1, None)
    delivery.feed(b"x\n" * 5)
    with pytest.raises(EventTooLarge):
        inflated.add_inflated(1, None)


def test_bytes_count_since_the_last_event(delivery: Delivery) -> None:
    inflated = Inflation(delivery, 500)
    inflated.add_received(1)
    inflated.add_inflated(1700, None)
    delivery.feed(b"data\n\n")
    inflated.add_inflated(1700, None)
    with pytest.raises(EventTooLarge):
        inflated.add_inflated(1, None)


def test_a_near_deadline_ends_it_instead(delivery: Delivery) -> None:
    inflated = Inflation(delivery, 0)
    inflated.add_inflated(2000, time.monotonic() + 5)
    with pytest.raises(EventTooLarge):
        inflated.add_inflated(1, time.monotonic() + 60)
