"""What the tests under mocks share: one stream, and a chat."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import sse_client
from sse_client import Reconnect
from sse_client.adapters.openai import AsyncChatClient, ChatClient

if TYPE_CHECKING:
    from sse_client import Event

URL = "http://example.com/events"
TYPE = {"Content-Type": "text/event-stream"}
BODY = "id: 1\ndata: a €\n\n: beat\n\nid: 2\nevent: note\ndata: b\n\n".encode()
EVENTS = [("message", "a €", "1"), ("note", "b", "2")]
AT_ONCE = Reconnect(initial_delay=0, max_delay=0, max_attempts=3)

CHUNKS: list[Any] = [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in ("Hello", " there")]
CHAT = b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in CHUNKS) + b"data: [DONE]\n\n"
CHAT_BASE = "http://example.com/v1"
CHAT_URL = f"{CHAT_BASE}/chat/completions"
MESSAGES = [{"role": "user", "content": "Hi"}]


def shown(event: Event) -> tuple[str, str, str]:
    return event.event, event.data, event.id


def blocking(method: str = "POST", url: str = URL, **options: Any) -> list[tuple[str, str, str]]:
    """Read a stream with the blocking client."""
    with sse_client.stream(method, url, **options) as events:
        return [shown(event) for event in events]


def asynchronous(method: str = "POST", url: str = URL, **options: Any) -> list[tuple[str, str, str]]:
    """Read a stream with the asyncio client."""

    async def main() -> list[tuple[str, str, str]]:
        async with sse_client.astream(method, url, **options) as events:
            return [shown(event) async for event in events]

    return asyncio.run(main())


def blocking_chat(base_url: str = CHAT_BASE) -> str:
    """Ask with the blocking chat client."""
    with ChatClient(api_key="key", base_url=base_url).stream(model="m", messages=MESSAGES) as reply:
        return "".join(reply.text())


def asynchronous_chat(base_url: str = CHAT_BASE) -> str:
    """Ask with the asyncio chat client."""

    async def main() -> str:
        async with (
            AsyncChatClient(api_key="key", base_url=base_url) as chat,
            chat.stream(model="m", messages=MESSAGES) as reply,
        ):
            return "".join([text async for text in reply.text()])

    return asyncio.run(main())
