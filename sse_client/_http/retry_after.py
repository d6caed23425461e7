"""Parses a `Retry-After` header (RFC 9110 10.2.3): a number of seconds, or a date in any of its three forms."""

from __future__ import annotations

import re
from datetime import UTC, datetime

__all__ = ["retry_after"]

_LONGEST = 64  # characters; no valid value is longer than half of this
_MOST = 1e15  # seconds; arithmetic with this value cannot overflow or become infinite

# Strings, not compiled patterns: few responses have such a header, and compiling would add 0.9 ms to the import.
# The standard allows only digits. Some servers send fractions, or a negative number if the time has passed.
_SECONDS = r"[+-]?[0-9]+(?:\.[0-9]+)?"

_TIME = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_DAY, _MONTH = "(?P<day>[0-9]{1,2})", "(?P<month>[A-Za-z]{3})"
# "Recipients ... MUST accept all three HTTP-date formats": IMF-fixdate, that of RFC 850, and that of C's asctime. The
# day of the week adds nothing; some servers write the zone as a number.
_DATES = (
    (
        rf"(?:[A-Za-z]+,? +)?{_DAY}[ -]{_MONTH}[ -](?P<year>[0-9]{{4}}|[0-9]{{2}}) +{_TIME}"
        r"(?: +(?:GMT|UTC|UT|Z|(?P<sign>[+-])(?P<zone>[0-9]{4})))?"
    ),
    rf"[A-Za-z]+ +{_MONTH} +{_DAY} +{_TIME} +(?P<year>[0-9]{{4}})",
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, 0 or more; None if it is neither a number nor a date.

    Args:
        value: the header's value, None if there is none.
        now: the time of day, in seconds since the epoch.
    """
    text = (value or "").strip(" \t")
    if re.fullmatch(_SECONDS, text):
        return _number(text)
    if len(text) > _LONGEST:
        return None
    for form in _DATES:
        if (match := re.fullmatch(form, text)) is not None:
            time = _time(match, now)
            return None if time is None else min(max(0.0, time - now), _MOST)
    return None


def _number(text: str) -> float:
    if text.startswith("-"):
        return 0.0
    whole, _, fraction = text.removeprefix("+").partition(".")
    whole = whole.lstrip("0")
    # A number may have so many digits that converting it would take too long.
    return _MOST if len(whole) > 15 else float(f"0{whole}.{fraction[:15]}0")


def _time(date: re.Match[str], now: float) -> float | None:
    """Return the time of a date, in seconds since the epoch; None if there is no such date."""
    parts = date.groupdict()
    year, second, zone = int(parts["year"]), int(parts["second"]), parts.get("zone") or "0000"
    if len(parts["year"]) == 2:
        year = _four_digits(year, now)
    try:
        month = _MONTHS.index(parts["month"].lower()) + 1
        # A leap second has the number 60, which datetime does not accept.
        hour, minute = int(parts["hour"]), int(parts["minute"])
        time = datetime(year, month, int(parts["day"]), hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    east = (int(zone[:2]) * 60 + int(zone[2:])) * 60
    leap = second - time.second
    return None if leap > 1 else time.timestamp() + leap + (east if parts.get("sign") == "-" else -east)


def _four_digits(year: int, now: float) -> int:
    """Return the full year for a two-digit year of RFC 850.

    "Recipients ... MUST interpret a timestamp that appears to be more than 50 years in the future as representing the
    most recent year in the past that had the same last two digits."
    """
    this_year = datetime.fromtimestamp(now, UTC).year
    year += this_year - this_year % 100
    return year - 100 if year > this_year + 50 else year
