"""A `prepare` that waits."""

from __future__ import annotations

import asyncio
import dataclasses

import sse_client
from sse_client.testing import Server, reply, stream

from .kit import run


def test_prepare_may_be_a_coroutine_function() -> None:
    async def prepare(request: sse_client.Request, attempt: sse_client.Attempt) -> sse_client.Request:
        await asyncio.sleep(0)
        return dataclasses.replace(request, headers={"X-Attempt": str(attempt.number)})

    async def main() -> None:
        with Server(reply(503), stream([b"data: 1\n\n"])) as server:
            rules = sse_client.Reconnect(initial_delay=0)
            async with sse_client.astream("GET", server.url, prepare=prepare, reconnect=rules) as events:
                assert (await anext(events)).data == "1"
            assert [request.headers["X-Attempt"] for request in server.requests] == ["1", "2"]

    run(main)


def test_a_stream_is_closed_while_prepare_is_awaited() -> None:
    async def main() -> None:
        called = asyncio.Event()

        async def prepare(request: sse_client.Request, attempt: sse_client.Attempt) -> sse_client.Request:
            called.set()
            await asyncio.Event().wait()
            return request

        with Server() as server:
            events = sse_client.astream("GET", server.url, prepare=prepare)
            reading = asyncio.create_task(anext(events, None))
            await called.wait()
            await events.aclose()
            assert await reading is None
            assert (events.reason, server.connections) == ("closed", 0)

    run(main)
