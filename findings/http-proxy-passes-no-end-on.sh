#!/usr/bin/env bash
# http-proxy 1.18.1 (npm) on Node.js 20, `proxy.web` with nothing but a target: neither side of an event stream learns that
# the other one has gone. When the server breaks its stream off, the client's connection stays open, in silence, and no
# `error` event is emitted. When the client leaves, the proxy goes on reading from the server, to the end of the stream.
#
# Expected: the client's connection is closed with the server's, and the server's with the client's.
# Seen on Node.js 20:
#   server gone: the client is still connected 3 s later;  client gone: the server is still sending 3 s later
#
# Exits 1 when http-proxy behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund http-proxy@1.18.1 >&2

cat > run.mjs <<'JS'
import { once } from "node:events";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import httpProxy from "http-proxy";

const listen = async (server) => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server.address().port;
};
const left = { upstream: false, client: false };
const upstream = http.createServer((request, response) => {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write("data: one\n\n");
  if (request.url === "/broken") return setTimeout(() => request.socket.destroy(), 200);
  const timer = setInterval(() => response.write("data: more\n\n"), 100);
  response.on("close", () => {
    left.upstream = true;
    clearInterval(timer);
  });
});
const proxy = httpProxy.createProxyServer({ target: `http://127.0.0.1:${await listen(upstream)}` });
const errors = [];
proxy.on("error", (error) => errors.push(error.message));
const port = await listen(http.createServer((request, response) => proxy.web(request, response)));

const open = async (path) => {
  const request = http.get({ host: "127.0.0.1", port, path, agent: false });
  const [response] = await once(request, "response");
  response.on("error", () => {});
  response.on("close", () => (left.client = true));
  await once(response, "data");
  response.resume();
  return request;
};

await open("/broken");
await sleep(3200);
const deaf = !left.client && errors.length === 0;
console.log(`server gone: client ${left.client ? "told" : "still connected"} 3 s later; errors: ${errors.length}`);

const request = await open("/live");
request.destroy();
await sleep(3000);
console.log(`client gone: server ${left.upstream ? "told" : "still sending"} 3 s later`);
process.exit(deaf && !left.upstream ? 0 : 1);
JS
timeout 60 node run.mjs
