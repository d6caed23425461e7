"""Content codings: nothing waits, nothing grows without bound, and nothing before a corrupt byte is lost."""

from __future__ import annotations

import collections
import contextlib
import gzip
import random
import sys
import tracemalloc
import zlib
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from doubling import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from sse_client._http import coding_steps, inflate
from sse_client._http import optional_codings as _optional
from sse_client._http.coding_steps import _PART, PIECE, Parts
from sse_client._http.content_decoding import Decoder, decoder_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Compress = Callable[[bytes], bytes]

# They have no types.
brotli: Any = import_module("brotli")
brotlicffi: Any = import_module("brotlicffi")
zstd: Any = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
MIB = 1024 * 1024
EVENT = b"data: one\n\n"


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def br(data: bytes) -> bytes:
    compressed: bytes = brotli.compress(data, quality=4)
    return compressed


def br_over_deflate(data: bytes) -> bytes:
    return br(zlib.compress(data))


def gzip_over_br(data: bytes) -> bytes:
    return gzip.compress(br(data))


def twice(data: bytes) -> bytes:
    return gzip.compress(gzip.compress(data))


def gzip_over_zstd(data: bytes) -> bytes:
    return gzip.compress(zstd.compress(data))


CODINGS = [
    pytest.param("gzip", gzip.compress, id="gzip"),
    pytest.param("x-gzip", gzip.compress, id="x-gzip"),
    pytest.param("deflate", zlib.compress, id="deflate with its header"),
    pytest.param("deflate", raw_deflate, id="deflate without its header"),
    pytest.param("br", br, id="br"),
    pytest.param("gzip, gzip", twice, id="gzip twice"),
    pytest.param("deflate, br", br_over_deflate, id="br over deflate"),
    pytest.param("br,gzip", gzip_over_br, id="gzip over br"),
    pytest.param("zstd", zstd.compress, id="zstd"),
    pytest.param("zstd, gzip", gzip_over_zstd, id="gzip over zstd"),
]


@pytest.fixture(autouse=True)
def _modules() -> Iterator[None]:
    """Forget which modules there are, before a test and after it."""
    for found in (_optional.brotli_module, _optional.zstd_module):
        found.cache_clear()
    yield
    for found in (_optional.brotli_module, _optional.zstd_module):
        found.cache_clear()


def decoder(coding: str) -> Decoder:
    found = decoder_for(coding)
    assert found is not None
    return found


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


def decoded(coding: str | Decoder, pieces: Iterable[bytes]) -> tuple[bytes, bool]:
    """Return the body, and whether it may end there."""
    undo = decoder(coding) if isinstance(coding, str) else coding
    body = b"".join([piece for data in pieces for piece in undo.decode(data)])
    return body, undo.complete


def until_corrupt(coding: str, pieces: Iterable[bytes]) -> bytes:
    """Return what came out before the input was refused; all later input is refused too."""
    undo = decoder(coding)
    body = b""
    try:
        for data in pieces:
            for piece in undo.decode(data):
                body += piece
    except ValueError as error:
        assert "corrupt" in str(error)  # noqa: PT017  (what came before it counts as much)
    else:
        pytest.fail("the corrupt input was taken")
    with pytest.raises(ValueError, match="corrupt"):
        list(undo.decode(b"\xff" * 100))
    return body


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)


def text(lines: int) -> bytes:
    source = random.Random(7)
    return b"".join(b"data: %d\n\n" % source.getrandbits(64) for _ in range(lines))


@pytest.mark.parametrize(("coding", "compress"), CODINGS)
@pytest.mark.parametrize("size", [1, 2, 3, 10, 11, 1000])
def test_a_body_comes_out_as_it_went_in_whatever_the_pieces(coding: str, compress: Compress, size: int) -> None:
    for body in (b"", b"x", EVENT * 20, text(200)):
        assert decoded(coding, cut(compress(body), size)) == (body, True)


@pytest.mark.parametrize(("coding", "compress"), CODINGS)
@pytest.mark.parametrize("size", [2000, 64 * 1024, 100 * MIB], ids=lambda size: f"{size} a read")
@pytest.mark.parametrize("body", [text(40_000), noise(MIB), bytes(3 * MIB)], ids=["text", "noise", "zeros"])
def test_a_large_body_comes_out_whole(coding: str, compress: Compress, size: int, body: bytes) -> None:
    got, complete = decoded(coding, cut(compress(body), size))
    assert len(got) == len(body)
    assert zlib.crc32(got) == zlib.crc32(body)
    assert complete


