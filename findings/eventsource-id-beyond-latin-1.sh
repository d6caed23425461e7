#!/usr/bin/env bash
# eventsource 4.1.1, eventsource-client 1.2.0 and undici 7.30.2 (npm) on Node.js 20: after an event whose id has a
# character beyond U+00FF, they never connect again. Each attempt to build the request fails, as fetch refuses the header
# Last-Event-ID; eventsource emits an error for each attempt, the other two say nothing. An id with a character from
# U+0080 to U+00FF is sent as one byte, which is not the UTF-8 that the server had sent.
#
# Expected: Last-Event-ID holds the last event ID "encoded as UTF-8", whatever characters it has.
# Seen on Node.js 20, with a server that closes the connection after each event (retry: 20), within 1.5 s:
#   id 7: connected again, with 37;  id 7°: connected again, with 37b0 instead of 37c2b0;  id №7: one request, no second
#
# Exits 1 when one of them behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund eventsource@4.1.1 eventsource-client@1.2.0 undici@7.30.2 >&2

cat > run.mjs <<'JS'
import { once } from "node:events";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { EventSource } from "eventsource";
import { createEventSource } from "eventsource-client";
import { EventSource as EventSourceOfUndici } from "undici";

let requests = [];
const server = http.createServer((request, response) => {
  requests.push(Buffer.from(request.headers["last-event-id"] ?? "", "latin1").toString("hex"));
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.end(`retry: 20\nid: ${decodeURIComponent(request.url.slice(1))}\ndata: one\n\n`);
});
await once(server.listen(0, "127.0.0.1"), "listening");

const clients = {
  eventsource: (url) => new EventSource(url),
  "eventsource-client": (url) => createEventSource({ url }),
  undici: (url) => new EventSourceOfUndici(url),
};
let asSeen = true;
for (const [name, open] of Object.entries(clients)) {
  for (const [id, expected] of [["7", "37"], ["7\u00b0", "37b0"], ["\u21167", undefined]]) {
    requests = [];
    const source = open(`http://127.0.0.1:${server.address().port}/${encodeURIComponent(id)}`);
    await sleep(1500);
    source.close();
    const [first, second] = requests;
    console.log(`${name}, id ${id}: ${second === undefined ? "one request, no second" : `connected again, with ${second}`}`);
    asSeen &&= first === "" && second === expected;
  }
}
process.exit(asSeen ? 0 : 1);
JS
timeout 60 node --no-warnings run.mjs
