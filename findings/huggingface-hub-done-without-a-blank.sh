#!/usr/bin/env bash
# huggingface_hub 2.4.0 (PyPI): the end of a chat, `data:[DONE]`, is known only with a blank after the colon, though the
# chunks before it are read without one. A server that leaves the blank out, as Spring's SseEmitter does, has its whole
# answer read, and then JSONDecodeError raised. A chunk whose JSON is spread over several lines of data raises it as well.
#
# Expected: the blank after the colon is optional, and lines of data are joined by line feeds.
# Seen on CPython 3.11:
#   with a blank: Hello, end;  without: Hello, JSONDecodeError;  in lines: JSONDecodeError
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

from huggingface_hub import InferenceClient

choices = [{"index": 0, "delta": {"role": "assistant", "content": "Hello"}, "finish_reason": None}]
chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "any", "choices": choices}
in_lines = json.dumps(chunk, indent=1).replace("\n", "\ndata: ")
streams = {
    "with": f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n",
    "without": f"data:{json.dumps(chunk)}\n\ndata:[DONE]\n\n",
    "lines": f"data: {in_lines}\n\ndata: [DONE]\n\n",
}

class Chat(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(streams[self.path.split("/")[1]].encode())

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Chat)
threading.Thread(target=server.serve_forever, daemon=True).start()

def read(kind):
    client = InferenceClient(base_url=f"http://127.0.0.1:{server.server_port}/{kind}", api_key="none")
    seen = []
    try:
        for part in client.chat_completion([{"role": "user", "content": "Hi"}], stream=True):
            seen.append(part.choices[0].delta.content)
        seen.append("end")
    except json.JSONDecodeError as error:
        seen.append(type(error).__name__)
    return ", ".join(seen)

seen = [read(kind) for kind in streams]
print("with a blank: {}; without: {}; in lines: {}".format(*seen))
raise SystemExit(seen != ["Hello, end", "Hello, JSONDecodeError", "JSONDecodeError"])
PY
timeout 60 "$folder/venv/bin/python" -W ignore "$folder/finding.py"