@pytest.mark.parametrize(("coding", "compress"), CODINGS)
def test_a_body_that_is_cut_is_not_complete(coding: str, compress: Compress) -> None:
    body = compress(EVENT * 3)
    for at in range(1, len(body)):
        got, complete = decoded(coding, [body[:at]])
        assert (EVENT * 3).startswith(got)
        assert not complete, at


@pytest.mark.parametrize(("coding", "compress"), CODINGS)
def test_no_body_at_all_is_complete(coding: str, compress: Compress) -> None:
    assert decoder(coding).complete


def flushed(coding: str) -> list[bytes]:
    """Events, each pushed out by the encoder as servers do."""
    if coding == "br":
        encoder: Any = brotli.Compressor()
        return [encoder.process(EVENT) + encoder.flush() for _ in range(20)] + [encoder.finish()]
    if coding == "zstd":
        framer = zstd.ZstdCompressor()
        return [framer.compress(EVENT, framer.FLUSH_BLOCK) for _ in range(20)] + [framer.flush()]
    wbits = {"gzip": 31, "deflate": 15, "raw": -15}[coding]
    compressor = zlib.compressobj(wbits=wbits)
    return [compressor.compress(EVENT) + compressor.flush(zlib.Z_SYNC_FLUSH) for _ in range(20)] + [compressor.flush()]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw", "br", "zstd"])
def test_an_event_comes_out_with_its_last_byte(coding: str) -> None:
    undo = decoder("deflate" if coding == "raw" else coding)
    *events, end = flushed(coding)
    for event in events:
        assert list(undo.decode(event)) == [EVENT]
        assert not undo.complete
    assert b"".join(undo.decode(end)) == b""
    assert undo.complete


# --- gzip's members, zstd's frames, and what comes after the end. ---


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_the_members_of_a_gzip_body_follow_each_other(size: int) -> None:
    body = gzip.compress(b"one") + gzip.compress(b"") + gzip.compress(b"two") + gzip.compress(EVENT * 50)
    assert decoded("gzip", cut(body, size)) == (b"onetwo" + EVENT * 50, True)


def test_a_body_that_is_cut_in_its_second_member_is_not_complete() -> None:
    body = gzip.compress(b"one") + gzip.compress(b"two")
    for at in range(len(gzip.compress(b"one")) + 1, len(body)):
        assert not decoded("gzip", [body[:at]])[1]
        assert not decoded("gzip", cut(body[:at], 1))[1]


@pytest.mark.parametrize("padding", [b"\0", b"\0" * 600, b"\r\n", b"junk"], ids=ascii)
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_padding_after_the_end_is_no_part_of_the_body(coding: str, padding: bytes) -> None:
    compress = gzip.compress if coding == "gzip" else zlib.compress
    body = compress(EVENT)
    assert decoded(coding, [body + padding]) == (EVENT, True)
    assert decoded(coding, [body, padding]) == (EVENT, True)
    assert decoded(coding, cut(body + padding, 1)) == (EVENT, True)


@pytest.mark.parametrize("padding", [b"\0", b"junk"])
def test_a_member_in_the_padding_is_padding_whatever_the_pieces(padding: bytes) -> None:
    body = gzip.compress(EVENT) + padding + gzip.compress(b"hidden") + b"\x1f"
    for size in (1, 2, 3, len(gzip.compress(EVENT)) + len(padding), 1000):
        assert decoded("gzip", cut(body, size)) == (EVENT, True)


def member(
    data: bytes, *, extra: bytes | None = None, name: bytes | None = None, comment: bytes | None = None
) -> bytes:
    """A gzip member with optional fields, and a check sum of its header that nobody checks."""
    flags = 2 + 4 * (extra is not None) + 8 * (name is not None) + 16 * (comment is not None)
    head = b"\x1f\x8b\x08" + bytes((flags, 0, 0, 0, 0, 0, 255))
    if extra is not None:
        head += len(extra).to_bytes(2, "little") + extra
    head += b"".join(field + b"\0" for field in (name, comment) if field is not None)
    return head + b"\xab\xcd" + gzip.compress(data)[10:]


