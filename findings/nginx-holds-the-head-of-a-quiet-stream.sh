#!/usr/bin/env bash
# nginx 1.22.1 (Debian 12), `proxy_buffering on` as by default: the head of a response is held back until the first bytes of
# its body have come. A subscriber to a stream that is quiet at first does not learn that it has been accepted: `onopen` is
# not called, and a limit for the wait for a head runs out, though the server has answered. A comment that the server sends
# at once, `:`, brings the head; so does `proxy_buffering off`.
#
# Expected: the head as soon as the server has sent it, as from haproxy, Apache httpd, Varnish and Squid of Debian 12.
# Seen, the first event being sent 2 s after the head:
#   by default: head after 2.0 s;  comment at once: 0.0 s;  proxy_buffering off: 0.0 s
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
import socket
import subprocess
import threading
import time

HERE = os.getcwd()
QUIET = 2.0

def send(connection, body):
    connection.sendall(b"%x\r\n%b\r\n" % (len(body), body))

def respond(connection):
    with connection:
        path = connection.recv(65536).split()[1]
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        if path == b"/comment":
            send(connection, b":\n\n")
        time.sleep(QUIET)
        send(connection, b"data: one\n\n")
        connection.sendall(b"0\r\n\r\n")

def serve(listener):
    while True:
        threading.Thread(target=respond, args=(listener.accept()[0],), daemon=True).start()

def head_after(port, path):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"GET %b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path)
        started = time.monotonic()
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        return time.monotonic() - started

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
upstream = f"http://127.0.0.1:{listener.getsockname()[1]}"
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
with open("nginx.conf", "w") as file:
    file.write(f"""daemon off;
pid {HERE}/pid;
error_log stderr;
events {{}}
http {{
  client_body_temp_path {HERE}/body; proxy_temp_path {HERE}/proxy; fastcgi_temp_path {HERE}/fastcgi;
  uwsgi_temp_path {HERE}/uwsgi; scgi_temp_path {HERE}/scgi;
  access_log off;
  proxy_http_version 1.1;
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass {upstream}; }}
    location /unbuffered {{ proxy_buffering off; proxy_pass {upstream}; }}
  }}
}}
""")
nginx = subprocess.Popen(["root/usr/sbin/nginx", "-e", "stderr", "-c", f"{HERE}/nginx.conf"], stderr=-3)
try:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.05)
    seen = {path: head_after(port, path.encode()) for path in ("/default", "/comment", "/unbuffered")}
finally:
    nginx.terminate()
    nginx.wait()
for path, seconds in seen.items():
    print(f"{path}: head after {seconds:.1f} s")
raise SystemExit(not (seen["/default"] > 0.8 * QUIET > max(seen["/comment"], seen["/unbuffered"])))
PY
timeout 60 python3 finding.py
