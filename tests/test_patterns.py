"""Possessive groups, which CPython 3.11.0 to 3.11.4 match wrongly, and what takes their place there."""

from __future__ import annotations

import re
import sys

import pytest

from sse_client import Event, Parser
from sse_client._patterns import portable, with_atomic_groups


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("(?:ab?c)*+", "(?>(?:ab?c)*)"),
        ("(ab?c)?+x", "(?>(ab?c)?)x"),
        ("(?:(?:a|b)++c)*+", "(?>(?:(?>(?:a|b)+)c)*)"),
        ("(?:a)*", "(?:a)*"),
        ("a*+[bc]++d?+", "a*+[bc]++d?+"),
        (r"\(a\)*+", r"\(a\)*+"),
        (r"[)(]*+[^])]*+[\])]*+", r"[)(]*+[^])]*+[\])]*+"),
        (r"(?:[](]b?)*+", r"(?>(?:[](]b?)*)"),
        (r"(?(1)(?!)|(a))*+", r"(?>(?(1)(?!)|(a))*)"),
    ],
)
def test_a_possessive_group_becomes_an_atomic_one_that_matches_the_same(pattern: str, expected: str) -> None:
    assert with_atomic_groups(pattern) == expected


@pytest.mark.parametrize("text", ["", "a", "abx", "acabx", "abcabcab", "xabc"])
@pytest.mark.parametrize("pattern", ["(?:ab?c)*+", "(?:ab?c)?+", "(a(b)?c)*+", "(?:a(?:b|bc))++c?"])
def test_what_is_matched_is_what_possessive_groups_are_documented_to_match(pattern: str, text: str) -> None:
    """Once they have matched, they give nothing back; what has failed is not a part of it."""
    greedy = re.match(pattern.replace("+", "", 1) if "++" in pattern else pattern.replace("+", ""), text)
    possessive, atomic = re.match(portable(pattern), text), re.match(with_atomic_groups(pattern), text)
    spans = [match and (match.regs, match.end()) for match in (greedy, possessive, atomic)]
    assert spans[0] == spans[1] == spans[2]


def test_bytes_stay_bytes() -> None:
    pattern = rb"(?:\xff[\x80-\xff]?;)*+"
    assert re.fullmatch(portable(pattern), b"\xff\x80;\xff;")
    assert not re.fullmatch(portable(pattern), b"\xff\x80;\xff")


def test_on_other_pythons_the_pattern_is_left_as_it_is() -> None:
    affected = sys.implementation.name == "cpython" and (3, 11) <= sys.version_info < (3, 11, 5)
    assert (portable("(?:a)*+") == "(?:a)*+") is not affected


def test_an_empty_last_line_of_data_is_kept() -> None:
    """What went wrong on Debian 12."""
    assert Parser().feed(b"data: a\ndata:\n\n") == [Event("a\n")]
