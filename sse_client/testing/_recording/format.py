"""The lines of a recording: JSON, as docs/recordings.md describes them."""

from __future__ import annotations

import base64
from typing import Annotated, Final, Literal

import msgspec

FORMAT: Final = "sse-client recording"
VERSION: Final = 1
MAX_PIECE: Final = 64 * 1024
MAX_LINE: Final = 8 * 1024 * 1024
"""Bytes. A longer line is no line of a recording: a piece of `MAX_PIECE` bytes takes six times as much at most."""

Reason = Literal["complete", "cut", "stopped"]


class RecordingError(ValueError):
    """A file is not a readable recording; the message says where the mistake is."""


class RecordingTruncated(RecordingError):
    """A recording ends before its last line, because its writer was interrupted. All earlier lines are complete."""


class RecordedRequest(msgspec.Struct, frozen=True):
    """The request of a recording.

    Attributes:
        method: the HTTP method.
        url: the URL without fragment, user and password; secret query values are `***`.
        headers: names and values, in order; secret values are `***`.
    """

    method: str = "GET"
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class RecordedResponse(msgspec.Struct, frozen=True):
    """The head of the response.

    Attributes:
        status: HTTP status code.
        headers: names and values, in order; secret values are `***`.
        decoded: the content codings that were decoded before the bytes were recorded; if any, `headers` has no
            `Content-Encoding`.
    """

    status: Annotated[int, msgspec.Meta(ge=100, le=999)]
    headers: tuple[tuple[str, str], ...] = ()
    decoded: str = ""


class RecordingEnd(msgspec.Struct, frozen=True):
    """The end of a recorded response.

    Attributes:
        end: `complete`: the body ended; `cut`: the connection broke; `stopped`: the recorder stopped reading.
        seconds: the time of the end, in seconds since the head of the response.
        error: the kind of error that ended it; empty if there was none.
    """

    end: Reason
    seconds: float
    error: str = ""


class Head(msgspec.Struct, frozen=True):
    """The first line."""

    format: str
    version: int
    recorded_at: str
    request: RecordedRequest
    response: RecordedResponse


class _Version(msgspec.Struct):
    format: str
    version: int


class _Coded(msgspec.Struct):
    base64: str


_ENCODER = msgspec.json.Encoder()
_HEAD = msgspec.json.Decoder(Head)
_VERSION = msgspec.json.Decoder(_Version)
_PIECE = msgspec.json.Decoder(tuple[float, str | _Coded])
_END = msgspec.json.Decoder(RecordingEnd)


def encoded_head(head: Head) -> bytes:
    """Return the first line."""
    return _ENCODER.encode(head) + b"\n"


def encoded_piece(seconds: float, data: bytes) -> bytes:
    """Return the line of a piece of the body: its text if it is UTF-8, else base64."""
    try:
        return _ENCODER.encode((seconds, data.decode())) + b"\n"
    except UnicodeDecodeError:
        return _ENCODER.encode((seconds, _Coded(base64.b64encode(data).decode()))) + b"\n"


def encoded_end(end: RecordingEnd) -> bytes:
    """Return the last line."""
    return _ENCODER.encode(end) + b"\n"


def decoded_head(line: bytes) -> Head:
    """Decode the first line.

    Raises:
        ValueError: the line is not a recording's first line, or is of another version.
    """
    try:
        found = _VERSION.decode(line)
    except ValueError:
        found = None
    if found is None or found.format != FORMAT:
        raise ValueError(f'its first line does not say "format": "{FORMAT}"')
    if found.version != VERSION:
        raise ValueError(f"it is of version {found.version}, and this package reads version {VERSION}")
    return _HEAD.decode(line)


def decoded_piece(line: bytes) -> tuple[float, bytes]:
    """Decode a line as a piece of the body, and the time of its arrival.

    Raises:
        ValueError: the line is not a piece.
    """
    seconds, data = _PIECE.decode(line)
    if isinstance(data, str):
        return seconds, data.encode()
    return seconds, base64.b64decode(data.base64, validate=True)


def decoded_end(line: bytes) -> RecordingEnd | None:
    """Decode the last line; return None if this is not the last line."""
    if not line.startswith(b"{"):
        return None
    try:
        return _END.decode(line)
    except ValueError:
        return None
