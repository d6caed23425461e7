#!/usr/bin/env bash
# better-sse 0.16.1 (npm): `session.stream(readable)` makes an event of each chunk of a byte stream, and decodes each by
# itself. A character whose bytes are in two chunks, as every 64 KiB of a file may have one, and as a program's output or
# another server's body has them anywhere, becomes two or more U+FFFD, and cannot be had back.
#
# Expected: the characters that were sent; the first bytes of one wait for the others.
# Seen on Node.js 20, é being sent in two chunks:
#   better-sse: \ufffd, \ufffd;  readable.setEncoding("utf8") beforehand: é
#
# Exits 1 when better-sse behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund better-sse@0.16.1 eventsource@4.1.1 >&2

cat > run.mjs <<'JS'
import { once } from "node:events";
import http from "node:http";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createSession } from "better-sse";
import { EventSource } from "eventsource";

const server = http.createServer(async (request, response) => {
  const session = await createSession(request, response);
  const text = new PassThrough();
  if (request.url === "/decoded") text.setEncoding("utf8");
  const sent = session.stream(text);
  for (const byte of Buffer.from("\u00e9")) {
    text.write(Buffer.from([byte]));
    await sleep(50);
  }
  text.end();
  await sent;
  session.push("end", "end");
});
await once(server.listen(0, "127.0.0.1"), "listening");

const read = (path) =>
  new Promise((resolve) => {
    const source = new EventSource(`http://127.0.0.1:${server.address().port}/${path}`);
    const chunks = [];
    source.addEventListener("stream", ({ data }) => chunks.push(JSON.parse(data)));
    source.addEventListener("end", () => {
      source.close();
      resolve(chunks.join(", "));
    });
  });
const bytes = await read("bytes");
const decoded = await read("decoded");
console.log(`bytes: ${bytes}; decoded beforehand: ${decoded}`);
process.exit(bytes === "\ufffd, \ufffd" && decoded === "\u00e9" ? 0 : 1);
JS
timeout 60 node --no-warnings run.mjs
