#!/usr/bin/env bash
# haproxy 2.6.12 (Debian 12), `compression algo gzip` for text/event-stream, with `option http-no-delay`: events of a
# chunked stream stay in haproxy until the next one comes, which may then pass with them. So the last event may be missing
# for as long as the stream is silent. Without `compression` the same events arrive at once.
#
# Expected: a chunk that has arrived is compressed, flushed and sent, as Apache httpd and Caddy do.
# Seen, with events half a second apart: without compression all 0.00 s late; with it every other one 0.50 s late, and on
# another machine each of them.
#
# Needs apt-get's package lists. Exits 1 when haproxy behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -qq haproxy=2.6.12-1+deb12u4 liblua5.3-0 libopentracing1 libopentracing-c-wrapper0 2> /dev/null
for package in *.deb; do dpkg-deb --extract "$package" root; done

cat > finding.py <<'PY'
import os
import re
import socket
import subprocess
import threading
import time
import zlib

APART, EVENTS = 0.5, 7
environment = {**os.environ, "LD_LIBRARY_PATH": os.path.abspath("root/usr/lib/x86_64-linux-gnu")}

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
for name, lines in (("without", ""), ("with", "  compression algo gzip\n  compression type text/event-stream\n")):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("haproxy.cfg", "w") as file:
        file.write(
            "defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n"
            f"  option http-no-delay\n{lines}listen streams\n  bind 127.0.0.1:{port}\n"
            f"  server upstream 127.0.0.1:{listener.getsockname()[1]}\n"
        )
    process = subprocess.Popen(["root/usr/sbin/haproxy", "-db", "-f", "haproxy.cfg"], env=environment, stderr=-3)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        seen[name], compressed = delays(port)
        assert compressed is (name == "with")
        print(f"{name} compression:", ", ".join(f"{each:.2f} s late" for each in seen[name]), flush=True)
    finally:
        process.terminate()
        process.wait()
held = sum(late > 0.9 * APART for late in seen["with"])
raise SystemExit(not (max(seen["without"]) < 0.5 * APART and held >= EVENTS // 2))
PY
python3 finding.py || { echo "behaviour has changed" >&2; exit 1; }
