"""Work and memory are in proportion to what a server sends, whatever it sends."""

# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
from __future__ import annotations

import asyncio
import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from counting import count
from doubling import assert_linear, assert_linear_operations
from test_client_kit import KEY

from sse_client import Event, SSEError, StreamTruncated
from sse_client.adapters.openai import ChatClient, ChatError
from sse_client.adapters.openai._shared.error_shapes import body_error
from sse_client.adapters.openai.aio import AsyncChatClient
from sse_client.adapters.openai.chat._reader import ChatReader
from sse_client.adapters.openai.responses._reader import ResponseReader
from sse_client.replies.parsing import undispatched
from sse_client.testing import LAST_CHUNK, Server, chunk, head

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 1000  # events


def chat(delta: Any, index: int = 0, **choice: Any) -> Event:
    return Event(json.dumps({"choices": [{"index": index, "delta": delta, **choice}]}))


def tool(arguments: str = "{}", name: str | None = "f", **fields: Any) -> Event:
    return chat({"tool_calls": [{**fields, "function": {"name": name, "arguments": arguments}}]})


def message(**fields: Any) -> Event:
    return Event(json.dumps({"choices": [{"index": 0, "message": fields}]}))


def about(kind: str, **fields: Any) -> Event:
    return Event(json.dumps({"type": f"response.{kind}", **fields}), f"response.{kind}")


def piece(**where: Any) -> Event:
    return about("output_text.delta", delta="x" * 20, **where)


def added(name: str, **where: Any) -> Event:
    return about("output_item.added", item={"type": "message", "id": name}, **where)


CHATS: dict[str, Callable[[int], Event]] = {
    "calls without an index": lambda n: tool(),
    "calls at one index with other IDs": lambda n: tool(index=0, id=f"c{n}"),
    "calls at one index without IDs": lambda n: tool(f'{{"x":{n}}}', index=0),
    "unfinished arguments with the name again": lambda n: tool('{"x":"', index=0),
    "braces inside a string of the arguments": lambda n: tool("{}" if n else '{"x":"', index=0),
    "arguments that begin anew": lambda n: tool('{"x":1', None, index=0),
    "arguments that grow": lambda n: tool('{"x":"' + "y" * (n if n < 50 else 0), None if n else "f", index=0),
    "arguments that are replaced": lambda n: tool(f'{{"x":{n}}}' if n % 2 else '{"y":', None if n else "f", index=0),
    "objects inside a string of the arguments": lambda n: tool('{"x":1}' if n else '{"x":"', index=0),
    "pieces of a name": lambda n: tool("", "ab", index=0),
    "calls with an index each": lambda n: tool("{", index=n),
    "function calls": lambda n: chat({"function_call": {"name": "f", "arguments": "{"}}),
    "choices": lambda n: chat({"content": "x"}, n),
    "parts of a content": lambda n: chat({"content": [{"type": "text", "text": "x"}] * 3}),
    "parts of a reasoning": lambda n: chat({"reasoning": [{"text": "x"}] * 3}),
    "finishes with the same text": lambda n: chat({"content": "x" * 20}, finish_reason="stop"),
    "log probabilities": lambda n: chat({"content": "x"}, logprobs={"content": [{"token": "x"}]}),
    "sound": lambda n: chat({"audio": {"data": "x", "transcript": "x"}}),
    "messages between deltas": lambda n: message(content="y") if n % 2 else chat({"content": "x" * 20}),
    "messages that are pieces": lambda n: message(content=f"x{n}"),
    "messages that grow, and are tiny": lambda n: message(content="ab" * (n + 1) if n < 2 else "a"),
    "calls that are tiny in messages that grow": lambda n: message(
        tool_calls=[{"function": {"name": "f", "arguments": '{"x":"' + "y" * (n if n < 2 else 0)}}]
    ),
    "messages with calls": lambda n: message(tool_calls=[{"id": f"c{n}", "function": {"name": "f"}}]),
    "usage": lambda n: Event(f'{{"choices":[],"usage":{{"total_tokens":{n}}}}}'),
}
RESPONSES: dict[str, Callable[[int], Event]] = {
    "items": lambda n: added(f"m{n}"),
    "items with one number": lambda n: about(
        "output_item.added", item={"type": "message", "id": f"m{n}"}, output_index=0
    ),
    "items that never begin": lambda n: piece(output_index=n),
    "parts of an item": lambda n: piece(output_index=0, content_index=n),
    "parts between the pieces of another one": lambda n: (
        about("content_part.added", part={"text": ""}, content_index=n) if n % 2 else piece(content_index=0)
    ),
    "another ID in each event": lambda n: piece(output_index=0, item_id=f"i{n}"),
    "log probabilities": lambda n: piece(output_index=0, logprobs=[{"token": "x"}]),
    "annotations": lambda n: about("output_text.annotation.added", annotation={}, output_index=0),
    "empty items between the pieces": lambda n: (
        about("output_item.done", item={"type": "message"}, output_index=0)
        if n % 2
        else piece(output_index=0, content_index=n)
    ),
    "other ends between the pieces": lambda n: (
        about("output_text.done", text="y", output_index=0) if n % 2 else piece(output_index=0)
    ),
    "arguments": lambda n: about("function_call_arguments.delta", delta="x", output_index=0),
    "calls with arguments": lambda n: about("function_call_arguments.delta", delta="{", output_index=n),
    "arguments that end again and again": lambda n: (
        about("function_call_arguments.done", arguments="{}", output_index=0, item_id="f")
        if n % 2
        else about("function_call_arguments.delta", delta="x", output_index=0, item_id="f")
    ),
    "calls that begin and end": lambda n: about(
        f"output_item.{'done' if n % 2 else 'added'}",
        item={"type": "function_call", "id": f"f{n // 2}", "call_id": f"c{n // 2}", "arguments": "{}"},
        output_index=n // 2,
    ),
    "summaries": lambda n: about("reasoning_summary_text.delta", delta="x" * 20, output_index=0, summary_index=n),
    "pieces of a summary": lambda n: about("reasoning_summary_text.delta", delta="x", output_index=0, summary_index=0),
    "parts of a summary": lambda n: about(
        f"reasoning_summary_part.{'done' if n % 2 else 'added'}",
        part={"type": "summary_text", "text": "x"},
        output_index=0,
        summary_index=n // 2,
    ),
    "items of reasoning": lambda n: about("reasoning_text.delta", delta="x", output_index=n, content_index=0),
    "parts that begin and end": lambda n: about(
        f"content_part.{'done' if n % 2 else 'added'}",
        part={"type": "output_text", "text": "x"},
        output_index=0,
        content_index=n // 2,
    ),
    "searches": lambda n: about("web_search_call.searching", output_index=n, item_id=f"w{n}"),
}


