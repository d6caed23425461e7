"""A gateway: a browser asks, a model answers through it, and the connection on either side may drop.

    pip install 'sse-client[async]' fastapi uvicorn
    python examples/gateway.py [--port 8000]

It talks to a model inside this process, whose connection breaks every 12 events. With OPENAI_API_KEY set (and
OPENAI_BASE_URL and OPENAI_MODEL, if you like), it talks to that service's Responses API.

The answer is made in the background: when the gateway loses the model, the client resumes after the last event. When
the browser loses the gateway, its EventSource comes back with the ID of the last piece that it has, and gets the rest.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

try:
    import uvicorn
    from fastapi import Body, FastAPI, Header, HTTPException, Response
    from fastapi.responses import FileResponse, StreamingResponse

    from sse_client.adapters.openai import AsyncChatClient
except ImportError as missing:
    sys.exit(f"gateway: {missing}; install what it needs with: pip install 'sse-client[async]' fastapi uvicorn")

from background_response import serve

from sse_client import Event, SSEError
from sse_client.testing import Server

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

PAGE = Path(__file__).with_suffix(".html")
MODEL = os.environ.get("OPENAI_MODEL") or "gpt-4o-mini"
HEARTBEAT = 15.0  # seconds of silence after which a comment keeps proxies from closing the connection
MOST_ANSWERS = 1000  # the oldest is forgotten, and no longer asked for
MOST_PIECES = 100_000  # of one answer; what a model says without end must not fill the memory


class Answer:
    """The pieces of one answer; each browser reads them from the place that it is at."""

    def __init__(self) -> None:
        self._events: list[bytes] = []
        self._over = False
        self._changed = asyncio.Condition()
        self.task: asyncio.Task[None] | None = None  # makes the answer

    async def fill(self, chat: AsyncChatClient, prompt: str) -> None:
        """Ask the model, and keep what it says, whether or not anybody reads it."""
        try:
            async with chat.responses.stream(model=MODEL, input=prompt, background=True) as reply:
                async for text in reply.text():
                    if len(self._events) == MOST_PIECES:
                        await self._add("failed", {"reason": "the answer is too long"}, over=True)
                        return
                    await self._add("message", {"text": text})
            await self._add("done", {"outcome": reply.outcome}, over=True)
        except SSEError as error:
            await self._add("failed", {"reason": str(error)}, over=True)
        except asyncio.CancelledError:
            await self._add("failed", {"reason": "the answer was given up"}, over=True)
            raise

    async def _add(self, kind: str, data: object, *, over: bool = False) -> None:
        event = Event(json.dumps(data), kind, str(len(self._events) + 1))
        async with self._changed:
            self._events.append(event.encode())
            self._over = over
            self._changed.notify_all()

    def ends_at(self, place: int) -> bool:
        """Return whether there is, and will be, nothing after event number `place`."""
        return self._over and place >= len(self._events)

    async def after(self, place: int) -> AsyncIterator[bytes]:
        """Yield the events after number `place`, and comments in between, to the end of the answer."""
        while not self.ends_at(place):
            events = await self._next(place)
            place += len(events)
            for event in events or [b": still here\n\n"]:
                yield event

    async def _next(self, place: int) -> list[bytes]:
        """Return the events after number `place`, as soon as there is one; none after a long silence."""
        async with self._changed:
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await self._changed.wait_for(lambda: self._over or len(self._events) > place)
            except TimeoutError:
                return []
            return self._events[place:]


def application(chat: AsyncChatClient) -> FastAPI:
    """Return the gateway to `chat`, which is closed with it."""
    answers: dict[str, Answer] = {}
    tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with chat:
            yield
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    app = FastAPI(lifespan=lifespan)

    @app.get("/")
    async def page() -> FileResponse:  # pyright: ignore[reportUnusedFunction]
        return FileResponse(PAGE, media_type="text/html")

    @app.post("/answers", status_code=201)
    async def ask(prompt: Annotated[str, Body(embed=True)]) -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
        name, answer = secrets.token_urlsafe(16), Answer()
        while len(answers) >= MOST_ANSWERS:
            oldest = answers.pop(next(iter(answers))).task
            if oldest is not None:
                oldest.cancel()
        answers[name] = answer
        answer.task = task = asyncio.create_task(answer.fill(chat, prompt))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        return {"events": f"/answers/{name}/events"}

    @app.get("/answers/{name}/events")
    async def events(  # pyright: ignore[reportUnusedFunction]
        name: str, last_event_id: Annotated[int, Header(ge=0)] = 0
    ) -> Response:
        answer = answers.get(name)
        if answer is None:
            raise HTTPException(404, "no such answer: it is too old, or the gateway was restarted")
        if answer.ends_at(last_event_id):
            return Response(status_code=204)  # an EventSource does not come back after that
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return StreamingResponse(answer.after(last_event_id), media_type="text/event-stream", headers=headers)

    return app


def main() -> int:
    """Serve until Ctrl-C; return the exit code."""
    parser = argparse.ArgumentParser(description="Relay chats to browsers.")
    parser.add_argument("--port", type=int, default=8000, help="where to listen on 127.0.0.1; 0 is any free port")
    port: int = parser.parse_args().port
    with contextlib.ExitStack() as stack:
        try:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", port)))
        except (OSError, OverflowError) as failure:
            parser.error(f"cannot listen on port {port}; --port names another one: {failure}")
        if os.environ.get("OPENAI_API_KEY"):
            chat = AsyncChatClient()
        else:
            model = stack.enter_context(Server(*[serve] * 1000))
            chat = AsyncChatClient(api_key="any", base_url=f"{model.url}/v1")
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
        config = uvicorn.Config(application(chat), log_level="warning", timeout_graceful_shutdown=1)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
