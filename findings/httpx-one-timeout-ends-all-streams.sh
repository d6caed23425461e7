#!/usr/bin/env bash
# httpx 0.28.1 and httpx2 2.16.2 (`http2=True`): the read timeout of one request ends every other stream of its connection,
# also one that was opened with `timeout=None`. That one raises ReadTimeout, too, in place of its next event.
#
# Expected: "timeout=None" has no timeout; the other stream gets its second event, which the server sends.
# Seen with the `http2` module of Node.js 20:
#   httpx 0.28.1: without a timeout: ReadTimeout after 1 event
#   httpx2 2.16.2: without a timeout: ReadTimeout after 1 event
#
# Exits 1 when they behave otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'httpx[http2]==0.28.1' 'httpx2[http2]==2.16.2' 2> /dev/null

cat > server.mjs <<'JS'
import http2 from "node:http2";
const server = http2.createServer({ settings: { maxConcurrentStreams: 100 } });
server.on("stream", (stream, headers) => {
  stream.on("error", () => {});
  if (headers[":path"] === "/silent") return;
  stream.respond({ ":status": 200, "content-type": "text/event-stream" });
  stream.write("data: one\n\n");
  setTimeout(() => stream.end("data: two\n\n"), 2000);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
JS

cat > run.py <<'PY'
import subprocess
import sys
import threading

import httpx
import httpx2

same = True
server = subprocess.Popen(["node", "server.mjs"], stdout=subprocess.PIPE, text=True)
try:
    url = f"http://127.0.0.1:{int(server.stdout.readline())}"
    for library in (httpx, httpx2):
        with library.Client(http1=False, http2=True) as client:
            with client.stream("GET", f"{url}/events", timeout=None) as response:
                pieces = response.iter_bytes()
                events, error = [next(pieces)], None

                def ask():
                    try:
                        client.get(f"{url}/silent", timeout=0.5)
                    except library.ReadTimeout:
                        pass

                thread = threading.Thread(target=ask)
                thread.start()
                thread.join()
                try:
                    events += pieces
                except library.HTTPError as failed:
                    error = type(failed).__name__
        print(f"{library.__name__} {library.__version__}: without a timeout: {error} after {len(events)} event")
        same = same and (error, len(events)) == ("ReadTimeout", 1)
finally:
    server.kill()
    server.wait()
sys.exit(0 if same else 1)
PY
timeout 60 venv/bin/python run.py
