"""Asyncio HTTP clients: a URL to events, each as its own documentation says, many at once over one pool."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from benchmarks.bodies import STAMP
from benchmarks.worker import Task

__all__ = ["AIO_CLIENTS", "BARE", "OURS", "client", "latencies", "pool"]

OURS = "sse_client"
BARE = "aiohttp's iter_any + our Parser"
Open = Callable[[str], AbstractAsyncContextManager[Any]]
Pool = AbstractAsyncContextManager[Open]


@asynccontextmanager
async def _ours() -> AsyncIterator[Open]:
    from sse_client import AsyncClient

    async with AsyncClient(reconnect=False) as client:
        yield client.get


@asynccontextmanager
async def _bare() -> AsyncIterator[Open]:
    import aiohttp

    from sse_client import Parser

    @asynccontextmanager
    async def opened(url: str) -> AsyncIterator[Any]:
        async with session.get(url) as response:
            feed = Parser().feed

            async def events() -> AsyncIterator[Any]:
                async for data in response.content.iter_any():
                    for event in feed(data):
                        yield event

            yield events()

    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        yield opened


@asynccontextmanager
async def _launchdarkly() -> AsyncIterator[Open]:
    import aiohttp
    from ld_eventsource.async_client import AsyncSSEClient  # type: ignore[import-untyped]
    from ld_eventsource.config.async_connect_strategy import AsyncConnectStrategy  # type: ignore[import-untyped]

    @asynccontextmanager
    async def opened(url: str) -> AsyncIterator[Any]:
        async with AsyncSSEClient(AsyncConnectStrategy.http(url, session=session)) as source:
            yield source.events

    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:
        yield opened


@asynccontextmanager
async def _httpx2() -> AsyncIterator[Open]:
    import httpx2

    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(limits=limits, timeout=None) as http:
        yield http.sse


_POOLS: dict[str, Callable[[], Pool]] = {
    OURS: _ours,
    BARE: _bare,
    "launchdarkly-eventsource": _launchdarkly,
    "httpx2": _httpx2,
}
AIO_CLIENTS = tuple(_POOLS)


def pool(name: str) -> Pool:
    """Return a pool of connections: entered, it is what opens a URL as a context with an iterator of its events."""
    return _POOLS[name]()


async def _read(name: str, url: str) -> int:
    seen = 0
    async with pool(name) as opened, opened(url) as events:
        async for _ in events:
            seen += 1
    return seen


async def _read_bare(url: str) -> int:
    """Do what `_bare` does without a generator: the least that aiohttp's documented way costs."""
    import aiohttp

    from sse_client import Parser

    seen = 0
    feed = Parser().feed
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
        async for data in response.content.iter_any():
            for _ in feed(data):
                seen += 1
    return seen


def client(name: str, url: str, count: int) -> Task:
    """Return the task of reading a stream of `count` events from the server, at the base URL of a framing."""
    runner = asyncio.Runner()

    def read(count: int) -> int:
        path = f"{url}/events/{count}"
        return runner.run(_read_bare(path) if name == BARE else _read(name, path))

    return Task(lambda: read(count), count, lambda: read(1))


def latencies(name: str, url: str) -> array[int]:
    """Return how many nanoseconds each event of a stamped stream took from the server's write to the loop here."""

    async def read() -> array[int]:
        late = array("q")
        async with pool(name) as opened, opened(url) as events:
            async for event in events:
                late.append(time.monotonic_ns() - int(event.data[:STAMP]))
        return late

    return asyncio.run(read())
