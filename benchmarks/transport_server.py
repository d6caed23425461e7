"""The server of `benchmarks.transports`, in a process of its own: HTTP/1.1, HTTP/2 over clear text, and both over TLS.

`/{kind}/{count}`: `live`, an event each 0.2 ms; `bursts`, 200 events at a time; `held`, an event, and then silence.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import trustme
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from h2.settings import SettingCodes, Settings

from benchmarks.machine import more_files

if TYPE_CHECKING:
    from collections.abc import Callable

_EVENT = b'id: 123\nevent: message\ndata: {"delta": "some words"}\n\n'
_BURST = 200
_PATH = re.compile(rb"/(\w+)/(\d+)")


async def _answer(path: bytes, write: Callable[[int], object], drain: Callable[[], object]) -> bool:
    """Write a stream's events by their number; return whether it ends."""
    found = _PATH.search(path)
    assert found is not None
    kind, count = found[1], int(found[2])
    if kind == b"held":
        write(1)
        return False
    for _ in range(count if kind == b"live" else count // _BURST):
        if kind == b"live":
            await asyncio.sleep(0.0002)
        write(1 if kind == b"live" else _BURST)
        waiting = drain()
        if asyncio.iscoroutine(waiting):
            await waiting
    return True


async def _http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    chunk = b"%x\r\n%b\r\n" % (len(_EVENT), _EVENT)
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        if await _answer(head, lambda number: writer.write(chunk * number), writer.drain):
            writer.write(b"0\r\n\r\n")


async def _http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    state = H2Connection(H2Configuration(client_side=False))
    state.local_settings = Settings(client=False, initial_values={SettingCodes.MAX_CONCURRENT_STREAMS: 200})
    state.initiate_connection()
    writer.write(state.data_to_send())
    tasks: set[asyncio.Task[None]] = set()
    while data := await reader.read(65536):
        for event in state.receive_data(data):
            if isinstance(event, RequestReceived):
                tasks.add(asyncio.create_task(_stream(state, event, writer)))
        writer.write(state.data_to_send())


async def _stream(state: H2Connection, event: RequestReceived, writer: asyncio.StreamWriter) -> None:
    stream = event.stream_id
    path = dict(event.headers)[b":path"]
    state.send_headers(stream, [(":status", "200"), ("content-type", "text/event-stream")])
    writer.write(state.data_to_send())
    # What the client credits is more than these streams need: h2 need not count it.
    number = stream.to_bytes(4, "big")
    frame = len(_EVENT).to_bytes(3, "big") + b"\0\0" + number + _EVENT
    if await _answer(path, lambda count: writer.write(frame * count), writer.drain):
        writer.write(b"\0\0\0\0\1" + number)


async def _tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    chosen = writer.get_extra_info("ssl_object").selected_alpn_protocol()
    await (_http2 if chosen == "h2" else _http1)(reader, writer)


async def serve(folder: str) -> None:
    """Print the ports, and serve until the process is ended."""
    more_files()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(Path(folder) / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    context.set_alpn_protocols(["h2", "http/1.1"])
    servers = [
        await asyncio.start_server(_quietly(handler), "127.0.0.1", 0, ssl=tls, backlog=2000)
        for handler, tls in ((_http1, None), (_http2, None), (_tls, context))
    ]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.Event().wait()


def _quietly(handler: Callable[..., object]) -> Callable[..., object]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)  # type: ignore[misc]
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    return handle


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