MEMBERS = [
    pytest.param({"name": b"events"}, id="a name"),
    pytest.param({"name": b""}, id="an empty name"),
    pytest.param({"comment": b"none"}, id="a comment"),
    pytest.param({"extra": b"BC\2\0\1\1"}, id="an extra field"),
    pytest.param({"extra": b""}, id="an empty extra field"),
    pytest.param({"extra": b"x" * 65535}, id="the longest extra field"),
    pytest.param({"extra": b"\0\0", "name": b"n", "comment": b"c"}, id="all of them"),
    pytest.param({"name": b"n" * 32_000, "comment": b"c" * 32_000}, id="long ones"),
]


@pytest.mark.parametrize("fields", MEMBERS)
@pytest.mark.parametrize("size", [1, 7, 9000, MIB])
def test_the_optional_fields_of_a_gzip_header_are_skipped(fields: dict[str, bytes], size: int) -> None:
    body = member(EVENT, **fields)
    assert decoded("gzip", cut(body + body + gzip.compress(b"end"), size)) == (EVENT * 2 + b"end", True)


def test_a_body_that_is_cut_in_a_gzip_header_is_not_complete() -> None:
    head = member(b"", extra=b"ex", name=b"n", comment=b"c")
    for before in (b"", gzip.compress(EVENT)):
        for at in range(1, len(head)):
            assert not decoded("gzip", [before + head[:at]])[1]
            assert not decoded("gzip", cut(before + head[:at], 1))[1]


@pytest.mark.parametrize("field", ["name", "comment"])
@pytest.mark.parametrize("size", [1, 1000, MIB])
def test_a_field_of_a_gzip_header_without_an_end_is_refused(field: str, size: int) -> None:
    endless = member(b"", **{field: b"x" * MIB})
    for before in (b"", member(EVENT, name=b"n")):
        undo, pieces = decoder("gzip"), iter(cut(before + endless, size))
        steps = (step for data in pieces for step in undo.decode(data))
        with pytest.raises(ValueError, match="the header of a gzip member is longer than 64 KiB"):
            collections.deque(steps, maxlen=0)
        left = sum(map(len, pieces))
        assert len(before + endless) - left <= 64 * 1024 + len(before) + 100 + size
        with pytest.raises(ValueError, match="longer than 64 KiB"):
            list(undo.decode(b"x"))


@pytest.mark.parametrize("flags", [0x20, 0x40, 0x80, 0xE8])
def test_reserved_flags_of_a_gzip_header_are_corrupt(flags: int) -> None:
    assert until_corrupt("gzip", [b"\x1f\x8b\x08" + bytes([flags]) + bytes(100)]) == b""


@pytest.mark.parametrize("head", [b"\x1f\x8b\x07\x08", b"\x1f\x8c\x08\x08", b"\x00\x8b\x08\x08", b"abcd"])
def test_what_does_not_begin_as_gzip_does_is_corrupt(head: bytes) -> None:
    assert until_corrupt("gzip", [head + bytes(100)]) == b""


SKIPPED = b"\x50\x2a\x4d\x18\x03\0\0\0abc"  # RFC 8878 3.1.2: a frame that is skipped


@pytest.mark.parametrize("size", [1, 2, 7, 10, 1000])
def test_the_frames_of_a_zstd_body_follow_each_other(size: int) -> None:
    frames = [zstd.compress(data) for data in (b"one", b"", EVENT * 1000, b"two")]
    body = SKIPPED + b"".join(frames) + SKIPPED
    assert decoded("zstd", cut(body, size)) == (b"one" + EVENT * 1000 + b"two", True)
    assert not decoded("zstd", cut(body[:-1], size))[1]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_zeros_between_zstd_frames_and_after_them_are_padding(size: int) -> None:
    body = zstd.compress(b"one") + bytes(10) + zstd.compress(b"two") + bytes(10)
    assert decoded("zstd", cut(body, size)) == (b"onetwo", True)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_anything_else_after_a_zstd_frame_is_corrupt(size: int) -> None:
    assert until_corrupt("zstd", cut(zstd.compress(EVENT) + b"data: plain\n\n", size)) == EVENT


def test_frames_before_a_corrupt_one_come_out_before_the_error() -> None:
    body = b"".join(zstd.compress(b"data: %d\n\n" % number) for number in range(100))
    expected = b"".join(b"data: %d\n\n" % number for number in range(100))
    assert until_corrupt("zstd", [body + b"\x28\xb5\x2f\xfd" + b"\xff" * 100]) == expected


