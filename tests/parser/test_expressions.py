"""The regular expressions: twice the input costs at most twice the time, whatever a server sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sse_client._patterns import portable
from sse_client.parser import _blocks
from sse_client.parser._blocks import match_block, match_deferrable, match_prefix

from .kit import ENOUGH, grows_linearly, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

# A start, a unit that is repeated, and an end.
HOSTILE = [
    pytest.param("", "data: x\n", "", id="data lines"),
    pytest.param("", "data:\n", ":\n", id="data lines before a comment"),
    pytest.param("", "data: x\n", "x\n\n", id="data lines before an unknown field"),
    pytest.param("", "data: x\nid: 1\n", "\n", id="data in many places"),
    pytest.param("data: ", "x", "", id="a line without end"),
    pytest.param("data:", " ", "", id="spaces without end"),
    pytest.param("event: ", "e", "", id="a type without end"),
    pytest.param("", "event: e\n", "", id="types"),
    pytest.param("", "id: 1\n", "", id="ids"),
    pytest.param("", "id: 1\n", "id: \0\n\n", id="ids before one with a NUL"),
    pytest.param("id: ", "1", "\0", id="a long id with a NUL"),
    pytest.param("", "event: e\nid: 1\n", "data\n\n", id="types and ids before data without a colon"),
    pytest.param("data: x\n\n", "data: x\n", "\n", id="data lines after a block"),
    pytest.param("data: x\n\n", "id:\n", ":\n", id="ids after a block"),
    pytest.param("", "data: x\n\n", "", id="blocks"),
    pytest.param("", "\n\ndata: x", "", id="blocks after blank lines"),
    pytest.param("", "id: 1\n\n", "", id="blocks without data"),
    pytest.param("", ":\n\n", "", id="comments"),
    pytest.param("", "\n", "", id="blank lines"),
    pytest.param("data: ", "\r", "\n\r\ndata: x", id="CRs in a value"),
    pytest.param("", "x", "", id="no field"),
]
memory_for_each_repetition = pytest.mark.skipif(
    portable("(?:a)*+") != "(?:a)*+", reason="this CPython needs atomic groups, whose memory grows in steps"
)
hostile = pytest.mark.parametrize(("start", "unit", "end"), HOSTILE)


def is_linear(work: Callable[[str], object], start: str, unit: str, end: str) -> bool:
    """Return whether `work` takes linear time; where it looks at a part of its input only, it takes next to none."""

    def of_size(size: int) -> Callable[[], object]:
        text = start + unit * size + end
        return lambda: work(text)

    return seconds(of_size(200_000)) < ENOUGH or grows_linearly(of_size)


def test_the_measurement_finds_quadratic_time() -> None:
    def work(text: str) -> object:
        return [text.find("y") for _ in range(0, len(text), 20)]

    # What else the machine does may hide it once: six measurements have to agree each time.
    assert any(not is_linear(work, "", "x", "") for _ in range(3))


@hostile
def test_a_prefix_is_found_in_linear_time(start: str, unit: str, end: str) -> None:
    assert is_linear(lambda text: match_prefix()(text.encode()), start, unit, end)


@hostile
@memory_for_each_repetition
def test_lines_are_deferred_in_linear_time(start: str, unit: str, end: str) -> None:
    assert is_linear(lambda text: match_deferrable()(text.encode()), start, unit, end)


@hostile
@memory_for_each_repetition
def test_a_block_is_matched_in_linear_time(start: str, unit: str, end: str) -> None:
    assert is_linear(match_block(), start, unit, end)


@hostile
@memory_for_each_repetition
def test_blocks_are_split_in_linear_time(start: str, unit: str, end: str) -> None:
    assert is_linear(lambda text: _blocks._split_blocks()(text), "\n\n" + start, unit, end)
