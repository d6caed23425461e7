#!/usr/bin/env bash
# haproxy 2.6.12 (Debian 12), by default: when a client leaves a stream that is silent, the connection to the server stays
# open until the server sends something, or until `timeout server`, which is long where streams are. haproxy takes the
# close for the end of the request's side. `timeout client-fin` does not change it; `option abortonclose`, which the
# documentation describes for requests that wait in a queue, does: the server's connection is closed at once.
#
# Expected: the server learns that its client has gone, as it does from nginx 1.22.1.
# Seen: by default, and with `timeout client-fin 1s`, still connected 5 s later;  `option abortonclose`: closed at once
#
# Needs apt-get's package lists. Exits 1 when haproxy behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -qq haproxy=2.6.12-1+deb12u4 liblua5.3-0 libopentracing1 libopentracing-c-wrapper0 \
  nginx=1.22.1-9+deb12u11 2> /dev/null
for package in *.deb; do dpkg-deb --extract "$package" root; done

cat > finding.py <<'PY'
import os
import socket
import subprocess
import time

HERE = os.getcwd()
environment = {**os.environ, "LD_LIBRARY_PATH": f"{HERE}/root/usr/lib/x86_64-linux-gnu"}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
HAPROXY = """defaults
  mode http
  option http-no-delay
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  {line}
listen streams
  bind 127.0.0.1:{port}
  server upstream 127.0.0.1:{upstream}
"""
NGINX = """daemon off;
pid {here}/pid;
error_log stderr;
events {{}}
http {{
  client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/fastcgi;
  uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;
  access_log off;
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{upstream}; }} }}
}}
"""

def connect(port):
    for _ in range(100):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=10)
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the proxy does not listen")

def closed_after(command, config, line=""):
    """Return the seconds from the client's leaving to the close of the server's connection, or None."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    upstream = socket.create_server(("127.0.0.1", 0))
    with open("config", "w") as file:
        file.write(config.format(line=line, port=port, upstream=upstream.getsockname()[1], here=HERE))
    process = subprocess.Popen([*command, f"{HERE}/config"], env=environment, stderr=-3)
    try:
        client = connect(port)
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        server, _ = upstream.accept()
        server.recv(65536)
        server.sendall(HEAD + b"b\r\ndata: one\n\n\r\n")
        received = b""
        while b"data: one" not in received:
            received += client.recv(65536)
        client.close()
        left = time.monotonic()
        server.settimeout(5)
        try:
            server.recv(1)
        except ConnectionResetError:
            pass
        except TimeoutError:
            return None
        return time.monotonic() - left
    finally:
        process.terminate()
        process.wait()

haproxy = ["root/usr/sbin/haproxy", "-db", "-f"]
seen = {
    "haproxy": closed_after(haproxy, HAPROXY),
    "timeout client-fin 1s": closed_after(haproxy, HAPROXY, "timeout client-fin 1s"),
    "option abortonclose": closed_after(haproxy, HAPROXY, "option abortonclose"),
    "nginx": closed_after(["root/usr/sbin/nginx", "-e", "stderr", "-c"], NGINX),
}
for name, seconds in seen.items():
    print(f"{name}:", "still connected after 5 s" if seconds is None else f"closed after {seconds:.1f} s")
raise SystemExit([seconds is None for seconds in seen.values()] != [True, True, False, False])
PY
timeout 90 python3 finding.py
