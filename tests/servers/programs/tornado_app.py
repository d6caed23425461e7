"""The contract with Tornado, compressed where the client accepts it."""

from __future__ import annotations

import asyncio
import json
import sys

import contract
from tornado.web import Application, RequestHandler


class Stream(RequestHandler):
    """What the handlers share."""

    def prepare(self) -> None:
        self.set_header("Content-Type", "text/event-stream")

    async def send(self, data: str, event_id: str | None = None) -> None:
        self.write(contract.block(data, event_id))
        await self.flush()


class Numbers(Stream):
    """`/numbers`."""

    async def get(self) -> None:
        for event_id, data in contract.numbers(self.request.headers.get("Last-Event-ID")):
            await self.send(data, event_id)


class Fails(Stream):
    """`/fails`."""

    async def get(self) -> None:
        last_event_id = self.request.headers.get("Last-Event-ID")
        for event_id, data in contract.before_failure(last_event_id):
            await self.send(data, event_id)
        if not last_event_id:
            await asyncio.sleep(0.05)
            raise contract.Failure

    post = get


class Words(Stream):
    """`/words`."""

    async def post(self) -> None:
        for data in contract.words(json.loads(self.request.body)["words"]):
            await self.send(data)


class Live(Stream):
    """`/live`."""

    async def get(self) -> None:
        for _ in range(contract.STAMPS):
            await self.send(contract.stamp())
            await asyncio.sleep(contract.PACE)
        await asyncio.sleep(contract.SILENCE)


async def main() -> None:
    routes = [("/numbers", Numbers), ("/fails", Fails), ("/words", Words), ("/live", Live)]
    Application(routes, compress_response=True).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
