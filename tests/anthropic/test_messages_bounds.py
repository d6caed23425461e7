"""Work and memory are in proportion to what a server sends, whatever it sends."""

from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from doubling import assert_linear, assert_linear_operations

from sse_client import Event, StreamTruncated
from sse_client.adapters.anthropic import MessagesClient, MessagesError, deltas
from sse_client.adapters.anthropic._reader import MessageReader
from sse_client.testing import LAST_CHUNK, Server, chunk, head

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 1000  # events


def about(kind: str, **fields: Any) -> Event:
    return Event(json.dumps({"type": kind, **fields}), kind)


def piece(kind: str, name: str, value: Any = "x" * 20, **where: Any) -> Event:
    return about("content_block_delta", delta={"type": kind, name: value}, **where)


MESSAGES: dict[str, Callable[[int], Event]] = {
    "blocks": lambda n: about("content_block_start", content_block={"type": "text", "text": "x"}, index=n),
    "blocks at one index": lambda n: about("content_block_start", content_block={"type": "text"}, index=0),
    "blocks without an index": lambda n: about(
        "content_block_start", content_block={"type": "tool_use", "id": f"t{n}"}
    ),
    "blocks from the last one on": lambda n: about("content_block_start", content_block={}, index=1_000_000 - n),
    "pieces of a text": lambda n: piece("text_delta", "text", index=0),
    "pieces of blocks that never begin": lambda n: piece("text_delta", "text", index=n),
    "pieces without an index": lambda n: piece("text_delta", "text"),
    "pieces of a tool's input": lambda n: piece("input_json_delta", "partial_json", index=0),
    "inputs of tools": lambda n: piece("input_json_delta", "partial_json", "{", index=n),
    "thinking": lambda n: piece("thinking_delta", "thinking", index=n % 2),
    "signatures": lambda n: piece("signature_delta", "signature", index=0),
    "citations": lambda n: piece("citations_delta", "citation", {"cited_text": "x"}, index=0),
    "summaries": lambda n: piece("compaction_delta", "content", index=0),
    "halves of characters": lambda n: piece("text_delta", "text", "\ud83d", index=n),
    "usage": lambda n: about("message_delta", delta={}, usage={"output_tokens": n}),
    "usage under other names": lambda n: about("message_delta", delta={}, usage={f"tokens{n}": n}),
    "beginnings": lambda n: about("message_start", message={"id": f"m{n}", "content": [{"type": "text", "text": "x"}]}),
    "what is unknown": lambda n: about(f"unknown{n}", x=n),
}


def feeding(make: Callable[[int], Event]) -> Callable[[int], object]:
    """Return the work of reading so many events, and of what they add up to."""
    made = list[Event]()

    def work(count: int) -> object:
        # Twice as many: none is made while the larger size is timed, and of the smaller one, the quickest run counts.
        if count > len(made):
            made.extend(map(make, range(len(made), 2 * count)))
        reader = MessageReader()
        for event in made[:count]:
            reader.feed(event)
        return reader.partial

    return work


@pytest.mark.parametrize("make", MESSAGES.values(), ids=MESSAGES)
def test_a_message_takes_time_in_proportion_to_its_events(make: Callable[[int], Event]) -> None:
    assert_linear(feeding(make), SIZE)


@pytest.mark.parametrize("make", MESSAGES.values(), ids=MESSAGES)
def test_a_message_takes_operations_in_proportion_to_its_events(make: Callable[[int], Event]) -> None:
    assert_linear_operations(feeding(make), 300)


class Tailed(list[Event]):
    """Events, and the bytes after the last blank line."""

    tail = ""


@pytest.mark.parametrize(
    "tail",
    ["{", "data: {", "data: x\n", "data\n", "\n", "<", "data: }", "event: x\ndata: {}\n", '{"a":[', "event: error\n"],
)
@pytest.mark.parametrize("end", ["", "}"])
def test_the_end_of_a_message_takes_little_memory(tail: str, end: str) -> None:
    events = Tailed()
    events.tail = tail * (4_000_000 // len(tail)) + end
    tracemalloc.start()
    try:
        with pytest.raises((StreamTruncated, MessagesError)):
            list(deltas(events))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 4 * len(events.tail)


@pytest.mark.parametrize("lines", [1, 2])
def test_a_long_event_without_its_blank_line_counts(lines: int) -> None:
    events = Tailed([about("message_start", message={"id": "m"})])
    last = piece("text_delta", "text", "x" * 1_000_000, index=0)
    events.tail = (
        f"event: {last.event}\ndata: {last.data if lines == 1 else last.data.replace(', ', f', {chr(10)}data:')}\n"
    )
    with pytest.raises(StreamTruncated) as caught:
        list(deltas(events))
    message: Any = caught.value.partial
    assert message.text == "x" * 1_000_000


@pytest.mark.parametrize("line", ["", "data: x\n", "data\n", "foo: bar\n", "data: }\n"])
def test_a_client_at_the_end_of_an_unfinished_event_takes_little_memory(line: str) -> None:
    size = 1024 * 1024
    begun = 'event: content_block_delta\ndata: {"delta":{"type":"text_delta","text":"'
    body = (line * (size // len(line)) if line else begun + "x" * size).encode()
    with Server() as server, MessagesClient(api_key="key", base_url=server.url, max_retries=0) as client:

        def read(*pieces: bytes) -> None:
            server.script([head(), *map(chunk, pieces), LAST_CHUNK])
            with pytest.raises((StreamTruncated, MessagesError)):
                list(client.stream(model="m", max_tokens=1, messages=[]))

        read(body[:20])  # what is loaded once
        tracemalloc.start()
        try:
            read(*(body[start : start + 65536] for start in range(0, len(body), 65536)))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak <= 4 * len(body)
