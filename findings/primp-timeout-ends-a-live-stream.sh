#!/usr/bin/env bash
# primp 2.0.1 (PyPI), `get(url, stream=True)`: the client's `timeout`, 30 seconds by default, is for the whole body. A live
# stream whose events come every second ends with TimeoutError half a minute after it was opened, and an answer of a chat
# that takes longer is lost from there on. `iter_text()` gives nothing until the body has ended.
#
# Expected: with `stream=True` a limit for the head, or for the time between two reads, as in requests, httpx, httpr 0.7.8
# and curl_cffi 0.17.0.
# Seen on CPython 3.11, with an event a second for 40 s:
#   iter_lines: 30 events, TimeoutError after 30 s;  iter_text, 4 s long: first text after 4 s
#
# Exits 1 when primp behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check primp==2.0.1

cat > "$folder/finding.py" <<'PY'
import socket
import threading
import time

import primp

def respond(connection):
    seconds = 40 if connection.recv(65536).startswith(b"GET /long ") else 4
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    try:
        for number in range(seconds):
            event = b"data: %d\n\n" % number
            connection.sendall(b"%x\r\n%b\r\n" % (len(event), event))
            time.sleep(1)
        connection.sendall(b"0\r\n\r\n")
    except OSError:
        pass  # the client has gone
    connection.close()

def serve(listener):
    while True:
        threading.Thread(target=respond, args=(listener.accept()[0],), daemon=True).start()

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
url = f"http://127.0.0.1:{listener.getsockname()[1]}"

started, events, error = time.monotonic(), 0, None
try:
    for line in primp.Client().get(f"{url}/long", stream=True).iter_lines():
        events += line.startswith("data:")
except primp.TimeoutError as timeout:
    error = type(timeout).__name__
took = time.monotonic() - started
print(f"iter_lines: {events} events, {error} after {took:.1f} s", flush=True)

started = time.monotonic()
next(iter(primp.Client().get(f"{url}/short", stream=True).iter_text()))
first_text = time.monotonic() - started
print(f"iter_text: first text after {first_text:.1f} s")
raise SystemExit(not (error == "TimeoutError" and 29 < took < 35 and events < 35 and first_text > 3))
PY
timeout 90 "$folder/venv/bin/python" "$folder/finding.py"
