#!/usr/bin/env bash
# mcp 2.3.0 (PyPI), streamable HTTP with an event store: the stream that answers a call by POST ends after the call's
# result. The same stream, resumed by GET with Last-Event-ID once the call is over, replays the result too, and then
# stays open, and adds another priming event. A client that reads to the end of the stream waits for good.
#
# Expected: the resumed stream ends after the result, as the first one does.
# Seen on CPython 3.11: POST ends (curl exits 0); GET has the result, and is open after 3 s (curl exits 28).
#
# Exits 1 when mcp behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mcp==2.3.0 uvicorn==0.54.0

cat > "$folder/server.py" <<'PY'
import sys

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.streamable_http import EventMessage, EventStore

server = MCPServer("greeter")

@server.tool()
async def greet() -> str:
    return "hello"

class Memory(EventStore):
    def __init__(self):
        self.events = []

    async def store_event(self, stream_id, message):
        self.events.append((stream_id, message))
        return str(len(self.events) - 1)

    async def replay_events_after(self, last_event_id, send_callback):
        stream_id = self.events[int(last_event_id)][0]
        for number, (stream, message) in enumerate(self.events):
            if number > int(last_event_id) and stream == stream_id and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream_id

uvicorn.run(server.streamable_http_app(event_store=Memory()), port=int(sys.argv[1]), log_level="error")
PY
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$folder/venv/bin/python" "$folder/server.py" "$port" > "$folder/log" 2>&1 &
server=$!
url=http://127.0.0.1:$port/mcp
for _ in $(seq 100); do curl --silent --output /dev/null "$url" && break; sleep 0.1; done

version=2025-11-25
headers=(-H "Accept: application/json, text/event-stream" -H "Mcp-Protocol-Version: $version")
about='"capabilities": {}, "clientInfo": {"name": "finding", "version": "1"}'
curl --silent --max-time 10 --dump-header "$folder/head" --output /dev/null "${headers[@]}" \
  -H "Content-Type: application/json" "$url" --data \
  "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"initialize\", \"params\": {\"protocolVersion\": \"$version\", $about}}"
session=$(grep -i '^mcp-session-id:' "$folder/head" | tr -d '\r' | cut -d ' ' -f 2)
headers+=(-H "Mcp-Session-Id: $session")
curl --silent --max-time 10 "${headers[@]}" -H "Content-Type: application/json" "$url" \
  --data '{"jsonrpc": "2.0", "method": "notifications/initialized"}'

call='{"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "greet", "arguments": {}}}'
posted=0
curl --silent --max-time 10 "${headers[@]}" -H "Content-Type: application/json" --data "$call" "$url" \
  > "$folder/posted" || posted=$?
id=$(grep '^id:' "$folder/posted" | head -n 1 | tr -d '\r' | cut -d ' ' -f 2)
resumed=0
curl --silent --max-time 3 "${headers[@]}" -H "Last-Event-ID: $id" "$url" > "$folder/resumed" || resumed=$?
printf 'POST, curl exits %s:\n%s\n\nGET after id %s, curl exits %s:\n%s\n' \
  "$posted" "$(cat "$folder/posted")" "$id" "$resumed" "$(cat "$folder/resumed")"
[ "$posted" = 0 ] && grep -q '"result"' "$folder/posted" && grep -q '"result"' "$folder/resumed" &&
  [ "$resumed" = 28 ] || {
  echo "behaviour has changed" >&2
  exit 1
}
