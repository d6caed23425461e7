#!/usr/bin/env bash
# together 3.1.1 (PyPI), together-ai 0.52.0 (npm) and groq 1.7.0 (PyPI), with a `base_url` of one's own: a chat whose chunks
# are sent as `event: message`, the name that events without one have, is empty in the first two, without an error. In
# groq each chunk has None for all that it should have, and the chunk itself in an attribute `data` beside it. Servers
# that name all their events, as those on better-sse do, write the name out.
#
# Expected: what the same chunks give without the line, as in openai 3.57.0: an event without a name is a `message`.
# Seen on CPython 3.11 and Node.js 20:
#   openai: Hello;  together, together-ai: no chunk;  groq: choices None
#
# Exits 1 when one of them behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund together-ai@0.52.0 >&2
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openai==3.57.0 together==3.1.1 groq==1.7.0

cat > server.mjs <<'JS'
import http from "node:http";

const choices = [{ index: 0, delta: { role: "assistant", content: "Hello" }, finish_reason: null }];
const chunk = JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "any", choices });
const server = http.createServer((request, response) => {
  const name = request.url.startsWith("/named/") ? "event: message\n" : "";
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.end(`${name}data: ${chunk}\n\n${name}data: [DONE]\n\n`);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
JS
node server.mjs > port &
server=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
export URL="http://127.0.0.1:$(cat port)"

cat > run.mjs <<'JS'
import Together from "together-ai";

for (const kind of ["unnamed", "named"]) {
  const client = new Together({ apiKey: "none", baseURL: `${process.env.URL}/${kind}`, maxRetries: 0 });
  const request = { model: "any", messages: [{ role: "user", content: "Hi" }], stream: true };
  const texts = [];
  for await (const { choices } of await client.chat.completions.create(request)) texts.push(choices[0].delta.content);
  console.log(`together-ai, ${kind}: ${JSON.stringify(texts)}`);
}
JS
cat > run.py <<'PY'
import os
from groq import Groq
from openai import OpenAI
from together import Together

messages = [{"role": "user", "content": "Hi"}]
for client_type in (OpenAI, Together, Groq):
    for kind in ("unnamed", "named"):
        client = client_type(api_key="none", base_url=f"{os.environ['URL']}/{kind}", max_retries=0)
        chunks = client.chat.completions.create(model="any", messages=messages, stream=True)
        texts = [chunk.choices and chunk.choices[0].delta.content for chunk in chunks]
        print(f"{client_type.__name__.lower()}, {kind}: {texts}")
PY
cat > expected <<'TEXT'
openai, unnamed: ['Hello']
openai, named: ['Hello']
together, unnamed: ['Hello']
together, named: []
groq, unnamed: ['Hello']
groq, named: [None]
together-ai, unnamed: ["Hello"]
together-ai, named: []
TEXT
timeout 60 venv/bin/python -W ignore run.py | tee seen
timeout 60 node --no-warnings run.mjs | tee -a seen
cmp seen expected
