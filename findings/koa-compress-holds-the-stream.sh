#!/usr/bin/env bash
# koa-compress 5.2.2 (npm) with Koa, all by default: it compresses text/event-stream and never flushes, so that of a live
# stream of small events nothing but the compressed body's header arrives until the stream ends.
#
# Expected: event streams are left alone, as Hono's and Starlette's middlewares do, or are flushed after each chunk.
# Seen on Node.js 20, with four events 0.5 s apart:
#   identity: 4 events, the first 1.5 s before the end;  gzip, br: all 4 at the end
#
# Exits 1 when koa-compress behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund koa@3.3.0 koa-compress@5.2.2 >&2

cat > run.mjs <<'JS'
import { once } from "node:events";
import http from "node:http";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import zlib from "node:zlib";
import Koa from "koa";
import compress from "koa-compress";

const app = new Koa();
app.use(compress());
app.use(async (context) => {
  const body = new PassThrough();
  context.type = "text/event-stream";
  context.body = body;
  (async () => {
    for (let number = 0; number < 4; number++) {
      body.write(`data: ${number}\n\n`);
      await sleep(500);
    }
    body.end();
  })();
});
const server = http.createServer(app.callback());
await once(server.listen(0, "127.0.0.1"), "listening");

const decoders = { identity: () => new PassThrough(), gzip: zlib.createGunzip, br: zlib.createBrotliDecompress };
const heldBack = async (coding) => {
  const headers = { "Accept-Encoding": coding };
  const request = http.get({ host: "127.0.0.1", port: server.address().port, headers, agent: false });
  const [response] = await once(request, "response");
  const decoded = response.pipe(decoders[coding]());
  let first, text = "";
  decoded.on("data", (chunk) => {
    first ??= performance.now();
    text += chunk;
  });
  await once(decoded, "end");
  const before = performance.now() - first;
  const used = response.headers["content-encoding"] ?? "identity";
  console.log(`${coding}: ${text.split("\n\n").length - 1} events, the first ${(before / 1000).toFixed(1)} s before the end`);
  return used === coding && before < 500;
};
const held = [await heldBack("identity"), await heldBack("gzip"), await heldBack("br")];
process.exit(!held[0] && held[1] && held[2] ? 0 : 1);
JS
timeout 60 node run.mjs
