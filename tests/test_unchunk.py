"""The chunked framing: every split of a body gives the same payload, and what is no framing is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_client._unchunk import Unchunker


def chunked(*payloads: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(payload), payload) for payload in payloads) + b"0\r\n\r\n"


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


def unchunk(*pieces: bytes) -> tuple[bytes, bool, bytes]:
    """Return the payload, whether the body ended, and what came behind it."""
    unchunker = Unchunker()
    payload = b"".join([unchunker.feed(piece) for piece in pieces])
    return payload, unchunker.ended, unchunker.surplus


def until_refused(*pieces: bytes) -> bytes:
    """Return the payload that came out before the framing was refused, at the latest with a further, empty feed."""
    unchunker = Unchunker()
    payload = b""
    try:
        for piece in (*pieces, b""):
            payload += unchunker.feed(piece)
    except ValueError as error:
        assert "chunk" in str(error)  # noqa: PT017  (what came before it counts as much)
        return payload
    pytest.fail("the malformed framing was taken")


WELL_FORMED = [
    pytest.param(chunked(), b"", id="no chunk at all"),
    pytest.param(chunked(b"hello"), b"hello", id="one chunk"),
    pytest.param(chunked(b"data: 1\n\n", b"data: 2\n\n"), b"data: 1\n\ndata: 2\n\n", id="an event in each chunk"),
    pytest.param(chunked(*[b"x" * n for n in range(1, 40)]), b"x" * 780, id="sizes of one digit and of two"),
    pytest.param(b"5\r\nhello\r\n000\r\n\r\n", b"hello", id="the last chunk's size has several zeros"),
    pytest.param(b"0005\r\nhello\r\n0\r\n\r\n", b"hello", id="leading zeros"),
    pytest.param(b"A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n", b"01234567890123456789a", id="hex in both cases"),
    pytest.param(b"5;name=value\r\nhello\r\n0;last\r\n\r\n", b"hello", id="extensions"),
    pytest.param(b'5;a="\n"\r\n'.replace(b'\n"', b'"') + b"hello\r\n0\r\n\r\n", b"hello", id="a quoted extension"),
    pytest.param(b"5 ; a\r\nhello\r\n0\r\n\r\n", b"hello", id="a blank before an extension"),
    pytest.param(b"5 \t\r\nhello\r\n0 \r\n\r\n", b"hello", id="blanks behind a size"),
    pytest.param(b"5\r\nhello\r\n0\r\nA: 1\r\nB: 2\r\n\r\n", b"hello", id="trailers"),
    pytest.param(b"5\r\nhello\r\n0\r\n5\r\nhello\r\n\r\n", b"hello", id="trailers that look like a chunk"),
    pytest.param(b"5\nhello\n0\n\n", b"hello", id="lines that end in LF alone"),
    pytest.param(b"5\nhello\r\n1\r\n!\n0\n\r\n", b"hello!", id="both kinds of line ends"),
    pytest.param(chunked(b"\r\n"), b"\r\n", id="a payload that is a line end"),
    pytest.param(chunked(b"a\r\nb\r\n"), b"a\r\nb\r\n", id="a payload with line ends"),
    pytest.param(chunked(b"5\r\nhello\r\n"), b"5\r\nhello\r\n", id="a payload that looks like a chunk"),
    pytest.param(chunked(b"0\r\n\r\n"), b"0\r\n\r\n", id="a payload that looks like the end"),
    pytest.param(
        chunked(b"abc", b"\r\n3\r\nabc\r\n", b"3"), b"abc\r\n3\r\nabc\r\n3", id="payloads that look like sizes"
    ),
    pytest.param(chunked(b"\r\n\r\n", b"\n", b"\r"), b"\r\n\r\n\n\r", id="payloads that are nothing but line ends"),
    pytest.param(chunked(b"abc\r"), b"abc\r", id="a payload that ends in CR"),
]


@pytest.mark.parametrize(("body", "payload"), WELL_FORMED)
def test_every_split_of_a_body_gives_the_same_payload(body: bytes, payload: bytes) -> None:
    for at in range(len(body) + 1):
        assert unchunk(body[:at], body[at:]) == (payload, True, b"")
    for size in range(1, min(len(body), 40) + 1):
        assert unchunk(*cut(body, size)) == (payload, True, b"")


@pytest.mark.parametrize(("body", "payload"), WELL_FORMED)
def test_what_comes_behind_the_end_is_surplus_and_no_payload(body: bytes, payload: bytes) -> None:
    for extra in (b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n", chunked(b"more"), b"x"):
        assert unchunk(body + extra) == (payload, True, extra)
        assert unchunk(body, extra) == (payload, True, extra)
        assert unchunk(*cut(body + extra, 1)) == (payload, True, extra)


@pytest.mark.parametrize(("body", "payload"), WELL_FORMED)
def test_a_body_that_is_cut_has_not_ended_and_gives_a_beginning_of_its_payload(body: bytes, payload: bytes) -> None:
    for at in range(len(body)):
        got, ended, surplus = unchunk(body[:at])
        assert payload.startswith(got)
        assert not ended
        assert surplus == b""


def test_the_beginning_of_a_chunk_does_not_wait_for_its_end() -> None:
    unchunker = Unchunker()
    assert unchunker.feed(b"a\r\ndata: 1") == b"data: 1"
    assert unchunker.feed(b"\n") == b"\n"
    assert unchunker.feed(b"\nX\r\n3\r\nab") == b"\nXab"


def test_whole_chunks_come_out_whatever_follows_them_in_the_same_receive() -> None:
    for rest, more in [(b"", b""), (b"5", b""), (b"5\r\n", b""), (b"5\r\nhe", b"he"), (b"2\r\n\r\n\r\n", b"\r\n")]:
        assert Unchunker().feed(b"2\r\nab\r\n3\r\ncde\r\n" + rest) == b"abcde" + more


def test_a_chunk_may_be_larger_than_any_receive() -> None:
    unchunker = Unchunker()
    assert unchunker.feed(b"fffffffffffffffffff\r\nabc") == b"abc"
    assert unchunker.feed(b"0\r\n\r\n") == b"0\r\n\r\n"
    assert not unchunker.ended


def test_chunks_of_any_sizes_and_beginnings_come_out_though_not_all_of_them_can_be_remembered() -> None:
    payloads = [number.to_bytes(2) * (1 + number % 7) for number in range(10_000)]
    body = chunked(*payloads)
    for piece in (1000, len(body)):
        assert unchunk(*cut(body, piece), b"HTTP") == (b"".join(payloads), True, b"HTTP")


@pytest.mark.parametrize("size", [9, 10, 0xFF, 0x100, 0xFFF, 0x1000, 0xFFFF, 0x10000])
@pytest.mark.parametrize("payload", [b"\r\n", b"\r\n5\r\n", b"x"])
def test_chunks_on_either_side_of_a_size_come_out(size: int, payload: bytes) -> None:
    payloads = [(payload * size)[: size + more] for more in (0, 1, -1, 0, 1)]
    body = chunked(*payloads)
    for piece in (997, len(body) - 1, len(body)):
        assert unchunk(*cut(body, piece)) == (b"".join(payloads), True, b"")


SIGNS = [b"+5", b"-5", b"-0", b"-1", b"0x5", b"0X5", b"5_0", b"0_5", b"5,", b"5.", b"5e+1", b"g", b"5h"]
BLANKS = [b"", b" ", b"\t", b";a", b"5 5", b"\x0b5", b"5\x0c", b"\xa05", b"\0", b"5\r"]
NO_SIZES = [*SIGNS, *BLANKS, "\u0665".encode()]


@pytest.mark.parametrize("size", NO_SIZES, ids=ascii)
@pytest.mark.parametrize("length", [0, 1, 5, 0x50, 0x5E])
def test_what_is_no_size_is_not_read_as_one(size: bytes, length: int) -> None:
    body = size + b"\r\n" + b"x" * length + b"\r\n"
    assert until_refused(body) == b""
    assert until_refused(body + b"0\r\n\r\n") == b""
    assert until_refused(*cut(body, 1)) == b""
    assert until_refused(b"1\r\na\r\n", body) == b"a"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"2\r\nabc\r\n0\r\n\r\n", id="a byte too many"),
        pytest.param(b"2\r\nab0\r\n\r\n", id="no line end behind a chunk"),
        pytest.param(b"2\r\nab\r\r\n0\r\n\r\n", id="a CR too many"),
        pytest.param(b"2\r\nab\rc\n0\r\n\r\n", id="a CR that is followed by something else"),
    ],
)
def test_a_chunk_that_is_longer_than_its_size_is_refused_behind_its_payload(body: bytes) -> None:
    assert until_refused(*cut(body, 1)) == b"ab"
    assert until_refused(body[:5], body[5:]) == b"ab"


@pytest.mark.parametrize("bad", [b"ZZ\r\n", b"\r\n", b"2\r\ncd!\r\n", b"1\r\ncc\r\n"])
def test_what_was_whole_before_the_malformed_part_comes_out_first_whatever_the_split(bad: bytes) -> None:
    body = b"2\r\nab\r\n1\r\nb\r\n" + bad
    split = until_refused(*cut(body, 1))
    assert split.startswith(b"abb")
    for at in range(len(body) + 1):
        assert until_refused(body[:at], body[at:]) == split


LONG = 200_000


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"5;" + b"x" * LONG, id="an extension without an end"),
        pytest.param(b"0" * LONG, id="a size without an end"),
        pytest.param(b"0\r\nA: " + b"x" * LONG, id="a trailer without an end"),
        pytest.param(b"5;" + b"x" * LONG + b"\r\nhello\r\n", id="an extension"),
        pytest.param(b"0" * LONG + b"5\r\nhello\r\n", id="a size"),
        pytest.param(b"0\r\nA: " + b"x" * LONG + b"\r\n\r\n", id="a trailer"),
    ],
)
@pytest.mark.parametrize("piece", [1000, 64 * 1024, 1_000_000])
def test_a_line_of_the_framing_that_is_too_long_is_refused_whatever_the_split(body: bytes, piece: int) -> None:
    assert until_refused(*cut(body, piece)) == b""


def reference(body: bytes) -> bytes:
    """RFC 9112 7.1.3, step by step, for well-formed bodies without extensions and trailers."""
    payload = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return payload
        payload += body[:length]
        body = body[length + 2 :]


PAYLOAD = st.lists(
    st.sampled_from([b"\r\n", b"\r", b"\n", b"0", b"5", b"a", b"data: x\n\n", b"1\r\na\r\n", b"\r\n\r\n"]), min_size=1
).map(b"".join)


@given(st.lists(PAYLOAD, max_size=12), st.data())
def test_any_payloads_in_any_pieces_come_out_as_they_went_in(payloads: list[bytes], data: st.DataObject) -> None:
    body = chunked(*payloads)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert reference(body) == b"".join(payloads)
    assert unchunk(*pieces) == (b"".join(payloads), True, b"")


@given(st.binary(max_size=60) | st.lists(st.sampled_from(b"0123\r\n\n;+x_ ab"), max_size=40).map(bytes))
def test_any_bytes_mean_the_same_whole_and_one_by_one(body: bytes) -> None:
    def outcome(pieces: list[bytes]) -> tuple[bytes, bool, bytes, bool]:
        unchunker, payload = Unchunker(), b""
        try:
            for piece in [*pieces, b""]:
                payload += unchunker.feed(piece)
        except ValueError:
            return payload, unchunker.ended, unchunker.surplus, True
        return payload, unchunker.ended, unchunker.surplus, False

    assert outcome([body]) == outcome(cut(body, 1))
