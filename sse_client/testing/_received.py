"""Parses requests from the bytes of a connection (RFC 9112)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import parse_qsl


class Headers(Mapping[str, str]):
    """A request's headers: lookup ignores case, duplicates are joined with `", "`, and names iterate in lower case."""

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
        ValueError: the received bytes are not HTTP.
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
        raise ClientGone from error
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
        raise ClientGone
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
        raise ClientGone
    return data
