#!/usr/bin/env bash
# vcrpy 9.4.2 (PyPI), while it records: a streamed response is read to its end before the caller gets its head, with
# requests, httpx and aiohttp alike. Of a live stream nothing comes as long as it lives. Of a stream that is broken off in
# the middle, the caller gets an error in place of the response, without the events before it, and nothing is recorded.
#
# Expected: the events as they come, recorded as they are read; a stream that was broken off with the events it had.
# Seen on CPython 3.11, four events 0.4 s apart:
#   without vcrpy: the head at once; broken off: 4 events, an error
#   recording: the head after 1.6 s; broken off: no event, an error, nothing recorded
#
# Exits 1 when vcrpy behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check vcrpy==9.4.2 requests==2.34.2 httpx==0.28.1 \
  aiohttp==3.14.5

cat > "$folder/finding.py" <<'PY'
import asyncio
import contextlib
import socket
import sys
import threading
import time
from pathlib import Path

import aiohttp
import httpx
import requests
import vcr

def respond(connection):
    with connection:
        whole = connection.recv(65536).startswith(b"GET /whole ")
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(4):
            event = b"data: %d\n\n" % number
            connection.sendall(b"%x\r\n%b\r\n" % (len(event), event))
            time.sleep(0.4)
        if whole:
            connection.sendall(b"0\r\n\r\n")

def serve(listener):
    while True:
        threading.Thread(target=respond, args=(listener.accept()[0],), daemon=True).start()

def by_requests(url, opened):
    with requests.get(url, stream=True, timeout=30) as response:
        opened()
        yield from response.iter_content(None)

def by_httpx(url, opened):
    with httpx.stream("GET", url) as response:
        opened()
        yield from response.iter_bytes()

def by_aiohttp(url, opened):
    async def read():
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            opened()
            with contextlib.suppress(aiohttp.ClientPayloadError):
                async for chunk in response.content.iter_any():
                    chunks.append(chunk)
    chunks = []
    asyncio.run(read())
    yield from chunks

def read(client, url):
    """Return the seconds until the head came, or None, and the number of events."""
    started, opened, body = time.monotonic(), [], b""
    with contextlib.suppress(requests.RequestException, httpx.HTTPError, aiohttp.ClientError):
        for chunk in client(url, lambda: opened.append(time.monotonic() - started)):
            body += chunk
    return (opened or [None])[0], body.count(b"data:")

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
url = f"http://127.0.0.1:{listener.getsockname()[1]}"
as_seen = True
for client in (by_requests, by_httpx, by_aiohttp):
    head, events = read(client, f"{url}/whole")
    _, cut = read(client, f"{url}/cut")
    cassette = Path(sys.argv[1], f"{client.__name__}.yaml")
    with vcr.use_cassette(cassette):
        held_head, held_events = read(client, f"{url}/whole")
    cassette_of_cut = cassette.with_suffix(".cut.yaml")
    with vcr.use_cassette(cassette_of_cut):
        no_head, no_events = read(client, f"{url}/cut")
    print(f"{client.__name__}: head after {head:.1f} s, broken off: {cut} events")
    print(f"  recording: head after {held_head:.1f} s, broken off: head {no_head}, {no_events} events", flush=True)
    as_seen &= (events, cut, held_events, no_head, no_events) == (4, 4, 4, None, 0)
    as_seen &= held_head > 1.2 > head and cassette.exists() and not cassette_of_cut.exists()
raise SystemExit(not as_seen)
PY
timeout 90 "$folder/venv/bin/python" -W ignore "$folder/finding.py" "$folder"
