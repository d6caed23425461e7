"""Streams over asyncio's own streams and h11: an asynchronous transport, as docs/writing-a-transport.md explains it."""

from __future__ import annotations

import asyncio
import ssl
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import h11  # HTTP/1.1 without I/O: pip install h11

from sse_client import AsyncClient
from sse_client.testing import Server
from sse_client.transports.async_custom import AsyncBody, AsyncSession, AsyncTransport, Headers, Response

if TYPE_CHECKING:
    from sse_client.options import Options
    from sse_client.transports.async_custom import Limits, OutgoingRequest


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.http = h11.Connection(h11.CLIENT)

    async def send(self, request: OutgoingRequest) -> None:
        parts = urlsplit(request.url)
        target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        named = [("Host", parts.netloc.rpartition("@")[2]), *request.headers.values()]
        fields = [(name.encode(), text if isinstance(text, bytes) else text.encode("latin-1")) for name, text in named]
        await self._write(h11.Request(method=request.method, target=target, headers=fields))
        if isinstance(request.body, bytes):
            await self._write(h11.Data(data=request.body))
        elif request.body is not None:
            async for piece in request.body:
                await self._write(h11.Data(data=piece))
        await self._write(h11.EndOfMessage())

    async def _write(self, event: h11.Event) -> None:
        self.writer.write(self.http.send(event) or b"")
        await self.writer.drain()

    async def next_event(self) -> Any:
        while (event := self.http.next_event()) is h11.NEED_DATA:
            self.http.receive_data(await self.reader.read(65536))
        return event


class StreamsSession(AsyncSession):
    """Makes a connection for each request."""

    def transport(self, options: Options) -> AsyncTransport:
        """Return a transport for one stream."""
        return StreamsTransport(options)


class StreamsTransport(AsyncTransport):
    """Sends one request at a time."""

    errors = (h11.ProtocolError,)

    async def send(self, request: OutgoingRequest, limits: Limits) -> AsyncBody:
        """Send a request; return its response."""
        parts = urlsplit(request.url)
        tls = ssl.create_default_context() if parts.scheme == "https" else None
        with self.connecting():  # what fails here has sent nothing
            async with asyncio.timeout(limits.connect):
                connected = await asyncio.open_connection(parts.hostname, parts.port or (443 if tls else 80), ssl=tls)
        connection = _Connection(*connected)
        try:
            async with asyncio.timeout(limits.silence):
                await connection.send(request)
                while isinstance(head := await connection.next_event(), h11.InformationalResponse):
                    pass
        except BaseException:
            connection.writer.transport.abort()
            raise
        response = Response(head.status_code, Headers(head.headers.raw_items()), request.url, head)
        return StreamsBody(response, limits, self, connection)


class StreamsBody(AsyncBody):
    """Reads what has arrived, and no more than that."""

    def __init__(self, response: Response, limits: Limits, transport: AsyncTransport, connection: _Connection) -> None:
        super().__init__(response, limits, transport)
        self._connection = connection

    async def receive(self) -> bytes:
        """Return what has arrived."""
        event = await self._connection.next_event()
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    async def disconnect(self) -> None:
        """Close the connection."""
        self._connection.writer.transport.abort()
        with suppress(OSError):
            await self._connection.writer.wait_closed()


async def main(url: str) -> None:
    """Print three events of a stream."""
    async with AsyncClient(StreamsSession()) as client, client.get(url) as events:
        for _ in range(3):
            event = await anext(events)
            print(event.id, event.event, event.data)


if __name__ == "__main__":
    with Server() as server:
        asyncio.run(main(sys.argv[1] if sys.argv[1:] else f"{server.url}/events"))
