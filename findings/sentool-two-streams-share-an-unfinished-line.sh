#!/usr/bin/env bash
# @sentool/fetch-event-source 0.6.0 (npm): all streams of a program have one place for a line that has not come whole. When
# two are read at the same time, the beginning of a line of one is put before the next bytes of the other: that one's event
# has the text of both, and the first one's is lost. Fields are kept only until their chunk ends: an event whose lines come
# in different chunks loses those before, such as its type, even when a stream is alone.
#
# Expected: each stream by itself, and the same events wherever the network divides the bytes.
# Seen on Node.js 20:
#   one stream at a time:   first has "one"; second has "two"
#   both at the same time:  first has nothing; second has "ondata: two"
#   "event: x\ndata: one\n\n" in one chunk: x with "one"; divided after "x\n": "one" without a type
#
# Exits 1 when it behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @sentool/fetch-event-source@0.6.0 >&2

cat > run.mjs <<'JS'
import http from "node:http";
import { fetchEventSource } from "@sentool/fetch-event-source";

const responses = {};
const server = http.createServer((request, response) => {
  response.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
  responses[request.url] = response;
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));

const stream = async (path) => {
  const found = [];
  let opened;
  const open = new Promise((resolve) => (opened = resolve));
  const ended = fetchEventSource(`http://127.0.0.1:${server.address().port}${path}`, {
    onopen: () => opened(),
    onmessage: (message) => Object.keys(message).length && found.push(message),
  });
  await open;
  return { found, ended };
};
const send = async (path, text) => {
  responses[path].write(text);
  await new Promise((passed) => setTimeout(passed, 150)); // a chunk of its own for the client
};
const end = async (path, { found, ended }) => {
  responses[path].end();
  await ended;
  return found;
};
const show = (found) => JSON.stringify(found.map(({ event, data }) => (event ? [event, data] : data)));

const apart = [];
for (const [path, pieces] of [["/first", ["data: on", "e\n\n"]], ["/second", ["data: two\n\n"]]]) {
  const alone = await stream(path);
  for (const piece of pieces) await send(path, piece);
  apart.push(show(await end(path, alone)));
}
const [first, second] = [await stream("/first"), await stream("/second")];
await send("/first", "data: on");
await send("/second", "data: two\n\n");
await send("/first", "e\n\n");
const together = [show(await end("/first", first)), show(await end("/second", second))];

const divided = [];
for (const pieces of [["event: x\ndata: one\n\n"], ["event: x\n", "data: one\n\n"]]) {
  const alone = await stream("/divided");
  for (const piece of pieces) await send("/divided", piece);
  divided.push(show(await end("/divided", alone)));
}
server.close();
console.log("one stream at a time:", ...apart);
console.log("both at the same time:", ...together);
console.log("in one chunk, and divided:", ...divided);
const asSeen =
  apart.join() === '["one"],["two"]' && together[0] === '[]' && together[1] === '["ondata: two"]' &&
  divided[0] === '[["x","one"]]' && divided[1] === '["one"]';
process.exit(asSeen ? 0 : 1);
JS
timeout 60 node run.mjs
