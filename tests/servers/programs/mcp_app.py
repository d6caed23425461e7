"""An MCP server over streamable HTTP with two tools; `json` as second argument has it answer without streams."""

from __future__ import annotations

import sys

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore

server = MCPServer("counter")


@server.tool()
async def count(ctx: Context, leave: bool = True) -> str:
    """Count to three; with `leave`, close the stream after two, so that the client has to come back."""
    for n in (1, 2):
        await ctx.report_progress(n, 3)
    if leave:
        await ctx.close_sse_stream()
    await ctx.report_progress(3, 3)
    return "counted"


@server.tool()
async def repeat(count: int) -> str:
    """Answer with as many characters."""
    return "x" * count


class Memory(EventStore):
    """Events in the order in which they were stored; an event's id is its position."""

    def __init__(self) -> None:
        self._events: list[tuple[str, object]] = []

    async def store_event(self, stream_id: str, message: object) -> str:
        self._events.append((stream_id, message))
        return str(len(self._events) - 1)

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        position = int(last_event_id)
        stream_id = self._events[position][0]
        for number, (stream, message) in enumerate(self._events):
            if number > position and stream == stream_id and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream_id


if __name__ == "__main__":
    app = server.streamable_http_app(
        event_store=Memory(), retry_interval=10, json_response="json" in sys.argv, host="127.0.0.1"
    )
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", timeout_graceful_shutdown=0)
