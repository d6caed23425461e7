#!/usr/bin/env bash
# google-genai 3.6.1 (PyPI) and @google/genai 2.32.0 (npm), with a `base_url` of one's own: of an event stream both know
# the line `data: ` alone. In Python any other line, a gateway's heartbeat comment included, raises UnknownApiResponseError
# in the middle of the answer. In JavaScript, an event with an `id`, an `event` or a comment above its data is dropped
# without a word, and data of several lines raises SyntaxError.
#
# Expected: comments and fields that are of no interest are passed over, as the standard has it.
# Seen on CPython 3.11 and Node.js 20, "Hello", " world" being sent:
#   Python: heartbeat, comment, id, event: UnknownApiResponseError
#   JavaScript: comment, id, event: nothing at all;  lines: SyntaxError
#
# Exits 1 when one of them behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund @google/genai@2.32.0 >&2
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-genai==3.6.1

cat > server.mjs <<'JS'
import http from "node:http";

const before = { heartbeat: ": keep-alive\n\n", comment: ": part\n", id: "id: 7\n", event: "event: message\n" };
const server = http.createServer((request, response) => {
  const kind = request.url.split("/")[1];
  const part = (text) => ({ candidates: [{ index: 0, content: { role: "model", parts: [{ text }] } }] });
  const data = (text) => JSON.stringify(part(text), null, kind === "lines" ? 1 : 0).replaceAll("\n", "\ndata: ");
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.end(["Hello", " world"].map((text) => `${before[kind] ?? ""}data: ${data(text)}\n\n`).join(""));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
JS
node server.mjs > port &
server=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
export URL="http://127.0.0.1:$(cat port)"

cat > run.mjs <<'JS'
import { GoogleGenAI } from "@google/genai";

const read = async (kind) => {
  const client = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: `${process.env.URL}/${kind}` } });
  const texts = [];
  for await (const { text } of await client.models.generateContentStream({ model: "any", contents: "Hi" })) texts.push(text);
  return texts.join("|");
};
for (const kind of ["plain", "heartbeat", "comment", "id", "event", "lines"]) {
  console.log(`JavaScript, ${kind}: ${await read(kind).catch((error) => error.name)}`);
}
JS
cat > run.py <<'PY'
import os
from google import genai
from google.genai import errors, types

for kind in ("plain", "heartbeat", "comment", "id", "event", "lines"):
    options = types.HttpOptions(base_url=f"{os.environ['URL']}/{kind}")
    client = genai.Client(api_key="none", http_options=options)
    try:
        chunks = client.models.generate_content_stream(model="any", contents="Hi")
        print(f"Python, {kind}:", "|".join(chunk.text for chunk in chunks))
    except errors.UnknownApiResponseError as error:
        print(f"Python, {kind}: {type(error).__name__}")
PY
cat > expected <<'TEXT'
Python, plain: Hello| world
Python, heartbeat: UnknownApiResponseError
Python, comment: UnknownApiResponseError
Python, id: UnknownApiResponseError
Python, event: UnknownApiResponseError
Python, lines: Hello| world
JavaScript, plain: Hello| world
JavaScript, heartbeat: Hello| world
JavaScript, comment: 
JavaScript, id: 
JavaScript, event: 
JavaScript, lines: SyntaxError
TEXT
timeout 60 venv/bin/python -W ignore run.py | tee seen
timeout 60 node --no-warnings run.mjs | tee -a seen
cmp seen expected
