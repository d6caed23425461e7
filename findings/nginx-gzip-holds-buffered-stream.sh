#!/usr/bin/env bash
# nginx 1.22.1 (Debian 12), all else by default: `gzip on` for text/event-stream switches off the prompt passing on that
# nginx has for an upstream that sends chunks. Nothing arrives until the stream ends, while without `gzip` the same
# stream, buffered as it is (`proxy_buffering on`), arrives event by event.
#
# Expected: the same promptness with and without, as `proxy_buffering off` gives it in both cases.
# Seen, with three events a second apart: without gzip 0.00 s late each; with it 3.00 s, 2.00 s and 1.00 s late.
#
# Needs apt-get's package lists. Exits 1 when nginx behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -qq nginx=1.22.1-9+deb12u11 2> /dev/null
for package in *.deb; do dpkg-deb --extract "$package" root; done

cat > finding.py <<'PY'
import os
import re
import socket
import subprocess
import threading
import time
import zlib

APART, EVENTS = 1.0, 3
HERE = os.getcwd()

def head(sock):
    received = b""
    while b"\r\n\r\n" not in received:
        received += sock.recv(65536)

def upstream(listener):
    while True:
        sock, _ = listener.accept()
        head(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(EVENTS):
            event = b"data: %d\n\n" % time.monotonic_ns()
            sock.sendall(b"%x\r\n%b\r\n" % (len(event), event))
            time.sleep(APART)
        sock.sendall(b"0\r\n\r\n")

def delays(port):
    """Return how late each event was: a client that unpacks whatever arrives, byte by byte if need be."""
    found = []
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n")
        received = b""
        while b"0\r\n\r\n" not in received[-5:]:
            received += sock.recv(65536)
            now = time.monotonic_ns()
            start, _, body = received.partition(b"\r\n\r\n")
            plain = b""
            while (size := re.match(rb"([0-9a-fA-F]+)\r\n", body)) and len(body) >= size.end() + int(size[1], 16):
                plain += body[size.end() : size.end() + int(size[1], 16)]
                body = body[size.end() + int(size[1], 16) + 2 :]
            if b"gzip" in start.lower():
                plain = zlib.decompressobj(wbits=31).decompress(plain)
            stamps = re.findall(rb"data: (\d+)\n", plain)
            found += [(now - int(stamp)) / 1e9 for stamp in stamps[len(found) :]]
    return found, b"gzip" in start.lower()

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=upstream, args=(listener,), daemon=True).start()
seen = {}
for name, lines in (("without", ""), ("with", "gzip on; gzip_types text/event-stream; gzip_min_length 0;")):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    temporary = "".join(f"{kind}_temp_path {HERE}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open("nginx.conf", "w") as file:
        file.write(
            f"daemon off; pid {HERE}/pid; error_log stderr; events {{}} http {{ {temporary} access_log off;"
            f" server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{listener.getsockname()[1]};"
            f" proxy_http_version 1.1; {lines} }} }} }}"
        )
    process = subprocess.Popen(["root/usr/sbin/nginx", "-e", "stderr", "-c", f"{HERE}/nginx.conf"])
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        seen[name], compressed = delays(port)
        assert compressed is (name == "with")
        print(f"{name} gzip:", ", ".join(f"{each:.2f} s late" for each in seen[name]), flush=True)
    finally:
        process.terminate()
        process.wait()
raise SystemExit(not (max(seen["without"]) < 0.5 * APART and seen["with"][0] > (EVENTS - 0.5) * APART))
PY
python3 finding.py || { echo "behaviour has changed" >&2; exit 1; }
