#!/usr/bin/env bash
# openai 3.57.0, anthropic 2.14.0, httpx-sse 0.4.3, sseclient-py 1.9.0 and launchdarkly-eventsource 1.7.4 (PyPI): a stream
# that begins with a byte order mark, as .NET's StreamWriter writes one with Encoding.UTF8, loses its first event without an
# error: they take the mark for a part of the first field's name. A chat has lost its first token, or the message's
# start. In mistralai 3.7.0 and in eventsource 4.1.1 (npm) nothing is lost.
#
# Expected: "Streams must be decoded using the UTF-8 decode algorithm", which strips one leading byte order mark.
# Seen on CPython 3.11 and Node.js 20, "one" and "two" being sent:
#   mistralai, eventsource: one, two;  the others: two
#
# Exits 1 when one of them behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --ignore-scripts --no-audit --no-fund eventsource@4.1.1 >&2
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check openai==3.57.0 anthropic==2.14.0 httpx-sse==0.4.3 httpx==0.28.1 \
  sseclient-py==1.9.0 requests==2.34.2 launchdarkly-eventsource==1.7.4 mistralai==3.7.0

cat > eventsource.mjs <<'JS'
import { EventSource } from "eventsource";

const source = new EventSource(process.argv[2]);
const events = [];
source.onmessage = ({ data }) => events.push(JSON.parse(data).text);
source.onerror = () => {
  console.log(events.join(", "));
  process.exit();
};
JS
cat > finding.py <<'PY'
import http.server
import json
import subprocess
import threading

import anthropic
import httpx
import httpx_sse
import ld_eventsource
import openai
import requests
import sseclient
from mistralai.client import Mistral

def event(text):
    """Return one event that is a chat's chunk, a message's part, and `text` by itself."""
    delta = {"type": "text_delta", "text": text, "content": text}
    choices = [{"index": 0, "delta": delta, "finish_reason": None}]
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "any", "choices": choices}
    return {**chunk, "type": "content_block_delta", "index": 0, "delta": delta, "text": text}

class Stream(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        name = "event: content_block_delta\n" if self.path.endswith("/messages") else ""
        blocks = [f"{name}data: {json.dumps(event(text))}\n\n" for text in ("one", "two")]
        self.wfile.write(("\ufeff" + "".join(blocks)).encode())

    do_GET = do_POST

    def log_message(self, *arguments):
        pass

def texts(events):
    return [json.loads(event.data)["text"] for event in events]

def by_openai():
    completions = openai.OpenAI(base_url=url, api_key="none").chat.completions
    chunks = completions.create(model="any", messages=MESSAGES, stream=True)
    return [each.choices[0].delta.content for each in chunks]

def by_anthropic():
    messages = anthropic.Anthropic(base_url=url, api_key="none").messages
    return [each.delta.text for each in messages.create(model="any", max_tokens=9, messages=MESSAGES, stream=True)]

def by_mistral():
    with Mistral(server_url=url, api_key="none").chat.stream(model="any", messages=MESSAGES) as chunks:
        return [each.data.choices[0].delta.content for each in chunks]

def by_httpx_sse():
    with httpx.Client() as client, httpx_sse.connect_sse(client, "GET", url) as source:
        return texts(source.iter_sse())

def by_sseclient():
    return texts(sseclient.SSEClient(requests.get(url, stream=True, timeout=30)).events())

def by_launchdarkly():
    first = next(iter(ld_eventsource.SSEClient(url).events))
    return texts([first])

def by_eventsource():
    command = ["node", "--no-warnings", "eventsource.mjs", url]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.strip().split(", ")

MESSAGES = [{"role": "user", "content": "Hi"}]
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stream)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
as_seen = True
for read, expected in {
    by_mistral: ["one", "two"],
    by_eventsource: ["one", "two"],
    by_openai: ["two"],
    by_anthropic: ["two"],
    by_httpx_sse: ["two"],
    by_sseclient: ["two"],
    by_launchdarkly: ["two"],
}.items():
    seen = read()
    print(f"{read.__name__}: {', '.join(seen)}", flush=True)
    as_seen &= seen == expected
raise SystemExit(not as_seen)
PY
timeout 90 venv/bin/python -W ignore finding.py
