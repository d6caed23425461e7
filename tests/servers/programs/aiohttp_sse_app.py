"""The contract with aiohttp-sse."""

from __future__ import annotations

import asyncio
import sys

import contract
from aiohttp import web
from aiohttp_sse import EventSourceResponse


async def numbers(request: web.Request) -> web.StreamResponse:
    stream = EventSourceResponse(allow_all_methods=True)
    await stream.prepare(request)
    for event_id, data in contract.numbers(request.headers.get("Last-Event-ID")):
        await stream.send(data, id=event_id)
    return stream


async def fails(request: web.Request) -> web.StreamResponse:
    last_event_id = request.headers.get("Last-Event-ID")
    stream = EventSourceResponse(allow_all_methods=True)
    await stream.prepare(request)
    for event_id, data in contract.before_failure(last_event_id):
        await stream.send(data, id=event_id)
    if not last_event_id:
        await asyncio.sleep(0.05)
        raise contract.Failure
    return stream


async def words(request: web.Request) -> web.StreamResponse:
    body = await request.json()
    stream = EventSourceResponse(allow_all_methods=True)
    await stream.prepare(request)
    for data in contract.words(body["words"]):
        await stream.send(data)
    return stream


async def live(request: web.Request) -> web.StreamResponse:
    stream = EventSourceResponse()
    await stream.prepare(request)
    for _ in range(contract.STAMPS):
        await stream.send(contract.stamp())
        await asyncio.sleep(contract.PACE)
    await asyncio.sleep(contract.SILENCE)
    return stream


app = web.Application()
app.add_routes(
    [
        web.get("/numbers", numbers),
        web.get("/fails", fails),
        web.post("/fails", fails),
        web.post("/words", words),
        web.get("/live", live),
    ]
)

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), shutdown_timeout=0.1)
