"""Streams over asyncio's own streams and h11: an asynchronous transport, as docs/writing-a-transport.md explains it."""

from __future__ import annotations

import asyncio
import ssl
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

try:
    import h11  # HTTP/1.1 without I/O

    from sse_client import AsyncClient
except ImportError as missing:
    sys.exit(f"asyncio_transport: {missing}; install what it needs with: pip install 'sse-client[async]' h11")

from sse_client.testing import Server
from sse_client.transports.async_custom import AsyncBody, AsyncSession, AsyncTransport, Headers, Response

if TYPE_CHECKING:
    from sse_client.options import Options
    from sse_client.transports.async_custom import Limits, OutgoingRequest


class StreamsSession(AsyncSession):
    def transport(self, options: Options) -> AsyncTransport:
        return StreamsTransport(options)


class StreamsTransport(AsyncTransport):
    errors = (h11.ProtocolError,)

    async def send(self, request: OutgoingRequest, limits: Limits) -> AsyncBody:
        parts = urlsplit(request.url)
        tls = ssl.create_default_context() if parts.scheme == "https" else None
        with self.connecting():  # what fails here has sent nothing
            async with asyncio.timeout(limits.connect):
                made = await asyncio.open_connection(parts.hostname, parts.port or (443 if tls else 80), ssl=tls)
        connection = Connection(*made)
        self.disconnect = connection.abort  # called if what follows fails
        named = [("Host", parts.netloc.rpartition("@")[2]), *request.headers.values()]
        fields = [(name.encode(), text if isinstance(text, bytes) else text.encode("latin-1")) for name, text in named]
        target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        async with asyncio.timeout(limits.silence):
            await connection.write(h11.Request(method=request.method, target=target, headers=fields))
            if isinstance(request.body, bytes):
                await connection.write(h11.Data(data=request.body))
            elif request.body is not None:
                async for piece in request.body:
                    await connection.write(h11.Data(data=piece))
            await connection.write(h11.EndOfMessage())
            while isinstance(head := await connection.read(), h11.InformationalResponse):
                pass
        headers = Headers(head.headers.raw_items())
        return StreamsBody(Response(head.status_code, headers, request.url, connection), limits, self)


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer, self.http = reader, writer, h11.Connection(h11.CLIENT)
        self.abort = writer.transport.abort

    async def write(self, event: h11.Event) -> None:
        self.writer.write(self.http.send(event) or b"")
        await self.writer.drain()

    async def read(self) -> Any:
        while (event := self.http.next_event()) is h11.NEED_DATA:
            self.http.receive_data(await self.reader.read(65536))
        return event


class StreamsBody(AsyncBody):
    async def receive(self) -> bytes:
        event = await self.response.raw.read()
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    async def disconnect(self) -> None:
        self.response.raw.abort()


async def main(url: str) -> None:
    """Print three events of a stream."""
    async with AsyncClient(StreamsSession()) as client, client.get(url) as events:
        for _ in range(3):
            event = await anext(events)
            print(event.id, event.event, event.data)


if __name__ == "__main__":
    with Server() as server:
        asyncio.run(main(sys.argv[1] if sys.argv[1:] else f"{server.url}/events"))
