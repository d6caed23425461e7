#!/usr/bin/env bash
# opentelemetry-instrumentation-requests, -httpx and -aiohttp-client 0.66b1 (PyPI): the span of a streamed request ends with
# its response's head. A stream of two seconds that then breaks off, so that the caller gets an exception, is a span of a
# few milliseconds without an error, like one that was read to its end: neither how long an answer took nor that it failed
# can be seen.
#
# Expected: a span that lasts as long as the stream, and has the error that ended it.
# Seen on CPython 3.11, with an event each half second for 2 s, then a cut in the middle of the chunked body:
#   each: an exception after 2 s;  its span: UNSET, 0.0 s
#
# Exits 1 when one of them behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 \
  opentelemetry-sdk==1.45.1 opentelemetry-instrumentation-requests==0.66b1 opentelemetry-instrumentation-httpx==0.66b1 \
  opentelemetry-instrumentation-aiohttp-client==0.66b1

cat > "$folder/finding.py" <<'PY'
import asyncio
import socket
import threading
import time

import aiohttp
import httpx
import requests
from opentelemetry import trace
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

def respond(connection):
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(4):
            event = b"data: %d\n\n" % number
            connection.sendall(b"%x\r\n%b\r\n" % (len(event), event))
            time.sleep(0.5)

def serve(listener):
    while True:
        threading.Thread(target=respond, args=(listener.accept()[0],), daemon=True).start()

def by_requests():
    with requests.get(url, stream=True, timeout=30) as response:
        return list(response.iter_content(None))

def by_httpx():
    with httpx.stream("GET", url) as response:
        return list(response.iter_bytes())

def by_aiohttp():
    async def read():
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return [chunk async for chunk in response.content.iter_any()]
    return asyncio.run(read())

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
for instrumentor in (RequestsInstrumentor, HTTPXClientInstrumentor, AioHttpClientInstrumentor):
    instrumentor().instrument()
listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

as_seen = True
for read in (by_requests, by_httpx, by_aiohttp):
    exporter.clear()
    started, error = time.monotonic(), None
    try:
        read()
    except (requests.RequestException, httpx.HTTPError, aiohttp.ClientError) as failure:
        error = failure
    took = time.monotonic() - started
    (span,) = exporter.get_finished_spans()
    seconds = (span.end_time - span.start_time) / 1e9
    status = span.status.status_code
    print(f"{read.__name__}: {type(error).__name__} after {took:.1f} s; span: {status.name}, {seconds:.1f} s")
    as_seen &= error is not None and took > 1.5 and seconds < 1 and status is StatusCode.UNSET
raise SystemExit(not as_seen)
PY
timeout 60 "$folder/venv/bin/python" -W ignore "$folder/finding.py"