def test_a_zstd_window_of_more_than_8_mib_is_refused() -> None:
    def frame(window_log: int) -> bytes:
        return b"\x28\xb5\x2f\xfd\0" + bytes([(window_log - 10) << 3]) + b"\x09\0\0x"

    assert decoded("zstd", [frame(23)]) == (b"x", True)
    for window_log in (24, 27, 31):
        assert until_corrupt("zstd", [frame(window_log)]) == b""


def test_what_is_received_after_the_end_of_br_is_padding() -> None:
    assert decoded("br", [br(EVENT), b"\0", b"junk"]) == (EVENT, True)


# --- Corrupt input. ---


def test_what_is_not_coded_at_all_is_corrupt() -> None:
    for coding in ("gzip", "deflate", "br", "zstd"):
        assert until_corrupt(coding, [b"data: plain text\n\n" * 10]) == b""
        assert until_corrupt(coding, cut(b"data: plain text\n\n" * 10, 1)) == b""


@pytest.mark.parametrize(
    ("coding", "reads"),
    [
        *[(coding, reads) for coding in ("gzip", "deflate", "raw") for reads in ("in one read", "event by event")],
        # br's library does not tell what it had decoded of the same input.
        *[(coding, "byte by byte") for coding in ("gzip", "deflate", "raw", "br")],
        ("br", "event by event"),
    ],
)
def test_all_before_a_corrupt_byte_comes_out_before_the_error(coding: str, reads: str) -> None:
    *events, _ = flushed(coding)
    # 0xff: a deflate block of the reserved type; a br meta-block of a length that cannot be.
    stream = [*events, b"\xff" * 100]
    pieces = {"in one read": [b"".join(stream)], "event by event": stream, "byte by byte": cut(b"".join(stream), 1)}
    assert until_corrupt("deflate" if coding == "raw" else coding, pieces[reads]) == EVENT * len(events)


@pytest.mark.parametrize("size", [100, 1000, 16 * 1024, 16 * 1024 + 1, 40_000, 64 * 1024, 10 * MIB])
def test_all_before_a_corrupt_byte_comes_out_also_far_into_the_body(size: int) -> None:
    body = text(20_000)
    compressor = zlib.compressobj(wbits=31)
    coded = compressor.compress(body) + compressor.flush(zlib.Z_SYNC_FLUSH)
    assert len(coded) > 8 * 16 * 1024
    assert until_corrupt("gzip", cut(coded + b"\xff" * 100, size)) == body


def test_all_before_a_corrupt_byte_comes_out_also_after_a_bomb() -> None:
    compressor = zlib.compressobj(wbits=31)
    body = bytes(20 * MIB) + EVENT
    coded = compressor.compress(body) + compressor.flush(zlib.Z_SYNC_FLUSH)
    assert until_corrupt("gzip", [coded + b"\xff" * 100]) == body


def test_a_wrong_check_sum_is_corrupt_but_the_body_is_there() -> None:
    coded = bytearray(gzip.compress(EVENT))
    coded[-5] ^= 1
    assert until_corrupt("gzip", [bytes(coded)]) == EVENT
    assert until_corrupt("gzip", cut(bytes(coded), 1)) == EVENT


def test_a_corrupt_second_member_loses_nothing_of_the_first() -> None:
    coded = gzip.compress(EVENT) + b"\x1f\x8bnot a member"
    assert until_corrupt("gzip", [coded]) == EVENT
    assert until_corrupt("gzip", cut(coded, 1)) == EVENT


def flushed_gzip(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=31)
    return compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)


def test_a_corrupt_coding_under_another_loses_nothing_before_it() -> None:
    compressor = zlib.compressobj(wbits=31)
    inner = compressor.compress(EVENT) + compressor.flush(zlib.Z_SYNC_FLUSH) + b"\xff" * 100
    assert until_corrupt("gzip, gzip", [flushed_gzip(inner)]) == EVENT


def test_every_byte_that_may_be_corrupt_loses_nothing_before_it() -> None:
    coded = flushed_gzip(text(30))
    plain = decoded("gzip", [coded])[0]
    for at in range(10, len(coded), 7):
        broken = coded[:at] + bytes([coded[at] ^ 0x55]) + coded[at + 1 :] + b"\xff" * 100
        whole, bytewise = until_corrupt("gzip", [broken]), until_corrupt("gzip", cut(broken, 1))
        assert whole == bytewise
        assert whole.startswith(decoded("gzip", [coded[: at - 1]])[0])
        assert plain


# --- Bombs, and work that brings nothing. ---

BLANK_LINES = b"\n" * (8 * MIB)


