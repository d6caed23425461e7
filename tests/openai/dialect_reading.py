"""Dialects read with `deltas`, and what is told of a reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sse_client import SSEError
from sse_client._core.run_sync import run_sync
from sse_client.adapters.openai import ChatDelta, Completion, adeltas, deltas
from sse_client.adapters.openai.chat._reader import ChatReader
from sse_client.replies.parsing import TolerantParser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from dialects import Dialect

    from sse_client import Event

ATTRIBUTES = ("message", "code", "type", "param", "status", "raw")


@dataclass
class Reading:
    """What came of a stream."""

    deltas: list[ChatDelta] = field(default_factory=list[ChatDelta])
    completion: Completion = field(default_factory=Completion)
    outcome: str | None = None
    error: SSEError | None = None

    @property
    def told(self) -> tuple[object, ...]:
        """All of it, to be compared; of the error what it tells."""
        attributes = [getattr(self.error, name, None) for name in (*ATTRIBUTES, "partial")]
        return self.deltas, self.completion, self.outcome, type(self.error), str(self.error or ""), attributes


class Events:
    """The events of a body that arrives in pieces, and the tail, as an `EventStream` has them."""

    def __init__(self, body: bytes, size: int) -> None:
        self._parser = TolerantParser()
        self._body = body
        self._size = size

    @property
    def tail(self) -> str:
        return self._parser.tail

    async def __aiter__(self) -> AsyncIterator[Event]:
        for event in self:
            yield event

    def __iter__(self) -> Iterator[Event]:
        for start in range(0, len(self._body), self._size):
            yield from self._parser.feed(self._body[start : start + self._size])


async def awaited(dialect: Dialect, size: int) -> Reading:
    """Read with `adeltas`."""
    reading = Reading()
    try:
        async for delta in adeltas(Events(dialect.stream.encode(), size), choices=dialect.choices):
            reading.deltas.append(delta)
    except SSEError as error:
        reading.error = error
    return reading


def bare(dialect: Dialect, size: int) -> Reading:
    """Read with `deltas`; what the reader underneath says beside them comes of a second one."""
    body, reading = dialect.stream.encode(), Reading()
    try:
        for delta in deltas(Events(body, size), choices=dialect.choices):
            reading.deltas.append(delta)
    except SSEError as error:
        reading.error = error
    # Nothing suspends it: a loop for each of the thousands of readings would cost more than they do.
    assert run_sync(awaited(dialect, size)).told == reading.told
    events, reader = Events(body, size), ChatReader(dialect.choices)
    try:
        for event in events:
            reader.feed(event)
        list(reader.end(events.tail))
    except SSEError:
        if reading.error is None:  # `[DONE]` came after a whole completion that is no stream
            reader.outcome = None
            list(reader.end(events.tail))
    reading.completion, reading.outcome = reader.completion, reader.outcome
    return reading
