"""The contract with Litestar, which answers a POST with 201."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator  # noqa: TC003 - Litestar evaluates the annotations

import contract
from litestar import Litestar, Request, get, post, route
from litestar.config.compression import CompressionConfig
from litestar.response import ServerSentEvent, ServerSentEventMessage


@get("/numbers")
async def numbers(request: Request) -> ServerSentEvent:
    async def content() -> AsyncIterator[ServerSentEventMessage]:
        for event_id, data in contract.numbers(request.headers.get("last-event-id")):
            yield ServerSentEventMessage(data=data, id=event_id)

    return ServerSentEvent(content())


@route("/fails", http_method=["GET", "POST"], status_code=200)
async def fails(request: Request) -> ServerSentEvent:
    last_event_id = request.headers.get("last-event-id")

    async def content() -> AsyncIterator[ServerSentEventMessage]:
        for event_id, data in contract.before_failure(last_event_id):
            yield ServerSentEventMessage(data=data, id=event_id)
        if not last_event_id:
            await asyncio.sleep(0.05)
            raise contract.Failure

    return ServerSentEvent(content())


@post("/words")
async def words(request: Request) -> ServerSentEvent:
    body = await request.json()

    async def content() -> AsyncIterator[ServerSentEventMessage]:
        for data in contract.words(body["words"]):
            yield ServerSentEventMessage(data=data)

    return ServerSentEvent(content())


@get("/live")
async def live() -> ServerSentEvent:
    async def content() -> AsyncIterator[ServerSentEventMessage]:
        for _ in range(contract.STAMPS):
            yield ServerSentEventMessage(data=contract.stamp())
            await asyncio.sleep(contract.PACE)
        await asyncio.sleep(contract.SILENCE)

    return ServerSentEvent(content())


app = Litestar(
    [numbers, fails, words, live],
    compression_config=CompressionConfig(backend="gzip", minimum_size=1, exclude=["/live"]),
)
