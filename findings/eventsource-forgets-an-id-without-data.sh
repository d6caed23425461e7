#!/usr/bin/env bash
# eventsource 4.1.1, eventsource-client 1.2.0 (npm) and launchdarkly-eventsource 1.7.4 (PyPI): an id in a block that has no
# data is forgotten. A server that names a new position without an event, so that a client need not be sent again what
# did not concern it, is resumed from the last event that had data, or from the beginning if there was none.
#
# Expected: "Set the last event ID string of the event source to the value of the last event ID buffer" is the first step
# of dispatching, before the one that ends it if there is no data. undici's EventSource sends the new id.
# Seen on Node.js 20 and CPython 3.11, the server having sent "id: 1 / data: one", then "id: 2", and closed the connection:
#   eventsource, eventsource-client and launchdarkly-eventsource resume with 1;  undici resumes with 2
#
# Exits 1 when one of them behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund eventsource@4.1.1 eventsource-client@1.2.0 undici@7.30.2 >&2
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check launchdarkly-eventsource==1.7.4

cat > server.mjs <<'JS'
import http from "node:http";

const server = http.createServer((request, response) => {
  console.log(`${request.url.slice(1)} ${request.headers["last-event-id"] ?? "none"}`);
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.end("retry: 20\n\nid: 1\ndata: one\n\nid: 2\n\n");
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
JS
node server.mjs > requests &
server=$!
for _ in $(seq 100); do [ -s requests ] && break; sleep 0.1; done
export URL="http://127.0.0.1:$(head -n 1 requests)"

cat > clients.mjs <<'JS'
import { setTimeout as sleep } from "node:timers/promises";
import { EventSource } from "eventsource";
import { createEventSource } from "eventsource-client";
import { EventSource as EventSourceOfUndici } from "undici";

new EventSource(`${process.env.URL}/eventsource`);
createEventSource({ url: `${process.env.URL}/eventsource-client` });
new EventSourceOfUndici(`${process.env.URL}/undici`);
await sleep(2000);
process.exit();
JS
timeout 60 node --no-warnings clients.mjs

timeout 60 venv/bin/python - <<'PY'
import os
from ld_eventsource import SSEClient
from ld_eventsource.config import ErrorStrategy

client = SSEClient(
    f"{os.environ['URL']}/launchdarkly-eventsource",
    initial_retry_delay=0.1,
    error_strategy=ErrorStrategy.always_continue(),
)
for _, _ in zip(range(2), client.events):
    pass
client.close()
PY
asSeen=0
for row in "eventsource 1" "eventsource-client 1" "launchdarkly-eventsource 1" "undici 2"; do
  second=$(grep "^${row% *} " requests | sed -n 2p)
  echo "${row% *} resumes with ${second##* }"
  [ "$second" = "$row" ] || asSeen=1
done
exit "$asSeen"
