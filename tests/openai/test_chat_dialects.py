"""The streams of compatible servers, one for each way in which they differ, read in every way there is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from dialect_table import DIALECTS
from dialects import Dialect, call, fragment
from test_client_kit import KEY
from test_client_kit import surroundings as surroundings

from sse_client import SSEError, StreamTruncated
from sse_client.adapters.openai import AsyncChatClient, ChatClient, ChatDelta, ChatError, Completion, deltas
from sse_client.adapters.openai._parser import ChatParser
from sse_client.adapters.openai._reader import ChatReader
from sse_client.testing import LAST_CHUNK, Server, chunk, head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client import Event

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "?"}]}
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
        self._parser = ChatParser()
        self._body = body
        self._size = size

    @property
    def tail(self) -> str:
        return self._parser.tail

    def __iter__(self) -> Iterator[Event]:
        for start in range(0, len(self._body), self._size):
            yield from self._parser.feed(self._body[start : start + self._size])


def bare(dialect: Dialect, size: int) -> Reading:
    """Read with `deltas`; what the reader underneath says beside them comes of a second one."""
    body, reading = dialect.stream.encode(), Reading()
    try:
        for delta in deltas(Events(body, size), choices=dialect.choices):
            reading.deltas.append(delta)
    except SSEError as error:
        reading.error = error
    events, reader = Events(body, size), ChatReader(dialect.choices)
    try:
        for event in events:
            reader.feed(event)
        list(reader.end(events.tail))
    except SSEError:
        assert reading.error is not None
    reading.completion, reading.outcome = reader.completion, reader.outcome
    return reading


def blocking(dialect: Dialect, url: str) -> Reading:
    reading = Reading()
    with ChatClient(KEY, url, max_retries=0) as chat:
        reply = chat.stream(**ASK)
        reply._reader = ChatReader(dialect.choices)
        try:
            with reply:
                for delta in reply:
                    reading.deltas.append(delta)
        except SSEError as error:
            reading.error = error
        reading.completion, reading.outcome = reply.completion, reply.outcome
    return reading


def asynchronous(dialect: Dialect, url: str) -> Reading:
    reading = Reading()

    async def main() -> None:
        async with AsyncChatClient(KEY, url, max_retries=0) as chat:
            reply = chat.stream(**ASK)
            reply._reader = ChatReader(dialect.choices)
            try:
                async with reply:
                    async for delta in reply:
                        reading.deltas.append(delta)
            except SSEError as error:
                reading.error = error
            reading.completion, reading.outcome = reply.completion, reply.outcome

    asyncio.run(main())
    return reading


def each(dialects: list[Dialect]) -> list[Any]:
    return [pytest.param(dialect, id=dialect.quirk) for dialect in dialects]


@pytest.mark.parametrize("dialect", each(DIALECTS))
def test_a_dialect_means_this(dialect: Dialect) -> None:
    reading = bare(dialect, len(dialect.stream.encode()) or 1)
    assert (reading.completion, reading.outcome) == (dialect.completion, dialect.outcome)
    error = reading.error
    assert type(error) is {"complete": type(None), "truncated": StreamTruncated, "error": ChatError}[dialect.outcome]
    if isinstance(error, ChatError):
        assert {name: getattr(error, name) for name in dialect.error} == dialect.error
        assert error.raw in dialect.stream
        assert error.partial == dialect.completion
    if isinstance(error, StreamTruncated):
        assert {"message": str(error)} == dialect.error
        assert error.partial == dialect.completion


@pytest.mark.parametrize("dialect", each(DIALECTS))
def test_a_dialect_means_the_same_however_it_arrives(dialect: Dialect) -> None:
    whole = bare(dialect, len(dialect.stream.encode()) or 1)
    for size in (1, 7):
        assert bare(dialect, size).told == whole.told


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.mark.parametrize("dialect", each(DIALECTS))
@pytest.mark.parametrize("read", [blocking, asynchronous])
def test_a_dialect_means_the_same_to_both_clients(dialect: Dialect, read: Any, server: Server) -> None:
    body = dialect.stream.encode()
    server.script([head(content_type=dialect.content_type), *map(chunk, filter(None, [body])), LAST_CHUNK])
    assert read(dialect, server.url).told == bare(dialect, len(body) or 1).told


def test_every_quirk_has_a_name_of_its_own() -> None:
    names = [dialect.quirk for dialect in DIALECTS]
    assert sorted(names) == sorted(set(names))


def test_a_call_fragment_carries_the_index_of_its_call() -> None:
    reader, seen = ChatReader(), list[int]()
    stream = call(fragment("{}", "f", index=0, id="a")) + call(fragment("[", "g", index=0, id="b"))
    for event in ChatParser().feed((stream + call(fragment("]", index=0)) + call(fragment("", "h"))).encode()):
        seen += [part.index for delta in reader.feed(event) for part in delta.tool_calls]
    assert seen == [0, 1, 1, 2]
