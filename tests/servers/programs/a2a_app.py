"""An A2A agent whose tasks count to three, and wait after one until `POST /go`."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import uvicorn
from a2a.helpers.proto_helpers import new_task_from_user_message, new_text_part
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_rest_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from a2a.server.events import EventQueue
    from starlette.requests import Request

go = asyncio.Semaphore(0)


class Counter(AgentExecutor):
    """The agent."""

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        task = context.current_task or new_task_from_user_message(context.message)
        await event_queue.enqueue_event(task)
        updater = TaskUpdater(event_queue, task.id, task.context_id)
        await updater.start_work()
        for n in ("1", "2", "3"):
            await updater.add_artifact([new_text_part(n)], artifact_id=n)
            if n == "1":
                await go.acquire()
        await updater.complete()

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        raise NotImplementedError  # the interface asks for it, and no test cancels


async def resume(_: Request) -> Response:
    go.release()
    return Response()


if __name__ == "__main__":
    card = AgentCard(name="counter", version="1", capabilities=AgentCapabilities(streaming=True))
    handler = DefaultRequestHandler(Counter(), InMemoryTaskStore(), card)
    app = Starlette(routes=[Route("/go", resume, methods=["POST"]), *create_rest_routes(handler)])
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", timeout_graceful_shutdown=0)
