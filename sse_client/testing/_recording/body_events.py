"""Reads the events of a body from its recorded pieces, under the limits of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client._http.content_decoding import decoder_for
from sse_client._http.inflation_limit import Inflation
from sse_client.parser import DEFAULT_MAX_EVENT_SIZE, Parser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.events import Event


class BodyEvents:
    """The events of one body: `decoded` with each piece of it, and `feed` with each result.

    Args:
        content_encoding: the codings of the pieces, as `Content-Encoding` names them.
        remedy: what to do instead, for the error of a body that inflates too far.

    Attributes:
        parser: the parser of the body.
        events: the number of events so far.
        slow: whether a step of decoding may take 30 ms; known after the first piece.

    Raises:
        ValueError: the content coding cannot be decoded.
    """

    def __init__(self, content_encoding: str, remedy: str) -> None:
        self._decoder = decoder_for(content_encoding)
        self.parser = Parser()
        self.events = 0
        self._inflation = None if self._decoder is None else Inflation(self, DEFAULT_MAX_EVENT_SIZE, remedy=remedy)

    @property
    def received(self) -> int:
        """The number of events so far."""
        return self.events

    @property
    def slow(self) -> bool:
        return self._decoder is not None and self._decoder.slow

    def decoded(self, piece: bytes, waited: float = 0.0) -> Iterator[bytes]:
        """Return what a piece decodes to, in bounded steps; exhaust the iterator before the next call.

        Args:
            piece: the bytes as they were received.
            waited: how many seconds they were waited for, if they are being recorded.

        Raises:
            ValueError: during the iteration: the piece is corrupt.
        """
        if self._decoder is None or self._inflation is None:
            return iter((piece,))
        self._inflation.add_received(len(piece), waited)
        return self._decoder.decode(piece)

    def feed(self, data: bytes, deadline: float | None = None) -> list[Event]:
        """Return the events that decoded bytes complete.

        Args:
            data: the bytes; empty if a step of decoding brought none.
            deadline: the deadline of the caller, by `time.monotonic`; if it is near, it ends the reading instead.

        Raises:
            EventTooLarge: a block is longer than a parser's default limit, or the body inflates too far.
        """
        if self._inflation is not None:
            self._inflation.add_inflated(len(data), deadline)
        events = self.parser.feed(data)
        self.events += len(events)
        return events
