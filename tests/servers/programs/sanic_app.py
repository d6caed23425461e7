"""The contract with Sanic."""

from __future__ import annotations

import asyncio
import sys

import contract
from sanic import HTTPResponse, Request, Sanic

app = Sanic("contract")


async def respond(request: Request) -> HTTPResponse:
    response: HTTPResponse = await request.respond(content_type="text/event-stream")
    return response


@app.get("/numbers")
async def numbers(request: Request) -> None:
    response = await respond(request)
    for event_id, data in contract.numbers(request.headers.get("last-event-id")):
        await response.send(contract.block(data, event_id))


@app.route("/fails", methods=["GET", "POST"])
async def fails(request: Request) -> None:
    last_event_id = request.headers.get("last-event-id")
    response = await respond(request)
    for event_id, data in contract.before_failure(last_event_id):
        await response.send(contract.block(data, event_id))
    if not last_event_id:
        await asyncio.sleep(0.05)
        raise contract.Failure


@app.post("/words")
async def words(request: Request) -> None:
    response = await respond(request)
    for data in contract.words(request.json["words"]):
        await response.send(contract.block(data))


@app.get("/live")
async def live(request: Request) -> None:
    response = await respond(request)
    for _ in range(contract.STAMPS):
        await response.send(contract.block(contract.stamp()))
        await asyncio.sleep(contract.PACE)
    await asyncio.sleep(contract.SILENCE)


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), single_process=True, motd=False, access_log=False)
