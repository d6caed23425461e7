"""Extracts the data lines of many whole blocks, with operations on all blocks at once.

The methods are tried in order: each needs fewer operations than the next, but fits fewer blocks. If none fits, the
blocks go to the parser.
"""

from __future__ import annotations

import re
from io import BytesIO
from itertools import repeat
from typing import NamedTuple

__all__ = ["Shown", "data_lines", "with_lf"]

_BEFORE_VALUE = re.compile(rb"(?:(?!data)[^\r\n]++\r?\n)*data: ?+")
_DATA = re.compile(rb"\ndata(?:: |:|(?=\n))(.*+)")
_LONG = 55  # bytes of a line; from here on, making an object of each line is faster than searching with a pattern
_LONGER = 100  # bytes of a line; from here on, it is also faster than searching for the text between two values
_MANY = 16 * 1024  # bytes of blocks; runs take 1 ms to prepare once, which only a long burst makes up for


class Shown(NamedTuple):
    """The output for some blocks, and their other effects.

    Attributes:
        values: the values of the data lines, each with a line feed.
        others: lines with the same effect on a stream as the blocks, except for the event.
    """

    values: bytes
    others: bytes


def data_lines(blocks: bytes) -> Shown | None:
    """Return the output lines for the events of `blocks`; None if they are not certain.

    An event's data lines are joined by line feeds, so in the output they are separate lines again, whatever the block
    looks like.

    Args:
        blocks: whole blocks that end in LF and have no CR, or end in CRLF.
    """
    end = b"\r\n\r\n" if blocks.endswith(b"\r\n") else b"\n\n"
    first = blocks.find(end) + len(end)
    height = blocks.count(b"\n", 0, first)
    crlf, long = end != b"\n\n", first >= _LONG * height
    shown = _alike(blocks, end) if crlf or first < _LONGER * height else None
    shown = shown or (_in_runs(blocks, end) if crlf or not long else None)
    if shown is None:
        lines = with_lf(blocks)
        if lines is None:
            return None
        shown = (_in_columns(lines, height) if long else None) or _by_pattern(lines)
    if not shown.values.isascii():
        try:
            shown.values.decode()
        except UnicodeDecodeError:
            return None  # the parser replaces malformed bytes
    return shown


def with_lf(blocks: bytes) -> bytes | None:
    """Return `blocks` with LF for CRLF; None if there is a bare CR, which also ends a line."""
    if b"\r" not in blocks:
        return blocks
    lines = blocks.rsplit(b"\r\n")  # and `join`: half the time of `replace`
    return None if b"\r" in b"".join(lines) else b"\n".join(lines)


def _alike(blocks: bytes, end: bytes) -> Shown | None:
    """Return the output for blocks that differ only in the value of one data line: 60 ns for a block of 120 bytes.

    Args:
        blocks: whole blocks.
        end: the end of each block.
    """
    found = _BEFORE_VALUE.match(blocks)
    if found is None:
        return None
    prefix = found[0]
    others = with_lf(prefix)
    if others is None or not blocks.startswith(prefix, blocks.find(end, len(prefix)) + len(end)):
        return None  # checking the second block first saves checking all of them
    # Searching from the end finds a separator in half the time.
    values = blocks.rsplit(end + prefix)
    values[0] = values[0][len(prefix) :]
    values[-1] = values[-1][: -len(end)]
    # All line ends between values are known, so any further one would be inside a value. Joining the values and
    # searching the result takes 10 ns a value; counting the line feeds of the text would take 40 ns.
    text = b"".join(values)
    if b"\n" in text or (len(end) > 2 and b"\r" in text) or (prefix.endswith(b":") and _may_begin_with_space(values)):
        return None
    values.append(b"")
    return Shown(b"\n".join(values), others[: others.rindex(b"data")])


def _in_runs(blocks: bytes, end: bytes) -> Shown | None:
    """Return the output for blocks of which the first ones have the same fields: 65 ns for 25 bytes, 110 for 120.

    Args:
        blocks: whole blocks.
        end: the end of each block.
    """
    if len(blocks) < _MANY:
        return None
    from sse_client.cli.streams.block_runs import data_of_run  # loaded with the first long burst

    data, stop = data_of_run(blocks, end)
    if not stop:
        return None
    # Among blocks with the same fields, the last ID is that of the last block.
    last = blocks.rfind(end, 0, stop - len(end)) + len(end)
    fields, rest = with_lf(blocks[last:stop]), with_lf(blocks[stop:])
    if fields is None or rest is None:
        return None
    return Shown(data + _by_pattern(rest).values if rest else data, fields + rest)


def _in_columns(blocks: bytes, height: int) -> Shown | None:
    """Return the output for blocks of the same layout: 170 ns for a block of 300 bytes.

    Args:
        blocks: whole blocks with LF line ends, all with equally many lines, and with data in the same ones.
        height: the number of lines of each block, the blank one included.
    """
    lines = BytesIO(blocks).readlines()  # finds line ends with `memchr`, which no variant of `split` does
    count, incomplete = divmod(len(lines), height)
    data = [place for place in range(height) if lines[place].startswith(b"data:")]
    if incomplete or not data or lines[height - 1 :: height].count(b"\n") != count:
        return None
    prefix = b"data: " if lines[data[0]].startswith(b"data: ") else b"data:"
    values = [b""] * (count * len(data))
    for number, place in enumerate(data):
        values[number :: len(data)] = map(bytes.removeprefix, lines[place::height], repeat(prefix))
    for number, place in enumerate([height - 1, *reversed(data)]):
        del lines[place :: height - number]
    text, others = b"".join(values), b"".join(lines)
    # If the lengths add up, the prefix was removed from every data line.
    if len(blocks) != len(text) + len(values) * len(prefix) + len(others) + count:
        return None
    if (b"\n" + others).rfind(b"\ndata") >= 0 or (prefix == b"data:" and _may_begin_with_space(values)):
        return None
    return Shown(text, others)


def _by_pattern(blocks: bytes) -> Shown:
    """Return the output for any blocks with LF line ends: 100 ns for a data line of 120 bytes."""
    values = _DATA.findall(b"\n" + blocks)
    values.append(b"")
    return Shown(b"\n".join(values), blocks)


def _may_begin_with_space(values: list[bytes]) -> bool:
    """Return whether one of `values` may begin with a space, which is then not part of it.

    An empty value counts, too. Finding the smallest value takes a third of the time of checking each one.
    """
    return min(values) < b"!"
