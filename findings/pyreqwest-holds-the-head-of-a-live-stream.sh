#!/usr/bin/env bash
# pyreqwest 0.15.1 (PyPI): a streamed request, `client.get(url).build_streamed()`, gives its response only when 64 KiB of
# the body have come, or all of it: by default it reads that much ahead before it returns. A live event stream of small
# events shows neither its status nor its first event until it ends, and then all of it at once. With
# `streamed_read_buffer_limit(0)` the response comes with its head, and every chunk as it is sent.
#
# Expected: the response as soon as its head has come, and each chunk as it comes, as with other clients that stream.
# Seen on CPython 3.11, five events half a second apart:
#   default: the head after 2.5 s, all five chunks at once;  limit 0: the head at once, a chunk each half second
#
# Exits 1 when pyreqwest behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyreqwest==0.15.1

"$folder/venv/bin/python" - <<'PY'
import socket
import sys
import threading
import time

from pyreqwest.client import SyncClientBuilder

listener = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{listener.getsockname()[1]}/"


def serve():
    for _ in range(2):
        connection, _ = listener.accept()
        connection.recv(65536)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head)
        for number in range(5):
            event = b"data: %d\n\n" % number
            connection.sendall(b"%x\r\n%b\r\n" % (len(event), event))
            time.sleep(0.5)
        connection.sendall(b"0\r\n\r\n")
        connection.close()


def read(limit):
    """Return the seconds until the response, and until each chunk."""
    began, chunks = time.monotonic(), []
    with SyncClientBuilder().build() as client:
        request = client.get(url)
        if limit is not None:
            request = request.streamed_read_buffer_limit(limit)
        with request.build_streamed() as response:
            head = time.monotonic() - began
            while response.body_reader.read_chunk() is not None:
                chunks.append(time.monotonic() - began)
    return head, chunks


threading.Thread(target=serve, daemon=True).start()
held, together = read(None)
prompt, apart = read(0)
print(f"default: head after {held:.1f} s, {len(together)} chunks within {together[-1] - together[0]:.1f} s")
print(f"limit 0: head after {prompt:.1f} s, {len(apart)} chunks within {apart[-1] - apart[0]:.1f} s")
as_seen = held > 2 and together[-1] - together[0] < 0.5 and prompt < 1 and apart[-1] - apart[0] > 1.5
sys.exit(not as_seen)
PY
echo "as seen"
