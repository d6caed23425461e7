"""Reconnects and chats by the thousand leave nothing behind. `make soak` makes 10,000 and 100,000 of them."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sse_client import AsyncClient, Client
from sse_client.adapters.openai import ChatClient
from sse_client.adapters.openai.aio import AsyncChatClient
from sse_client.testing import CLOSE, Received, Server, Step, chunk, head, stream

from .chaos import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

RECONNECTS = int(os.environ.get("SOAK_RECONNECTS", "400"))
CHATS = int(os.environ.get("SOAK_CHATS", "400"))
PARTS = 4
"""How often it is looked at: after a warm-up, nothing may grow from one part to the next ones."""

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "?"}]}
ANSWER = stream(
    [
        b"data: %b\n\n" % json.dumps({"choices": [{"index": 0, "delta": {"content": "Hi"}}]}).encode(),
        b"data: [DONE]\n\n",
    ]
)

RECORDS = os.environ.get("SOAK_RECORDS")
"""A folder for what is recorded, which `soak.plot` draws; None: nothing is recorded."""

SAMPLES = 100
"""How often that is, from begin to end."""

LIBRARIES = ("sse_client", "requests", "urllib3", "http.client", "aiohttp", "tenacity")

pytestmark = pytest.mark.timeout(1800)


class Watch:
    """What this process holds: descriptors, threads, and the objects of clients; the server's are in it, too."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._seen: list[tuple[int, int, int]] = []
        self._samples: list[dict[str, float]] = []
        self._begin = time.monotonic()

    def sample(self, number: int, total: int) -> None:
        """Record what the whole process holds, one time in so many."""
        if RECORDS is None or number % max(1, total // SAMPLES):
            return
        self._server._requests.clear()  # of which `requests` is a copy
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        held = {
            "seconds": round(time.monotonic() - self._begin, 3),
            "descriptors": len(os.listdir("/proc/self/fd")),
            "threads": threading.active_count(),
            "memory": round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 2),
        }
        self._samples.append(held)

    def look(self) -> None:
        self._server._requests.clear()  # of which `requests` is a copy
        gc.collect()
        mine = [each for each in threading.enumerate() if not each.name.startswith("testing server")]
        descriptors = [self._target(name) for name in os.listdir("/proc/self/fd")]
        clients = sum(target.startswith(("pipe:", "anon_inode:", "/")) for target in descriptors)
        self._seen.append((clients, len(mine), sum(map(_of_a_client, gc.get_objects()))))

    @staticmethod
    def _target(name: str) -> str:
        try:
            return os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            return ""

    def check(self, name: str) -> None:
        """Assert that nothing has grown since the first look; write the samples down, whatever comes of that."""
        if RECORDS is not None:
            folder = Path(RECORDS)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.json").write_text(json.dumps(self._samples), encoding="utf-8")
        first, *others = self._seen
        for descriptors, threads, objects in others:
            assert descriptors <= first[0]
            assert threads <= first[1]
            assert objects <= first[2] + 20


def _of_a_client(each: object) -> bool:
    module: object = type(each).__module__
    return isinstance(module, str) and module.startswith(LIBRARIES) and not module.startswith("sse_client.testing")


def one_each(request: Received) -> Iterator[Step]:
    """Answer with one event and cut the connection."""
    number = int(request.last_event_id or 0) + 1
    yield head()
    yield chunk(b"id: %d\ndata: %d\n\n" % (number, number))
    yield CLOSE


@pytest.fixture(autouse=True)
def _no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "sse_client")  # pytest keeps the records


def looks(total: int) -> set[int]:
    return {total * part // PARTS for part in range(1, PARTS + 1)}


@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_reconnects_leave_nothing_behind(kind: str) -> None:
    with Server(default=one_each) as server:
        watch, until = Watch(server), str(RECONNECTS)
        if kind == "blocking":
            with Client() as client, client.get(server.url, until=until, include_last=True, **OPTIONS) as events:
                for event in events:
                    watch.sample(int(event.data), RECONNECTS)
                    if int(event.data) in looks(RECONNECTS):
                        watch.look()
        else:

            async def main() -> None:
                async with (
                    AsyncClient() as client,
                    client.get(server.url, until=until, include_last=True, **OPTIONS) as events,
                ):
                    async for event in events:
                        watch.sample(int(event.data), RECONNECTS)
                        if int(event.data) in looks(RECONNECTS):
                            assert len(asyncio.all_tasks()) == 1
                            watch.look()

            asyncio.run(main())
    watch.check(f"reconnects, {kind}")


@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_chats_leave_nothing_behind(kind: str) -> None:
    with Server(default=lambda _: ANSWER) as server:
        watch = Watch(server)
        if kind == "blocking":
            with ChatClient(base_url=server.url, api_key="any") as chat:
                for number in range(1, CHATS + 1):
                    with chat.stream(**ASK) as reply:
                        assert "".join(reply.text()) == "Hi"
                    watch.sample(number, CHATS)
                    if number in looks(CHATS):
                        watch.look()
        else:

            async def main() -> None:
                async with AsyncChatClient(base_url=server.url, api_key="any") as chat:
                    for number in range(1, CHATS + 1):
                        async with chat.stream(**ASK) as reply:
                            assert "".join([each async for each in reply.text()]) == "Hi"
                        watch.sample(number, CHATS)
                        if number in looks(CHATS):
                            assert len(asyncio.all_tasks()) == 1
                            watch.look()

            asyncio.run(main())
        assert sum(1 for _ in server.requests) <= CHATS
    watch.check(f"chats, {kind}")
