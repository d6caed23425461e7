#!/usr/bin/env bash
# fetch-event-stream 0.1.6 (npm): all blanks and tabs at the beginning of a line of data are dropped, not just the one blank
# after the colon. A program that is sent line by line loses its indentation, and a chat's tokens, sent as plain text,
# lose the blank between two words. An empty first line is dropped as well.
#
# Expected: "If value starts with a U+0020 SPACE character, remove it from value": that one.
# Seen on Node.js 20:
#   "if x:\n    y = 1" gives "if x:\ny = 1";  "Hello", " world" give "Hello", "world";  "\nsecond line" gives "second line"
#
# Exits 1 when fetch-event-stream behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund fetch-event-stream@0.1.6 >&2

cat > run.mjs <<'JS'
import { events } from "fetch-event-stream";

const read = async (text) => {
  const data = [];
  for await (const event of events(new Response(text))) data.push(event.data);
  return JSON.stringify(data);
};
const program = await read("data: if x:\ndata:     y = 1\n\n");
const tokens = await read("data: Hello\n\ndata:  world\n\n");
const blank = await read("data:\ndata: second line\n\n");
console.log(program, tokens, blank);
const asSeen = program === '["if x:\\ny = 1"]' && tokens === '["Hello","world"]' && blank === '["second line"]';
process.exit(asSeen ? 0 : 1);
JS
timeout 60 node run.mjs
