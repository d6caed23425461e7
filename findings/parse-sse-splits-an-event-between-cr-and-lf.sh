#!/usr/bin/env bash
# parse-sse 0.1.0 (npm): a CRLF whose two bytes come in two chunks is taken for two line ends, so for the end of an event.
# One event with two lines of data becomes two events, each with one of them, and an event's name or id may be cut off
# from its data. Where the network divides a stream is nobody's choice; the same bytes in one chunk are read right.
# What is left unfinished when the stream ends is given out as an event too.
#
# Expected: the same events for the same bytes, and nothing for an event that has not been ended by an empty line.
# Seen on Node.js 20:
#   in one chunk: "one\ntwo";  divided between CR and LF: "one", "two";  "data: unfinished" at the end: an event
#
# Exits 1 when parse-sse behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund parse-sse@0.1.0 >&2

cat > run.mjs <<'JS'
import { parseServerSentEvents } from "parse-sse";

const read = async (...chunks) => {
  const bytes = chunks.map((chunk) => new TextEncoder().encode(chunk));
  const body = new ReadableStream({ pull: (stream) => (bytes.length ? stream.enqueue(bytes.shift()) : stream.close()) });
  const response = new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  const data = [];
  for await (const event of parseServerSentEvents(response)) data.push(event.data);
  return JSON.stringify(data);
};
const whole = await read("data: one\r\ndata: two\r\n\r\n");
const divided = await read("data: one\r", "\ndata: two\r\n\r\n");
const unfinished = await read("data: unfinished");
console.log(`in one chunk: ${whole}; divided between CR and LF: ${divided}; unfinished: ${unfinished}`);
process.exit(whole === '["one\\ntwo"]' && divided === '["one","two"]' && unfinished === '["unfinished"]' ? 0 : 1);
JS
timeout 60 node run.mjs
