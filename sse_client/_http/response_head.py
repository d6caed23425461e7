"""Reads and checks the head of a response (RFC 9112 4 and 5), skipping interim responses and refusing bad lines."""

from __future__ import annotations

import re
from http.client import HTTPException, RemoteDisconnected
from typing import TYPE_CHECKING

from sse_client._patterns import portable

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["MAX_HEAD", "field_lines", "final_head", "is_interim"]

MAX_HEAD = 256 * 1024
"""Bytes of all heads before a body: of a 1xx too, of which a server may send any number."""

# RFC 9112 5: "field-line = field-name ":" OWS field-value OWS", and no blank before the colon; RFC 9110 5.6.2: token.
_FIELD_NAME = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++:"
_FIELD_LINES = re.compile(portable(rb"(?:%b[^\r\n\0]*+\r?+\n)*+" % _FIELD_NAME))
# Rare, so compiled when first needed.
_FOLD = rb"\r?\n[ \t]++"
_INTERIM = rb"HTTP/1\.[0-9] 1(?!01)[0-9]{2}(?![0-9])"


def is_interim(status_line: bytes) -> bool:
    """Return whether a response is an interim one (RFC 9110 15.2): 1xx, except 101, which is final."""
    return re.match(_INTERIM, status_line) is not None


def field_lines(lines: bytes) -> bytes:
    """Return field lines, with each field in one line; refuse lines that two readers may understand differently.

    A reader that skips a malformed line, or stops at it, may lose the framing: chunk sizes would be read as text, and
    a body that is cut off would count as complete. So such a line is an error, as in aiohttp.

    "A user agent that receives an obs-fold in a response message [...] MUST replace each received obs-fold with one or
    more SP octets prior to interpreting the field value" (RFC 9112 5.2).

    Args:
        lines: all field lines, each with its line end.

    Raises:
        ValueError: a line has no colon, a blank before it, a character that a name cannot contain, or a bare CR or NUL.
    """
    unfolded = lines
    sound = _FIELD_LINES.match(lines)
    assert sound is not None  # it may be empty
    if sound.end() < len(lines):
        unfolded = re.sub(_FOLD, b" ", lines)
        sound = _FIELD_LINES.match(unfolded)
        assert sound is not None
    if sound.end() == len(unfolded):
        return unfolded
    if not re.match(_FIELD_NAME, unfolded[sound.end() :]):
        raise ValueError("a field of the response's head is malformed: expected a name and a colon")
    raise ValueError("a field of the response's head holds a bare CR or a NUL")


def final_head(file: BinaryIO) -> tuple[bytes, list[bytes]]:
    """Return the status line of the final response, and its field lines.

    Raises:
        HTTPException: the head is malformed, or too long.
        RemoteDisconnected: the connection ended before or inside the head.
    """
    left = MAX_HEAD
    while True:
        lines: list[bytes] = []
        while not lines or lines[-1] not in {b"\r\n", b"\n"}:
            line = file.readline(left + 1)
            left -= len(line)
            if left < 0:
                raise HTTPException(f"the response's head is longer than {MAX_HEAD} bytes")
            if not line.endswith(b"\n"):
                where = "inside the response's head" if lines or line else "without a response"
                raise RemoteDisconnected(f"the connection ended {where}")
            lines.append(line)
        try:
            fields = field_lines(b"".join(lines[1:-1]))
        except ValueError as error:
            raise HTTPException(str(error)) from None
        if lines[0][9:10] != b"1" or not is_interim(lines[0]):  # nearly all begin with another digit
            return lines[0], fields.splitlines(keepends=True)
