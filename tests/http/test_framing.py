"""Framing: which heads say where a body ends, and which contradict themselves."""

from __future__ import annotations

import pytest
from doubling import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from sse_client._http.framing import Framing, framing

CLOSE, CHUNKED = Framing("close"), Framing("chunked")


@pytest.mark.parametrize(
    ("codings", "lengths", "found"),
    [
        ([], [], CLOSE),
        (["chunked"], [], CHUNKED),
        (["CHUNKED"], [], CHUNKED),
        ([" chunked\t"], [], CHUNKED),
        (["identity"], [], CLOSE),
        ([], ["0"], Framing("length", 0)),
        ([], ["5"], Framing("length", 5)),
        ([], [" 5\t"], Framing("length", 5)),
        ([], ["005"], Framing("length", 5)),
        ([], ["000"], Framing("length", 0)),
        ([], ["0" * 5000 + "5"], Framing("length", 5)),
        ([], [str(2**63 - 1)], Framing("length", 2**63 - 1)),
    ],
)
def test_a_body_that_is_framed_in_one_way_has_an_end(codings: list[str], lengths: list[str], found: Framing) -> None:
    assert framing(codings, lengths) == found
    assert framing(tuple(codings), tuple(lengths), method="POST", status=201) == found


@pytest.mark.parametrize(
    "codings",
    [
        ["gzip, chunked"],
        ["gzip", "chunked"],
        ["chunked, gzip"],
        ["chunked", "gzip"],
        ["gzip"],
        ["chunked, chunked"],
        ["chunked", "chunked"],
        ["identity, chunked"],
        ["chunked, identity"],
        ["chunked,"],
        [",chunked"],
        ["chunked;q=1"],
        ["xchunked"],
        ["chunked\x0b"],
        ["chunked\0"],
        ["\u212aunked"],
        ["none"],
        ["trailers"],
        [""],
        [" "],
        [","],
    ],
    ids=ascii,
)
def test_a_transfer_coding_but_chunked_alone_is_refused(codings: list[str]) -> None:
    with pytest.raises(ValueError, match="expected a Transfer-Encoding of chunked alone, got "):
        framing(codings, [])


@pytest.mark.parametrize("codings", [["chunked"], ["identity"], ["gzip, chunked"], ["gzip"]])
@pytest.mark.parametrize("lengths", [["5"], ["0"], ["nonsense"], ["5", "5"]])
def test_a_length_beside_a_transfer_coding_is_refused(codings: list[str], lengths: list[str]) -> None:
    with pytest.raises(ValueError, match="in one way, got Transfer-Encoding and Content-Length"):
        framing(codings, lengths)


@pytest.mark.parametrize(
    "lengths",
    [
        ["5", "5"],
        ["5, 5"],
        ["5", "6"],
        ["5,6"],
        ["5,"],
        [""],
        [" "],
        ["+5"],
        ["-5"],
        ["-0"],
        ["5.0"],
        ["0x5"],
        ["5_0"],
        ["5 0"],
        ["5\n"],
        ["5\0"],
        ["\u0665"],
        ["five"],
        ["9" * 20],
        ["9" * 5000],
    ],
    ids=lambda lengths: ascii(lengths)[:20],
)
def test_a_length_that_is_repeated_or_no_number_is_refused(lengths: list[str]) -> None:
    with pytest.raises(ValueError, match="expected one Content-Length, a number of bytes, got"):
        framing([], lengths)


def test_a_length_beyond_63_bits_is_refused() -> None:
    with pytest.raises(ValueError, match=f"at most {2**63 - 1} bytes, got {2**63}"):
        framing([], [str(2**63)])


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 100), ("GET", 103), ("POST", 204), ("GET", 304)])
def test_a_response_without_a_body_has_none_whatever_its_head(method: str, status: int) -> None:
    for codings, lengths in (([], []), (["chunked"], ["5"]), (["gzip"], []), ([], ["nonsense"])):
        assert framing(codings, lengths, method=method, status=status) == Framing("none")


@pytest.mark.parametrize("value", ["\x1b[2J\r\nevil", "x" * 100_000])
def test_an_error_shows_foreign_text_cut_and_escaped(value: str) -> None:
    for codings, lengths in (([value], []), ([], [value])):
        with pytest.raises(ValueError, match="expected") as refused:
            framing(codings, lengths)
        assert len(str(refused.value)) < 300
        assert str(refused.value).isprintable()


WORDS = st.sampled_from(["chunked", "Chunked", "gzip", "identity", "", " ", ",", "5", "05", "-5", "é", "\0", ";q=1"])


@given(st.lists(st.lists(WORDS).map("".join), max_size=3), st.lists(st.lists(WORDS).map("".join), max_size=3))
def test_every_head_is_one_kind_or_a_value_error(codings: list[str], lengths: list[str]) -> None:
    try:
        found = framing(codings, lengths)
    except ValueError:
        return
    assert (found.kind == "chunked") == ([coding.strip(" ").lower() for coding in codings] == ["chunked"])
    assert (found.length is not None) == (found.kind == "length") == bool(lengths)


@pytest.mark.parametrize("unit", ["0", "9", ",", "chunked,", " "])
def test_a_long_head_takes_time_in_proportion(unit: str) -> None:
    def work(size: int) -> None:
        for codings, lengths in (([unit * size], []), ([], [unit * size])):
            with pytest.raises(ValueError, match="expected"):
                framing(codings, [*lengths, "x"] if lengths else lengths)

    assert_linear(work, 100_000)
