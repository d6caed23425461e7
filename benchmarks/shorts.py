"""Short chats, one after the other over a pool: a question, and the ten tokens of its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from benchmarks.worker import Task

__all__ = ["SHORTS", "TOKENS", "short"]

TOKENS = 10
_MODEL = "gpt-4o-mini"
_MESSAGES: list[Any] = [{"role": "user", "content": "Say something short."}]
_BODY: dict[str, Any] = {"model": _MODEL, "messages": _MESSAGES, "stream": True}
Chat = Callable[[], object]


def _ours(url: str) -> Chat:
    from sse_client.adapters.openai import ChatClient

    client = ChatClient(api_key="none", base_url=url)

    def chat() -> None:
        with client.stream(model=_MODEL, messages=_MESSAGES) as reply:
            assert "".join(reply.text())

    return chat


def _requests(url: str) -> Chat:
    import requests

    session = requests.Session()
    headers = {"Authorization": "Bearer none"}
    return lambda: session.post(f"{url}/chat/completions", json=_BODY, headers=headers).content


def _openai(url: str) -> Chat:
    from openai import OpenAI

    client = OpenAI(api_key="none", base_url=url, max_retries=0)

    def chat() -> None:
        stream: Any = client.chat.completions.create(model=_MODEL, messages=_MESSAGES, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream)

    return chat


def _our_async(url: str) -> Chat:
    from sse_client import AsyncClient
    from sse_client.adapters.openai import AsyncChatClient

    runner = asyncio.Runner()
    client = AsyncChatClient(api_key="none", base_url=url, client=AsyncClient())

    async def chat() -> None:
        async with client.stream(model=_MODEL, messages=_MESSAGES) as reply:
            assert "".join([text async for text in reply.text()])

    return lambda: runner.run(chat())


def _aiohttp(url: str) -> Chat:
    import aiohttp

    runner = asyncio.Runner()
    headers = {"Authorization": "Bearer none"}
    session: list[aiohttp.ClientSession] = []

    async def chat() -> None:
        if not session:
            session.append(aiohttp.ClientSession())
        async with session[0].post(f"{url}/chat/completions", json=_BODY, headers=headers) as response:
            await response.read()

    return lambda: runner.run(chat())


_SHORTS: dict[str, Callable[[str], Chat]] = {
    "sse_client": _ours,
    "requests, whole body": _requests,
    "openai, create": _openai,
    "sse_client, asyncio": _our_async,
    "aiohttp, whole body": _aiohttp,
}
SHORTS = tuple(_SHORTS)


def short(name: str, url: str, count: int) -> Task:
    """Return the task of `count` chats, at the base URL of a framing."""
    chat = _SHORTS[name](f"{url}/chat/{TOKENS}")

    def chats() -> int:
        for _ in range(count):
            chat()
        return count

    return Task(chats, count)