def stepped(undo: Decoder, pieces: Iterable[bytes]) -> tuple[int, list[int]]:
    """Return how long the body is, and how long each step."""
    steps = [len(step) for data in pieces for step in undo.decode(data)]
    return sum(steps), steps


@pytest.mark.parametrize(("coding", "compress"), CODINGS)
@pytest.mark.parametrize("body", [bytes(8 * MIB), BLANK_LINES], ids=["zeros", "blank lines"])
def test_a_bomb_comes_out_in_pieces_of_bounded_size(coding: str, compress: Compress, body: bytes) -> None:
    coded = compress(body)
    tracemalloc.start()
    try:
        size, steps = stepped(decoder(coding), [coded])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == 8 * MIB
    assert max(steps) <= 2 * PIECE
    assert peak < 4 * MIB


@pytest.mark.parametrize(("coding", "compress"), CODINGS)
def test_a_bomb_is_inflated_no_further_than_it_is_taken(coding: str, compress: Compress) -> None:
    undo = decoder(coding)
    taken = undo.decode(compress(BLANK_LINES))
    tracemalloc.start()
    try:
        assert set(b"".join([next(taken) for _ in range(3)])) == {10}
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < MIB
    assert not undo.complete
    taken.close()  # type: ignore[attr-defined]  # it is a generator


def test_brotlicffi_keeps_the_limit_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "brotli")
    size, steps = stepped(decoder("br"), [br(BLANK_LINES)])
    assert size == len(BLANK_LINES)
    assert max(steps) <= PIECE


def bits(*fields: tuple[int, int]) -> tuple[int, int]:
    """Return a number and its width, of values and their widths, the first one lowest."""
    value = width = 0
    for field, more in fields:
        value |= field << width
        width += more
    return value, width


