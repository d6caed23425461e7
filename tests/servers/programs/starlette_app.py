"""The contract with Starlette's streaming responses, gzip middleware included."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import contract
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import StreamingResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request


def answer(content: AsyncIterator[bytes]) -> StreamingResponse:
    return StreamingResponse(content, media_type="text/event-stream")


async def numbers(request: Request) -> StreamingResponse:
    async def content() -> AsyncIterator[bytes]:
        for event_id, data in contract.numbers(request.headers.get("last-event-id")):
            yield contract.block(data, event_id)

    return answer(content())


async def fails(request: Request) -> StreamingResponse:
    last_event_id = request.headers.get("last-event-id")

    async def content() -> AsyncIterator[bytes]:
        for event_id, data in contract.before_failure(last_event_id):
            yield contract.block(data, event_id)
        if not last_event_id:
            await asyncio.sleep(0.05)
            raise contract.Failure

    return answer(content())


async def words(request: Request) -> StreamingResponse:
    body = await request.json()

    async def content() -> AsyncIterator[bytes]:
        for data in contract.words(body["words"]):
            yield contract.block(data)

    return answer(content())


async def live(_: Request) -> StreamingResponse:
    async def content() -> AsyncIterator[bytes]:
        for _ in range(contract.STAMPS):
            yield contract.block(contract.stamp())
            await asyncio.sleep(contract.PACE)
        await asyncio.sleep(contract.SILENCE)

    return answer(content())


app = Starlette(
    routes=[
        Route("/numbers", numbers),
        Route("/fails", fails, methods=["GET", "POST"]),
        Route("/words", words, methods=["POST"]),
        Route("/live", live),
    ],
    middleware=[Middleware(GZipMiddleware, minimum_size=0)],
)
