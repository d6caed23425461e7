#!/usr/bin/env bash
# primp 2.0.1 (PyPI), `Client().get(url, stream=True)`: neither `close()` nor leaving `with` closes the connection of a
# response that has not been read to its end, and neither does deleting the response, its iterator and the client. The
# server goes on sending to nobody. `AsyncClient`, with `aclose()`, does close it.
#
# Expected: the connection is closed, as in requests, httpx and httpr 0.7.8.
# Seen on CPython 3.11, within 5 s:
#   close(), with, deleted: the server's connection is open;  aclose(): closed after 0.0 s
#
# Exits 1 when primp behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check primp==2.0.1

cat > "$folder/finding.py" <<'PY'
import asyncio
import gc
import socket
import threading
import time

import primp

listener = socket.create_server(("127.0.0.1", 0))
url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

def closed_after(leave):
    """Return the seconds from leaving the stream to the close of the server's connection, or None after 5 s."""
    times = []
    client = threading.Thread(target=leave, args=(lambda: times.append(time.monotonic()),), daemon=True)
    client.start()
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"b\r\ndata: one\n\n\r\n")
        connection.settimeout(5)
        try:
            gone = connection.recv(1) == b""
        except ConnectionResetError:
            gone = True
        except TimeoutError:
            gone = False
        ended = time.monotonic()
        if not gone:
            connection.sendall(b"0\r\n\r\n")
    client.join(10)
    return ended - times[0] if gone else None

def close(leaving):
    response = primp.Client().get(url, stream=True)
    assert bytes(next(response.iter_bytes())) == b"data: one\n\n"
    leaving()
    response.close()

def leave_with(leaving):
    with primp.Client().get(url, stream=True) as response:
        assert bytes(next(response.iter_bytes())) == b"data: one\n\n"
        leaving()

def delete(leaving):
    response = primp.Client().get(url, stream=True)
    assert bytes(next(response.iter_bytes())) == b"data: one\n\n"
    leaving()
    del response
    gc.collect()

def aclose(leaving):
    async def run():
        response = await primp.AsyncClient().get(url, stream=True)
        async for chunk in response.aiter_bytes():
            assert bytes(chunk) == b"data: one\n\n"
            break
        leaving()
        await response.aclose()
        await asyncio.sleep(2)
    asyncio.run(run())

seen = {leave.__name__: closed_after(leave) for leave in (close, leave_with, delete, aclose)}
for name, seconds in seen.items():
    print(f"{name}:", "the server's connection is open after 5 s" if seconds is None else f"closed after {seconds:.1f} s")
*blocking, in_asyncio = seen.values()
raise SystemExit(not (blocking == [None] * 3 and in_asyncio is not None and in_asyncio < 1))
PY
timeout 60 "$folder/venv/bin/python" -W ignore "$folder/finding.py"
