"""A tool of an MCP server is called: the call is a POST, and its answer a stream that is resumed by GET.

    python examples/mcp_tool.py http://127.0.0.1:8000/mcp count '{"leave": true}'

The server is any that speaks MCP over streamable HTTP, such as one made with the `mcp` package. Servers may close the
stream of a long call at any time ("polling"): what is left of the answer is fetched with GET and Last-Event-ID, and the
call, which may have an effect, is not sent twice.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import TYPE_CHECKING, Any

from sse_client import (
    Attempt,
    Client,
    ConnectionFailed,
    ContentTypeError,
    Event,
    Lost,
    Opened,
    Reconnect,
    Request,
    ResponseError,
    SSEError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "2025-11-25"
ACCEPT = {"Accept": "application/json, text/event-stream", "Mcp-Protocol-Version": VERSION}


class Session:
    """A session with an MCP server.

    Args:
        url: of its endpoint.
        client: sends the requests.
    """

    def __init__(self, url: str, client: Client) -> None:
        self._url = url
        self._client = client
        self._headers = dict(ACCEPT)
        self._calls = 0

    def begin(self) -> dict[str, Any]:
        """Introduce ourselves; return what the server says of itself."""
        about = {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": {"name": "mcp_tool", "version": "1"}}
        *_, answer = self.call("initialize", about)
        self._notify("notifications/initialized")
        info: dict[str, Any] = answer["result"]["serverInfo"]
        return info

    def call(self, method: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Call a method; yield the messages on the way, and the answer as the last one."""
        self._calls += 1
        number = self._calls
        body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}

        def is_answer(event: Event) -> bool:
            return bool(event.data) and event.json().get("id") == number

        try:
            with self._client.post(
                self._url, json=body, headers=self._headers, until=is_answer, include_last=True,
                reconnect=Reconnect(max_attempts=5), prepare=_once, max_error_body=None,
            ) as events:  # fmt: skip
                if events.response is not None and "Mcp-Session-Id" in events.response.headers:
                    self._headers["Mcp-Session-Id"] = events.response.headers["Mcp-Session-Id"]
                yield from (event.json() for event in events if event.data)  # the first one has an ID and no data
        except ContentTypeError as error:
            yield json.loads(error.body)  # a server may answer with JSON, too

    def _notify(self, method: str) -> None:
        try:
            note = {"jsonrpc": "2.0", "method": method}
            with self._client.post(self._url, json=note, headers=self._headers) as events:
                list(events)
        except ResponseError as error:
            if error.status != 202:  # accepted: there is no answer to a notification
                raise


def _once(request: Request, attempt: Attempt) -> Request:
    """Send the call once, and come back by GET for the rest of its answer."""
    return dataclasses.replace(request, method="GET", json=None) if attempt.last_event_id else request


def tell(news: object) -> None:
    """Print what becomes of the connection."""
    if isinstance(news, Lost) and isinstance(news.error, ConnectionFailed) and not news.error.sent:
        print(f"   {news.error}; trying again in {news.delay:.2f} s")
    elif isinstance(news, Lost):
        print(f"   the stream was closed; asking for the rest in {news.delay:.2f} s")
    elif isinstance(news, Opened) and news.attempt.last_event_id:
        print(f"   resumed by GET after id {news.attempt.last_event_id}")


def main() -> int:
    """Call the tool; return the exit code."""
    if len(sys.argv) < 3:
        print("usage: mcp_tool.py URL TOOL [ARGUMENTS-IN-JSON]", file=sys.stderr)
        return 2
    url, tool = sys.argv[1:3]
    try:
        arguments = json.loads("".join(sys.argv[3:4]) or "{}")
        with Client(observer=tell) as client:
            session = Session(url, client)
            print(f"server: {session.begin()['name']}")
            params = {"name": tool, "arguments": arguments, "_meta": {"progressToken": "1"}}
            for message in session.call("tools/call", params):
                if "method" in message:
                    print(f"{message['method']}: {json.dumps(message.get('params'))}")
                else:
                    print(json.dumps(message.get("result") or message.get("error"), indent=2))
    except (SSEError, ValueError) as failure:
        print(f"mcp_tool: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
