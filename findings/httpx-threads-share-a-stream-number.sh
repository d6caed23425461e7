#!/usr/bin/env bash
# httpx 0.28.1 (`http2=True`, on httpcore 1.0.9), one client in eight threads: a stream's number is taken and its head is
# sent in two steps, without a lock, so that threads get the same number. Of the requests that share one, some get no
# answer until their timeout, and some raise KeyError, which is no error of httpx.
#
# Expected: a client may be used by several threads, as httpx says; each request is answered.
# Seen, with threads that take turns often (`sys.setswitchinterval(1e-6)`), so that it happens within a second; how many
# fail varies:
#   httpx 0.28.1: 24 of 400 requests failed: KeyError, LocalProtocolError, ReadTimeout, RemoteProtocolError
#
# Exits 1 when every request is answered.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check 'httpx[http2]==0.28.1' 'httpcore==1.0.9' 2> /dev/null

cat > server.mjs <<'JS'
import http2 from "node:http2";
const server = http2.createServer({ settings: { maxConcurrentStreams: 100 } });
server.on("stream", (stream) => {
  stream.on("error", () => {});
  stream.respond({ ":status": 200, "content-type": "text/event-stream" });
  stream.end("data: one\n\n");
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
JS

cat > run.py <<'PY'
import subprocess
import sys
import threading

import httpx

errors = []
server = subprocess.Popen(["node", "server.mjs"], stdout=subprocess.PIPE, text=True)
try:
    url = f"http://127.0.0.1:{int(server.stdout.readline())}/"
    with httpx.Client(http1=False, http2=True, timeout=2) as client:
        client.get(url)
        sys.setswitchinterval(1e-6)

        def read():
            for _ in range(50):
                try:
                    client.get(url)
                except Exception as error:
                    errors.append(type(error).__name__)

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
finally:
    server.kill()
    server.wait()
print(f"httpx {httpx.__version__}: {len(errors)} of 400 requests failed: {', '.join(sorted(set(errors)))}")
sys.exit(0 if errors else 1)
PY
timeout 100 venv/bin/python run.py
