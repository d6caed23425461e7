#!/usr/bin/env bash
# httpr 0.7.8 (PyPI): `iter_lines()` and `iter_text()` of a streamed response decode each piece of the body by itself. A
# character whose bytes come in two pieces, as the network may divide them anywhere, becomes two U+FFFD, also in the middle
# of a line. `iter_bytes()` is right.
#
# Expected: the characters that were sent; the first bytes of one wait for the others, as in httpx and requests.
# Seen on CPython 3.11, "data: caf\u00e9" being sent, the last character in two chunks:
#   iter_lines: caf\ufffd\ufffd;  iter_text: caf\ufffd\ufffd;  iter_bytes, decoded as a whole: caf\u00e9
#
# Exits 1 when httpr behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpr==0.7.8

cat > "$folder/finding.py" <<'PY'
import socket
import threading
import time

import httpr

def serve(listener):
    while True:
        connection, _ = listener.accept()
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in (b"data: caf\xc3", b"\xa9\n\n"):
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
            time.sleep(0.3)
        connection.sendall(b"0\r\n\r\n")
        connection.close()

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
seen = {}
for name in ("iter_lines", "iter_text", "iter_bytes"):
    with httpr.Client().stream("GET", url) as response:
        pieces = list(getattr(response, name)())
    text = b"".join(pieces).decode() if name == "iter_bytes" else "".join(pieces)
    seen[name] = text.removeprefix("data: ").strip()
    print(f"{name}: {ascii(seen[name])}")
divided = "caf\ufffd\ufffd"
raise SystemExit(seen != {"iter_lines": divided, "iter_text": divided, "iter_bytes": "caf\u00e9"})
PY
timeout 60 "$folder/venv/bin/python" "$folder/finding.py"
