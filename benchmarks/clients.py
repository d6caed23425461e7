"""HTTP and chat clients: a URL to events, each as its own documentation says."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from benchmarks.streams import chat_chunk
from benchmarks.worker import Task

__all__ = ["CHATS", "CLIENTS", "OURS", "OUR_CHAT", "chat", "client"]

OURS = "sse_client.get"
OUR_CHAT = "sse_client"
Open = Callable[[str], Iterable[Any]]
_MESSAGES: list[Any] = [{"role": "user", "content": "Say something long."}]


def _ours() -> Open:
    import sse_client

    def events(url: str) -> Iterator[Any]:
        with sse_client.get(url, reconnect=False) as stream:
            yield from stream

    return events


def _our_post() -> Open:
    import sse_client

    def events(url: str) -> Iterator[Any]:
        with sse_client.post(url, json={"stream": True, "messages": _MESSAGES}, until="[DONE]") as stream:
            yield from stream

    return events


def _launchdarkly() -> Open:
    from ld_eventsource import SSEClient  # type: ignore[import-untyped]
    from ld_eventsource.config import ConnectStrategy  # type: ignore[import-untyped]

    def events(url: str) -> Iterator[Any]:
        with SSEClient(ConnectStrategy.http(url)) as stream:
            yield from stream.events

    return events


def _sseclient_py() -> Open:
    import requests
    from sseclient import SSEClient

    def events(url: str) -> Iterator[Any]:
        with requests.get(url, stream=True, headers={"Accept": "text/event-stream"}, timeout=10) as response:
            yield from SSEClient(iter(response)).events()

    return events


def _httpx_sse() -> Open:
    try:
        httpx = importlib.import_module("httpx")
    except ModuleNotFoundError:
        import httpx2

        httpx2.alias_httpx()
        httpx = httpx2
    from httpx_sse import connect_sse

    def events(url: str) -> Iterator[Any]:
        with httpx.Client() as http, connect_sse(http, "GET", url) as source:
            yield from source.iter_sse()

    return events


def _httpx2() -> Open:
    import httpx2

    def events(url: str) -> Iterator[Any]:
        with httpx2.Client() as http, http.sse(url) as source:
            yield from source

    return events


_CLIENTS: dict[str, Callable[[], Open]] = {
    OURS: _ours,
    "sse_client.post, until": _our_post,
    "launchdarkly-eventsource": _launchdarkly,
    "requests + sseclient-py": _sseclient_py,
    "httpx-sse": _httpx_sse,
    "httpx2": _httpx2,
}
CLIENTS = tuple(_CLIENTS)


def client(name: str, url: str, framing: str, count: int) -> Task:
    """Return the task of reading a stream of `count` events from the server at `url`."""
    events = _CLIENTS[name]()
    kind = "chat" if "until" in name else "events"

    def read(count: int) -> int:
        seen = 0
        for _ in events(f"{url}/{framing}/{kind}/{count}"):
            seen += 1
        return seen

    return Task(lambda: read(count), count, lambda: read(1))


def _our_chat() -> Open:
    from sse_client.adapters import openai

    chat_client: Any = getattr(openai, "ChatClient", None)
    if chat_client is None:
        from sse_client import post

        def texts(url: str) -> Iterator[str]:
            body = {"model": "gpt-4o-mini", "messages": _MESSAGES, "stream": True}
            with post(f"{url}/chat/completions", json=body) as events:
                for delta in openai.deltas(events):
                    yield delta.content or ""

        return texts

    def contents(url: str) -> Iterator[str]:
        chat = chat_client(api_key="none", base_url=url)
        with chat.stream(model="gpt-4o-mini", messages=_MESSAGES) as reply:
            for delta in reply:
                yield delta.content or ""

    return contents


def _openai() -> Open:
    from openai import OpenAI

    def contents(url: str) -> Iterator[str]:
        with OpenAI(api_key="none", base_url=url, max_retries=0) as api:
            stream: Any = api.chat.completions.create(model="gpt-4o-mini", messages=_MESSAGES, stream=True)
            for chunk in stream:
                yield chunk.choices[0].delta.content or ""

    return contents


_CHATS: dict[str, Callable[[], Open]] = {OUR_CHAT: _our_chat, "openai": _openai}
CHATS = tuple(_CHATS)


def chat(name: str, url: str, framing: str, count: int) -> Task:
    """Return the task of reading the text of a chat answer in `count` chunks from the server at `url`.

    Raises:
        ValueError: the texts are not those that were sent.
    """
    texts = _CHATS[name]()

    def read(count: int) -> int:
        seen = 0
        for _ in texts(f"{url}/{framing}/chat/{count}"):
            seen += 1
        return seen

    few = [json.loads(chat_chunk(number))["choices"][0]["delta"]["content"] for number in range(99)]
    if "".join(texts(f"{url}/{framing}/chat/100")) != "".join(few):
        raise ValueError("the text is not what was sent")
    return Task(lambda: read(count), count, lambda: read(1))
