"""A chat stream under another content type is read as the stream that it is, in both clients."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from both_clients import ASK, Chat
from both_clients import chat as chat
from both_clients import naps as naps
from test_client_kit import DONE, HANGS, KEY, background, event, piece
from test_client_kit import surroundings as surroundings

from sse_client import ConnectionFailed, DeadlineExceeded, EventTooLarge, IdleTimeout, StreamTruncated, Timeout
from sse_client.adapters.openai import AsyncChatClient, ChatClient, ChatError
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Pause, Server, Wait, chunk, head, reply

if TYPE_CHECKING:
    from sse_client.testing import Step

STREAM = piece("Hel") + piece("lo") + piece(None, "stop") + DONE
WHOLE = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]}
HELLO = ("Hello", "complete", None)
TYPES = ["application/json", "text/html; charset=utf-8", "application/octet-stream", "nonsense"]
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html"}


def named(content_type: str, *pieces: bytes, end: bytes | Step = LAST_CHUNK) -> list[Step]:
    return [head(content_type=content_type), *map(chunk, pieces), end]


@pytest.mark.parametrize("content_type", TYPES)
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_stream_is_one_under_any_content_type(chat: Chat, content_type: str, framing: Any) -> None:
    start = head(content_type=content_type, framing=framing, length=len(STREAM))
    body = [chunk(STREAM), LAST_CHUNK] if framing == "chunked" else [STREAM]
    with Server([start, *body, *([CLOSE] if framing == "close" else [])]) as server:
        assert chat.ask(server.url).end == HELLO


@pytest.mark.parametrize(
    "before", [b"", b"\xef\xbb\xbf", b"\n\n", b": ping\n\n", b"event: x\n", b"id: 1\n", b"retry: 9\n\n"]
)
def test_every_split_of_the_first_bytes_is_read_alike(chat: Chat, before: bytes) -> None:
    body = before + STREAM
    scripts = [named("application/json", body[:at], body[at:]) for at in range(1, len(before) + 8)]
    with Server(*scripts) as server:
        assert {came.end for came in chat.ask_all(server.url, times=len(scripts))} == {HELLO}
        assert server.connections == 1


def test_a_stream_a_byte_at_a_time(chat: Chat) -> None:
    with Server(named("text/html", *(STREAM[at : at + 1] for at in range(len(STREAM))))) as server:
        assert chat.ask(server.url).end == HELLO


def in_two(seen: threading.Event) -> list[Step]:
    """Return a stream whose second half is sent when the first one has been seen."""
    return [head(headers=JSON), chunk(piece("Hel")), Wait(seen), chunk(piece("lo", "stop") + DONE), LAST_CHUNK]


def test_the_first_delta_comes_when_it_arrives() -> None:
    seen = threading.Event()
    script: list[Step] = [
        head(headers=JSON),
        chunk(piece("Hel")),
        Wait(seen),
        chunk(piece("lo", "stop") + DONE),
        LAST_CHUNK,
    ]
    with Server(script) as server, ChatClient(api_key=KEY, base_url=server.url) as client:
        text = client.stream(**ASK).text()
        assert next(text) == "Hel"
        seen.set()
        assert list(text) == ["lo"]


def test_the_first_delta_comes_when_it_arrives_in_asyncio() -> None:
    seen = threading.Event()
    script: list[Step] = [
        head(headers=JSON),
        chunk(piece("Hel")),
        Wait(seen),
        chunk(piece("lo", "stop") + DONE),
        LAST_CHUNK,
    ]

    async def main() -> None:
        async with AsyncChatClient(api_key=KEY, base_url=server.url) as client:
            text = client.stream(**ASK).text()
            assert await anext(text) == "Hel"
            seen.set()
            assert [each async for each in text] == ["lo"]

    with Server(script) as server:
        asyncio.run(main())


# What is no stream.


@pytest.mark.parametrize("before", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_json_that_is_a_whole_completion_is_the_answer(chat: Chat, before: bytes) -> None:
    with Server(reply(200, before + json.dumps(WHOLE, indent=1).encode(), JSON)) as server:
        assert chat.ask(server.url).end == HELLO


@pytest.mark.parametrize(
    "end", [b"\n\ndata: [DONE]\n\n", b"\ndata:[DONE]", b"\n[DONE]\n", b'\r\n\r\ndata: "[DONE]"\r\n']
)
@pytest.mark.parametrize("headers", [JSON, HTML, {"Content-Type": "text/event-stream"}, {"Content-Type": "text/plain"}])
def test_a_whole_completion_may_have_done_behind_it(chat: Chat, headers: dict[str, str], end: bytes) -> None:
    with Server(reply(200, json.dumps(WHOLE, indent=1).encode() + end, headers)) as server:
        assert chat.ask(server.url).end == HELLO


def test_a_text_that_ends_like_it_is_no_answer(chat: Chat) -> None:
    with Server(reply(200, b"Sorry\n[DONE]", HTML), reply(200, b"data\n[DONE]", JSON)) as server:
        assert {type(came.error) for came in chat.ask_all(server.url, times=2)} == {ChatError}


def test_json_that_is_an_error_is_the_servers(chat: Chat) -> None:
    with Server(reply(200, json.dumps({"error": {"message": "no such model"}}).encode(), JSON)) as server:
        error = chat.ask(server.url).error
    assert isinstance(error, ChatError)
    assert "no such model" in str(error)


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><p>Sorry</p>", b"  \n<html>Sorry", b"date: Sorry", b"Sorry"])
def test_a_page_is_an_error_that_shows_it(chat: Chat, page: bytes) -> None:
    with Server(reply(200, page, HTML)) as server:
        came = chat.ask(server.url)
    assert isinstance(came.error, ChatError)
    assert "Sorry" in str(came.error)
    assert came.reply.outcome == "error"


@pytest.mark.parametrize("body", [b"", b"\n \n", b"data", b"\xef\xbb"])
@pytest.mark.parametrize("headers", [JSON, HTML])
def test_a_body_of_nothing_is_no_answer(chat: Chat, body: bytes, headers: dict[str, str]) -> None:
    with Server(default=lambda _: reply(200, body, headers)) as server:
        came = chat.ask(server.url)
        assert len(server.requests) == 1
    assert isinstance(came.error, (ChatError, StreamTruncated))
    assert came.text == ""


def test_a_huge_first_line_is_bounded(chat: Chat) -> None:
    def long(start: bytes) -> list[Step]:
        return [head(headers=JSON), chunk(start), *[chunk(b"x" * 2**20)] * 20, CLOSE]

    with Server(long(b"data: ")) as server:
        assert isinstance(chat.ask(server.url, under={"max_event_size": 2**20}).error, EventTooLarge)
    with Server(long(b'{"')) as server:
        error = chat.ask(server.url).error
    assert isinstance(error, ChatError)
    assert isinstance(error.raw, str)
    assert len(error.raw) <= 16 * 2**20
    assert len(str(error)) < 1000


# Clocks and losses before the first bytes.


@pytest.mark.parametrize("start", [[], [chunk(b"da")], [chunk(b"\n\n")]], ids=["nothing", "half a name", "blank lines"])
@pytest.mark.parametrize(
    ("timeout", "kind", "words"),
    [
        ((5, 0.2), IdleTimeout, "within 0.2 s (timeout: read)"),
        (Timeout(first=0.2), IdleTimeout, "within 0.2 s (timeout: first)"),
        (Timeout(event=0.2), IdleTimeout, "within 0.2 s (timeout: event)"),
        (Timeout(total=0.2), DeadlineExceeded, "within 0.2 s (timeout: total)"),
    ],
)
def test_silence_before_it_is_known_is_that_of_the_clock(
    chat: Chat, start: list[Step], timeout: Any, kind: type[Exception], words: str
) -> None:
    with Server(default=lambda _: [head(headers=JSON), *start, STALL]) as server:
        came = chat.ask(server.url, timeout=timeout, max_retries=0)
    assert type(came.error) is kind
    assert words in str(came.error)
    assert came.reply.outcome == "error"


def test_bytes_that_dribble_do_not_hold_the_clock(chat: Chat) -> None:
    dribble: list[Step] = [head(headers=JSON)]
    for _ in range(100):
        dribble += [chunk(b"\n"), Pause(0.1)]
    begin = time.monotonic()
    with Server(dribble) as server:
        came = chat.ask(server.url, timeout=Timeout(first=0.5), max_retries=0)
        assert type(came.error) is IdleTimeout
        assert time.monotonic() - begin < 8


@pytest.mark.parametrize("end", [RESET, CLOSE], ids=["a reset", "an end"])
@pytest.mark.parametrize("start", [[], [chunk(b"da")]], ids=["nothing", "half a name"])
def test_a_loss_before_it_is_known_is_tried_again(chat: Chat, naps: list[float], start: list[Step], end: Step) -> None:
    with Server([head(headers=JSON), *start, end], named("application/json", STREAM)) as server:
        assert chat.ask(server.url).end == HELLO
    assert len(naps) == 1
    with Server(default=lambda _: [head(headers=JSON), *start, end]) as server:
        came = chat.ask(server.url)
        assert isinstance(came.error, ConnectionFailed)
        assert len(server.requests) == 3


def test_close_wakes_who_waits_for_the_first_bytes() -> None:
    with Server([head(headers=JSON), STALL]) as server, ChatClient(api_key=KEY, base_url=server.url) as client:
        replying = client.stream(**ASK)
        reading = background(lambda: list(replying))
        for _ in range(1000):
            if server.requests:
                break
            time.sleep(0.01)
        replying.close()
        assert reading.result(HANGS) == []
    assert replying.outcome == "cancelled"


def test_aclose_wakes_who_waits_for_the_first_bytes() -> None:
    async def main() -> None:
        async with AsyncChatClient(api_key=KEY, base_url=server.url) as client:
            replying = client.stream(**ASK)

            async def read() -> list[Any]:
                return [delta async for delta in replying]

            reading = asyncio.create_task(read())
            for _ in range(1000):
                if server.requests:
                    break
                await asyncio.sleep(0.01)
            await replying.aclose()
            assert await asyncio.wait_for(reading, HANGS) == []
            assert replying.outcome == "cancelled"

    with Server([head(headers=JSON), STALL]) as server:
        asyncio.run(main())


def test_the_connection_is_used_again(chat: Chat) -> None:
    with Server(*[named("text/html", STREAM), reply(200, b"<p>", HTML), named("text/html", STREAM)]) as server:
        ends = [came.end for came in chat.ask_all(server.url, times=3)]
        assert server.connections == 1
    assert ends == [HELLO, ("", "error", ChatError), HELLO]


def test_a_stream_of_events_that_are_no_chat_is_an_error(chat: Chat) -> None:
    with Server(named("application/json", event({"type": "ping"}), b": bye\n\n")) as server:
        assert isinstance(chat.ask(server.url).error, StreamTruncated)