def empty_blocks(count: int) -> bytes:
    """Deflate blocks with a code of their own and no content, 90 bits each: the slowest input known for zlib."""
    lengths = [(1, 3) if symbol in {18, 1} else (0, 3) for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3]]
    lengths += [(0, 3), (0, 3), (0, 3), (1, 3)]
    zeros = [(1, 1), (138 - 11, 7), (1, 1), (118 - 11, 7)]
    block = bits((0, 1), (2, 2), (0, 5), (0, 5), (14, 4), *lengths, *zeros, (0, 1), (0, 1), (0, 1))
    value, width = bits(*[block] * 4)
    return value.to_bytes(width // 8, "little") * (count // 4)


EMPTY = gzip.compress(b"", mtime=0)
SILENT = [
    pytest.param("gzip", EMPTY * 10_000, id="empty gzip members"),
    pytest.param("gzip", member(b"", name=b"n") * 10_000, id="gzip members with names"),
    pytest.param("gzip", member(b"", extra=b"x" * 60_000) * 3, id="gzip members with long extra fields"),
    pytest.param("deflate", empty_blocks(20_000), id="deflate blocks without content"),
    pytest.param("deflate", b"\x78\x9c" + b"\0\0\0\xff\xff" * 40_000, id="stored blocks without content"),
    pytest.param("zstd", zstd.compress(b"") * 5_000, id="empty zstd frames"),
    pytest.param("zstd", SKIPPED * 5_000, id="skipped zstd frames"),
    pytest.param("zstd", b"\x50\x2a\x4d\x18\xff\xff\xff\xff" + b"x" * 200_000, id="a long skipped zstd frame"),
    pytest.param("br", b"\x0c" + b"\x06" * 50_000, id="empty br meta-blocks"),
    pytest.param("gzip, gzip", gzip.compress(EMPTY * 10_000), id="empty members, compressed"),
    pytest.param("gzip, br", br(EMPTY * 10_000), id="empty members under br"),
    pytest.param("gzip, zstd", zstd.compress(EMPTY * 10_000), id="empty members under zstd"),
    pytest.param("zstd, gzip", gzip.compress(zstd.compress(b"") * 10_000), id="empty frames under gzip"),
    pytest.param("gzip, gzip", gzip.compress(b"") * 10_000 + gzip.compress(EMPTY), id="empty members twice"),
    pytest.param("gzip, gzip", gzip.compress(EMPTY) * 5_000, id="a member for each empty member"),
]


class Counted:
    """A stage that counts the calls, and the input, between two steps."""

    parts = 0

    def __init__(self, stage: coding_steps.Stage, work: list[int]) -> None:
        self.more = False
        self.complete = False
        self._stage = stage
        self._work = work

    def decode(self, data: bytes) -> bytes:
        self._work[0] += len(data) + 256
        piece = self._stage.decode(data)
        self.more, self.complete = self._stage.more, self._stage.complete
        return piece


@pytest.mark.parametrize(("coding", "body"), SILENT)
@pytest.mark.parametrize("size", [1000, 64 * 1024, 10 * MIB])
def test_work_that_brings_nothing_is_done_in_bounded_steps(coding: str, body: bytes, size: int) -> None:
    work = [0]
    undo = decoder(coding)
    undo._stages = tuple(Counted(stage, work) for stage in undo._stages)
    most = steps = 0
    for data in cut(body, size):
        work[0] = 0
        for step in undo.decode(data):
            assert step == b""
            most, steps = max(most, work[0]), steps + 1
            work[0] = 0
        most = max(most, work[0])
    assert most <= 4 * 8 * 1024
    assert steps or size == 1000


@pytest.mark.parametrize(("coding", "body"), SILENT)
def test_a_body_after_work_that_brought_nothing_comes_out(coding: str, body: bytes) -> None:
    if coding == "gzip":
        assert decoded(coding, [body + gzip.compress(EVENT)]) == (EVENT, True)
    elif coding == "gzip, gzip":
        assert decoded(coding, [body + twice(EVENT)]) == (EVENT, True)


@pytest.mark.parametrize(
    "inner", [EMPTY, zstd.compress(b""), gzip.compress(b"x", mtime=0)], ids=["gzip", "zstd", "a byte"]
)
@pytest.mark.parametrize("outer", ["gzip", "br", "zstd"])
def test_a_coding_that_feeds_another_without_end_is_refused(inner: bytes, outer: str) -> None:
    coding = "zstd" if inner == zstd.compress(b"") else "gzip"
    compress = {"gzip": gzip.compress, "br": br, "zstd": zstd.compress}[outer]
    body = compress(inner * (3 * MIB // len(inner)))
    with pytest.raises(ValueError, match=r"inflates too far between its two codings|without content in a row"):
        stepped(decoder(f"{coding}, {outer}"), [body])


def test_a_stream_that_is_coded_twice_may_last() -> None:
    event = b"data: %b\n\n" % (b"x" * 300)
    outer, inner = zlib.compressobj(wbits=31), zlib.compressobj(wbits=31)
    undo, size = decoder("gzip, gzip"), 0
    for _ in range(20_000):
        once = inner.compress(event) + inner.flush(zlib.Z_FULL_FLUSH)
        size += stepped(undo, [outer.compress(once) + outer.flush(zlib.Z_SYNC_FLUSH)])[0]
    assert size == 20_000 * len(event)


@pytest.mark.parametrize(
    ("coding", "unit"),
    [
        pytest.param("gzip", EMPTY, id="empty gzip members"),
        pytest.param("gzip", gzip.compress(b"x"), id="gzip members of one byte"),
        pytest.param("gzip", member(b"x", name=b"n"), id="gzip members with names"),
        pytest.param("deflate", empty_blocks(4), id="deflate blocks without content"),
        # No more than 10,000 without content in a row are read.
        pytest.param("zstd", zstd.compress(b"") * 100 + zstd.compress(b"x"), id="empty zstd frames"),
        pytest.param("zstd", zstd.compress(b"x"), id="zstd frames of one byte"),
    ],
)
@pytest.mark.parametrize("receive", [7, 64 * 1024, 100 * MIB])
def test_a_body_takes_time_in_proportion(coding: str, unit: bytes, receive: int) -> None:
    def work(size: int) -> None:
        stepped(decoder(coding), cut(unit * (size // len(unit)), receive))

    assert_linear(work, 10_000 if receive == 7 else 30_000)


def test_a_corrupt_bomb_is_made_again_in_bounded_steps() -> None:
    compressor = zlib.compressobj(wbits=31)
    coded = compressor.compress(bytes(16 * MIB)) + compressor.flush(zlib.Z_SYNC_FLUSH) + b"\xff" * 100
    sizes: list[int] = []
    with pytest.raises(ValueError, match="corrupt"):
        sizes.extend(len(step) for step in decoder("gzip").decode(coded))
    assert sum(sizes) == 16 * MIB
    assert max(sizes) <= PIECE


def test_the_memory_of_a_long_stream_stays_bounded() -> None:
    compressor = zlib.compressobj(wbits=31)
    undo = decoder("gzip")
    source = random.Random(7)
    tracemalloc.start()
    try:
        for _ in range(2_000):
            event = b"data: %b\n\n" % source.randbytes(200).hex().encode()
            list(undo.decode(compressor.compress(event) + compressor.flush(zlib.Z_SYNC_FLUSH)))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 100_000
    assert inflate._BACKUP_EVERY < 100_000


@given(
    st.lists(st.binary(max_size=50), max_size=8),
    st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br", "zstd, gzip", "deflate, deflate"]),
    st.data(),
)
def test_any_bytes_are_decoded_or_refused_the_same_whatever_the_pieces(
    parts: list[bytes], coding: str, data: st.DataObject
) -> None:
    codes: list[Compress] = [gzip.compress, zlib.compress, br, zstd.compress, bytes]
    body = b"".join(data.draw(st.sampled_from(codes))(part) for part in parts)

    def outcome(pieces: list[bytes]) -> tuple[bytes, bool | None]:
        undo, found = decoder(coding), b""
        try:
            for piece in pieces:
                for step in undo.decode(piece):
                    found += step
        except ValueError:
            return found, None
        return found, undo.complete

    whole, bytewise = outcome([body]), outcome(cut(body, 1))
    # The libraries of the others lose what they had decoded before a corrupt byte.
    if coding in {"gzip", "deflate"} or whole[1] is not None:
        assert whole == bytewise


# --- Which codings there are. ---

NONE = ["", " ", ",", "identity", "Identity, identity", " , identity"]
# Words that servers write, and that are no coding of IANA's registry.
UNREGISTERED = [
    "none",
    "None",
    "utf-8",
    "binary",
    "8bit",
    "chunked",
    "*",
    "snappy",
    "utf-8, none",
    "none, identity",
    "é\0",
]


@pytest.mark.parametrize(
    "header", [*NONE, *UNREGISTERED, "none;q=1", ",".join(["none"] * 10_000)], ids=lambda h: h[:20]
)
def test_a_body_without_a_registered_coding_needs_no_decoder(header: str) -> None:
    assert decoder_for(header) is None


@pytest.mark.parametrize("header", ["GZip", " gzip ", "identity, gzip", "gzip,", ",gzip", "none, gzip", "gzip, utf-8"])
def test_names_are_read_without_case_blanks_and_other_words(header: str) -> None:
    assert decoded(header, [gzip.compress(EVENT)]) == (EVENT, True)


CODED = ["aes128gcm", "compress", "dcb", "dcz", "exi", "pack200-gzip", "x-compress"]


@pytest.mark.parametrize("coding", [*CODED, "gzip;q=1", "gzip ; q=1"])
@pytest.mark.parametrize("header", ["{}", "gzip, {}", "{}, gzip", "none, {}", "{},identity"])
def test_a_registered_coding_that_cannot_be_undone_is_refused_by_name(coding: str, header: str) -> None:
    with pytest.raises(ValueError, match=r"expected .* gzip, .* br, zstd; got ") as refused:
        decoder_for(header.format(coding.upper()))
    assert str(refused.value).endswith(f"got {coding}")


def test_a_refusal_shows_foreign_text_cut_and_escaped() -> None:
    with pytest.raises(ValueError, match="got gzip;") as refused:
        decoder_for("gzip;\x1b[2J\r\n" + "x" * 100_000)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


def test_two_codings_are_undone_and_three_are_refused() -> None:
    assert decoded("gzip, identity, none, gzip", [twice(EVENT)]) == (EVENT, True)
    for number in (3, 6, 10_000):
        with pytest.raises(ValueError, match=f"expected at most 2 content codings, got {number}"):
            decoder_for(", ".join(["gzip"] * number))


def without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    """Have modules be missing."""

    def find(name: str) -> Any:
        if name in missing:
            raise ImportError(name)
        return import_module(name)

    monkeypatch.setattr(_optional, "import_module", find)


def test_br_is_refused_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "brotli", "brotlicffi")
    with pytest.raises(ValueError, match=r"one of gzip, x-gzip, deflate, zstd; got br$"):
        decoder_for("br")


def test_the_other_library_for_br_serves_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "brotli")
    assert _optional.brotli_module() is brotlicffi
    assert decoded("br", [br(EVENT)]) == (EVENT, True)
    *events, end = flushed("br")
    undo = decoder("br")
    for event in events:
        assert list(undo.decode(event)) == [EVENT]
    assert decoded(undo, [end]) == (b"", True)


def test_a_library_for_br_that_cannot_limit_its_output_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        class Decompressor:
            def process(self, data: bytes) -> bytes:
                return data

    def find(name: str) -> Any:
        return Old if name == "brotli" else import_module(name)

    monkeypatch.setattr(_optional, "import_module", find)
    assert _optional.brotli_module() is brotlicffi


def test_zstd_is_refused_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "compression.zstd", "backports.zstd")
    with pytest.raises(ValueError, match=r"one of gzip, x-gzip, deflate, br; got zstd$"):
        decoder_for("zstd")


def test_modules_are_looked_for_once() -> None:
    assert _optional.brotli_module() is brotli
    assert _optional.zstd_module() is zstd
    decoder_for("br, zstd")
    assert (_optional.brotli_module.cache_info().misses, _optional.zstd_module.cache_info().misses) == (1, 1)


SMALL: dict[str, tuple[str, bytes]] = {
    "empty members": ("gzip", gzip.compress(b"", mtime=0)),
    "members of a byte": ("gzip", gzip.compress(b"x", mtime=0)),
    "blocks without content": ("deflate", b"\x00\x00\x00\xff\xff"),
    "empty frames": ("zstd", zstd.compress(b"")),
    "frames of a byte": ("zstd", zstd.compress(b"x")),
    "metablocks without content": ("br", b"\x06" * 5),
}
OUTER: dict[str, Compress] = {"gzip": gzip.compress, "deflate": zlib.compress, "br": br, "zstd": zstd.compress}


@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("name", SMALL)
def test_what_is_received_bounds_the_work_between_two_codings(name: str, outer: str) -> None:
    """Eight kilobytes between them take 0.4 ms, 80 frames of zstd 0.8 ms: a megabyte received takes 0.9 s at most."""
    inner, part = SMALL[name]
    received = OUTER[outer](part * (16 * MIB // len(part)))
    made: Any = decoder_for(f"{inner}, {outer}")
    first, second = made._stages
    between = output = 0

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(second, name)

        def decode(self, data: bytes) -> bytes:
            nonlocal between, output
            between += len(data)
            piece: bytes = second.decode(data)
            output += len(piece)
            return piece

    made._stages = first, Counting()
    with contextlib.suppress(ValueError):
        for start in range(0, len(received), 64 * 1024):
            for _ in made.decode(received[start : start + 64 * 1024]):
                pass
    of_a_step = 2 * PIECE + 100 * PIECE // len(part)
    assert between + 100 * second.parts <= MIB + 8 * len(received) + output + of_a_step


@pytest.mark.parametrize("name", SMALL)
def test_a_coding_alone_works_in_proportion_to_what_is_received(name: str) -> None:
    coding, part = SMALL[name]
    made: Any = decoder_for(coding)
    steps = 0
    with contextlib.suppress(ValueError):
        for _ in made.decode(part * (MIB // len(part))):
            steps += 1
    assert steps <= MIB / 16
    if name == "empty frames":
        assert made._stages[0].parts <= 10_002


def taken(parts: Parts, pieces: list[bytes], pause: Callable[[], object]) -> list[bytes]:
    """Return what comes of `pieces`, with a pause after each."""
    found: list[bytes] = []
    for piece in parts.of(pieces):
        found.append(piece)
        pause()
    return found


def test_pieces_come_in_parts_once_one_has_kept_its_consumer_busy() -> None:
    now, busy = [0.0], [0.0]
    parts = Parts(lambda: now[0], lambda: busy[0])
    whole = [b"x" * PIECE, b"", b"y"]

    def work(clock: list[float], seconds: float) -> None:
        clock[0] += seconds

    assert taken(parts, whole, lambda: None) == whole
    assert taken(parts, whole, lambda: work(now, 0.003)) == whole  # from now on by the CPU's time
    assert taken(parts, whole, lambda: work(now, 1)) == whole  # a wait
    assert taken(parts, whole, lambda: work(busy, 0.003)) == whole
    after = list(parts.of(whole))
    assert b"".join(after) == b"".join(whole)
    assert list(map(len, after)) == [_PART] * (PIECE // _PART) + [0, 1]


def test_no_clock_is_asked_about_a_piece_that_cannot_take_long() -> None:
    def clock() -> float:
        raise AssertionError

    pieces = [b"x" * _PART, b"", b"data: a\n\n"]
    assert list(Parts(clock, clock).of(pieces)) == pieces
