"""The chunked framing: every split of a body gives the same payload, and what is no framing is refused."""

from __future__ import annotations

import re
import sys
import tracemalloc

import pytest
from doubling import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from sse_client._http import chunked as _chunked
from sse_client._http.chunked import ChunkedDecoder


def chunked(*payloads: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(payload), payload) for payload in payloads) + b"0\r\n\r\n"


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


def unchunk(*pieces: bytes) -> tuple[bytes, bool, bool]:
    """Return the payload, whether the body ended, and whether anything came after it."""
    decoder = ChunkedDecoder()
    payload = b"".join([decoder.feed(piece) for piece in pieces])
    return payload, decoder.ended, decoder.surplus


def until_refused(*pieces: bytes) -> bytes:
    """Return the payload before the framing was refused, at the latest by a further, empty feed, and by all later."""
    decoder = ChunkedDecoder()
    payload = b""
    try:
        for piece in (*pieces, b""):
            payload += decoder.feed(piece)
    except ValueError as error:
        assert "chunk" in str(error)  # noqa: PT017  (what came before it counts as much)
        with pytest.raises(ValueError, match="chunk"):
            decoder.feed(b"1\r\na\r\n")
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
    pytest.param(b"0" * 100 + b"5\r\nhello\r\n0\r\n\r\n", b"hello", id="many leading zeros"),
    pytest.param(b"5;name=value\r\nhello\r\n0;last\r\n\r\n", b"hello", id="extensions"),
    pytest.param(b"5;a;b=c;d\r\nhello\r\n0\r\n\r\n", b"hello", id="several extensions"),
    pytest.param(b'5;a="b c;\td=\xe9"\r\nhello\r\n0\r\n\r\n', b"hello", id="a quoted extension"),
    pytest.param(b'5;a="b\\"c\\\\";d=""\r\nhello\r\n0\r\n\r\n', b"hello", id="quotes and backslashes in quotes"),
    pytest.param(b"5 ;a\r\nhello\r\n0\r\n\r\n", b"hello", id="a blank before an extension"),
    pytest.param(b"5 \t\r\nhello\r\n0 \r\n\r\n", b"hello", id="blanks after a size"),
    pytest.param(b"5" + b" " * 300 + b"\r\nhello\r\n0\r\n\r\n", b"hello", id="many blanks after a size"),
    pytest.param(b"5\r\nhello\r\n0\r\nA: 1\r\nB:\r\nC: a:b \r\n\r\n", b"hello", id="trailers"),
    pytest.param(b"5\r\nhello\r\n0\r\nA: 1\r\n 2\r\n\t3\r\nB: \r\n\r\n", b"hello", id="folded trailers"),
    pytest.param(b"5\r\nhello\r\n0\r\nContent-Length-X: 1\r\n\r\n", b"hello", id="a trailer like one of framing"),
    pytest.param(b"5\r\nhello\r\n0\r\nA: 1\nB: \xe9\n\n", b"hello", id="trailers that end in LF alone"),
    pytest.param(b"5\r\nhello\n1\r\n!\n0\r\n\n", b"hello!", id="LF alone after data"),
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
        assert unchunk(body[:at], body[at:]) == (payload, True, False)
    for size in range(1, min(len(body), 40) + 1):
        assert unchunk(*cut(body, size)) == (payload, True, False)


