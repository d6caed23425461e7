"""Bursts in bulk: the same output, and the same place in the stream, as if each event had been parsed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_client import Parser
from sse_client.cli.streams import block_runs, bulk
from sse_client.cli.streams import data_lines as lines_of
from sse_client.cli.streams.block_runs import data_of_run
from sse_client.cli.streams.bulk import digest, in_bulk, without_data
from sse_client.cli.streams.data_lines import data_lines, with_lf
from sse_client.cli.streams.plain_bulk import PlainInBulk
from sse_client.cli.streams.sinks import Plain
from sse_client.testing import CLOSE, Server, Step, chunk, head, reply, stream

from .kit import Kept, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BURST = b"".join(b'id: %d\ndata: {"n": %d}\n\n' % (n, n) for n in range(1000))
SHOWN = "".join(f'{{"n": {n}}}\n' for n in range(1000))


@pytest.fixture(autouse=True)
def small_bursts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_LEAST", 1)
    monkeypatch.setattr(block_runs, "_BLOCKS", (4, 2))
    monkeypatch.setattr(lines_of, "_MANY", 1)


def digested(data: bytes) -> bytes:
    return in_bulk(data, without_data)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def read(received: Iterator[bytes], replace: Callable[[bytes], bytes] | None, out: Kept) -> Parser:
    """Show a stream as `get` does; `replace` is what the connection does to what is received."""
    parser = Parser()
    sink = Plain(out)  # type: ignore[arg-type]  # has write
    shown: Any = sink.write
    if replace is None:
        in_bulk_sink = PlainInBulk(out)  # type: ignore[arg-type]  # has write
        replace, shown = in_bulk_sink.of(SimpleNamespace(headers={})), in_bulk_sink.write  # type: ignore[arg-type]
        assert replace is not None
    for data in received:
        events = parser.feed(replace(data))
        if events:
            shown(events)
    return parser


WORDS = """id: 1|id:2|id|id: a\0b|idx: 3|xid: 4|event: e|: note|retry: 5|retry: x|retry|retry: 7|\
data: x|data:y|data|data:  z|database: 5"""
LINES = st.sampled_from([*WORDS.encode().split(b"|"), b"data: \xc3\xa4", b"data: \xff", b"", b"", b""])
ENDS = st.sampled_from([b"\n"] * 8 + [b"\r\n", b"\r"])
IRREGULAR = st.lists(st.tuples(LINES, ENDS).map(b"".join), max_size=40).map(b"".join)
CRLF_LINES = st.lists(LINES, max_size=40).map(lambda lines: b"".join(line + b"\r\n" for line in lines))


def regular(fields: list[bytes], count: int) -> bytes:
    block = b"".join(fields) + b"\n"
    return b"".join(block.replace(b"%d", b"%d" % number) for number in range(count))


FIELDS = st.permutations([b"id: %d\n", b"data: %d\n", b"event: %d\n"])
SHAPES = st.one_of(
    FIELDS,
    st.just([b"data: %d\n"]),
    st.just([b"data:%d\n"]),
    st.just([b"id: 1\n", b"data: %d\n"]),
    st.lists(
        st.sampled_from([b"id: %d", b"data: %d", b"data:%d", b"data", b": %d", b"retry: %d", b""]), max_size=5
    ).map(lambda lines: [line + b"\n" for line in lines]),
)
REGULAR = st.builds(regular, SHAPES, st.integers(0, 30))


def flawed(data: bytes, line: bytes, at: int) -> bytes:
    """Return `data` with another line in one place."""
    lines = data.split(b"\n")
    lines[at % len(lines)] = line
    return b"\n".join(lines)


FLAWED = st.builds(flawed, REGULAR, LINES, st.integers(0, 60))
CRLF = st.one_of(CRLF_LINES, REGULAR.map(lambda data: data.replace(b"\n", b"\r\n")))


def mixed(data: bytes, end: bytes, at: int) -> bytes:
    """Return `data` with CRLF line ends, except for one."""
    lines = data.replace(b"\n", b"\r\n").splitlines(keepends=True) or [b""]
    lines[at % len(lines)] = lines[at % len(lines)].removesuffix(b"\r\n") + end
    return b"".join(lines)


MIXED = st.builds(mixed, st.one_of(REGULAR, FLAWED), st.sampled_from([b"\n", b"\r", b"\r\r\n"]), st.integers(0, 60))


@given(
    st.builds(
        bytes.__add__,
        st.sampled_from([b"", b"\xef\xbb\xbf"]),
        st.lists(st.one_of(IRREGULAR, REGULAR, FLAWED, CRLF, MIXED), max_size=4).map(b"".join),
    ),
    st.integers(1, 400),
    st.sampled_from([50, bulk._PART]),
    st.sampled_from([(0, 0), (0, 1000), (lines_of._LONG, lines_of._LONGER), (1000, 0)]),
)
def test_bursts_change_neither_the_output_nor_the_place(
    data: bytes, size: int, part: int, longs: tuple[int, int]
) -> None:
    one_by_one, plain, raw = Kept(), Kept(), Kept()
    expected = read(pieces(data, size), bytes, one_by_one)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "_PART", part)
        patch.setattr(lines_of, "_LONG", longs[0])
        patch.setattr(lines_of, "_LONGER", longs[1])
        for found in (read(pieces(data, size), None, plain), read(pieces(data, size), digested, raw)):
            assert found.last_event_id == expected.last_event_id
            assert found.reconnection_time == expected.reconnection_time
    assert plain.data == one_by_one.data
    assert bool(raw.data) == bool(one_by_one.data)


@pytest.mark.parametrize(
    ("blocks", "shown"),
    [
        pytest.param(b"data: 1\n\ndata: 2\n\n", b"1\n2\n", id="data alone"),
        pytest.param(b"data: 1\r\n\r\ndata: 2\r\n\r\n", b"1\n2\n", id="CRLF"),
        pytest.param(b"id: 1\r\ndata: 1\r\n\r\nid: 2\r\ndata: 2\r\n\r\n", b"1\n2\n", id="CRLF and ids"),
        pytest.param(b"id: 1\ndata: 1\n\nid: 2\ndata:2\n\n", b"1\n2\n", id="in columns, but for a blank"),
        pytest.param(b"id: 1\ndata:1\n\nid: 2\ndata: 2\n\n", b"1\n2\n", id="in columns, but for one blank"),
        pytest.param(b"id: 1\ndata:1\n\nid: 2\ndata:2\n\n", b"1\n2\n", id="in columns without a blank"),
        pytest.param(b"id: 1\ndata: 1\n\ndata: 2\ndata: 3\n\n", b"1\n2\n3\n", id="data among the ids"),
        pytest.param(b"data: 1\nid: 1\n\ndata: 2\nid: 2\n\n", b"1\n2\n", id="ids after the data"),
        pytest.param(b"data: 1\nid: 1\ndata: 2\n\ndata: 3\nid: 2\ndata: 4\n\n", b"1\n2\n3\n4\n", id="on both sides"),
        pytest.param(b"id: 1\ndata: 1\n\nid: 2\nevent: 2\n\n", b"1\n", id="no data among them"),
        pytest.param(
            b"id: 1\ndata: 1\n\nid: 2\ndata\nabcdef\nid: 3\ndata: 3\n\n", b"1\n\n3\n", id="as long as if in columns"
        ),
        pytest.param(b"data:1\n\ndata:2\n\n", b"1\n2\n", id="no blank after the colon"),
        pytest.param(b"data:1\n\ndata: 2\n\n", b"1\n2\n", id="a blank after one colon"),
        pytest.param(b"data:1\ndata: 2\n\ndata:1\ndata: 3\n\n", b"1\n2\n1\n3\n", id="lines alike but for the last"),
        pytest.param(b"id: 7\nevent: e\ndata: 1\n\nid: 8\nevent: f\ndata: 2\n\n", b"1\n2\n", id="id and type"),
        pytest.param(b"event: e\ndata: 1\n\nevent: e\ndata: 2\n\n", b"1\n2\n", id="one type"),
        pytest.param(b"data: 1\n\nid: 2\ndata: 2\n\n", b"1\n2\n", id="two shapes"),
        pytest.param(b"data: 1\ndata: 2\n\n", b"1\n2\n", id="data in two lines"),
        pytest.param(b"data: 1\n\nxdata: 2\n\n", b"1\n", id="another field"),
        pytest.param(b"data: 1\n\ndatabase: 2\n\n", b"1\n", id="a field that begins alike"),
        pytest.param(b"data: 1\n\n\ndata: 2\n\n", b"1\n2\n", id="a blank line more"),
        pytest.param(b"data: 1\n\ndata:\n\n", b"1\n\n", id="empty data"),
        pytest.param(b"data\n\ndata: 2\n\n", b"\n2\n", id="no colon"),
        pytest.param(b"id: 1\ndata\n\nid: 2\ndata: 2\ndata\n\n", b"\n2\n\n", id="no colon, among others"),
        pytest.param(b"data: 1\n\ndata: 2\n\n\ndata: 3\n\n", b"1\n2\n3\n", id="alike but for a blank line"),
        pytest.param(b"id: 1\n\nid: 2\n\n", b"", id="no data"),
        pytest.param(b": 1\n\n: 2\n\n", b"", id="comments"),
    ],
)
@pytest.mark.parametrize(("long", "longer"), [(0, 0), (0, 1000), (lines_of._LONG, lines_of._LONGER), (1000, 0)])
def test_data_is_lines_at_once_whatever_its_blocks_are_like(
    blocks: bytes, shown: bytes, long: int, longer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_of, "_LONG", long)
    monkeypatch.setattr(lines_of, "_LONGER", longer)
    found = data_lines(blocks)
    assert found is not None
    assert found.values == shown
    without = without_data(blocks)
    assert without is not None
    assert digest(found.others, b"" if shown else None) == without


@pytest.mark.parametrize(
    ("blocks", "others"),
    [
        pytest.param([b"id: %d", b"event: e", b"data: %d"], [b"id: %d", b"event: e"], id="data at the end"),
        pytest.param([b"data:%d", b"id: %d"], [b"id: %d"], id="data at the beginning"),
        pytest.param([b"data: %d", b"id: %d", b"data: %d"], [b"id: %d"], id="data on both sides"),
    ],
)
def test_blocks_of_one_shape_are_shown_by_column(
    blocks: list[bytes], others: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_of, "_LONG", 0)
    monkeypatch.delattr(lines_of, "_by_pattern")
    shown = data_lines(b"".join(b"\n".join(blocks).replace(b"%d", b"%d" % n) + b"\n\n" for n in range(3)))
    assert shown is not None
    lines = sum(b"data" in line for line in blocks)
    assert shown.values == b"".join(b"%d\n" % n * lines for n in range(3))
    assert shown.others == b"".join(b"\n".join(others).replace(b"%d", b"%d" % n) + b"\n" for n in range(3))


def numbered(fields: list[bytes], numbers: range, end: bytes) -> bytes:
    block = end.join([*fields, b"", b""])
    return b"".join(block.replace(b"%d", b"%d" % number) for number in numbers)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        pytest.param([b"id: %d", b"data: %d"], b"%d\n", id="an ID and data"),
        pytest.param([b"event: e", b"id:%d", b"data: a%d", b"data: b%d"], b"a%d\nb%d\n", id="two lines of data"),
        pytest.param([b"data:%d", b"id: %d"], b"%d\n", id="no space after the colon"),
        pytest.param([b"id: %d", b"data:"], b"\n", id="empty data"),
        pytest.param([b"id: %d"], b"", id="no data"),
    ],
)
def test_blocks_with_the_same_fields_are_shown_in_runs(
    fields: list[bytes], shown: bytes, end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[bytes] = []
    by_pattern = lines_of._by_pattern

    def spy(blocks: bytes) -> lines_of.Shown:
        searched.append(blocks)
        return by_pattern(blocks)

    monkeypatch.setattr(lines_of, "_by_pattern", spy)
    found = data_lines(numbered(fields, range(5), end))
    assert found is not None
    assert found.values == b"".join(shown.replace(b"%d", b"%d" % number) for number in range(5))
    assert searched == [numbered(fields, range(4, 5), b"\n")]  # less than a run
    assert digest(found.others, None) == b"id: 4\n\n".replace(b"id: ", b"id:" if b"id:%d" in fields else b"id: ")


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize(
    "other",
    [
        pytest.param(b"data: x", id="fewer fields"),
        pytest.param(b": note", id="a comment"),
        pytest.param(b"id:", id="no data"),
        pytest.param(b"data: 1\ndata: 2", id="more data"),
        pytest.param(b"id: x\ndata:  y", id="a space in the data"),
    ],
)
def test_a_run_ends_before_a_block_with_other_fields(other: bytes, end: bytes) -> None:
    regular = numbered([b"id: %d", b"data:%d"], range(4), end)
    blocks = regular + other.replace(b"\n", end) + end * 2 + regular
    assert data_of_run(blocks, end * 2) == (b"0\n1\n2\n3\n", len(regular))


@pytest.mark.parametrize("blocks", [(2,), (4,), (4, 2)])
def test_a_run_ends_where_fewer_blocks_than_a_match_are_left(
    blocks: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block_runs, "_BLOCKS", blocks)
    regular = numbered([b"id: %d", b"data: %d"], range(7), b"\n")
    count = 4 if blocks == (4,) else 6
    assert data_of_run(regular, b"\n\n") == (
        b"".join(b"%d\n" % n for n in range(count)),
        len(numbered([b"id: %d", b"data: %d"], range(count), b"\n")),
    )


@pytest.mark.parametrize(
    ("line", "stop"),
    [
        pytest.param(b"data: 4\rdata: x\r\n", 0, id="a CR in a value"),
        pytest.param(b"data: 4\r\r\n", 0, id="a CR more"),
        pytest.param(b"data: 4\n", 4, id="an LF alone"),
        pytest.param(b"data: 4\ndata: \r\r\n", 4, id="an LF alone and a CR more"),
    ],
)
def test_a_run_with_crlf_has_no_other_line_ends(line: bytes, stop: int) -> None:
    regular = numbered([b"id: %d", b"data: %d"], range(6), b"\r\n")
    assert data_of_run(regular, b"\r\n\r\n") == (b"0\n1\n2\n3\n4\n5\n", len(regular))
    flawed = regular.replace(b"data: 4\r\n", line)
    found, end = data_of_run(flawed, b"\r\n\r\n")
    assert found == b"0\n1\n2\n3\n"[: 2 * stop]
    assert end == len(numbered([b"id: %d", b"data: %d"], range(stop), b"\r\n"))


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(b"retry: 1\ndata: 1\n\n", id="another field"),
        pytest.param(b"xid: 1\ndata: 1\n\n", id="a field whose name ends alike"),
        pytest.param(b"id\ndata: 1\n\n", id="no colon"),
        pytest.param(b"data: 1\n" * 7 + b"\n", id="too many lines"),
        pytest.param(b"\n\n", id="no fields"),
    ],
)
def test_other_blocks_are_no_run(block: bytes) -> None:
    assert data_of_run(block * 4, b"\n\n") == (b"", 0)


def test_no_pattern_is_compiled_for_a_short_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = numbered([b"id: %d", b"data: %d"], range(4), b"\n")
    block_runs._run.cache_clear()
    monkeypatch.setattr(lines_of, "_MANY", len(blocks) + 1)
    assert data_lines(blocks) == (b"0\n1\n2\n3\n", blocks)
    assert block_runs._run.cache_info().misses == 0
    monkeypatch.setattr(lines_of, "_MANY", len(blocks))
    assert data_lines(blocks) == (b"0\n1\n2\n3\n", b"id: 3\ndata: 3\n\n")
    assert block_runs._run.cache_info().misses == 2  # for a match of many blocks, and for the end


@pytest.mark.parametrize("place", [b"id: 3", b"data: 3"])
def test_a_cr_alone_in_a_run_is_left_to_the_parser(place: bytes) -> None:
    blocks = numbered([b"id: %d", b"data: %d"], range(6), b"\r\n")
    assert data_lines(blocks) is not None
    assert data_lines(blocks.replace(place, place + b"\rdata: x")) is None


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_blocks_that_differ_in_their_values_are_split_at_once(end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(lines_of, "_in_columns")
    blocks = b"".join(end.join([b"event: e", b"data: %d" % n, b"", b""]) for n in range(3))
    assert data_lines(blocks) == (b"0\n1\n2\n", b"event: e\n")


def test_blocks_with_malformed_utf_8_are_left_to_the_parser() -> None:
    assert data_lines(b"data: \xff\n\n") is None


def test_blocks_with_cr_alone_are_left_to_the_parser() -> None:
    assert data_lines(b"data: 1\r\n\r\ndata: 2\rdata: 3\r\n\r\n") is None
    assert with_lf(b"data: 1\rdata: 2\r\n\r\n") is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"data: 1\r\n\r\nid: 1\r\ndata: 2\rid: 2\r\n\r\n", id="a CR alone before an ID"),
        pytest.param(b"data: 1\r\n\r\nid: 1\rdata: 2\r\n\r\n", id="a CR alone after an ID"),
        pytest.param(b"data: 1\r\n\r\ndata: 2\rretry: 2\r\n\r\n", id="a CR alone before a retry"),
        pytest.param(b"data: 1\r\n\r\nretry: 2\rdata: 2\r\n\r\n", id="a CR alone after a retry"),
        pytest.param(b"data: 1\n\nid: \0\ndata: 2\n\n", id="NUL"),
    ],
)
def test_bursts_with_uncertain_lines_are_left_as_they_are(data: bytes) -> None:
    assert digested(data) == data


@pytest.mark.parametrize(
    ("blocks", "digest"),
    [
        pytest.param(b"data: 1\rdata: 2\r\n\r\n", b"data:\n\n", id="in data"),
        pytest.param(b": note\rdata\r\n\r\n", b"data:\n\n", id="before the only data"),
        pytest.param(b"data: 1\rid: 1\r\n\r\nid: 2\r\n\r\n", b"id: 2\ndata:\n\n", id="before another ID"),
        pytest.param(b"data: 1\rretry: 1\r\nretry: 2\r\n\r\n", b"retry: 2\ndata:\n\n", id="before another retry"),
        pytest.param(b": note\rxdata: 1\r\n\r\n", b"\n", id="without data"),
    ],
)
def test_a_cr_alone_does_not_matter_elsewhere(blocks: bytes, digest: bytes) -> None:
    assert without_data(blocks) == digest


def test_a_burst_with_crlf_is_replaced_like_one_with_lf() -> None:
    crlf = BURST.replace(b"\n", b"\r\n")
    assert digested(crlf).partition(b"\r\n\r\n")[2] == digested(BURST).partition(b"\n\n")[2] == b"id: 999\ndata:\n\n"


def test_a_digest_has_the_last_id_and_the_last_retry() -> None:
    blocks = b"id: 1\nretry: 5\ndata: x\n\nretry: 6\nid: 2\n\ndata: y\n\n"
    assert without_data(blocks) == b"id: 2\nretry: 6\ndata:\n\n"
    assert without_data(b": comment\n\n") == b"\n"


def test_a_burst_is_one_event_for_the_parser() -> None:
    assert in_bulk(BURST, without_data).count(b"data") == 2  # the first event is left as it is


@pytest.mark.parametrize("form", [[], ["--raw"]])
def test_a_burst_that_is_cut_is_resumed_after_its_last_event(form: list[str]) -> None:
    cut = len(BURST) - 5
    burst: list[Step] = [head(), chunk(b"retry: 1\n\n" + BURST[:cut]), CLOSE]
    with Server(burst, stream([b"data: rest\n\n"]), reply(204)) as server:
        ran = run("get", "-q", server.url, *form)
        assert server.requests[1].headers["Last-Event-ID"] == "998"
    expected = SHOWN.rpartition("{")[0] + "rest\n"
    raw = (b"retry: 1\n\n" + BURST[:cut]).decode() + "data: rest\n\n"
    assert ran.out == (raw if form else expected)


def test_a_compressed_burst_is_shown() -> None:
    import gzip

    with Server([head(headers={"Content-Encoding": "gzip"}), chunk(gzip.compress(BURST)), b"0\r\n\r\n"]) as server:
        assert run("get", "-q", "--no-reconnect", server.url).out == SHOWN
