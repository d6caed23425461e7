#!/usr/bin/env bash
# event-source-plus 0.1.15 (npm): of an event with several `data:` lines only the last line is kept. Text of more than one
# paragraph, or JSON that is spread over lines, arrives without its beginning. An event that ends in an empty line of data
# has none at all.
#
# Expected: the lines, joined by line feeds, as the standard has it.
# Seen on Node.js 20: "data: one / data: two" gives "two";  "data: text / data:" gives ""
#
# Exits 1 when event-source-plus behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund event-source-plus@0.1.15 >&2

cat > run.mjs <<'JS'
import { once } from "node:events";
import http from "node:http";
import { EventSourcePlus } from "event-source-plus";

const server = http.createServer((request, response) => {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.end("data: one\ndata: two\n\ndata: text\ndata:\n\ndata: last\n\n");
});
await once(server.listen(0, "127.0.0.1"), "listening");

const got = await new Promise((resolve) => {
  const events = [];
  const controller = new EventSourcePlus(`http://127.0.0.1:${server.address().port}/`).listen({
    onMessage({ data }) {
      events.push(data);
      if (data !== "last") return;
      controller.abort();
      resolve(JSON.stringify(events));
    },
  });
});
console.log(got);
process.exit(got === '["two","","last"]' ? 0 : 1);
JS
timeout 60 node run.mjs
