#!/usr/bin/env bash
# undici 7.30.2 (npm), EventSource: after a redirect, it reconnects to where the redirect led, and never asks the URL that
# it was given again, not even after a 302 or 307, which are temporary. When the node that a balancer chose has gone, its
# subscribers are refused there for good, while the balancer would send them to another one.
#
# Expected: each connection begins at the URL that was given, as in eventsource 4.1.1 and eventsource-client 1.2.0.
# Seen on Node.js 20, a balancer that redirects to one node and, when that has gone, to another:
#   undici: no event from the second node within 2 s;  eventsource, eventsource-client: an event
#
# Exits 1 when one of them behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund undici@7.30.2 eventsource@4.1.1 eventsource-client@1.2.0 >&2

cat > run.mjs <<'JS'
import { once } from "node:events";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { EventSource } from "eventsource";
import { createEventSource } from "eventsource-client";
import { EventSource as EventSourceOfUndici } from "undici";

const listen = async (handler) => {
  const server = http.createServer(handler);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { server, url: `http://127.0.0.1:${server.address().port}/` };
};
const node = (name) =>
  listen((request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(`retry: 50\ndata: ${name}\n\n`);
  });
const clients = {
  undici(url, onMessage) {
    const source = new EventSourceOfUndici(url);
    source.onmessage = onMessage;
    return source;
  },
  eventsource(url, onMessage) {
    const source = new EventSource(url);
    source.onmessage = onMessage;
    return source;
  },
  "eventsource-client": (url, onMessage) => createEventSource({ url, onMessage }),
};

let asSeen = true;
for (const [name, open] of Object.entries(clients)) {
  for (const status of [302, 307]) {
    const [first, second] = [await node("first"), await node("second")];
    let chosen = first;
    const balancer = await listen((request, response) => response.writeHead(status, { Location: chosen.url }).end());
    const events = [];
    const source = open(balancer.url, ({ data }) => events.push(data));
    while (events.length === 0) await sleep(20);
    chosen = second;
    first.server.close();
    first.server.closeAllConnections();
    await sleep(2000);
    source.close();
    console.log(`${name}, ${status}: ${events.join(", ")}`);
    asSeen &&= events.join() === (name === "undici" ? "first" : "first,second");
  }
}
process.exit(asSeen ? 0 : 1);
JS
timeout 60 node --no-warnings run.mjs
