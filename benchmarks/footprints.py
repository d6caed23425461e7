"""What reading streams leaves behind, or holds, in a process of its own; each answers with bytes."""

from __future__ import annotations

import asyncio
import gc
import itertools
import tracemalloc
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from benchmarks.aio_clients import pool
from benchmarks.clients import CLIENTS, opener
from benchmarks.machine import files_open, more_files, peak, resident
from benchmarks.streams import RECEIVE, chat_stream

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HOLDERS", "TURNOVER", "held_open", "objects", "peak_of", "turnover"]


def peak_of(name: str, count: int, url: str) -> dict[str, float]:
    """Return the most memory that reading `count` events took: that of the process, of the parser Python's own."""
    if name == "parser":
        return {"peak": _parse(count)}
    seen = _READERS[name](count, url)
    assert seen == count, f"{seen} of {count} came"
    return {"peak": peak()}


def _parse(count: int) -> int:
    from sse_client import Parser

    block = b"".join(chat_stream(1000))
    tracemalloc.start()
    parse = Parser()
    seen = 0
    for _ in range(count // 1000):
        for start in range(0, len(block), RECEIVE):
            for _ in parse.feed(block[start : start + RECEIVE]):
                seen += 1
    assert seen == count, f"{seen} of {count} came"
    return tracemalloc.get_traced_memory()[1]


def _events(count: int, url: str) -> int:
    return sum(1 for _ in opener("sse_client")(f"{url}/events/{count}"))


def _async_events(count: int, url: str) -> int:
    async def read() -> int:
        seen = 0
        async with pool("sse_client") as opened, opened(f"{url}/events/{count}") as events:
            async for _ in events:
                seen += 1
        return seen

    return asyncio.run(read())


def _chat(count: int, url: str) -> int:
    from sse_client.adapters.openai import ChatClient

    with (
        ChatClient(api_key="none", base_url=f"{url}/chat/{count}") as client,
        client.stream(model="m", messages=[]) as reply,
    ):
        seen = sum(1 for _ in reply)
    assert reply.completion.choices[0].message.content
    return seen


_READERS: dict[str, Callable[[int, str], int]] = {"client": _events, "client, asyncio": _async_events, "chat": _chat}

TURNOVER = ("sse_client", "sse_client, asyncio")
_EVENTS, _CUT = 20, 2000


def turnover(name: str, url: str, streams: int) -> dict[str, float]:
    """Return what `streams` streams left behind that were opened, read and closed one by one.

    Every tenth is closed in its middle. `memory` is what the process grew by in the last nine tenths of them, and
    `files` what is open behind them and was not before.
    """
    lengths = [_CUT if number % 10 == 9 else _EVENTS for number in range(streams)]
    paths = [f"{url}/events/{length}" for length in lengths]
    before = files_open()
    began, ended = asyncio.run(_turn_async(paths)) if "asyncio" in name else _turn(paths)
    gc.collect()
    return {"memory": ended - began, "files": files_open() - before}


def _turn(paths: list[str]) -> tuple[int, int]:
    from sse_client import Client

    began = 0
    with Client(reconnect=False) as client:
        for number, path in enumerate(paths):
            if number == len(paths) // 10:
                began = resident()
            with client.get(path) as events:
                for _ in itertools.islice(events, _EVENTS):
                    pass
        return began, resident()


async def _turn_async(paths: list[str]) -> tuple[int, int]:
    from sse_client import AsyncClient

    began = 0
    async with AsyncClient(reconnect=False) as client:
        for number, path in enumerate(paths):
            if number == len(paths) // 10:
                began = resident()
            left = _EVENTS
            async with client.get(path) as events:
                async for _ in events:
                    left -= 1
                    if not left:
                        break
        return began, resident()


HOLDERS = (*(name for name in CLIENTS if "," not in name), "sse_client, asyncio")


def held_open(name: str, url: str, streams: int) -> dict[str, float]:
    """Return the memory of the process with that many streams open, an event of each read."""
    more_files()
    path = f"{url}/held-1-1/0"
    if "asyncio" in name:
        return {"memory": asyncio.run(_hold_async(path, streams))}
    opened = _holder(name)
    kept = []
    for _ in range(streams):
        events = iter(opened(path))
        next(events)
        kept.append(events)
    return {"memory": resident()}


def _holder(name: str) -> Callable[[str], Any]:
    """Return what opens streams: ours over one pool; the others as they are opened one by one."""
    if name != "sse_client":
        return opener(name)
    from sse_client import Client

    return Client(reconnect=False).get


async def _hold_async(path: str, streams: int) -> int:
    async with pool("sse_client") as opened, AsyncExitStack() as stack:
        for _ in range(streams):
            events = await stack.enter_async_context(opened(path))
            await anext(events)
        return resident()


def objects(number: int) -> dict[str, float]:
    """Return the bytes of Python objects that the parser of a stream, and all of its session, take: a mean."""
    from sse_client import Parser
    from sse_client._core.session import Session
    from sse_client.options import Options
    from sse_client.request import Request

    options, request = Options(), Request(method="GET", url="http://localhost/")

    def session() -> Session:
        made = Session(request, options)
        made.attempt()
        return made

    return {"parser": _size_of(Parser, number), "session and parser": _size_of(session, number)}


def _size_of(make: Callable[[], object], number: int) -> float:
    """Return what one of these takes."""
    kept = [make()]
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept += [make() for _ in range(number)]
    gc.collect()
    size = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return size / number
