"""Retry-After: numbers, dates in all three forms, and whatever else a server may write there."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
from doubling import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from sse_client._http.retry_after import retry_after
from sse_client.errors import StatusError
from sse_client.policy import Policy, Reconnect

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT
IN_2026 = datetime(2026, 6, 1, tzinfo=UTC).timestamp()


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Tokyo"])
def _zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("-0", 0.0),
        ("120", 120.0),
        (" 120 ", 120.0),
        ("\t120", 120.0),
        ("+120", 120.0),
        ("000000000000000000000120", 120.0),
        ("0.5", 0.5),
        ("1.25" + "0" * 100, 1.25),
        ("-5", 0.0),
        ("-0.1", 0.0),
        ("-99999999999999999999999999", 0.0),
        ("99999999999", 99999999999.0),
        ("999999999999999", 999999999999999.0),
    ],
)
def test_a_number_is_seconds_and_never_fewer_than_none(value: str, seconds: float) -> None:
    assert retry_after(value, NOW) == seconds


NEITHER = ["", " ", "soon", "nan", "inf", "-inf", "0x10", "1_0", "\u0663", "1 2", "1,2", "1e5", ".5", "5.", "+", "--5"]


@pytest.mark.parametrize("value", [None, *NEITHER, "5\n", "5\0", "\ud800", "120, 120", "120s"], ids=ascii)
def test_what_is_neither_number_nor_date_is_nothing(value: str | None) -> None:
    assert retry_after(value, NOW) is None


@pytest.mark.parametrize("digits", [16, 17, 400, 4300, 4301, 1_000_000])
def test_a_huge_number_is_a_finite_time_that_the_policy_limits(digits: int) -> None:
    seconds = retry_after("9" * digits, NOW)
    assert seconds is not None
    assert math.isfinite(seconds)
    error = StatusError("no", status=503, retry_after=seconds)
    delay = Policy(Reconnect(), repeat=True).delay(error, useless=1, reconnection_time=None, name="x")
    assert delay is not None
    assert 3600.0 <= delay <= 3960.0


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    "date",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37",
        "Mon, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 06 Nov 1994 08:49:37 -0000",
        "Sun, 06 Nov 1994 03:49:37 -0500",
        "Sun, 06 Nov 1994 14:19:37 +0530",
        " Sun, 06 Nov 1994 08:49:37 GMT ",
    ],
)
def test_a_date_in_any_form_counts_from_now_wherever_we_are(date: str) -> None:
    assert retry_after(date, NOW) == 0.0
    assert retry_after(date, NOW - 90) == 90.0
    assert retry_after(date, NOW + 90) == 0.0


def test_a_date_that_python_writes_is_read_back() -> None:
    assert retry_after(formatdate(NOW + 30, usegmt=True), NOW) == 30.0


def test_a_leap_second_is_the_61st_of_its_minute() -> None:
    assert retry_after("Sat, 31 Dec 2016 23:59:60 GMT", datetime(2016, 12, 31, 23, 59, tzinfo=UTC).timestamp()) == 60.0


@pytest.mark.parametrize(
    ("year", "means"),
    [("26", 2026), ("27", 2027), ("76", 2076), ("77", 1977), ("94", 1994), ("99", 1999), ("00", 2000)],
)
def test_two_digits_are_a_year_at_most_50_years_ahead(year: str, means: int) -> None:
    seconds = retry_after(f"Sunday, 01-Jan-{year} 00:00:00 GMT", IN_2026)
    assert seconds == max(0.0, datetime(means, 1, 1, tzinfo=UTC).timestamp() - IN_2026)


@pytest.mark.parametrize(
    "value",
    [
        "Sun, 06 Nov 99999 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Nov 994 08:49:37 GMT",
        "Sun, 99 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 99:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49:37 +99999999999999999999",
        "Sun, 06 Nov 1994 08:49:37 EST",
        "Sun, 06 Nov 1994 08:49 GMT",
        "06 Nov 99999999999 08:49:37 GMT",
        "1 Jan 1 0:0:0 +2300",
        "Sun Nov 6 08:49:37 1994 GMT",
        "Mon",
        "Mon,",
        ",",
        ":",
        "\0",
    ],
)
def test_a_date_that_does_not_exist_is_nothing(value: str) -> None:
    assert retry_after(value, NOW) is None


def test_the_last_date_of_all_is_a_finite_time() -> None:
    seconds = retry_after("Fri, 31 Dec 9999 23:59:59 -9999", NOW)
    assert seconds is not None
    assert 0 < seconds < 1e12


WORDS = [
    *["Sun,", "Sunday,", "Sun", "06", "6", "Nov", "-Nov-", "1994", "94", "08:49:37", "GMT", "+", "-", "-0000", "+0530"],
    *["1", ":", ".", "/", "(", ")", "99999999999", "+99", "AM", "\0", "é", "\ud800", "٣"],
]


@given(st.lists(st.sampled_from(WORDS)) | st.lists(st.text()), st.floats(-1e9, 1e10))
def test_nothing_that_a_server_writes_is_an_error(words: list[str], now: float) -> None:
    for value in (" ".join(words), "".join(words)):
        seconds = retry_after(value, now)
        assert seconds is None or 0 <= seconds < 1e16


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)), st.integers(-(10**6), 10**6))  # noqa: DTZ001  (of UTC)
def test_every_date_is_as_far_away_as_it_says(date: datetime, ahead: int) -> None:
    date = date.replace(microsecond=0, tzinfo=UTC)
    now = (date - timedelta(seconds=ahead)).timestamp()
    forms = [date.strftime("%a, %d %b %Y %H:%M:%S GMT"), date.strftime("%a %b %e %H:%M:%S %Y")]
    for form in forms:
        assert retry_after(form, now) == max(0, ahead)


@pytest.mark.parametrize("unit", ["9", " ", "Sun, ", "0", "-", "1.", "\u0663", "Nov "])
def test_a_long_value_takes_time_in_proportion(unit: str) -> None:
    assert_linear(lambda size: retry_after(unit * size, NOW), 200_000)
