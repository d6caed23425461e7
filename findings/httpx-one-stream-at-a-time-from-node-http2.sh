#!/usr/bin/env bash
# httpx 0.28.1 and httpx2 2.16.2 (`http2=True`) with the `http2` module of Node.js 20, whose first SETTINGS name no
# MAX_CONCURRENT_STREAMS: the clients open one stream at a time over the connection, and no second connection. The next
# one's request is not sent until the one before it has ended: beside a live stream of events, never.
#
# Expected: "initially, there is no limit to this value" (RFC 9113 6.5.2), so that all three requests are sent at once, as
# they are where the server names a limit of 100.
# Seen on Node.js 20:
#   httpx 0.28.1: no limit named: 1 open at once;  limit of 100: 3 open at once
#   httpx2 2.16.2: no limit named: 1 open at once;  limit of 100: 3 open at once
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
let open = 0;
let most = 0;
const limit = Number(process.argv[2]);
const server = http2.createServer(limit ? { settings: { maxConcurrentStreams: limit } } : {});
server.on("stream", (stream) => {
  most = Math.max(most, ++open);
  stream.respond({ ":status": 200, "content-type": "text/event-stream" });
  stream.write("data: one\n\n");
  setTimeout(() => {
    open--;
    stream.end(`data: ${most}\n\n`);
  }, 500);
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
JS

cat > run.py <<'PY'
import subprocess
import sys
import threading

import httpx
import httpx2


def most_open_at_once(library, limit):
    server = subprocess.Popen(["node", "server.mjs", str(limit)], stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}/"
        seen = []
        with library.Client(http1=False, http2=True, timeout=20) as client:
            client.get(url)  # makes the connection, and reads the server's settings
            threads = [threading.Thread(target=lambda: seen.append(client.get(url).text)) for _ in range(3)]
            for thread in threads:
                thread.start()
                thread.join(0.05)  # one after the other, well within the half second that each stream lasts
            for thread in threads:
                thread.join()
        return max(int(text.split()[-1]) for text in seen)
    finally:
        server.kill()
        server.wait()


same = True
for library in (httpx, httpx2):
    without, with_limit = most_open_at_once(library, 0), most_open_at_once(library, 100)
    print(f"{library.__name__} {library.__version__}: no limit named: {without} open at once;  limit of 100: {with_limit} open at once")
    same = same and (without, with_limit) == (1, 3)
sys.exit(0 if same else 1)
PY
timeout 60 venv/bin/python run.py
