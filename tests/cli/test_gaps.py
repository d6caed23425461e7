"""Arrival times: their summary, and the picture of the gaps."""

from __future__ import annotations

import pytest

from sse_client.cli.screen.gaps import Gaps, picture, seconds, summary

from .kit import Stream


def arrivals(*times: float) -> Gaps:
    gaps = Gaps(0.0)
    for time in times:
        gaps.add(time)
    return gaps


def test_nothing_is_said_plainly() -> None:
    assert summary(Gaps(5.0), "event", 7.5) == ["no event came in 2.50 s"]


def test_one_has_no_rate() -> None:
    assert summary(arrivals(0.25), "event", 9.0) == ["first event after 250 ms", "1 event"]


def test_a_summary_has_the_first_the_rate_and_the_gaps() -> None:
    assert summary(arrivals(0.5, 1.0, 1.5, 4.5), "token", 9.0) == [
        "first token after 500 ms",
        "4 tokens in 4.00 s, 0.8 a second",
        "gaps: median 500 ms, longest 3.00 s",
    ]


def test_those_that_come_together_have_no_gaps() -> None:
    gaps = Gaps(0.0)
    gaps.add(1.0, 3)
    assert (gaps.count, gaps.kept, gaps.median) == (3, [0.0, 0.0], 0.0)


def test_no_gap_has_a_median_of_nothing() -> None:
    assert Gaps(0.0).median == 0.0


def test_the_median_is_right_to_two_in_a_hundred() -> None:
    gaps = arrivals(*[sum(range(n)) / 1000 for n in range(1, 200)])
    assert gaps.median == pytest.approx(0.0995, rel=0.02)


def test_memory_does_not_grow() -> None:
    gaps = Gaps(0.0)
    for number in range(100_000):
        gaps.add(number * 0.001 + (1.0 if number > 50_000 else 0.0))
    assert len(gaps.kept) < 4096
    assert gaps.stride == 32
    assert gaps.longest == pytest.approx(1.001)
    assert max(gaps.kept) == gaps.longest


def test_the_picture_is_as_high_as_the_longest_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    gaps = arrivals(0, 1, 3, 7, *range(8, 40))
    assert picture(gaps, "event", Stream()) == [
        "4.00 s |   █",
        "       |   █",
        "       |  ██",
        "     0 | ███████████████████████████████████",
        "         event 2                     event 36",
    ]


def test_a_terminal_without_blocks_gets_other_marks() -> None:
    assert picture(arrivals(0, 1, 3), "event", Stream("ascii"))[0] == "2.00 s |  #"


def test_no_stream_at_all_gets_other_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    assert picture(arrivals(0, 1, 3), "event")[0] == "2.00 s |  #"


def test_more_gaps_than_columns_share_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = picture(arrivals(*range(200)), "event", Stream())
    assert lines[-1].endswith("(a column is the longest of 4 gaps)")
    assert max(len(line) for line in lines[:-1]) <= 60


def test_a_note_that_does_not_fit_has_a_line_of_its_own() -> None:
    lines = picture(arrivals(*range(140)), "event", Stream())  # 70 columns
    assert lines[-1].strip() == "(a column is the longest of 2 gaps)"
    assert max(map(len, lines)) <= 80


def test_gaps_of_nothing_have_a_flat_picture() -> None:
    assert picture(arrivals(1, 1, 1), "event", Stream())[:4] == ["0.0 ms |", "       |", "       |", "     0 |"]


@pytest.mark.parametrize(("value", "text"), [(0.0123, "12.3 ms"), (0.5, "500 ms"), (0.9996, "1.00 s"), (75, "75.00 s")])
def test_a_time_is_for_people(value: float, text: str) -> None:
    assert seconds(value) == text


@pytest.mark.parametrize("gap", [0.0001, 0.0502, 0.2, 3.0])
def test_the_median_is_not_above_the_longest(gap: float) -> None:
    gaps = Gaps(0.0)
    for number in range(1, 10):
        gaps.add(number * gap)
    assert gaps.median <= gaps.longest
    assert gaps.median == pytest.approx(gap, rel=0.011)


def test_the_picture_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = picture(arrivals(*range(75)), "token", Stream())
    assert max(map(len, lines)) <= 40
    assert lines[-1].strip() == "(a column is the longest of 3 gaps)"
