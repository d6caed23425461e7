"""The clocks of a stream, by a clock of the test's own."""

from __future__ import annotations

import time

import pytest

from sse_client import ConnectionFailed, DeadlineExceeded, IdleTimeout, Timeout
from sse_client._clocks import Clocks


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


def left(clocks: Clocks, now: Now) -> float | None:
    return None if clocks.deadline is None else clocks.deadline - now()


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
    clocks = Clocks(timeout)
    clocks.attempt()
    assert clocks.used is used
    assert (clocks.deadline is not None) is used


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
    clocks = Clocks(timeout)
    for _ in range(2):
        clocks.attempt()
        assert left(clocks, now) == first
        now.passes(1)
        clocks.pause(event=True)
        assert clocks.deadline is None
        for _ in range(2):
            clocks.wait()
            assert left(clocks, now) == later
            now.passes(1)
            clocks.pause(event=True)


def test_what_is_no_event_stops_the_clock_and_does_not_wind_it_up(now: Now) -> None:
    clocks = Clocks(Timeout(first=5, event=3))
    clocks.attempt()
    now.passes(2)
    clocks.pause(event=False)
    now.passes(60)  # in the consumer
    assert clocks.overdue() is None
    clocks.wait()
    assert left(clocks, now) == 3
    now.passes(4)
    clocks.pause(event=False)
    clocks.wait()
    error = clocks.overdue()
    assert type(error) is IdleTimeout
    assert str(error) == "expected an event within 5 s, got none"


def test_the_error_names_the_limit_that_was_reached(now: Now) -> None:
    clocks = Clocks(Timeout(first=5, event=3, total=100))
    clocks.attempt()
    clocks.pause(event=True)
    clocks.wait()
    now.passes(3)
    assert "within 3 s" in str(clocks.overdue())
    now.passes(97)
    error = clocks.overdue()
    assert type(error) is DeadlineExceeded
    assert "within 100 s" in str(error)


def test_a_wait_that_was_too_long_stays_so_until_the_next_attempt(now: Now) -> None:
    clocks = Clocks(Timeout(first=5, event=3, total=100))
    clocks.attempt()
    now.passes(5)
    clocks.reached()
    clocks.pause(event=True)  # it came at the last moment
    clocks.wait()
    assert "within 5 s" in str(clocks.overdue())
    clocks.attempt()
    assert clocks.overdue() is None
    now.passes(95)
    clocks.reached()
    assert type(clocks.overdue()) is DeadlineExceeded


def test_there_is_no_more_time_to_connect_than_for_the_first_event(now: Now) -> None:
    clocks = Clocks(Timeout(connect=10, first=4))
    clocks.attempt()
    assert clocks.to_connect == 4
    now.passes(9)
    assert clocks.to_connect == pytest.approx(0.001)
    assert Clocks(Timeout(connect=10, first=40)).to_connect == 10


def test_only_a_wait_that_ends_before_the_whole_does_can_be_afforded(now: Now) -> None:
    lost = ConnectionFailed("lost")
    clocks = Clocks(Timeout(total=9, first=1))
    clocks.attempt()
    clocks.afford(8.9, lost)
    with pytest.raises(DeadlineExceeded, match=r"within 9 s, and .* not to be made for another 30 s") as raised:
        clocks.afford(30, lost)
    assert raised.value.__cause__ is lost
    now.passes(9)  # and a wait may take longer than it was told to
    with pytest.raises(DeadlineExceeded, match=r"within 9 s$"):
        clocks.afford(0, lost)


@pytest.mark.parametrize("timeout", [Timeout(), Timeout(first=1, event=1)], ids=["no limit", "limits of one wait"])
def test_where_the_whole_has_no_limit_any_wait_can_be_afforded(now: Now, timeout: Timeout) -> None:
    clocks = Clocks(timeout)
    clocks.attempt()
    clocks.afford(3600, ConnectionFailed("lost"))
