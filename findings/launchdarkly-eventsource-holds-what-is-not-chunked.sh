#!/usr/bin/env bash
# launchdarkly-eventsource 1.7.4 and sseclient-py 1.9.0 on requests 2.34.2, with urllib3 2.8.0 (PyPI): events of a response
# that is neither chunked nor has a length are held back, as the body of one is read in blocks that have to be full:
# 10,000 bytes in the first client, 128 in the other. Of a server that ends its responses with the connection, as wsgiref
# does, a quiet stream gives no event until it ends. Chunked, the same events arrive at once.
#
# Expected: each event as it comes, however the body is framed.
# Seen on CPython 3.11, four events half a second apart:
#   chunked: 0.5 s between the first and the second;  to the end of the connection: all four at the end, after 2 s
#
# Exits 1 when one of them behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check launchdarkly-eventsource==1.7.4 sseclient-py==1.9.0 \
  requests==2.34.2 urllib3==2.8.0

cat > "$folder/finding.py" <<'PY'
import socket
import threading
import time

import ld_eventsource
import requests
import sseclient

APART, EVENTS = 0.5, 4
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n"

def respond(connection):
    with connection:
        chunked = connection.recv(65536).startswith(b"GET /chunked ")
        connection.sendall(HEAD + (b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"\r\n"))
        for number in range(EVENTS):
            event = b"data: %d\n\n" % number
            connection.sendall(b"%x\r\n%b\r\n" % (len(event), event) if chunked else event)
            time.sleep(APART)
        if chunked:
            connection.sendall(b"0\r\n\r\n")

def serve(listener):
    while True:
        threading.Thread(target=respond, args=(listener.accept()[0],), daemon=True).start()

def by_launchdarkly(url):
    return ld_eventsource.SSEClient(url).events

def by_sseclient(url):
    return sseclient.SSEClient(requests.get(url, stream=True, timeout=30)).events()

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
as_seen = True
for name, events in (("launchdarkly-eventsource", by_launchdarkly), ("sseclient-py", by_sseclient)):
    for framing in ("chunked", "unframed"):
        started = time.monotonic()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/{framing}"
        arrived = [time.monotonic() - started for _, _ in zip(range(EVENTS), events(url), strict=False)]
        print(f"{name}, {framing}:", ", ".join(f"{each:.1f} s" for each in arrived), flush=True)
        between = arrived[1] - arrived[0]
        as_seen &= between > 0.5 * APART if framing == "chunked" else arrived[0] > (EVENTS - 1) * APART
raise SystemExit(not as_seen)
PY
timeout 60 "$folder/venv/bin/python" "$folder/finding.py"
