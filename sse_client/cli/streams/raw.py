"""Passes on the bytes of a stream as received, up to the last event that is wanted."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Protocol

from sse_client import Parser
from sse_client.cli.screen.news import say
from sse_client.cli.screen.terminal import printable
from sse_client.cli.streams.bulk import in_bulk, without_data

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

__all__ = ["PrintableBytes", "RawOutput"]

_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++")


class Writer(Protocol):
    """An object to which bytes can be written."""

    def write(self, data: bytes, /) -> None:
        """Write all of `data`."""


class PrintableBytes:
    """Writes bytes as text to a terminal, with control characters escaped, so that a server cannot control it.

    Args:
        out: the output.
        encoding: the encoding of the terminal.
    """

    def __init__(self, out: Writer, encoding: str) -> None:
        self._out = out
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    def write(self, data: bytes) -> None:
        """Write the text that `data` completes."""
        self._out.write(printable(self._decoder.decode(data)).encode(self._encoding, "backslashreplace"))


class RawOutput:
    """Writes what is received.

    Args:
        out: the output.
        until: the data of the event at which to end; None: no such event.
        include_last: whether that event is written, too.
        count: how many events to write; None: all.
        bulk: whether the parsed events are not needed.
    """

    def __init__(
        self, out: Writer, *, until: str | None, count: int | None, include_last: bool = False, bulk: bool = False
    ) -> None:
        self._out = out
        self._until = until
        self._include_last = include_last
        self._left = count
        self._over = False
        self._bulk = bulk

    def of(self, response: requests.Response) -> Callable[[bytes], bytes | None]:
        """Return a receiver for the body of `response`; if events are not needed, it replaces bursts in bulk."""
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in {"", "identity"}:
            say(f"sse-client: the server compresses although it was asked not to: these bytes are {coding}")
            return self._out.write
        if self._until is None and self._left is None:
            return self._write_in_bulk if self._bulk else self._out.write
        parser = Parser()
        held = bytearray()

        def take(data: bytes) -> None:
            if self._over:
                return
            wanted = self._wanted(parser, held, data)
            if wanted:
                self._out.write(wanted)

        return take

    def _write_in_bulk(self, data: bytes) -> bytes:
        self._out.write(data)
        return in_bulk(data, without_data)

    def _wanted(self, parser: Parser, held: bytearray, data: bytes) -> bytes:
        """Return the bytes up to the last event; `held` are bytes of a block that may be the one of `until`."""
        written = bytearray()
        for line in _LINE.findall(data):
            held += line
            events = parser.feed(line)
            if any(event.data == self._until for event in events):
                self._over = True
                return bytes(written + held if self._include_last else written)
            if events and self._left is not None:
                self._left -= 1
                self._over = self._left == 0
            if self._until is None or events:
                written += held
                held.clear()
            if self._over:
                break
        return bytes(written)
