"""The world outside: a feed of numbered events, and a chat server that answers each idempotency key once.

python -m cluster.source ADDRESS PORT EVENTS EVENTS_A_SECOND SECONDS_A_CHAT FILE
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from time import monotonic
from typing import Any

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
_MOST = 1000  # events in one write


class World:
    """What is asked of it, and what it has answered."""

    def __init__(self, events: int, rate: float, seconds: float, file: Path) -> None:
        self._events = events
        self._rate = rate
        self._seconds = seconds
        self._file = file
        self._began: float | None = None
        self._answered: dict[str, int] = {}
        self._requests = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await reader.readuntil(b"\r\n\r\n")
                line, *fields = request.decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in fields)}
                method, path, _ = line.split(" ")
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                if method == "GET":
                    await self._feed(writer, headers.get("last-event-id", ""))
                    return
                await self._chat(writer, path, headers, json.loads(body))
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _feed(self, writer: asyncio.StreamWriter, after: str) -> None:
        self._began = self._began or monotonic()
        number = int(after) if after.isdigit() else 0
        if number >= self._events:
            writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        writer.write(_HEAD + b"retry: 50\n\n")
        while number < self._events:
            due = min(self._events, int((monotonic() - self._began) * self._rate), number + _MOST)
            writer.write(b"".join(b'id: %d\ndata: {"n": %d}\n\n' % (n, n) for n in range(number + 1, due + 1)))
            await writer.drain()
            # Behind the clock, the next events are due at once.
            await asyncio.sleep(0 if due - number == _MOST else 0.005)
            number = max(number, due)

    async def _chat(
        self, writer: asyncio.StreamWriter, path: str, headers: dict[str, str], asked: dict[str, Any]
    ) -> None:
        assert path == "/v1/chat/completions"
        key, text = headers["idempotency-key"], asked["messages"][-1]["content"]
        self._requests += 1
        await asyncio.sleep(self._seconds)
        usage = {"prompt_tokens": len(text), "completion_tokens": 2, "total_tokens": len(text) + 2}
        self._answered[key] = usage["total_tokens"]
        parts: list[dict[str, Any]] = [
            {"choices": [{"index": 0, "delta": {"role": "assistant", "content": f"re: {text}"}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"choices": [], "usage": usage},
        ]
        data = b"".join(b"data: %b\n\n" % json.dumps({"id": "c", **part}).encode() for part in parts)
        data += b"data: [DONE]\n\n"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % len(data)
        writer.write(head + data)
        await writer.drain()

    async def report(self) -> None:
        """Write what was answered to a file, a few times a second."""
        while True:
            await asyncio.sleep(0.1)
            counts = {"requests": self._requests, "keys": len(self._answered), "tokens": sum(self._answered.values())}
            beside = self._file.with_suffix(".new")
            beside.write_text(json.dumps(counts))
            beside.replace(self._file)


async def main(address: str, port: int, world: World) -> None:
    async with await asyncio.start_server(world.serve, address, port):
        await world.report()


if __name__ == "__main__":
    where, at, many, speed, pause, name = sys.argv[1:]
    asyncio.run(main(where, int(at), World(int(many), float(speed), float(pause), Path(name))))
