"""Line ends and the byte order mark, where reads end anywhere (WHATWG HTML 9.2.5, "Parsing an event stream").

A line ends at LF, CR or CRLF. A CR at the end of a read ends its line at once: if the line were held back until the
next byte shows whether a LF follows, its event would wait for the event after it. A LF that does follow, as the first
byte of the next read, is skipped.
"""

from __future__ import annotations

__all__ = ["BOM", "CR", "LF", "blank_line", "split_lines"]

LF, CR = b"\n\r"
# "The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any."
BOM = b"\xef\xbb\xbf"


def blank_line(data: bytes) -> bytes:
    """Return the end of blocks in `data`, a line end and a blank line: both CRLF if there is any CR, else both LF.

    If a stream mixes line ends, blocks that end differently are found line by line.
    """
    return b"\r\n\r\n" if CR in data else b"\n\n"


def split_lines(data: bytes) -> tuple[list[bytes], bytes, bytes]:
    """Return the complete lines without their ends, the unfinished line, and what to skip in the next read.

    If `data` ends in CR, a LF at the beginning of the next read is skipped, because CRLF is one line end.
    """
    lines = data.splitlines()  # of bytes, not text: at LF, CR and CRLF only
    unfinished = lines.pop() if lines and not data.endswith((b"\n", b"\r")) else b""
    return lines, unfinished, b"\n" if data.endswith(b"\r") else b""
