#!/usr/bin/env bash
# launchdarkly-eventsource 1.7.4 where niquests 3.21.2 (PyPI) is installed too: `SSEClient.close()` raises AttributeError.
# niquests brings urllib3-future, which takes the place of urllib3, and whose PoolManager keeps its pools in something
# that has no `keys()`. Leaving `with SSEClient(...)` raises as well, also in place of an exception from within.
#
# Expected: close() returns, as it does with urllib3.
# Seen on CPython 3.11:
#   urllib3: closed;  urllib3-future: AttributeError, 'TrafficPolice' object has no attribute 'keys'
#
# Exits 1 when close() does something else.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check launchdarkly-eventsource==1.7.4 urllib3==2.8.0

cat > "$folder/finding.py" <<'PY'
import socket
import threading
from ld_eventsource import SSEClient

EVENT = b"data: one\n\n"

def serve(listener):
    connection, _ = listener.accept()
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    connection.sendall(b"%x\r\n%b\r\n" % (len(EVENT), EVENT))
    connection.recv(1)  # until the client has gone

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
client = SSEClient(f"http://127.0.0.1:{listener.getsockname()[1]}/")
assert next(iter(client.events)).data == "one"
try:
    client.close()
    print("closed")
except AttributeError as error:
    print(f"AttributeError, {error}")
PY
with_urllib3=$(timeout 60 "$folder/venv/bin/python" "$folder/finding.py")
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check niquests==3.21.2
with_future=$(timeout 60 "$folder/venv/bin/python" "$folder/finding.py")
echo "urllib3: $with_urllib3; urllib3-future: $with_future"
[ "$with_urllib3" = "closed" ] && [ "$with_future" = "AttributeError, 'TrafficPolice' object has no attribute 'keys'" ]
