#!/usr/bin/env bash
# huggingface_hub 2.4.0 (PyPI): a stream of `InferenceClient.chat_completion(..., stream=True)` does not keep its client
# alive, and ends with it. When nothing else refers to the client, as in a function that returns the stream, or in one
# expression, the connection is closed under the stream: reading it raises httpx2's StreamClosed before the first token.
#
# Expected: the same tokens as while the client is in a variable.
# Seen on CPython 3.11:
#   client kept: Hello, world;  client not kept: StreamClosed
#
# Exits 1 when huggingface_hub behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check huggingface_hub==2.4.0 httpx2==2.16.2

cat > "$folder/finding.py" <<'PY'
import http.server
import json
import threading

import httpx2
from huggingface_hub import InferenceClient

class Chat(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for word in ("Hello", "world"):
            choices = [{"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}]
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "any", "choices": choices}
            self.wfile.write(b"data: %b\n\n" % json.dumps(chunk).encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Chat)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
messages = [{"role": "user", "content": "Hi"}]

def read(stream):
    try:
        return ", ".join(chunk.choices[0].delta.content for chunk in stream)
    except httpx2.StreamClosed as error:
        return type(error).__name__

client = InferenceClient(base_url=url, api_key="none")
kept = read(client.chat_completion(messages, stream=True))
not_kept = read(InferenceClient(base_url=url, api_key="none").chat_completion(messages, stream=True))
print(f"client kept: {kept}; client not kept: {not_kept}")
raise SystemExit((kept, not_kept) != ("Hello, world", "StreamClosed"))
PY
timeout 60 "$folder/venv/bin/python" -W ignore "$folder/finding.py"
