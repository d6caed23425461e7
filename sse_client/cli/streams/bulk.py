"""Bursts in bulk: what many whole blocks mean, without a parsed event for each.

A burst of small events costs the parser many times what it costs to copy their bytes. Where nobody needs each event,
the blocks that came together are replaced by one with the same effect on the stream: the last event ID, the
reconnection time, and whether there was an event at all. What is irregular goes to the parser as it came.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["data_lines", "digest", "in_bulk"]

_LEAST = 2048
"""Bytes of whole blocks from which on it pays; a live event is shorter."""

_ID = re.compile(rb"(?:id:.*\n)?")
_RETRY = re.compile(rb"(?:retry: ?[0-9]{1,18}\n)?")
_SHAPE = re.compile(rb"(?:(?:id|event|data):.*\n)+\n")
_FIELD = re.compile(rb"(id|event|data):.*\n")


def in_bulk(data: bytes, replace: Callable[[bytes], bytes | None]) -> bytes:
    """Return `data` with its whole blocks replaced, but for the first, whose beginning may have come before.

    Args:
        data: what was received.
        replace: returns the bytes of the blocks that stand for those it is given; None: they stay as they are.
    """
    first, last = data.find(b"\n\n") + 2, data.rfind(b"\n\n") + 2
    # CR ends lines too, and an ID with NUL is none: the parser knows.
    if last - first < _LEAST or b"\r" in data or b"\0" in data:
        return data
    replaced = replace(data[first:last])
    return data if replaced is None else data[:first] + replaced + data[last:]


def digest(blocks: bytes, data: bytes = b"") -> bytes | None:
    r"""Return one block that leaves a stream as `blocks` do; None if that is not certain.

    Args:
        blocks: whole blocks with LF line ends, and without NUL.
        data: of the event that the block is, if `blocks` have one.
    """
    # Searched from the end: where there is nothing to find, that is a sixth of the time.
    lines = b"\n" + blocks
    last_id, retry = _last_line(lines, b"id"), _last_line(lines, b"retry")
    if not _ID.fullmatch(last_id) or not _RETRY.fullmatch(retry):
        return None  # the parser knows which one counts
    has_data = b"\ndata:" in lines or b"\ndata\n" in lines
    return last_id + retry + (b"data:" + data + b"\n" if has_data else b"") + b"\n"


def _last_line(lines: bytes, start: bytes) -> bytes:
    """Return the last line that begins with `start`; empty if there is none."""
    at = lines.rfind(b"\n" + start) + 1
    return lines[at : lines.index(b"\n", at) + 1] if at else b""


def data_lines(blocks: bytes) -> bytes | None:
    """Return the data of each event in a line of its own; None unless all blocks are of one shape, in UTF-8.

    Args:
        blocks: whole blocks with LF line ends, and without NUL.
    """
    shape = _SHAPE.match(blocks)
    if shape is None:
        return None
    names = _FIELD.findall(shape[0])
    if names.count(b"data") != 1 or len(set(names)) != len(names):
        return None
    text = (_only_data(blocks) if names == [b"data"] else None) or _data_of(names, blocks)
    if text is not None and not text.isascii():
        try:
            text.decode()
        except UnicodeDecodeError:
            return None  # the parser replaces what is malformed
    return text


def _only_data(blocks: bytes) -> bytes | None:
    """Return the lines of blocks that are one line of data each, at half the time of a pattern; None of others."""
    between = b"\n\ndata: "
    if not blocks.startswith(b"data: ") or blocks.count(b"\n") != 2 * blocks.count(between) + 2:
        return None
    return blocks[len(b"data: ") : -1].replace(between, b"\n")


def _data_of(names: list[bytes], blocks: bytes) -> bytes | None:
    lines = b"".join(b"data: ?(.*\n)" if name == b"data" else name + b":.*\n" for name in names)
    found = re.findall(b"^" + lines + b"\n", blocks, re.MULTILINE)
    # Each block takes its lines from the beginning of one on: if these are all there are, there is nothing between.
    if len(found) * (len(names) + 1) != blocks.count(b"\n"):
        return None
    return b"".join(found)
