"""The Last-Event-ID header: which IDs it carries, and how."""

from __future__ import annotations

from functools import cache

import pytest
from doubling import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from sse_client.request import MAX_HEADER, resume_header


@pytest.mark.parametrize(
    ("last_event_id", "header"),
    [
        ("7", b"7"),
        ("a b", b"a b"),
        ("a\tb", b"a\tb"),
        ("  a ", b"a"),
        ("\ta\t", b"a"),
        ("ü", "ü".encode()),
        ("…😀", "…😀".encode()),
        ("\x80\x85\x9f", b"\xc2\x80\xc2\x85\xc2\x9f"),
        ("\u2028\ufeff\u202e", "\u2028\ufeff\u202e".encode()),
        (" \u00a0 ", "\u00a0".encode()),
    ],
    ids=ascii,
)
def test_an_id_goes_as_utf_8_without_blanks_around_it(last_event_id: str, header: bytes) -> None:
    assert resume_header(last_event_id) == header


@pytest.mark.parametrize("last_event_id", ["", " ", "\t", " \t \t" * 10_000], ids=["none", "a blank", "a tab", "many"])
def test_no_id_is_no_header_and_nothing_to_warn_of(last_event_id: str) -> None:
    assert resume_header(last_event_id) == b""


@pytest.mark.parametrize("char", "\0\r\n", ids=ascii)
def test_an_id_that_would_end_the_header_is_not_sent(char: str) -> None:
    for last_event_id in (char, f"a{char}", f"{char}a", f"a{char}b", f" {char} "):
        assert resume_header(last_event_id) is None


@pytest.mark.parametrize("char", ["x", "é", "…", "😀"])
def test_an_id_longer_than_8_kib_in_utf_8_is_not_sent(char: str) -> None:
    width = len(char.encode())
    fits = MAX_HEADER // width
    assert resume_header(char * fits) == char.encode() * fits
    assert resume_header(f" {char * fits}\t") == char.encode() * fits
    assert resume_header(char * fits + "x" * (MAX_HEADER - fits * width + 1)) is None
    assert resume_header(char * 1_000_000) is None


@pytest.mark.parametrize("last_event_id", ["\ud800", "a\udfff", "\udc80" * 10])
def test_an_id_without_a_utf_8_form_is_not_sent(last_event_id: str) -> None:
    assert resume_header(last_event_id) is None


@given(st.text() | st.text(st.characters(max_codepoint=0x20)))
def test_what_is_sent_is_a_field_value_of_http(last_event_id: str) -> None:
    header = resume_header(last_event_id)
    if header is not None:
        assert header.decode() == last_event_id.strip(" \t")
        assert not set(header) & {0, 10, 13}
        assert len(header) <= MAX_HEADER


def test_a_huge_id_takes_time_in_proportion() -> None:
    @cache
    def padded(size: int) -> str:  # once: to make it anew takes longer for one size than for another
        return " " * size + "x" * size

    assert_linear(lambda size: resume_header(padded(size)), 1_000_000)