def feeding(make: Callable[[int], Event], new_reader: Callable[[], Any]) -> Callable[[int], object]:
    """Return the work of reading so many events, and of what they add up to."""
    made = list[Event]()

    def work(count: int) -> object:
        # Twice as many: none is made while the larger size is timed, and of the smaller one, the quickest run counts.
        if count > len(made):
            made.extend(map(make, range(len(made), 2 * count)))
        reader = new_reader()
        for event in made[:count]:
            reader.feed(event)
        return reader.partial

    return work


@pytest.mark.parametrize("make", CHATS.values(), ids=CHATS)
def test_a_chat_takes_time_in_proportion_to_its_chunks(make: Callable[[int], Event]) -> None:
    assert_linear(feeding(make, ChatReader), SIZE)


@pytest.mark.parametrize("make", CHATS.values(), ids=CHATS)
def test_a_chat_takes_operations_in_proportion_to_its_chunks(make: Callable[[int], Event]) -> None:
    assert_linear_operations(feeding(make, ChatReader), 300)


@pytest.mark.parametrize("make", RESPONSES.values(), ids=RESPONSES)
def test_a_response_takes_operations_in_proportion_to_its_events(make: Callable[[int], Event]) -> None:
    assert_linear_operations(feeding(make, ResponseReader), 300)


@pytest.mark.parametrize("choices", [1, 4])
def test_a_chat_takes_time_in_proportion_to_its_choices(choices: int) -> None:
    assert_linear(feeding(lambda number: chat({"content": "x"}, number), lambda: ChatReader(choices)), SIZE)


@pytest.mark.parametrize("make", RESPONSES.values(), ids=RESPONSES)
def test_a_response_takes_time_in_proportion_to_its_events(make: Callable[[int], Event]) -> None:
    assert_linear(feeding(make, ResponseReader), SIZE)


@pytest.mark.parametrize(
    "piece",
    ["<", "<title", "<title>", "<script", "<script>", "<style></", "<a>", "< ", "\n", "&", "</", "<!--", "<html><"],
)
def test_a_page_that_answers_a_chat_takes_time_in_proportion_to_its_size(piece: str) -> None:
    def work(size: int) -> object:
        return str(body_error("<html>" + piece * size, 200))

    assert_linear(work, 100_000)
    assert len(str(body_error("<html>" + piece * 1_000_000, 200))) <= 200