@pytest.mark.parametrize(("body", "payload"), WELL_FORMED)
def test_what_comes_after_the_end_is_surplus_and_no_payload(body: bytes, payload: bytes) -> None:
    for extra in (b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n", chunked(b"more"), b"x"):
        assert unchunk(body + extra) == (payload, True, True)
        assert unchunk(body, extra) == (payload, True, True)
        assert unchunk(*cut(body + extra, 1)) == (payload, True, True)


@pytest.mark.parametrize(("body", "payload"), WELL_FORMED)
def test_a_body_that_is_cut_has_not_ended_and_gives_a_beginning_of_its_payload(body: bytes, payload: bytes) -> None:
    for at in range(len(body)):
        got, ended, surplus = unchunk(body[:at])
        assert payload.startswith(got)
        assert not ended
        assert not surplus


def test_the_beginning_of_a_chunk_does_not_wait_for_its_end() -> None:
    decoder = ChunkedDecoder()
    assert decoder.feed(b"a\r\ndata: 1") == b"data: 1"
    assert decoder.feed(b"\n") == b"\n"
    assert decoder.feed(b"\nX\r\n3\r\nab") == b"\nXab"


def test_whole_chunks_come_out_whatever_follows_them_in_the_same_receive() -> None:
    for rest, more in [(b"", b""), (b"5", b""), (b"5\r\n", b""), (b"5\r\nhe", b"he"), (b"2\r\n\r\n\r\n", b"\r\n")]:
        assert ChunkedDecoder().feed(b"2\r\nab\r\n3\r\ncde\r\n" + rest) == b"abcde" + more


def test_a_chunk_may_be_larger_than_any_receive() -> None:
    decoder = ChunkedDecoder()
    assert decoder.feed(b"00ffffffffffffffff\r\nabc") == b"abc"
    assert decoder.feed(b"0\r\n\r\n") == b"0\r\n\r\n"
    assert not decoder.ended


def test_chunks_of_any_sizes_and_beginnings_come_out() -> None:
    payloads = [number.to_bytes(2) * (1 + number % 7) for number in range(10_000)]
    body = chunked(*payloads)
    for piece in (1000, len(body)):
        assert unchunk(*cut(body, piece), b"HTTP") == (b"".join(payloads), True, True)


@pytest.mark.parametrize("size", [9, 10, 0xFF, 0x100, 0xFFF, 0x1000, 0xFFFF, 0x10000])
@pytest.mark.parametrize("payload", [b"\r\n", b"\r\n5\r\n", b"x"])
def test_chunks_on_either_side_of_a_size_come_out(size: int, payload: bytes) -> None:
    payloads = [(payload * size)[: size + more] for more in (0, 1, -1, 0, 1)]
    body = chunked(*payloads)
    for piece in (997, len(body) - 1, len(body)):
        assert unchunk(*cut(body, piece)) == (b"".join(payloads), True, False)


SIGNS = [b"+5", b"-5", b"-0", b"-1", b"0x5", b"0X5", b"5_0", b"0_5", b"5,", b"5.", b"5e+1", b"g", b"5h"]
BLANKS = [b"", b" ", b" 5", b"\t", b"\t5", b";a", b"5 5", b"\x0b5", b"5\x0c", b"\xa05", b"\0", b"5\r"]
NO_SIZES = [*SIGNS, *BLANKS, "\u0665".encode(), b"1" + b"0" * 16, b"f" * 17, b"0" * 20 + b"f" * 17]

# Each is the line of a size 5 with a CRLF after it.
NO_EXTENSIONS = [b"5;", b"5;;a", b"5;=a", b"5;a=", b"5;a;", b"5;a ", b"5; a", b"5;a =b", b"5;a= b", b"5;a b", b"5;a,b"]
NO_QUOTES = [
    b'5;a="',
    b'5;a="b',
    b'5;a="b\\"',
    b'5;a="b"c',
    b'5;"a"',
    b'5;a="\0"',
    b'5;a="\x1b"',
    b'5;a="b\rc"',
    b'5;a="\\\r"',
]
NO_TEXT = [b"5;a\rb", b"5;a\0", b"5;\x7f", b"5;a=\xc3\xa4", b"5;a\r"]


@pytest.mark.parametrize("size", NO_SIZES, ids=ascii)
@pytest.mark.parametrize("length", [0, 1, 5, 0x50, 0x5E])
def test_what_is_no_size_is_not_read_as_one(size: bytes, length: int) -> None:
    body = size + b"\r\n" + b"x" * length + b"\r\n"
    assert until_refused(body) == b""
    assert until_refused(body + b"0\r\n\r\n") == b""
    assert until_refused(*cut(body, 1)) == b""
    assert until_refused(b"1\r\na\r\n", body) == b"a"


@pytest.mark.parametrize("line", [*NO_EXTENSIONS, *NO_QUOTES, *NO_TEXT], ids=ascii)
def test_an_extension_that_is_malformed_is_refused(line: bytes) -> None:
    body = line + b"\r\nhello\r\n0\r\n\r\n"
    for before in (b"", b"1\r\na\r\n", b"1\r\na\r\n2\r\nbc\r\n"):
        payload = {b"": b""}.get(before, before[3:4] + before[9:11])
        assert until_refused(before + body) == payload
        assert until_refused(*cut(before + body, 1)) == payload


# What another reader takes for the end of a line may be no end to us: then the two read other chunks.
BARE_LF = [b"5\n", b"5\n\n", b"5;a\n", b"5;a\nb\r\n", b'5;a="\n"\r\n', b"0\n", b"0;a\n", b"5 \n"]


@pytest.mark.parametrize("line", BARE_LF, ids=ascii)
def test_the_line_of_a_size_ends_in_crlf(line: bytes) -> None:
    for rest in (b"hello\r\n0\r\n\r\n", b"hello\n0\n\n", b"\r\n"):
        assert until_refused(line + rest) == b""
        assert until_refused(*cut(line + rest, 1)) == b""
        assert until_refused(b"1\r\na\r\n" + line + rest) == b"a"


TRAILERS = [
    b"5\r\nhello\r\n",
    b"no colon\r\n",
    b": no name\r\n",
    b"A : blank before the colon\r\n",
    b" folded first\r\n",
    b"A: bare\rCR\r\n",
    b"A: 1\r\r\n",
    b"\xe9: beyond ASCII\r\n",
    b"Content-Length: 5\r\n",
    b"TRANSFER-ENCODING: chunked\r\n",
    b"A: 1\r\ncontent-length: 5\r\n",
    b"\r\r\n",
    b"HTTP/1.1 200 OK\r\n",
]


@pytest.mark.parametrize("trailers", TRAILERS, ids=ascii)
def test_trailers_that_are_no_fields_or_of_the_framing_are_refused(trailers: bytes) -> None:
    body = b"1\r\na\r\n0\r\n" + trailers + b"\r\n"
    assert until_refused(body) == b"a"
    assert until_refused(*cut(body, 1)) == b"a"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"2\r\nabc\r\n0\r\n\r\n", id="a byte too many"),
        pytest.param(b"2\r\nab0\r\n\r\n", id="no line end after a chunk"),
        pytest.param(b"2\r\nab\r\r\n0\r\n\r\n", id="a CR too many"),
        pytest.param(b"2\r\nab\r\r\r\r\r\r", id="CR after CR"),
        pytest.param(b"2\r\nab!\n0\r\n\r\n", id="a line end after a byte too many"),
        pytest.param(b"2\r\nabHTTP/1.1 200 OK", id="no line end at all"),
        pytest.param(b"2\r\nab\rc\n0\r\n\r\n", id="a CR that is followed by something else"),
    ],
)
def test_a_chunk_longer_than_its_size_is_refused_after_it(body: bytes) -> None:
    assert until_refused(*cut(body, 1)) == b"ab"
    assert until_refused(body[:5], body[5:]) == b"ab"


