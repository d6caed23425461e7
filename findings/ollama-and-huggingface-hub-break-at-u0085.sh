#!/usr/bin/env bash
# ollama 0.6.3 and huggingface_hub 2.4.0 (PyPI): a chat's token with U+0085 or U+2028 in it raises JSONDecodeError, and ends
# the answer. Both read lines by `iter_lines()` of httpx and httpx2, which end a line at each of the line ends that
# str.splitlines knows, and JSON need not escape these two.
#
# Expected: lines end with LF, CRLF or CR alone, in an event stream as in NDJSON; openai 3.57.0 has the token whole.
# Seen on CPython 3.11:
#   openai: a\x85b, a\u2028b;  ollama and huggingface_hub: JSONDecodeError
#
# Exits 1 when one of them behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ollama==0.6.3 huggingface_hub==2.4.0 openai==3.57.0 \
  httpx==0.28.1 httpx2==2.16.2

cat > "$folder/finding.py" <<'PY'
import http.server
import json
import threading

import huggingface_hub
import ollama
import openai

class Chat(http.server.BaseHTTPRequestHandler):
    """Answers a chat with its question, as NDJSON to ollama and as an event stream to the others."""

    def do_POST(self):
        text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["messages"][0]["content"]
        message = {"role": "assistant", "content": text}
        if self.path == "/api/chat":
            media_type, body = "application/x-ndjson", line({"model": "any", "message": message, "done": True})
        else:
            choices = [{"index": 0, "delta": message, "finish_reason": None}]
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "any", "choices": choices}
            media_type, body = "text/event-stream", f"data: {line(chunk)}\ndata: [DONE]\n\n"
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        pass

def line(value):
    return json.dumps(value, ensure_ascii=False) + "\n"

def by_openai(messages):
    chunks = openai.OpenAI(base_url=url, api_key="none").chat.completions.create(model="any", messages=messages, stream=True)
    return [chunk.choices[0].delta.content for chunk in chunks]

def by_ollama(messages):
    return [chunk.message.content for chunk in ollama.Client(host=url).chat("any", messages, stream=True)]

def by_huggingface_hub(messages):
    client = huggingface_hub.InferenceClient(base_url=url, api_key="none")
    return [chunk.choices[0].delta.content for chunk in client.chat_completion(messages, stream=True)]

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Chat)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
as_seen = True
for read in (by_openai, by_ollama, by_huggingface_hub):
    for text in ("plain", "a\x85b", "a\u2028b"):
        try:
            seen = "".join(read([{"role": "user", "content": text}]))
        except json.JSONDecodeError as error:
            seen = type(error).__name__
        print(f"{read.__name__}: {ascii(seen)}")
        as_seen &= seen == (text if read is by_openai or text == "plain" else "JSONDecodeError")
raise SystemExit(not as_seen)
PY
timeout 60 "$folder/venv/bin/python" -W ignore "$folder/finding.py"
