"""What a compressed body may inflate to: in proportion to what came, and to the time."""

from __future__ import annotations

import time

import pytest

from sse_client import EventTooLarge
from sse_client._core.delivery import Delivery
from sse_client._http import inflation_limit
from sse_client._http.inflation_limit import Inflation
from sse_client.options import DEFAULTS

ITEM = inflation_limit._ITEM_COST
PER_BYTE = inflation_limit._BYTES_PER_BYTE
PER_SECOND = inflation_limit._BYTES_PER_SECOND


@pytest.fixture
def delivery(monkeypatch: pytest.MonkeyPatch) -> Delivery:
    monkeypatch.setattr(inflation_limit, "_BYTES", 10 * ITEM)
    delivery = Delivery(DEFAULTS)
    delivery.begin()
    return delivery


def test_bytes_received_allow_for_work(delivery: Delivery) -> None:
    inflated = Inflation(delivery, 0)
    inflated.add_received(2, 0)
    inflated.add_inflated(10 * ITEM + 2 * PER_BYTE, None)
    with pytest.raises(
        EventTooLarge,
        match=r"expected a compressed body of 2 bytes to inflate to less, got 1,537 bytes, 0 events and 0 lines",
    ):
        inflated.add_inflated(1, None)
    inflated.add_received(1, 0)
    inflated.add_inflated(PER_BYTE - 1, None)


def test_the_size_of_one_event_allows_for_work(delivery: Delivery) -> None:
    inflated = Inflation(delivery, 500)
    inflated.add_inflated(10 * ITEM + 500, None)
    with pytest.raises(EventTooLarge, match="max_event_size=None allows that"):
        inflated.add_inflated(1, None)


@pytest.mark.parametrize(
    "line",
    [b"\n", b":\n", b"id\n\n", b"data\n", b"retry: 1\n\n", b"vendor: 1\n", b"data: x\n\n", b"id: 1\ndata: x\n\n"],
)
def test_lines_and_events_of_all_kinds_count(delivery: Delivery, line: bytes) -> None:
    inflated = Inflation(delivery, 0)
    inflated.add_inflated(0, None)
    delivery.feed(b"\xef\xbb\xbf" + line * 11)
    with pytest.raises(EventTooLarge):
        inflated.add_inflated(0, None)


def test_the_data_of_an_event_whose_lines_have_the_usual_form_counts_by_its_size(delivery: Delivery) -> None:
    delivery.feed(b"id: 1\nevent: x\n" + b"data: x\n" * 1000 + b"\n")
    Inflation(delivery, 0).add_inflated(0, None)


def test_items_count_once_and_those_of_earlier_bodies_not_at_all(delivery: Delivery) -> None:
    delivery.feed(b"data: x\n\n" * 20)
    delivery.begin()
    inflated = Inflation(delivery, 0)
    delivery.feed(b"data: x\n\n" * 10)
    for _ in range(20):
        inflated.add_inflated(0, None)


def test_the_cost_of_an_event_is_that_of_the_format(delivery: Delivery) -> None:
    inflated = Inflation(delivery, 0, event_cost=ITEM)
    delivery.feed(b"data: x\n\n" * 5)
    inflated.add_inflated(0, None)
    delivery.feed(b"data: x\n\n")
    with pytest.raises(EventTooLarge):
        inflated.add_inflated(0, None)


def test_a_live_stream_whose_events_repeat_each_other_lasts(delivery: Delivery) -> None:
    # A state of 10 KB each 10 ms, of which 20 bytes change.
    inflated = Inflation(delivery, 10_000)
    for number in range(100_000):
        inflated.add_received(20, 0.01)
        inflated.add_inflated(10_000, None)
        delivery.feed(b"data: %d\n\n" % number)


def test_waits_allow_for_work_at_a_bounded_rate(delivery: Delivery) -> None:
    inflated = Inflation(delivery, 0)
    for _ in range(20):
        inflated.add_received(0, ITEM / PER_SECOND)
        inflated.add_inflated(ITEM, None)
    inflated.add_inflated(9 * ITEM, None)
    with pytest.raises(EventTooLarge):
        inflated.add_inflated(1, None)


def test_a_long_silence_is_not_saved_for_later(delivery: Delivery) -> None:
    inflated = Inflation(delivery, 0)
    inflated.add_received(0, 3600)
    with pytest.raises(EventTooLarge):
        inflated.add_inflated(10 * ITEM + 1, None)


def test_a_long_silence_makes_up_for_no_more_than_the_work_before_it(delivery: Delivery) -> None:
    inflated = Inflation(delivery, 0)
    inflated.add_inflated(10 * ITEM, None)
    inflated.add_received(0, 3600)
    inflated.add_inflated(10 * ITEM, None)
    with pytest.raises(EventTooLarge):
        inflated.add_inflated(1, None)


def test_a_near_deadline_ends_it_instead(delivery: Delivery) -> None:
    inflated = Inflation(delivery, 0)
    inflated.add_inflated(20 * ITEM, time.monotonic() + 5)
    with pytest.raises(EventTooLarge):
        inflated.add_inflated(1, time.monotonic() + 60)
