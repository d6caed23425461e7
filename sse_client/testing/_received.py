"""Bytes of a connection to requests (RFC 9112)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO


class Headers(Mapping[str, str]):
    """A request's headers: look-ups ignore case, duplicates are joined with `", "`, names iterate in lower case."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._values: dict[str, str] = {}
        for raw_name, raw_value in raw:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            self._values[name] = f"{self._values[name]}, {value}" if name in self._values else value

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
        path: the request's target as it came, query included.
        headers: values decoded as latin-1; `raw_headers` has the bytes, in order, one pair a line.
        body: without its chunked framing, if it had one.
        connection: which accepted connection it came on, counted from 0.
    """

    method: str
    path: str
    headers: Headers
    raw_headers: list[tuple[bytes, bytes]]
    body: bytes
    connection: int

    def json(self) -> Any:
        """Return the body decoded as JSON.

        Raises:
            ValueError: it is not JSON.
        """
        return json.loads(self.body)


class Gone(Exception):
    """The client went away: normal, and no error of the test's."""


def receive(reader: BinaryIO, connection: int) -> Received:
    """Read the next request.

    Raises:
        Gone: the connection ended first.
        ValueError: what came is not HTTP.
    """
    try:
        start = _line(reader).split(b" ")
        if len(start) != 3:
            raise ValueError(f"expected a request line, not {b' '.join(start)!r}")
        raw_headers = list(_fields(reader))
        headers = Headers(raw_headers)
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b"".join(_chunks(reader))
        else:
            body = _exactly(reader, int(headers.get("content-length", "0")))
    except OSError as error:
        raise Gone from error
    return Received(
        method=start[0].decode("latin-1"),
        path=start[1].decode("latin-1"),
        headers=headers,
        raw_headers=raw_headers,
        body=body,
        connection=connection,
    )


def _line(reader: BinaryIO) -> bytes:
    line = reader.readline()
    if not line.endswith(b"\n"):
        raise Gone
    return line.rstrip(b"\r\n")


def _fields(reader: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    while line := _line(reader):
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise ValueError(f"expected a header, not {line!r}")
        yield name, value.strip(b" \t")


def _chunks(reader: BinaryIO) -> Iterator[bytes]:
    while size := int(_line(reader).partition(b";")[0], 16):
        yield _exactly(reader, size)
        if end := _line(reader):
            raise ValueError(f"expected a chunk's end, not {end!r}")
    for _ in _fields(reader):
        pass  # trailers


def _exactly(reader: BinaryIO, size: int) -> bytes:
    data = reader.read(size)
    if len(data) < size:
        raise Gone
    return data
