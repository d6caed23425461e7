#!/usr/bin/env bash
# Varnish 7.1.1 (Debian 12), its built-in rules alone: an event stream without Cache-Control is one for all who GET its
# URL. A subscriber that comes while another one reads gets the other's stream from its beginning, although it asked with
# `Last-Event-ID` and `Cache-Control: no-cache`, and one that comes after the end gets a copy of it from the cache. The
# server sees one request. `Cache-Control: no-cache` in the server's response prevents it.
#
# Expected: a request of its own for each subscriber, as for every response that has no length and does not end.
# Seen: without the header 1 request, and "for ada" for all three; with it 3 requests, each with its own.
#
# Needs apt-get's package lists and a C compiler. Exits 1 when Varnish behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -qq varnish=7.1.1-2+deb12u1 libvarnishapi3=7.1.1-2+deb12u1 libjemalloc2 2> /dev/null
for package in *.deb; do dpkg-deb --extract "$package" unpacked; done

cat > finding.py <<'PY'
import os
import socket
import subprocess
import threading
import time

HERE = os.getcwd()
libraries = [f"{HERE}/unpacked/usr/lib/x86_64-linux-gnu", f"{HERE}/unpacked/usr/lib/x86_64-linux-gnu/varnish"]
environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)}

def head(sock):
    received = b""
    while b"\r\n\r\n" not in received:
        received += sock.recv(65536)
    return received

def serve(sock, header, users):
    request = head(sock).decode()
    user = request.lower().partition("x-user: ")[2].partition("\r\n")[0]
    users.append(user)
    sock.sendall(
        f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{header}Connection: close\r\n"
        "Transfer-Encoding: chunked\r\n\r\n".encode()
    )
    for n in (1, 2, 3, 4):
        event = f"id: {n}\ndata: {n} for {user}\n\n".encode()
        sock.sendall(b"%x\r\n%b\r\n" % (len(event), event))
        time.sleep(0.3)
    sock.sendall(b"0\r\n\r\n")
    sock.close()

def upstream(listener, header, users):
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, args=(sock, header, users), daemon=True).start()

def get(port, user, last_event_id, seen):
    asked = f"-HX-User: {user}", f"-HLast-Event-ID: {last_event_id}", "-HCache-Control: no-cache"
    url = f"http://127.0.0.1:{port}/events"
    done = subprocess.run(["curl", "--silent", "--max-time", "10", *asked, url], capture_output=True, text=True)
    seen[user] = [line for line in done.stdout.splitlines() if line.startswith("data")]

def observe(name, header):
    users, seen = [], {}
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=upstream, args=(listener, header, users), daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open(f"{HERE}/{name}.vcl", "w") as file:
        file.write(f'vcl 4.1; backend default {{ .host = "127.0.0.1"; .port = "{listener.getsockname()[1]}"; }}')
    command = [f"{HERE}/unpacked/usr/sbin/varnishd", "-F", "-j", "none", "-n", f"{HERE}/{name}", "-f", f"{HERE}/{name}.vcl"]
    process = subprocess.Popen(
        [*command, "-a", f"127.0.0.1:{port}", "-s", "malloc,32m"], env=environment, stdout=-3, stderr=-3
    )
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        first = threading.Thread(target=get, args=(port, "ada", "", seen))
        first.start()
        time.sleep(0.7)
        get(port, "bob", "1", seen)
        first.join()
        get(port, "cyd", "4", seen)
    finally:
        process.terminate()
        process.wait()
    print(f"{name}: {len(users)} requests")
    for user, data in seen.items():
        print(f"  {user}: {data}")
    return users, seen

users, seen = observe("without", "")
assert users == ["ada"], users
assert all(data == [f"data: {n} for ada" for n in (1, 2, 3, 4)] for data in seen.values())
users, seen = observe("with", "Cache-Control: no-cache\r\n")
assert users == ["ada", "bob", "cyd"], users
assert all(data == [f"data: {n} for {user}" for n in (1, 2, 3, 4)] for user, data in seen.items())
PY
python3 finding.py || { echo "behaviour has changed" >&2; exit 1; }
