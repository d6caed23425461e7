#!/usr/bin/env bash
# fastify-sse-v2 4.2.2 (npm) with Fastify 5.12.8: a generator given to `reply.sse` never learns that its client has gone.
# It goes on until the response's buffer of 16 KiB is full, and then stays where it is for good: its `finally` is not
# run, so that what it holds, a subscription or a database cursor, is never released.
#
# Expected: the generator is ended, as by `return()`, when the connection is closed, as a pipeline of Node.js does.
# Seen on Node.js 20, the client having left after some events:
#   fastify-sse-v2: not ended after 4 s, dozens of events later;  Readable.from in a pipeline: ended
#
# Exits 1 when fastify-sse-v2 behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund fastify-sse-v2@4.2.2 fastify@5.12.8 >&2

cat > run.mjs <<'JS'
import net from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import fastify from "fastify";
import { FastifySSEPlugin } from "fastify-sse-v2";

const states = {};
async function* events(name) {
  const state = (states[name] = { made: 0, ended: false });
  try {
    for (;;) {
      yield { data: String(++state.made) };
      await sleep(50);
    }
  } finally {
    state.ended = true;
  }
}
async function* blocks(name) {
  for await (const { data } of events(name)) yield `data: ${data}\n\n`;
}
const app = fastify();
await app.register(FastifySSEPlugin);
app.get("/sse", (request, reply) => reply.sse(events("sse")));
app.get("/pipeline", (request, reply) => {
  reply.hijack();
  reply.raw.writeHead(200, { "Content-Type": "text/event-stream" });
  pipeline(Readable.from(blocks("pipeline")), reply.raw).catch(() => {});
});
await app.listen({ port: 0, host: "127.0.0.1" });

for (const name of ["sse", "pipeline"]) {
  const socket = net.connect(app.server.address().port, "127.0.0.1");
  socket.write(`GET /${name} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  socket.resume();
  await sleep(500);
  socket.destroy();
}
await sleep(1000);
const before = states.sse.made;
await sleep(3000);
console.log(`fastify-sse-v2: ${states.sse.made - before} more events, ended: ${states.sse.ended}`);
console.log(`pipeline: ended: ${states.pipeline.ended}`);
process.exit(states.sse.made > before && !states.sse.ended && states.pipeline.ended ? 0 : 1);
JS
timeout 60 node --no-warnings run.mjs
