"""Parses requests from the bytes of a connection (RFC 9112)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Final
from urllib.parse import parse_qsl

_MAX_HEAD: Final = 256 * 1024  # bytes, also of trailers
_MAX_CHUNK_LINE: Final = 64 * 1024  # bytes
_PIECE: Final = 1024 * 1024  # bytes that are read at once; more would be allocated before they arrive


class Headers(Mapping[str, str]):
    """A request's headers: lookup ignores case, duplicates are joined with `", "`, and names iterate in lower case."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        values: dict[str, list[str]] = {}
        for name, value in raw:
            values.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        self._values = {name: ", ".join(each) for name, each in values.items()}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({self._values!r})"


@dataclass(frozen=True, slots=True)
class Received:
    """A request that the server has read to its end.

    Attributes:
        method: the request's method as received.
        path: the request's target as received, query included.
        headers: values decoded as Latin-1; `raw_headers` has the bytes, a pair for each line, in order.
        body: the body, without chunked framing.
        connection: the number of its connection, from 0.
    """

    method: str
    path: str
    headers: Headers
    raw_headers: list[tuple[bytes, bytes]]
    body: bytes
    connection: int

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters, decoded; the last of those with the same name."""
        return dict(parse_qsl(self.path.partition("?")[2], keep_blank_values=True))

    @property
    def last_event_id(self) -> str | None:
        """The Last-Event-ID header, which is UTF-8; None if there is none."""
        value = self.headers.get("last-event-id")
        return None if value is None else value.encode("latin-1").decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body decoded as JSON.

        Raises:
            ValueError: the body is not JSON.
        """
        return json.loads(self.body)


class ClientGone(Exception):
    """The client closed the connection, which is not an error of the test."""


def receive(reader: BinaryIO, connection: int) -> Received:
    """Read the next request.

    Raises:
        ClientGone: the connection ended first.
        ValueError: the received bytes are not HTTP, or the head or trailers are longer than 256 KiB.
    """
    try:
        lines = _lines(reader)
        start = next(lines, b"").split(b" ")
        if len(start) != 3:
            raise ValueError(f"expected a request line, not {b' '.join(start)!r}")
        raw_headers = list(map(_field, lines))
        headers = Headers(raw_headers)
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b"".join(_chunks(reader))
        else:
            body = _exactly(reader, _size(int(headers.get("content-length", "0"))))
    except OSError as error:
        raise ClientGone from error
    return Received(
        method=start[0].decode("latin-1"),
        path=start[1].decode("latin-1"),
        headers=headers,
        raw_headers=raw_headers,
        body=body,
        connection=connection,
    )


def _line(reader: BinaryIO, most: int) -> bytes:
    line = reader.readline(most + 1)
    if len(line) > most:
        raise ValueError(f"expected a line of at most {most} bytes, got more")
    if not line.endswith(b"\n"):
        raise ClientGone
    return line


def _lines(reader: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a head, or of trailers."""
    left = _MAX_HEAD
    while True:
        line = _line(reader, left)
        left -= len(line)
        line = line.rstrip(b"\r\n")
        if not line:
            return
        yield line


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not name or name != name.strip():
        raise ValueError(f"expected a header, not {line!r}")
    return name, value.strip(b" \t")


def _chunks(reader: BinaryIO) -> Iterator[bytes]:
    while size := _size(int(_line(reader, _MAX_CHUNK_LINE).partition(b";")[0], 16)):
        yield _exactly(reader, size)
        if end := _line(reader, _MAX_CHUNK_LINE).rstrip(b"\r\n"):
            raise ValueError(f"expected a chunk's end, not {end!r}")
    for line in _lines(reader):
        _field(line)  # trailers


def _size(size: int) -> int:
    if size < 0:
        raise ValueError(f"expected a size of 0 or more, not {size}")
    return size


def _exactly(reader: BinaryIO, size: int) -> bytes:
    pieces: list[bytes] = []
    while size:
        piece = reader.read(min(size, _PIECE))
        if not piece:
            raise ClientGone
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
