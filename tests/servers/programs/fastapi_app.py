"""The contract with FastAPI's own event streams (`fastapi.sse`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator  # noqa: TC003 - FastAPI evaluates the annotations
from typing import Annotated

import contract
from fastapi import Body, FastAPI, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

app = FastAPI()
LastEventId = Annotated[str | None, Header()]


def event(event_id: str, data: str) -> ServerSentEvent:
    return ServerSentEvent(id=event_id, raw_data=data)


@app.get("/numbers", response_class=EventSourceResponse)
async def numbers(last_event_id: LastEventId = None) -> AsyncIterator[ServerSentEvent]:
    for item in contract.numbers(last_event_id):
        yield event(*item)


@app.api_route("/fails", methods=["GET", "POST"], response_class=EventSourceResponse)
async def fails(last_event_id: LastEventId = None) -> AsyncIterator[ServerSentEvent]:
    for item in contract.before_failure(last_event_id):
        yield event(*item)
    if not last_event_id:
        await asyncio.sleep(0.05)
        raise contract.Failure


@app.post("/words", response_class=EventSourceResponse)
async def words(body: Annotated[dict[str, list[str]], Body()]) -> AsyncIterator[ServerSentEvent]:
    for data in contract.words(body["words"]):
        yield ServerSentEvent(raw_data=data)


@app.get("/live", response_class=EventSourceResponse)
async def live() -> AsyncIterator[ServerSentEvent]:
    for _ in range(contract.STAMPS):
        yield ServerSentEvent(raw_data=contract.stamp())
        await asyncio.sleep(contract.PACE)
    await asyncio.sleep(contract.SILENCE)