@pytest.mark.parametrize("bad", [b"ZZ\r\n", b"\r\n", b"2\r\ncd!\r\n", b"1\r\ncc\r\n"])
def test_what_was_whole_before_a_malformed_part_comes_out_first(bad: bytes) -> None:
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
        pytest.param(b"0\r\n" + b"A: b\r\n" * (LONG // 6) + b"\r\n", id="trailers that are many"),
        pytest.param(b"0\r\n" + b"A:\n" * LONG, id="trailers without an end"),
        pytest.param(b"0\r\nA:\r\n" + b" x\r\n" * LONG, id="a trailer that is folded without an end"),
        pytest.param(b"5" + b" " * LONG, id="blanks without an end"),
        pytest.param(b'5;a="' + b"x" * LONG, id="a quoted extension without an end"),
        pytest.param(b"x" * LONG, id="no framing at all"),
    ],
)
@pytest.mark.parametrize("piece", [1000, 64 * 1024, 1_000_000])
def test_a_line_that_is_too_long_is_refused(body: bytes, piece: int) -> None:
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


def test_a_line_may_have_64_kib_and_so_may_all_trailers() -> None:
    line = b"1;" + b"x" * (64 * 1024 - 4) + b"\r\n"
    assert unchunk(*[line + b"a\r\n"] * 3, b"0\r\n\r\n") == (b"aaa", True, False)
    assert until_refused(b"1;" + line) == b""
    trailers = b"A: bcd\r\n" * (8 * 1024)
    assert unchunk(b"0\r\n" + trailers[:-8] + b"\r\n") == (b"", True, False)
    assert until_refused(b"0\r\n" + trailers + b"\r\n") == b""


# --- Work and memory. ---


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param(b"1\r\nx\r\n", id="chunks of one byte"),
        pytest.param(b"2\r\n\r\n\r\n", id="chunks of a line end"),
        pytest.param(b"1;a\r\nx\r\n", id="chunks with an extension"),
        pytest.param(b'1;a="' + b'\\"' * 500 + b'"\r\nx\r\n', id="chunks with a long quoted extension"),
        pytest.param(b"0" * 1000 + b"1\r\nx\r\n", id="chunks with many zeros"),
        pytest.param(b"1\r\nx\n", id="chunks with LF alone"),
        pytest.param(b"400\r\n" + b"x" * 1024 + b"\r\n", id="chunks of a KiB"),
    ],
)
@pytest.mark.parametrize("receive", [64 * 1024, 7])
def test_a_flood_of_chunks_takes_time_in_proportion(unit: bytes, receive: int) -> None:
    def work(size: int) -> None:
        decoder = ChunkedDecoder()
        for piece in cut(unit * (size // len(unit)), receive):
            decoder.feed(piece)

    assert_linear(work, 200_000 if receive > 7 else 40_000)


@pytest.mark.parametrize("unit", [b"1\r\nx\r\n", b"01\r\nx\r\n", b"1;a\r\nx\r\n", b"1 \r\nx\r\n", b"1\r\nx\n"])
def test_a_short_chunk_takes_two_calls_at_most_whatever_its_form(unit: bytes) -> None:
    decoder = ChunkedDecoder()
    calls = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(profile)
    try:
        assert decoder.feed(unit * 1_000) == b"x" * 1_000
    finally:
        sys.setprofile(None)
    assert calls < 2_050


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"1;" + b"x" * 60_000 + b"\r\nx\r\n", id="an extension"),
        pytest.param(b"0" * 60_000 + b"1\r\nx\r\n", id="a size"),
        pytest.param(b'1;a="' + b'\\"' * 30_000 + b'"\r\nx\r\n', id="a quoted extension"),
    ],
)
def test_a_line_that_dribbles_takes_time_in_proportion(line: bytes) -> None:
    def work(size: int) -> None:
        decoder = ChunkedDecoder()
        for byte in line[:size]:
            decoder.feed(bytes((byte,)))

    assert_linear(work, 30_000)


