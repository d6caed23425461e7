#!/usr/bin/env bash
# http-proxy-middleware 3.0.11 (npm) with Express: when the server's connection is reset in the middle of an event stream,
# the text for a proxy's error page is appended to the stream, under its status 200 and its Content-Type, and the chunked
# body is then ended as a whole one. In an event stream that has been cut inside a line, it becomes part of the data.
#
# Expected: the connection is cut, so that the client knows that the stream is not whole.
# Seen on Node.js 20, the server having sent "data: half a" and then a reset:
#   data: half aError occurred while trying to proxy: 127.0.0.1:PORT/     and a clean end
#
# Exits 1 when http-proxy-middleware behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund http-proxy-middleware@3.0.11 express@5.3.0 >&2

cat > run.mjs <<'JS'
import { once } from "node:events";
import http from "node:http";
import express from "express";
import { createProxyMiddleware } from "http-proxy-middleware";

const listen = async (server) => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server.address().port;
};
const upstream = http.createServer((request, response) => {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write("data: whole\n\ndata: half a");
  setTimeout(() => request.socket.resetAndDestroy(), 500);
});
const app = express();
app.use(createProxyMiddleware({ target: `http://127.0.0.1:${await listen(upstream)}` }));
const port = await listen(http.createServer(app));

const [response] = await once(http.get({ host: "127.0.0.1", port, agent: false }), "response");
let body = "";
response.on("data", (chunk) => (body += chunk));
response.on("error", (error) => console.log(error.message));
await once(response, "close");
console.log(`status ${response.statusCode}, ${response.complete ? "a clean end" : "cut"}:\n${body}`);
const appended = `data: whole\n\ndata: half aError occurred while trying to proxy: 127.0.0.1:${port}/`;
process.exit(response.statusCode === 200 && response.complete && body === appended ? 0 : 1);
JS
timeout 60 node run.mjs
