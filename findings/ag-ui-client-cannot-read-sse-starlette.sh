#!/usr/bin/env bash
# @ag-ui/client 1.0.0 (npm) with sse-starlette 3.7.0 (PyPI), both by default: an agent whose events are sent by
# EventSourceResponse cannot be read. sse-starlette ends its lines with CRLF, and the client looks for two line feeds in a
# row to tell one event from the next: the whole run is one event to it, at whose end it raises SyntaxError.
#
# Expected: lines may end with CRLF, CR or LF. With `sep="\n"` the same run is read.
# Seen on Node.js 20:
#   CRLF: no event, SyntaxError;  LF: RUN_STARTED, TEXT_MESSAGE_START, ..., RUN_FINISHED
#
# Exits 1 when they behave otherwise.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @ag-ui/client@1.0.0 >&2
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check sse-starlette==3.7.0 starlette==1.10.0 uvicorn==0.54.0

cat > app.py <<'PY'
import json
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.routing import Route

RUN = [
    {"type": "RUN_STARTED", "threadId": "1", "runId": "1"},
    {"type": "TEXT_MESSAGE_START", "messageId": "1", "role": "assistant"},
    {"type": "TEXT_MESSAGE_CONTENT", "messageId": "1", "delta": "Hello"},
    {"type": "TEXT_MESSAGE_END", "messageId": "1"},
    {"type": "RUN_FINISHED", "threadId": "1", "runId": "1"},
]

async def events():
    for event in RUN:
        yield {"data": json.dumps(event)}

def by_default(request):
    return EventSourceResponse(events())

def line_feeds(request):
    return EventSourceResponse(events(), sep="\n")

app = Starlette(routes=[Route("/default", by_default, methods=["POST"]), Route("/lf", line_feeds, methods=["POST"])])
PY
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/python -m uvicorn --log-level error --host 127.0.0.1 --port "$port" app:app > log 2>&1 &
server=$!
for _ in $(seq 100); do curl --silent --output /dev/null "http://127.0.0.1:$port/" && break; sleep 0.1; done

cat > run.mjs <<'JS'
import { HttpAgent } from "@ag-ui/client";

const run = async (url) => {
  const agent = new HttpAgent({ url, threadId: "1", initialMessages: [{ id: "1", role: "user", content: "Hi" }] });
  const seen = [];
  const subscriber = { onEvent: ({ event }) => void seen.push(event.type) };
  await agent.runAgent({ runId: "1" }, subscriber).catch(({ name }) => seen.push(name));
  return seen.join(", ");
};
console.error = () => {}; // the client prints the failure as well
const byDefault = await run(`${process.argv[2]}/default`);
const lineFeeds = await run(`${process.argv[2]}/lf`);
console.log(`CRLF: ${byDefault}\nLF: ${lineFeeds}`);
const whole = "RUN_STARTED, TEXT_MESSAGE_START, TEXT_MESSAGE_CONTENT, TEXT_MESSAGE_END, RUN_FINISHED";
process.exit(byDefault === "SyntaxError" && lineFeeds === whole ? 0 : 1);
JS
timeout 60 node --no-warnings run.mjs "http://127.0.0.1:$port"
