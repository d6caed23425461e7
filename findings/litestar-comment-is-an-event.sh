#!/usr/bin/env bash
# Litestar 2.25.0 (PyPI): a ServerSentEventMessage made of a comment alone, as a heartbeat is, or of `retry` or `id` alone,
# has empty data by default, and so is an event: each heartbeat calls a browser's `onmessage` with "", and a client that
# reads JSON fails on it. `data=None` makes a comment of it.
#
# Expected: no event without data, as from sse-starlette 3.7.0 and FastAPI.
# Seen on CPython 3.11 with eventsource 4.1.1 on Node.js 20, a comment, a retry, an id, and "one" being sent:
#   Litestar: "", "", "", "one";  with data=None: "one";  sse-starlette: "one"
#
# Exits 1 when Litestar behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund eventsource@4.1.1 >&2
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check litestar==2.25.0 sse-starlette==3.7.0 starlette==1.10.0 \
  uvicorn==0.54.0

cat > app.py <<'PY'
from litestar import Litestar, asgi, get
from litestar.response import ServerSentEvent, ServerSentEventMessage
from litestar.types import Receive, Scope, Send
from sse_starlette import EventSourceResponse
from sse_starlette import ServerSentEvent as StarletteEvent

PARTS = ({"comment": "keep-alive"}, {"retry": 5000}, {"id": "7"})

async def by_litestar(**data):
    for part in PARTS:
        yield ServerSentEventMessage(**part, **data)
    yield ServerSentEventMessage(data="one")

async def by_sse_starlette():
    for part in PARTS:
        yield StarletteEvent(**part)
    yield StarletteEvent(data="one")

@get("/default")
async def default() -> ServerSentEvent:
    return ServerSentEvent(by_litestar())

@get("/none")
async def none() -> ServerSentEvent:
    return ServerSentEvent(by_litestar(data=None))

@asgi("/sse-starlette", copy_scope=True)
async def starlette(scope: Scope, receive: Receive, send: Send) -> None:
    await EventSourceResponse(by_sse_starlette())(scope, receive, send)

app = Litestar([default, none, starlette])
PY
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/python -m uvicorn --log-level error --host 127.0.0.1 --port "$port" app:app > log 2>&1 &
server=$!
for _ in $(seq 100); do curl --silent --output /dev/null "http://127.0.0.1:$port/" && break; sleep 0.1; done

cat > run.mjs <<'JS'
import { EventSource } from "eventsource";

const read = (path) =>
  new Promise((resolve) => {
    const source = new EventSource(`${process.argv[2]}/${path}`);
    const events = [];
    source.onmessage = ({ data }) => {
      events.push(data);
      if (data !== "one") return;
      source.close();
      resolve(JSON.stringify(events));
    };
  });
const expected = { default: '["","","","one"]', none: '["one"]', "sse-starlette": '["one"]' };
let asSeen = true;
for (const [path, events] of Object.entries(expected)) {
  const seen = await read(path);
  console.log(`${path}: ${seen}`);
  asSeen &&= seen === events;
}
process.exit(asSeen ? 0 : 1);
JS
timeout 60 node --no-warnings run.mjs "http://127.0.0.1:$port"
