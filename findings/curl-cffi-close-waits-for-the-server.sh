#!/usr/bin/env bash
# curl_cffi 0.17.0 (PyPI): closing a streamed response waits for the server. `Response.close()`, and `await aclose()` of
# AsyncSession, return only when the server sends the next bytes or ends the stream: until then a stream that is silent
# between two events cannot be left, and its connection stays open.
#
# Expected: the connection is closed at once, as in requests 2.34.2, httpx 0.28.1, niquests 3.21.2 and httpr 0.7.8.
# Seen on CPython 3.11, the server being silent for 4 s after the first event:
#   requests: close took 0.0 s;  curl_cffi: close took 4.0 s, aclose 4.0 s
#
# Exits 1 when curl_cffi behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check curl_cffi==0.17.0 requests==2.34.2

cat > "$folder/finding.py" <<'PY'
import asyncio
import socket
import threading
import time

import curl_cffi
import requests

SILENCE = 4.0

def respond(connection):
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"b\r\ndata: one\n\n\r\n")
        connection.settimeout(SILENCE)
        try:
            connection.recv(1)  # until the client has gone
        except TimeoutError:
            connection.sendall(b"0\r\n\r\n")

def serve(listener):
    while True:
        threading.Thread(target=respond, args=(listener.accept()[0],), daemon=True).start()

def close(response):
    """Return the seconds that closing took, after the first event."""
    assert next(response.iter_content(chunk_size=None)) == b"data: one\n\n"
    started = time.monotonic()
    response.close()
    return time.monotonic() - started

async def aclose():
    async with curl_cffi.AsyncSession() as session:
        response = await session.get(url, stream=True)
        async for chunk in response.aiter_content():
            assert chunk == b"data: one\n\n"
            break
        started = time.monotonic()
        await response.aclose()
        return time.monotonic() - started

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
by_requests = close(requests.get(url, stream=True, timeout=30))
blocking = close(curl_cffi.get(url, stream=True))
in_asyncio = asyncio.run(aclose())
print(f"requests: close took {by_requests:.1f} s; curl_cffi: close took {blocking:.1f} s, aclose {in_asyncio:.1f} s")
raise SystemExit(not (by_requests < 1 and min(blocking, in_asyncio) > 0.8 * SILENCE))
PY
timeout 60 "$folder/venv/bin/python" -W ignore "$folder/finding.py"