def test_no_more_than_an_unfinished_line_is_kept() -> None:
    decoder = ChunkedDecoder()
    body = b"".join(b"%x;%b\r\n%b\r\n" % (size, b"e" * 1000, b"x" * size) for size in range(1, 1000))
    tracemalloc.start()
    try:
        for piece in cut(body, 10_000):
            decoder.feed(piece)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 100_000


def test_what_is_kept_across_streams_are_sizes_and_no_text() -> None:
    _chunked._known.clear()
    secrets = [b"s3cret", b"\xe9\xff", b"data", b"d", b"dX", b": s3cret", b"\nX"]
    for secret in secrets:
        ChunkedDecoder().feed(chunked(secret, secret, secret * 3, secret * 80) * 2)
    kept = {key.partition(b"\r\n")[2].partition(b"\r\n")[2] for key in _chunked._known}
    assert kept <= _chunked._STARTS
    whole = {key for key in _chunked._known if key.endswith(b"\r\n")}
    assert all(re.fullmatch(rb"\r\n[0-9a-f]+\r\n", key) for key in whole)
    one, other = ({key for key in _chunked._known.keys() - whole if key[2:4] == size} for size in (b"12", b"f0"))
    assert not one or {key[4:] for key in one} == {b"\r\n" + start for start in _chunked._STARTS if len(start) == 1}
    assert other == set()


def test_sizes_of_chunks_that_begin_with_any_byte_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[bytes] = []
    compiled = _chunked._compiled

    def noted(pattern: bytes) -> re.Pattern[bytes]:
        looked.append(pattern)
        return compiled(pattern)

    monkeypatch.setattr(_chunked, "_compiled", noted)
    _chunked._known.clear()
    payloads = [bytes([start]) * size for start in range(128, 255) for size in (5, 31, 300)]
    assert unchunk(chunked(*payloads)) == (b"".join(payloads), True, False)
    assert len(looked) <= 5  # a size each, and the last chunk, whose size of 0 is not stored


def test_the_sizes_that_are_kept_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_chunked, "_MAX_KNOWN", 100)
    _chunked._known.clear()
    body = chunked(*[start + b"x" * size for size in range(500) for start in (b"data: ", b"\x1f")])
    assert unchunk(body)[1]
    assert 0 < len(_chunked._known) <= 100


@pytest.mark.parametrize("known", [True, False])
def test_a_size_that_is_known_reads_the_same_as_one_that_is_not(known: bool) -> None:
    payloads = [
        start + b"x" * size for size in range(20) for start in (b"data", b"x", b"\n\n", b": a", b"\r\n", b"5\r")
    ]
    body = chunked(*payloads)
    if known:
        unchunk(body)
    else:
        _chunked._known.clear()
    assert unchunk(body) == (b"".join(payloads), True, False)


@given(st.lists(PAYLOAD, max_size=12), st.data())
def test_any_payloads_in_any_pieces_come_out_as_they_went_in(payloads: list[bytes], data: st.DataObject) -> None:
    body = chunked(*payloads)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert reference(body) == b"".join(payloads)
    assert unchunk(*pieces) == (b"".join(payloads), True, False)


@given(st.binary(max_size=60) | st.lists(st.sampled_from(b'0123\r\n\n;+x_ ab=":\\'), max_size=40).map(bytes))
def test_any_bytes_mean_the_same_whole_and_one_by_one(body: bytes) -> None:
    def outcome(pieces: list[bytes]) -> tuple[bytes, bool, bool, bool]:
        decoder, payload = ChunkedDecoder(), b""
        try:
            for piece in [*pieces, b""]:
                payload += decoder.feed(piece)
        except ValueError:
            return payload, decoder.ended, decoder.surplus, True
        return payload, decoder.ended, decoder.surplus, False

    assert outcome([body]) == outcome(cut(body, 1))
