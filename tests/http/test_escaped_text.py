"""Foreign text: short, on one line, and inert, whatever a server says."""

from __future__ import annotations

import unicodedata

import pytest
from doubling import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from sse_client._http.escaped_text import shown


@pytest.mark.parametrize(
    "text", ["", "text/html; charset=utf-8", "größer als 😀", "a\\b", '"quoted"', "x" * 200, "é" * 200]
)
def test_short_text_that_can_be_printed_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text
    assert shown(text.encode()) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a\nb", "a\\nb"),
        ("a\r\nb", "a\\r\\nb"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x00\x07\x7f", "\\x00\\x07\\x7f"),
        ("\x85\x9b", "\\x85\\x9b"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\u202eevil\u202c", "\\u202eevil\\u202c"),
        ("\u2066\u200f\u061c", "\\u2066\\u200f\\u061c"),
        ("\u200b\ufeff", "\\u200b\\ufeff"),
        ("\ud800\udc80", "\\ud800\\udc80"),
        ("\U000e0001", "\\U000e0001"),
        ("\u00a0", "\\xa0"),
    ],
    ids=ascii,
)
def test_what_a_terminal_or_a_log_would_obey_is_escaped(text: str, escaped: str) -> None:
    assert shown(text) == escaped


@pytest.mark.parametrize(
    ("text", "escaped"),
    [(b"\xff\xfe", "\\xff\\xfe"), (b"a\xc3", "a\\xc3"), (b"\x1b[0m", "\\x1b[0m"), ("ü".encode(), "ü")],
    ids=ascii,
)
def test_bytes_are_read_as_utf_8_and_others_escaped(text: bytes, escaped: str) -> None:
    assert shown(text) == escaped


@pytest.mark.parametrize("char", ["x", "é", "😀"])
@pytest.mark.parametrize("most", [1, 2, 40, 200])
def test_longer_text_is_cut_with_an_ellipsis(char: str, most: int) -> None:
    for text in (char * (most + 1), char * 100_000):
        assert shown(text, most) == char * (most - 1) + "…"
        assert shown(text.encode(), most) == char * (most - 1) + "…"


def test_an_escape_is_shown_whole_or_not_at_all() -> None:
    assert shown("\n" * 100) == "\\n" * 100
    assert shown("\n" * 101) == "\\n" * 99 + "…"
    assert shown("x" + "\u202e" * 1000, 10) == "x\\u202e…"
    assert shown("\U000e0001", 5) == "…"


def test_a_character_that_the_cut_divides_is_not_shown() -> None:
    text = "x" + "😀" * 1000
    assert shown(text.encode()) == "x" + "😀" * 198 + "…"


@given(st.text() | st.binary(), st.integers(1, 300))
def test_nothing_shown_is_long_or_does_anything(text: str | bytes, most: int) -> None:
    for given_text in (text, text * 100):
        result = shown(given_text, most)
        assert len(result) <= most
        assert result.isprintable()
        assert not {unicodedata.category(char) for char in result} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize("unit", ["x", "\n", "\x1b", "\ud800"])
def test_text_is_cut_before_it_is_looked_at(unit: str) -> None:
    text = unit * 50_000_000
    assert_linear(lambda size: [shown(text) for _ in range(size)], 200)


def test_bytes_are_cut_before_they_are_looked_at() -> None:
    text = b"\xff" * 50_000_000
    assert_linear(lambda size: [shown(text) for _ in range(size)], 200)
