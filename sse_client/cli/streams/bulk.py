"""Reads a burst of whole blocks at once, without parsing an event for each.

Parsing a burst of small events costs many times more than copying its bytes. If the caller does not need each event,
the blocks that arrived together are replaced by one block with the same effect on the stream: the last event ID, the
reconnection time, and whether there was an event. Irregular blocks go to the parser unchanged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sse_client.cli.streams.data_lines import with_lf

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["digest", "in_bulk", "without_data"]

_LEAST = 2048
"""Bytes of whole blocks from which on it pays; a live event is shorter."""

_PART = 64 * 1024
"""Bytes that are replaced at once. The objects that are made of four times as much fill whole arenas of Python's
allocator, which are given back to the system and taken again with each read: at twice the time in all."""

_DATA = b"data:", b"data\n", b"data\r"  # beginnings of a line with data
_ID = re.compile(rb"(?:id:.*\n)?")
_RETRY = re.compile(rb"(?:retry: ?[0-9]{1,18}\n)?")


def in_bulk(data: bytes, replace: Callable[[bytes], bytes | None]) -> bytes:
    """Return `data` with its whole blocks replaced, except the first, which may have begun in an earlier read.

    Args:
        data: the received bytes.
        replace: returns blocks to replace the given ones, or None to keep these.
    """
    end = b"\r\n\r\n" if b"\r" in data else b"\n\n"
    start, last = data.find(end) + len(end), data.rfind(end) + len(end)
    if last - start < _LEAST:
        return data
    pieces = [data[:start]]
    while start < last:
        found = last if last - start <= _PART else data.rfind(end, start, start + _PART) + len(end)
        stop = found if found > start else last  # inside a longer block
        blocks = data[start:stop]
        replaced = replace(blocks)
        pieces.append(blocks if replaced is None else replaced)
        start = stop
    pieces.append(data[last:])
    return b"".join(pieces)


def without_data(blocks: bytes) -> bytes | None:
    """Return a block without text that has the same effect on a stream as `blocks`; None if that is not certain.

    Args:
        blocks: whole blocks.
    """
    has_data = blocks.startswith(_DATA) or any(end + data in blocks for end in (b"\n", b"\r") for data in _DATA)
    return digest(blocks, b"" if has_data else None)


def digest(lines: bytes, data: bytes | None) -> bytes | None:
    """Return a block that has the same effect on a stream as blocks with `lines`; None if that is not certain.

    Args:
        lines: all lines that set the last event ID or the reconnection time, with any line ends.
        data: the data of the block's event; None for a block without an event.
    """
    event = b"\n" if data is None else b"data:" + data + b"\n\n"
    if not lines:
        return event
    last_id = _last_line(lines, b"id")
    retry = _last_line(lines, b"retry") if lines.rfind(b"retry") >= 0 else b""
    # An ID with a NUL does not count.
    if last_id is None or retry is None or b"\0" in lines or not _ID.fullmatch(last_id) or not _RETRY.fullmatch(retry):
        return None  # the parser decides which one counts
    return last_id + retry + event


def _last_line(lines: bytes, start: bytes) -> bytes | None:
    """Return the last line that begins with `start`, with LF; empty if there is none.

    Return None if a CR alone begins or ends that line.
    """
    # Searched from the end, which takes a sixth of the time if there is nothing to find.
    at = lines.rfind(b"\n" + start) + 1
    if b"\r" in lines and lines.rfind(b"\r" + start, at) >= 0:
        return None
    return with_lf(lines[at : lines.index(b"\n", at) + 1]) if at or lines.startswith(start) else b""
