"""Builds the bytes of responses (RFC 9112)."""

from __future__ import annotations

import importlib
import zlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from sse_client.events import Comment, Event
from sse_client.testing._steps import CLOSE, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Framing: TypeAlias = Literal["chunked", "length", "close"]
Coding: TypeAlias = Literal["gzip", "deflate", "br"]

LAST_CHUNK: Final = b"0\r\n\r\n"
"""The end of a chunked body."""


def head(
    status: int = 200,
    headers: Mapping[str, str | list[str]] | None = None,
    *,
    framing: Framing = "chunked",
    content_type: str | None = "text/event-stream",
    length: int | None = None,
    http: str = "1.1",
) -> bytes:
    """Return a status line and headers, the empty line after them included.

    The given headers replace those created here; each value of a list becomes a line. A status without a body (1xx,
    204, 304) gets no headers about one.

    Args:
        status: HTTP status code.
        headers: further headers; characters up to U+00FF.
        framing: how the body ends: with its last chunk, after `length` bytes, or with the connection.
        content_type: the content type; None leaves the header out.
        length: the Content-Length in bytes, correct or not; required with `framing="length"`.
        http: the version in the status line.

    Raises:
        ValueError: `framing` is unknown, or requires a `length` that is missing.
        TypeError: `status` is not an int.
    """
    check_status(status)
    built: list[tuple[str, str]] = []
    if status >= 200 and status not in {204, 304}:
        if content_type is not None:
            built.append(("Content-Type", content_type))
        built.append(_framing_header(framing, length))
    replaced = {name.lower() for name in headers or ()}
    fields = [(name, value) for name, value in built if name.lower() not in replaced]
    for name, given in (headers or {}).items():
        fields += [(name, value) for value in ([given] if isinstance(given, str) else given)]
    phrase = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else "Unknown"
    lines = [f"HTTP/{http} {status} {phrase}", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def check_status(status: object) -> None:
    """Refuse a status that is not a number, such as "503".

    Raises:
        TypeError: it is not an int.
    """
    if not isinstance(status, int):
        raise TypeError(f"status: expected an int, got {type(status).__name__}")


def _framing_header(framing: Framing, length: int | None) -> tuple[str, str]:
    match framing:
        case "chunked":
            return "Transfer-Encoding", "chunked"
        case "length" if length is not None:
            return "Content-Length", str(length)
        case "length":
            raise ValueError("framing 'length' needs a length")
        case "close":
            return "Connection", "close"
        case _:
            raise ValueError(f"framing must be 'chunked', 'length' or 'close', not {framing!r}")


def chunk(data: bytes) -> bytes:
    """Return one chunk of a chunked body; without data it would be the last one."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def stream(
    items: Iterable[Event | Comment | Step],
    *,
    status: int = 200,
    framing: Framing = "chunked",
    coding: Coding | None = None,
    http: str = "1.1",
    headers: Mapping[str, str | list[str]] | None = None,
) -> list[Step]:
    """Return a whole response: its head, a step for each item, and its end.

    An item is an event, a comment, bytes of the body, or another step: a `Pause` or `Wait` between two events, or
    RESET, CLOSE or STALL instead of the rest. With a `coding`, the compressor is flushed after each event, and its end
    is a further step.

    Args:
        items: what the body consists of.
        status: HTTP status code.
        framing: how the end of the body is marked: `chunked`, `length` or `close`.
        coding: the content coding of the body; None: none.
        http: the version in the status line.
        headers: further fields; they override those that this function adds. A list stands for several lines.

    Raises:
        ValueError: `framing` or `coding` is unknown.
        TypeError: `status` is not an int.
        ImportError: `coding` is `"br"` and brotli is not installed.
    """
    compressor = None if coding is None else _compressor(coding)
    steps: list[Step] = []
    for item in items:
        if not isinstance(item, (Event, Comment, bytes)):
            steps.append(item)
            continue
        piece = item if isinstance(item, bytes) else item.encode()
        if compressor is not None:
            piece = compressor.compress(piece)
        if piece:
            steps.append(piece)
    if compressor is not None:
        steps.append(compressor.finish())
    start = head(
        status,
        {**({} if coding is None else {"Content-Encoding": coding}), **(headers or {})},
        framing=framing,
        length=sum(len(step) for step in steps if isinstance(step, bytes)),
        http=http,
    )
    if framing == "chunked":
        return [start, *(chunk(step) if isinstance(step, bytes) else step for step in steps), LAST_CHUNK]
    return [start, *steps] if framing == "length" else [start, *steps, CLOSE]


class _Compressor(Protocol):
    def compress(self, data: bytes) -> bytes:
        """Return what decodes to `data`, all of it."""
        ...

    def finish(self) -> bytes:
        """Return the end of the coding."""
        ...


class _Deflate:
    def __init__(self, wbits: int) -> None:
        self._object = zlib.compressobj(wbits=wbits)

    def compress(self, data: bytes) -> bytes:
        return self._object.compress(data) + self._object.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._object.flush()


class _Brotli:
    def __init__(self) -> None:
        self._object: Any = importlib.import_module("brotli").Compressor()

    def compress(self, data: bytes) -> bytes:
        return bytes(self._object.process(data) + self._object.flush())

    def finish(self) -> bytes:
        return bytes(self._object.finish())


def _compressor(coding: Coding) -> _Compressor:
    match coding:
        case "gzip":
            return _Deflate(31)
        case "deflate":
            return _Deflate(15)
        case "br":
            return _Brotli()
        case _:
            raise ValueError(f"coding must be 'gzip', 'deflate' or 'br', not {coding!r}")


def reply(
    status: int,
    body: bytes = b"",
    headers: Mapping[str, str | list[str]] | None = None,
) -> list[Step]:
    """Return a whole response with its Content-Length, as `text/plain` unless `headers` says otherwise.

    Args:
        status: HTTP status code.
        body: the bytes of the body.
        headers: further fields; they override those that this function adds. A list stands for several lines.

    Raises:
        TypeError: `status` is not an int.
    """
    content_type = "text/plain; charset=utf-8" if body else None
    return [head(status, headers, framing="length", content_type=content_type, length=len(body)) + body]
