"""The asyncio client without requests, and nothing slow loaded inside of a running loop."""

from __future__ import annotations

import subprocess
import sys

import pytest

COMMON = """
import asyncio, sys

def loaded():
    names = {name.partition(".")[0] for name in sys.modules}
    return sorted(names & {"requests", "urllib3", "charset_normalizer", "certifi"})

from sse_client.aio import AsyncClient
from sse_client.adapters.openai import AsyncChatClient
from sse_client.testing import RESET, Server, reply, stream
assert loaded() == [], loaded()
DONE = stream([b"data: 1\\n\\n"])
"""

SCENARIOS = {
    "a GET": """
async def main():
    with Server(DONE) as server:
        async with AsyncClient(reconnect=False) as client:
            assert [event.data async for event in client.get(server.url + "/a%20b?c=d")] == ["1"]
""",
    "a POST with all that is usual": """
async def main():
    with Server(reply(307, headers={"Location": "/b"}), DONE) as server:
        async with AsyncClient(reconnect=False) as client:
            events = client.post(server.url, json={"a": 1}, auth=("u", "p"), cookies={"a": "1"}, headers={"X": "1"})
            assert [event.data async for event in events] == ["1"]
            assert events.response.headers["content-type"] == "text/event-stream"
""",
    "errors": """
async def main():
    with Server([RESET], reply(500)) as server:
        async with AsyncClient(reconnect=False) as client:
            for url in (server.url, server.url, "http://127.0.0.1:9/", "https://127.0.0.1:9/"):
                try:
                    await anext(client.get(url, timeout=2))
                except Exception as error:
                    assert type(error).__module__ == "sse_client.errors", error
""",
    "a chat": """
async def main():
    with Server() as server:
        chat = AsyncChatClient(api_key="key", base_url=server.url + "/v1")
        async with chat.stream(model="m", messages=[{"role": "user", "content": "hi"}]) as reply:
            assert "".join([text async for text in reply.text()])
        await chat.aclose()
""",
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_ordinary_streams_load_neither_requests_nor_urllib3(scenario: str) -> None:
    code = f"{COMMON}\n{scenario}\nasyncio.run(main())\nassert loaded() == [], loaded()\n"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_authentication_object_alone_loads_requests() -> None:
    code = f"""{COMMON}
async def main():
    with Server(DONE, DONE) as server:
        async with AsyncClient(reconnect=False) as client:
            assert [event.data async for event in client.get(server.url)] == ["1"]
            assert loaded() == [], loaded()
            assert [event.data async for event in client.get(server.url, auth=lambda request: request)] == ["1"]
asyncio.run(main())
assert "requests" in loaded()
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
