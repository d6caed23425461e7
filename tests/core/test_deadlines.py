"""The deadlines of a stream, by a clock of the test's own."""

from __future__ import annotations

import time

import pytest

from sse_client import ConnectionFailed, DeadlineExceeded, IdleTimeout, Timeout
from sse_client._core.deadlines import Deadlines

from .kit import URL


class Now:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    made = Now()
    monkeypatch.setattr(time, "monotonic", made)
    return made


def left(deadlines: Deadlines, now: Now) -> float | None:
    return None if deadlines.deadline is None else deadlines.deadline - now()


@pytest.mark.parametrize(
    ("timeout", "used"),
    [
        (Timeout(), False),
        (Timeout(connect=None, read=None), False),
        (Timeout(event=1), True),
        (Timeout(first=1), True),
        (Timeout(total=1), True),
    ],
)
def test_they_are_used_where_there_is_a_limit_that_no_read_can_keep(now: Now, timeout: Timeout, used: bool) -> None:
    deadlines = Deadlines(timeout, URL)
    deadlines.start_attempt()
    assert deadlines.used is used
    assert (deadlines.deadline is not None) is used


@pytest.mark.parametrize(
    ("timeout", "first", "later"),
    [
        pytest.param(Timeout(event=5), 5, 5, id="the wait for an event is that for the first one too"),
        pytest.param(Timeout(event=5, first=60), 60, 5, id="the first one may take longer"),
        pytest.param(Timeout(event=5, first=2), 2, 5, id="or come sooner"),
        pytest.param(Timeout(first=2), 2, None, id="or be the only one that has a limit"),
    ],
)
def test_the_first_event_of_each_connection_has_a_limit_of_its_own(
    now: Now, timeout: Timeout, first: float, later: float | None
) -> None:
    deadlines = Deadlines(timeout, URL)
    for _ in range(2):
        deadlines.start_attempt()
        assert left(deadlines, now) == first
        now.passes(1)
        deadlines.stop(event=True)
        assert deadlines.deadline is None
        for _ in range(2):
            deadlines.start()
            assert left(deadlines, now) == later
            now.passes(1)
            deadlines.stop(event=True)


def test_what_is_no_event_stops_the_clock_and_does_not_wind_it_up(now: Now) -> None:
    deadlines = Deadlines(Timeout(first=5, event=3), URL)
    deadlines.start_attempt()
    now.passes(2)
    deadlines.stop(event=False)
    now.passes(60)  # in the consumer
    assert deadlines.overdue() is None
    deadlines.start()
    assert left(deadlines, now) == 3
    now.passes(4)
    deadlines.stop(event=False)
    deadlines.start()
    error = deadlines.overdue()
    assert type(error) is IdleTimeout
    assert str(error) == "expected an event from https://example.com/events within 5 s (timeout: first), got none"


def test_the_error_names_the_limit_that_was_reached(now: Now) -> None:
    deadlines = Deadlines(Timeout(first=5, event=3, total=100), URL)
    deadlines.start_attempt()
    deadlines.stop(event=True)
    deadlines.start()
    now.passes(3)
    assert "within 3 s" in str(deadlines.overdue())
    now.passes(97)
    error = deadlines.overdue()
    assert type(error) is DeadlineExceeded
    assert "within 100 s" in str(error)


def test_the_limit_of_a_later_event_has_its_own_name(now: Now) -> None:
    for timeout in (Timeout(first=5, event=3), Timeout(event=3), Timeout(first=3, event=3)):
        deadlines = Deadlines(timeout, URL)
        deadlines.start_attempt()
        deadlines.stop(event=True)
        deadlines.start()
        now.passes(3)
        assert "(timeout: event)" in str(deadlines.overdue())


def test_each_attempt_begins_a_new_wait_but_not_a_new_whole(now: Now) -> None:
    deadlines = Deadlines(Timeout(first=5, event=3, total=100), URL)
    deadlines.start_attempt()
    now.passes(5)
    assert "within 5 s" in str(deadlines.overdue())
    deadlines.start_attempt()
    assert deadlines.overdue() is None
    now.passes(95)
    assert type(deadlines.overdue()) is DeadlineExceeded


@pytest.mark.parametrize(
    ("timeout", "nearest"),
    [
        (Timeout(event=5, total=9), 5),
        (Timeout(event=9, total=5), 5),
        (Timeout(total=5), 5),
        (Timeout(event=5), 5),
        (Timeout(), None),
    ],
)
def test_the_nearest_deadline_counts(now: Now, timeout: Timeout, nearest: float | None) -> None:
    deadlines = Deadlines(timeout, URL)
    deadlines.start_attempt()
    assert left(deadlines, now) == nearest
    started = deadlines.start()
    assert (None if started is None else started - now()) == nearest


def test_there_is_no_more_time_to_connect_than_for_the_first_event(now: Now) -> None:
    deadlines = Deadlines(Timeout(connect=10, first=4), URL)
    deadlines.start_attempt()
    assert deadlines.to_connect == 4
    now.passes(9)
    assert deadlines.to_connect == pytest.approx(0.001)
    assert Deadlines(Timeout(connect=10, first=40), URL).to_connect == 10


def test_a_wait_that_ends_after_the_whole_is_an_error_at_once(now: Now) -> None:
    lost = ConnectionFailed("lost")
    deadlines = Deadlines(Timeout(total=9, first=1), URL)
    deadlines.start_attempt()
    assert deadlines.check_total(8.9, lost) is None
    late = deadlines.check_total(30, lost)
    assert type(late) is DeadlineExceeded
    assert str(late) == (
        "expected the whole stream from https://example.com/events within 9 s (timeout: total), "
        "and the next connection would come only after another 30 s"
    )
    assert late.__cause__ is lost
    now.passes(9)  # and a wait may take longer than it was meant to
    late = deadlines.check_total(0, lost)
    assert type(late) is DeadlineExceeded
    assert str(late) == "expected the whole stream from https://example.com/events within 9 s (timeout: total)"


@pytest.mark.parametrize("timeout", [Timeout(), Timeout(first=1, event=1)], ids=["no limit", "limits of one wait"])
def test_any_wait_may_follow_where_the_whole_has_no_limit(now: Now, timeout: Timeout) -> None:
    deadlines = Deadlines(timeout, URL)
    deadlines.start_attempt()
    assert deadlines.check_total(3600, ConnectionFailed("lost")) is None
