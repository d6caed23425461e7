"""Chat clients: a question to the text of the answer, each as its own documentation says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from operator import attrgetter
from typing import Any

from benchmarks.streams import chat_chunk, chat_stream
from benchmarks.worker import Task

__all__ = ["ADAPTERS", "AIO_CHATS", "CHATS", "OURS", "adapter", "aio_chat", "aio_deltas", "chat", "texts"]

OURS = "sse_client"
_MODEL = "gpt-4o-mini"
_MESSAGES: list[Any] = [{"role": "user", "content": "Say something long."}]
Texts = Callable[[str], Iterator[str]]
AsyncDeltas = Callable[[str], AbstractAsyncContextManager[Any]]
"""A URL to an iterator of deltas, and what takes the text out of one; a generator around it would cost as much."""


def _ours() -> Texts:
    from sse_client.adapters.openai import ChatClient

    def texts(url: str) -> Iterator[str]:
        with (
            ChatClient(api_key="none", base_url=url) as client,
            client.stream(model=_MODEL, messages=_MESSAGES) as reply,
        ):
            for delta in reply:
                yield delta.content or ""

    return texts


def _create() -> Texts:
    from openai import OpenAI

    def texts(url: str) -> Iterator[str]:
        with OpenAI(api_key="none", base_url=url, max_retries=0) as api:
            stream: Any = api.chat.completions.create(model=_MODEL, messages=_MESSAGES, stream=True)
            for chunk in stream:
                yield chunk.choices[0].delta.content or ""

    return texts


def _stream() -> Texts:
    from openai import OpenAI

    def texts(url: str) -> Iterator[str]:
        with OpenAI(api_key="none", base_url=url, max_retries=0) as api:
            made: Any = api.chat.completions.stream(model=_MODEL, messages=_MESSAGES)
            with made as stream:
                for event in stream:
                    if event.type == "chunk":
                        yield event.chunk.choices[0].delta.content or ""

    return texts


@asynccontextmanager
async def _our_async(url: str) -> AsyncIterator[Any]:
    from sse_client.adapters.openai import AsyncChatClient

    async with (
        AsyncChatClient(api_key="none", base_url=url) as client,
        client.stream(model=_MODEL, messages=_MESSAGES) as reply,
    ):
        yield reply, attrgetter("content")


@asynccontextmanager
async def _async_create(url: str) -> AsyncIterator[Any]:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(api_key="none", base_url=url, max_retries=0) as api:
        stream: Any = await api.chat.completions.create(model=_MODEL, messages=_MESSAGES, stream=True)
        yield stream, lambda chunk: chunk.choices[0].delta.content


_CHATS: dict[str, Callable[[], Texts]] = {OURS: _ours, "openai, create": _create, "openai, stream": _stream}
_AIO_CHATS: dict[str, AsyncDeltas] = {OURS: _our_async, "openai, create": _async_create}
CHATS, AIO_CHATS = tuple(_CHATS), tuple(_AIO_CHATS)


def texts(name: str) -> Texts:
    """Return what yields the pieces of an answer's text, given a base URL."""
    return _CHATS[name]()


def aio_deltas(name: str) -> AsyncDeltas:
    """Return what opens a chat of asyncio's: deltas, and what takes the text out of one."""
    return _AIO_CHATS[name]


def _checked(read: Callable[[str], str], url: str) -> None:
    few = [json.loads(chat_chunk(number))["choices"][0]["delta"]["content"] for number in range(99)]
    if read(f"{url}/chat/100") != "".join(few):
        raise ValueError("the text is not what was sent")


def chat(name: str, url: str, count: int) -> Task:
    """Return the task of reading the text of a chat answer in `count` chunks, at the base URL of a framing.

    Raises:
        ValueError: the texts are not those that were sent.
    """
    read_texts = texts(name)
    _checked(lambda path: "".join(read_texts(path)), url)

    def read(count: int) -> int:
        seen = 0
        for _ in read_texts(f"{url}/chat/{count}"):
            seen += 1
        return seen

    return Task(lambda: read(count), count, lambda: read(1))


def aio_chat(name: str, url: str, count: int) -> Task:
    """Return the same for a client of asyncio's.

    Raises:
        ValueError: the texts are not those that were sent.
    """
    opened = _AIO_CHATS[name]
    runner = asyncio.Runner()

    async def joined(path: str) -> str:
        async with opened(path) as (deltas, text):
            return "".join([text(delta) or "" async for delta in deltas])

    async def counted(path: str) -> int:
        seen = 0
        async with opened(path) as (deltas, text):
            async for delta in deltas:
                text(delta)
                seen += 1
        return seen

    _checked(lambda path: runner.run(joined(path)), url)

    def read(count: int) -> int:
        return runner.run(counted(f"{url}/chat/{count}"))

    return Task(lambda: read(count), count, lambda: read(1))


class _Forgetful:
    """Stands in for the accumulator: makes the same deltas, and keeps nothing of them."""

    def __init__(self) -> None:
        from sse_client.adapters.openai import ChatDelta

        self._delta = ChatDelta

    def add(self, chunk: Any, raw: str) -> list[Any]:
        deltas = []
        for choice in chunk.choices:
            delta, logprobs, finish_reason = choice.delta, choice.logprobs, choice.finish_reason or None
            reasoning = delta.reasoning_content or delta.reasoning
            made = self._delta(
                choice.index,
                delta.role,
                delta.content,
                reasoning,
                delta.refusal,
                (),
                finish_reason,
                logprobs,
                chunk.usage,
                chunk.id,
                chunk.model,
                raw,
            )
            deltas.append(made)
        return deltas


_KEEPS = {"accumulated, and the completion": True, "decoding and deltas alone": False}
ADAPTERS = tuple(_KEEPS)


def adapter(name: str, count: int) -> Task:
    """Return the task of taking `count` chunks from events to deltas, without I/O or parsing."""
    from sse_client import Parser
    from sse_client.adapters.openai.chat._reader import ChatReader

    events = Parser().feed(b"".join(chat_stream(count)))
    keeps = _KEEPS[name]

    def read() -> int:
        reader: Any = ChatReader()
        if not keeps:
            reader._accumulator = _Forgetful()
        feed = reader.feed
        seen = 0
        for event in events:
            for _ in feed(event):
                seen += 1
        if keeps:
            assert reader.completion.choices[0].message.content
        return seen

    return Task(read, count)
