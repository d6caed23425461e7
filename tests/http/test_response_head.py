"""The lines of a response's head: each is a field, or the head is refused."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_client._http.response_head import field_lines, is_interim

TOKEN = {*(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~").encode()}
LINES = st.lists(st.lists(st.sampled_from(b"aZ09-: \t\r\n\0\xe9()"), max_size=8).map(bytes), max_size=5)


def is_sound(line: bytes) -> bool:
    """Tell whether a line without its end is a field, in the words of RFC 9112 5 and RFC 9110 5.5."""
    name, colon, value = line.partition(b":")
    return bool(name and colon) and set(name) <= TOKEN and not {*b"\r\0"} & {*value}


@given(LINES)
def test_it_is_what_the_standard_says_line_by_line(lines: list[bytes]) -> None:
    written = b"".join(line + b"\r\n" for line in lines)
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", written)
    if all(map(is_sound, (line.removesuffix(b"\r") for line in unfolded.split(b"\n")[:-1]))):
        assert field_lines(written) == unfolded
    else:
        with pytest.raises(ValueError, match="response's head"):
            field_lines(written)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (b"A: 1\r\n 2\r\n", b"A: 1 2\r\n"),
        (b"A:\r\n\t1\r\n \t2\r\nB: 3\r\n", b"A: 1 2\r\nB: 3\r\n"),
        (b"A: 1\n 2\n", b"A: 1 2\n"),
        (b"A: 1\r\n \r\nB: 2\r\n", b"A: 1 \r\nB: 2\r\n"),
        (b"A: 1\r\nB: 2\r\n", b"A: 1\r\nB: 2\r\n"),
        (b"", b""),
    ],
)
def test_a_folded_field_is_one_line(lines: bytes, expected: bytes) -> None:
    assert field_lines(lines) == expected


@pytest.mark.parametrize("lines", [b" A: 1\r\n", b"\tA: 1\r\n", b"A: 1\r\n 2\r\nB\r\n", b"A: 1\r\n \0\r\n"])
def test_a_fold_makes_nothing_else_sound(lines: bytes) -> None:
    with pytest.raises(ValueError, match="response's head"):
        field_lines(lines)


@pytest.mark.parametrize("unit", [b" ", b"\r\n ", b"\n \t"])
def test_a_long_head_is_unfolded_in_time_in_proportion(unit: bytes) -> None:
    assert field_lines(b"A:" + unit * 500_000 + b"\r\n").count(b"\n") == 1


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"HTTP/1.1 100 Continue", True),
        (b"HTTP/1.1 103", True),
        (b"HTTP/1.0 199 -", True),
        (b"HTTP/1.1 101 Switching Protocols", False),
        (b"HTTP/1.1 200 OK", False),
        (b"HTTP/1.1 1000 -", False),
        (b"HTTP/1.1  100", False),
    ],
)
def test_an_interim_response_is_told_by_its_status(line: bytes, expected: bool) -> None:
    assert is_interim(line) is expected
