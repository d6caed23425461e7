#!/usr/bin/env bash
# eventsource-client 1.2.0 (npm): 401, 404 and 500, and a response that is no event stream, count as connections:
# `onConnect` is called, then `onScheduleReconnect`, and the request is sent again after two seconds, without an end and
# without a longer wait. Neither callback is given the status. Only 204 ends it.
#
# Expected: "If res's status is not 200, or if res's `Content-Type` is not text/event-stream, then fail the connection", as
# in eventsource 4.1.1, whose error event has the status.
# Seen on Node.js 20, within 9 s:
#   eventsource-client: 5 requests, onConnect 5 times;  eventsource: 1 request, closed
#
# Exits 1 when one of them behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund eventsource-client@1.2.0 eventsource@4.1.1 >&2

cat > run.mjs <<'JS'
import { once } from "node:events";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { EventSource } from "eventsource";
import { createEventSource } from "eventsource-client";

const requests = {};
const server = http.createServer((request, response) => {
  requests[request.url] = (requests[request.url] ?? 0) + 1;
  const status = Number(request.url.split("/")[2]);
  response.writeHead(status, { "Content-Type": status === 200 ? "text/html" : "text/event-stream" }).end();
});
await once(server.listen(0, "127.0.0.1"), "listening");

const watch = async (status) => {
  const url = `http://127.0.0.1:${server.address().port}`;
  let connected = 0;
  const client = createEventSource({ url: `${url}/client/${status}`, onConnect: () => void (connected += 1) });
  const source = new EventSource(`${url}/eventsource/${status}`);
  await sleep(9000);
  const closed = source.readyState === EventSource.CLOSED;
  client.close();
  source.close();
  const [again, once] = [requests[`/client/${status}`], requests[`/eventsource/${status}`]];
  console.log(`${status}: eventsource-client: ${again} requests, onConnect ${connected} times`);
  console.log(`${status}: eventsource: ${once} request, ${closed ? "closed" : "not closed"}`);
  return again >= 3 && connected >= 3 && once === 1 && closed;
};
const seen = await Promise.all([401, 404, 500, 200].map(watch));
process.exit(seen.every(Boolean) ? 0 : 1);
JS
timeout 60 node --no-warnings run.mjs
