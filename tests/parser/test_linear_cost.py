"""Linear time and bounded memory: copies show in the allocator, repeated work in the ratio of two CPU times."""

from __future__ import annotations

import gc
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from memory import held_after

from sse_client.errors import EventTooLarge
from sse_client.events import Event
from sse_client.parser import Parser

from .kit import BOM, MIB, cut, feed_all, grows_linearly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def allocated(parser: Parser, piece: bytes, times: int) -> int:
    """Return the bytes that the reads allocate, one after the other, copies included."""
    total = 0
    tracemalloc.start()
    try:
        for _ in range(times):
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            parser.feed(piece)
            _, peak = tracemalloc.get_traced_memory()
            total += peak - before
    finally:
        tracemalloc.stop()
    return total


@pytest.mark.parametrize(
    "start", [b"data: ", b"event: e\r\ndata:", b"data: 1\n\ndata: 2", b": ", BOM + b"data: a\rdata: "]
)
def test_copies_are_linear_in_the_length_of_a_line(start: bytes) -> None:
    costs: list[int] = []
    for times in (1024, 8192):
        parser = Parser()
        parser.feed(start)
        costs.append(allocated(parser, b"x" * 256, times))
    assert costs[1] < 12 * max(costs[0], 256 * 1024)


def test_copies_are_linear_in_the_number_of_lines() -> None:
    costs = [allocated(Parser(), b"data: " + b"x" * 100 + b"\n", times) for times in (1000, 8000)]
    assert costs[1] < 12 * costs[0]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("start", [b"data: ", b"id: 1\ndata:", b"id: 1\r\n\r\ndata: "])
def test_a_line_of_32_mib_comes_in_64_byte_pieces(start: bytes) -> None:
    # Eight terabytes, if each piece made the parser copy, or read again, what came before it.
    piece = b"x" * 64
    parser = Parser()
    parser.feed(start)
    for _ in range(32 * MIB // len(piece)):
        parser.feed(piece)
    [event] = parser.feed(b"\n\n")
    assert len(event.data) == 32 * MIB


@pytest.mark.timeout(30)
def test_a_block_of_100_000_lines_comes_line_by_line() -> None:
    line = b"data: " + b"x" * 40 + b"\n"
    parser = Parser()
    for _ in range(100_000):
        parser.feed(line)
    [event] = parser.feed(b"\n")
    assert len(event.data) == 100_000 * 41 - 1


def memory(parser: Parser, read: bytes, times: int) -> tuple[int, int]:
    """Return the events found, and the peak of memory in bytes."""
    found = 0
    tracemalloc.start()
    try:
        for _ in range(times):
            found += len(parser.feed(read))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return found, peak


def test_a_million_events_take_constant_memory() -> None:
    found, peak = memory(Parser(), b"data: x\n\n" * 1000, 1000)
    assert found == 1_000_000
    assert peak < MIB


@pytest.mark.parametrize(
    "read",
    [
        b"event: e\nid: 1\ndata: x\ndata: y\n\n",
        b"data: x\r\n\r\n",
        b": heartbeat\r",
        b"id: 1\n\n",
        b"retry: 1\n\n",
        b"unknown: field\n",
        b"\r",
        b"\n",
        b"\xff\n",
    ],
)
def test_endless_reads_take_constant_memory(read: bytes) -> None:
    _, peak = memory(Parser(), read, 5_000)
    assert peak < 16 * 1024


@pytest.mark.timeout(10)
def test_a_long_unfinished_line_is_refused_in_linear_time() -> None:
    parser = Parser(max_event_size=100)
    assert parser.feed(b"data: 1\n\ndata: " + b"x" * 4_000_000) == [Event(data="1")]
    with pytest.raises(EventTooLarge):
        parser.feed(b"")


@pytest.mark.parametrize("size", [1, 3, 64, 1024])  # copies of larger ones are counted above
@pytest.mark.parametrize(
    "unit",
    [
        pytest.param(b"x", id="no line end"),
        pytest.param(b"data: x\n", id="data lines"),
        pytest.param(b"data:\r\n", id="empty data lines, CRLF"),
        pytest.param(b"id\r", id="CR only"),
        pytest.param(b"id:\n", id="ids"),
        pytest.param(b"\n", id="blank lines"),
        pytest.param(b": x\n\n", id="comments"),
        pytest.param(b"data: x\n\n", id="events"),
        pytest.param(b"data: x\n\nid: 1\ndata: x\n\n", id="events with an id, and without, in turns"),
        pytest.param(b"data: x\n\nx\n\n", id="blocks that match, and do not, in turns"),
        pytest.param(b"data: x\n\ndata: y\r\n\r\ndata: z\r\r", id="line ends in turns"),
        pytest.param(b"event: e\ndata: \xff\n\n", id="malformed bytes"),
        pytest.param(b"retry: 5\n", id="reconnection times"),
    ],
)
def test_time_is_linear_in_the_length_of_a_stream(unit: bytes, size: int) -> None:
    def work(times: int) -> Callable[[], object]:
        pieces = cut(unit * times, size)
        return lambda: feed_all(Parser(max_event_size=None), pieces)

    assert grows_linearly(work)


def test_deferred_lines_take_bounded_memory() -> None:
    parser = Parser(max_event_size=None)
    parser.feed(b"id: 1\nevent: " + b"x" * 1000 + b"\n")  # what is made once is made

    def work() -> None:
        for _ in range(1000):
            assert parser.feed(b"event: " + b"x" * 1000 + b"\n") == []

    assert held_after(work) < 16 * 1024
    assert parser.feed(b"data: x\n\n") == [Event("x", "x" * 1000, "1")]


def held_texts() -> Iterator[bytes]:
    """Yield all text that any object of this process refers to, as UTF-8."""
    gc.unfreeze()  # conftest.py hides from the collector what was there before the tests
    holders: list[object] = [*gc.get_objects()]
    gc.freeze()
    seen: set[int] = set()
    while holders:
        for held in gc.get_referents(holders.pop()):
            if isinstance(held, bytes):
                yield held
            elif isinstance(held, str):
                yield held.encode("utf-8", "replace")
            elif not gc.is_tracked(held) and id(held) not in seen:
                seen.add(id(held))
                holders.append(held)


def test_nothing_of_a_stream_outlives_its_parser() -> None:
    secret = "".join(["se", "cret"]) * 10  # made here: a constant would be held by this module

    def read(number: int) -> None:
        name = f"{secret}{number}".encode()
        for end in (b"\n", b"\r\n", b"\r"):
            stream = b""
            for line in (
                b"event: " + name,
                b"id: " + name,
                name + b": x",
                b": " + name,
                b"data: " + name,
                b"data:" + name,
            ):
                block = line + end + b"data: x" + end + end
                stream += block + block + line + end
            for size in (7, 64, 1000, len(stream)):
                feed_all(Parser(comments=True), cut(stream, size))

    def work() -> None:
        for number in range(100):
            read(number)

    read(0)
    assert held_after(work) < 16 * 1024
    own = secret.encode()
    assert {text for text in held_texts() if own in text} == {own}
