"""The streams of compatible servers, one for each way in which they differ, read in every way there is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from dialect_reading import Reading, bare
from dialect_table import DIALECTS
from dialects import Dialect, call, fragment
from test_client_kit import KEY
from test_client_kit import surroundings as surroundings

from sse_client import SSEError, StreamTruncated
from sse_client.adapters.openai import AsyncChatClient, ChatClient, ChatError
from sse_client.adapters.openai.chat._reader import ChatReader
from sse_client.replies.parsing import TolerantParser
from sse_client.testing import LAST_CHUNK, Server, chunk, head

if TYPE_CHECKING:
    from collections.abc import Iterator


ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "?"}]}


def blocking(dialect: Dialect, url: str) -> Reading:
    reading = Reading()
    with ChatClient(api_key=KEY, base_url=url, max_retries=0) as chat:
        reply = chat.stream(**ASK, n=dialect.choices)
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
        async with AsyncChatClient(api_key=KEY, base_url=url, max_retries=0) as chat:
            reply = chat.stream(**ASK, n=dialect.choices)
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


# What is revised cannot be taken back, and what comes with an error is in its `partial` alone.
ADDED_UP = [dialect for dialect in DIALECTS if "revised" not in dialect.quirk and dialect.outcome != "error"]


@pytest.mark.parametrize("dialect", each(ADDED_UP))
def test_the_deltas_of_a_dialect_add_up_to_its_completion(dialect: Dialect) -> None:
    reading = bare(dialect, len(dialect.stream.encode()) or 1)
    for choice in reading.completion.choices:
        deltas = [delta for delta in reading.deltas if delta.index == choice.index]
        for name in ("content", "reasoning", "refusal"):
            pieces = "".join(getattr(delta, name) or "" for delta in deltas)
            assert pieces == (getattr(choice.message, name) or "")
        arguments: dict[int, str] = {}
        names: dict[int, str] = {}
        for part in (part for delta in deltas for part in delta.tool_calls):
            arguments[part.index] = arguments.get(part.index, "") + (part.arguments or "")
            names[part.index] = part.name or names.get(part.index, "")
        added = [(names[index], arguments[index]) for index in sorted(arguments) if names[index]]
        assert added == [(call.name, call.arguments) for call in choice.message.tool_calls]


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
    for event in TolerantParser().feed((stream + call(fragment("]", index=0)) + call(fragment("", "h"))).encode()):
        seen += [part.index for delta in reader.feed(event) for part in delta.tool_calls]
    assert seen == [0, 1, 1, 2]