@pytest.mark.parametrize(
    "tail",
    ["data: {", "data: x\n", "data\n", "id: 7\n", '{"a":', "\n", "<", "data: }", "event: x\ndata: {}\n", "error: x\n"],
)
def test_a_tail_takes_time_in_proportion_to_its_size(tail: str) -> None:
    assert_linear(lambda size: undispatched(tail * size), 20_000)


TEXTS = [
    pytest.param("abcdefgh", id="ASCII"),
    pytest.param("\N{GRINNING FACE}abcd", id="characters of four bytes"),
    pytest.param("\u6f22\u5b57", id="characters of three bytes"),
    pytest.param('\\n\\"', id="escapes"),
]
BEGUN = 'data: {"choices":[{"index":0,"delta":{"content":"'
RECEIVED = 1024 * 1024  # bytes


def blocking(url: str) -> SSEError | None:
    with ChatClient(api_key=KEY, base_url=url, max_retries=0) as client:
        reply = client.stream(model="m", messages=[])
        try:
            for _ in reply:
                pass
        except SSEError as error:
            return error
        return None


def asynchronous(url: str) -> SSEError | None:
    async def main() -> SSEError | None:
        async with AsyncChatClient(api_key=KEY, base_url=url, max_retries=0) as client:
            reply = client.stream(model="m", messages=[])
            try:
                async for _ in reply:
                    pass
            except SSEError as error:
                return error
            return None

    return asyncio.run(main())


def peak(body: bytes, read: Callable[[str], SSEError | None]) -> tuple[float, SSEError | None]:
    """Return the most memory that reading a chat took, in times its body, and the error that it ended with."""
    pieces = [body[start : start + 65536] for start in range(0, len(body), 65536)]
    with Server() as server:
        server.script([head(), chunk(BEGUN.encode()[:10]), LAST_CHUNK])
        read(server.url)  # what is loaded once
        server.script([head(), *map(chunk, pieces), LAST_CHUNK])
        tracemalloc.start()
        try:
            error = read(server.url)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    return most / len(body), error


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("read", [blocking, asynchronous])
def test_the_end_in_an_unfinished_event_takes_little_memory(text: str, read: Any) -> None:
    times, error = peak((BEGUN + text * (RECEIVED // len(text.encode()))).encode(), read)
    assert isinstance(error, StreamTruncated)
    assert times < 4


@pytest.mark.parametrize("line", ["data: x\n", "data\n", "id: 7\n", "foo: bar\n", "data: }\n"])
@pytest.mark.parametrize("read", [blocking, asynchronous])
def test_the_end_in_an_event_of_many_lines_takes_little_memory(line: str, read: Any) -> None:
    # Long enough that what one read takes while it is split does not count.
    times, error = peak((line * (RECEIVED // len(line))).encode(), read)
    assert isinstance(error, (StreamTruncated, ChatError))
    assert times < 4


@pytest.mark.parametrize("read", [blocking, asynchronous])
def test_a_long_event_without_its_blank_line_takes_little_memory(read: Any) -> None:
    times, error = peak((BEGUN + "x" * RECEIVED + '"},"finish_reason":"stop"}]}').encode(), read)
    assert error is None
    assert times < 4


@pytest.mark.parametrize(
    "data",
    [
        "{}",
        '{"usage":{}}',
        '{"usage":{"input_tokens":1}}',
        '{"choices":[{}]}',
        '{"choices":[1]}',
        f'{{"choices":[{"1," * 200}1]}}',
        f'{{"choices":[{"{}," * 200}1]}}',
        '{"x_groq":1}',
        '{"msg":"a"}',
    ],
    ids=lambda data: data[:20],
)
def test_an_irregular_chunk_takes_few_operations_for_each_byte(data: str) -> None:
    """About 200 operations a byte are a second for each MiB."""
    reader = ChatReader()
    event = Event(data)
    reader.feed(event)  # imports what an irregular chunk needs
    size = len(f"data:{data}\n\n")
    assert count(lambda: [reader.feed(event) for _ in range(20)]) < 200 * 20 * size


def test_choices_that_are_no_objects_are_left_out() -> None:
    reader = ChatReader()
    assert not reader.feed(Event('{"choices":[1,null,"a"]}'))
    (delta,) = reader.feed(Event('{"choices":[1,{"delta":{"content":"a"}}]}'))
    assert (delta.content, delta.index) == ("a", 0)
