"""Content codings: nothing waits, nothing grows without bound, and nothing before a corrupt byte is lost."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from sse_client import _coding
from sse_client._coding import Decoder, decoder_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Compress = Callable[[bytes], bytes]

brotli: Any = import_module("brotli")  # it has no types
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


CODINGS = [
    pytest.param("gzip", gzip.compress, id="gzip"),
    pytest.param("x-gzip", gzip.compress, id="x-gzip"),
    pytest.param("deflate", zlib.compress, id="deflate with its header"),
    pytest.param("deflate", raw_deflate, id="deflate without its header"),
    pytest.param("br", br, id="br"),
    pytest.param("gzip, gzip", twice, id="gzip twice"),
    pytest.param("deflate, br", br_over_deflate, id="br over deflate"),
    pytest.param("br,gzip", gzip_over_br, id="gzip over br"),
]


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
    wbits = {"gzip": 31, "deflate": 15, "raw": -15}[coding]
    compressor = zlib.compressobj(wbits=wbits)
    return [compressor.compress(EVENT) + compressor.flush(zlib.Z_SYNC_FLUSH) for _ in range(20)] + [compressor.flush()]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw", "br"])
def test_an_event_comes_out_with_its_last_byte(coding: str) -> None:
    undo = decoder("deflate" if coding == "raw" else coding)
    *events, end = flushed(coding)
    for event in events:
        assert b"".join(undo.decode(event)) == EVENT
        assert not undo.complete
    assert b"".join(undo.decode(end)) == b""
    assert undo.complete


# --- gzip's members, and what is behind the end. ---


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_the_members_of_a_gzip_body_follow_each_other(size: int) -> None:
    body = gzip.compress(b"one") + gzip.compress(b"") + gzip.compress(b"two") + gzip.compress(EVENT * 50)
    assert decoded("gzip", cut(body, size)) == (b"onetwo" + EVENT * 50, True)


def test_a_body_that_is_cut_in_its_second_member_is_not_complete() -> None:
    body = gzip.compress(b"one") + gzip.compress(b"two")
    for at in range(len(gzip.compress(b"one")) + 2, len(body)):
        assert not decoded("gzip", [body[:at]])[1]
        assert not decoded("gzip", cut(body[:at], 1))[1]


@pytest.mark.parametrize("padding", [b"\0", b"\0" * 600, b"\r\n", b"junk"], ids=ascii)
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_padding_behind_the_end_is_no_part_of_the_body(coding: str, padding: bytes) -> None:
    compress = gzip.compress if coding == "gzip" else zlib.compress
    body = compress(EVENT)
    assert decoded(coding, [body + padding]) == (EVENT, True)
    assert decoded(coding, [body, padding]) == (EVENT, True)
    assert decoded(coding, cut(body + padding, 1)) == (EVENT, True)


def test_padding_that_comes_behind_the_end_of_br_is_no_part_of_the_body() -> None:
    assert decoded("br", [br(EVENT), b"\0", b"junk"]) == (EVENT, True)


# --- Corrupt input. ---


def test_what_is_not_coded_at_all_is_corrupt() -> None:
    for coding in ("gzip", "deflate", "br"):
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


def test_all_before_a_corrupt_byte_comes_out_also_behind_a_bomb() -> None:
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


# --- Bombs. ---


@pytest.mark.parametrize(("coding", "compress"), CODINGS)
def test_a_bomb_unfolds_in_pieces_of_bounded_size(coding: str, compress: Compress) -> None:
    body = compress(bytes(30 * MIB))
    tracemalloc.start()
    try:
        sizes = [len(piece) for piece in decoder(coding).decode(body)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(sizes) == 30 * MIB
    assert max(sizes) <= MIB
    assert peak < 4 * MIB


# --- Which codings there are. ---


@pytest.mark.parametrize("header", ["", " ", ",", "identity", "Identity, identity", " , identity"])
def test_a_body_without_a_coding_needs_no_decoder(header: str) -> None:
    assert decoder_for(header) is None


@pytest.mark.parametrize("header", ["GZip", " gzip ", "identity, gzip", "gzip,", ",gzip"])
def test_names_are_read_without_case_and_blanks(header: str) -> None:
    assert decoded(header, [gzip.compress(EVENT)]) == (EVENT, True)


@pytest.mark.parametrize("header", ["compress", "snappy", "gzip, aes128gcm", "gzip;q=1", "*"])
def test_a_coding_that_cannot_be_undone_is_refused_by_name(header: str) -> None:
    unknown = header.rpartition(", ")[2]
    with pytest.raises(ValueError, match=r"expected .* gzip, .* br; got ") as refused:
        decoder_for(header)
    assert str(refused.value).endswith(f"got {unknown}")


def test_more_codings_than_anyone_needs_are_refused() -> None:
    body = EVENT
    for _ in range(5):
        body = gzip.compress(body)
    assert decoded("gzip, gzip, gzip, gzip, gzip", [body]) == (EVENT, True)
    with pytest.raises(ValueError, match=r"at most 5 .* got 6 codings"):
        decoder_for(", ".join(["gzip"] * 6))


def without(monkeypatch: pytest.MonkeyPatch, *missing: str, **present: ModuleType) -> None:
    """Have modules be missing, or others in their place."""

    def find(name: str) -> ModuleType:
        if name.replace(".", "_") in present:
            return present[name.replace(".", "_")]
        if name in missing:
            raise ImportError(name)
        return import_module(name)

    monkeypatch.setattr(_coding, "import_module", find)


def test_br_is_unknown_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "brotli", "brotlicffi")
    with pytest.raises(ValueError, match=r"got br$"):
        decoder_for("br")


def test_the_other_library_for_br_serves_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "brotli", brotlicffi=brotli)
    assert decoded("br", [brotli.compress(EVENT)]) == (EVENT, True)


# zstd is in the standard library from Python 3.14 on. The stand-in has its interface, over zlib's format.


class _ZstdError(Exception):
    pass


class _ZstdDecompressor:
    def __init__(self) -> None:
        self._zlib = zlib.decompressobj()
        self._input = b""
        self.eof = False
        self.needs_input = True
        self.unused_data = b""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        assert not self.eof, "EOFError: Already at the end of a Zstandard frame."
        try:
            piece = self._zlib.decompress(self._input + data, max_length)
        except zlib.error as error:
            raise _ZstdError from error
        self._input = self._zlib.unconsumed_tail
        self.eof, self.unused_data = self._zlib.eof, self._zlib.unused_data
        self.needs_input = not self.eof and not self._input and len(piece) < max_length
        return piece


@pytest.fixture
def zstd(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = ModuleType("zstd")
    module.ZstdDecompressor, module.ZstdError = _ZstdDecompressor, _ZstdError
    without(monkeypatch, "compression.zstd", backports_zstd=module)


@pytest.mark.usefixtures("zstd")
@pytest.mark.parametrize("size", [1, 10, 1000, MIB])
def test_the_frames_of_a_zstd_body_follow_each_other(size: int) -> None:
    frames = zlib.compress(b"one") + zlib.compress(EVENT * 1000) + zlib.compress(b"")
    assert decoded("zstd", cut(frames, size)) == (b"one" + EVENT * 1000, True)
    assert not decoded("zstd", cut(frames[:-1], size))[1]


@pytest.mark.usefixtures("zstd")
def test_a_zstd_bomb_unfolds_in_pieces_of_bounded_size() -> None:
    sizes = [len(piece) for piece in decoder("zstd").decode(zlib.compress(bytes(30 * MIB)) * 2)]
    assert sum(sizes) == 60 * MIB
    assert max(sizes) <= MIB


@pytest.mark.usefixtures("zstd")
def test_a_corrupt_zstd_body_is_refused() -> None:
    assert until_corrupt("zstd", [zlib.compress(EVENT), b"data: plain\n\n"]) == EVENT


def test_zstd_is_unknown_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "compression.zstd", "backports.zstd")
    with pytest.raises(ValueError, match=r"got zstd$"):
        decoder_for("zstd")
