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
_DATA = re.compile(rb"\ndata(?:: |:|(?=\n))(.*+)")


def in_bulk(data: bytes, replace: Callable[[bytes], bytes | None]) -> bytes:
    """Return `data` with its whole blocks replaced, but for the first, whose beginning may have come before.

    Args:
        data: what was received.
        replace: returns the bytes of the blocks that stand for those it is given; None: they stay as they are.
    """
    end = b"\r\n\r\n" if b"\r" in data else b"\n\n"
    first, last = data.find(end) + len(end), data.rfind(end) + len(end)
    if last - first < _LEAST:
        return data
    blocks = data[first:last]
    if b"\r" in data:
        blocks = blocks.replace(b"\r\n", b"\n")
    # A CR alone ends lines too, and an ID with NUL is none: the parser knows.
    if b"\r" in blocks or b"\0" in blocks:
        return data
    replaced = replace(blocks)
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


def data_lines(blocks: bytes) -> tuple[bytes, bytes] | None:
    """Return the data of each event with a line feed, and blocks with the digest of these; None if that is not certain.

    Args:
        blocks: whole blocks with LF line ends, and without NUL.
    """
    alike = _alike(blocks)
    if alike is None:
        # An event's lines of data are joined by line feeds: shown, they are lines again, whatever its block is like.
        found = _DATA.findall(b"\n" + blocks)
        found.append(b"")
        alike = b"\n".join(found), blocks
    if not alike[0].isascii():
        try:
            alike[0].decode()
        except UnicodeDecodeError:
            return None  # the parser replaces what is malformed
    return alike


def _alike(blocks: bytes) -> tuple[bytes, bytes] | None:
    """Do what `data_lines` does for blocks that differ in one line of data each, at a third of a pattern's time."""
    lines = b"\n" + blocks
    at = lines.find(b"\ndata")
    start = at + len(b"data: ")
    if at < 0 or blocks[at:start] != b"data: ":
        return None
    if not blocks.startswith(blocks[:start], blocks.find(b"\n\n", start) + 2):
        return None  # a look at the second block spares one at all
    # From the end, a separator is found in half the time.
    values = blocks[start:-2].rsplit(b"\n\n" + blocks[:start])
    # All lines between two values are known; one more would be in a value. To join them once more and search that costs
    # 18 ns a value; to count the line feeds of the text, 49 ns a chat chunk, and 7 ns a value of 9 bytes.
    if b"\n" in b"".join(values):
        return None
    values.append(b"")
    return b"\n".join(values), blocks[:start] + b"\n\n"
