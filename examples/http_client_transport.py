"""Streams over `http.client`: a transport of one's own, as docs/writing-a-transport.md explains it."""

from __future__ import annotations

import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sse_client import Client
from sse_client.testing import Server
from sse_client.transports.custom import BlockingBody, BlockingSession, BlockingTransport, Headers, Response

if TYPE_CHECKING:
    from sse_client.options import Options
    from sse_client.transports.custom import Limits, OutgoingRequest


class HttpClientSession(BlockingSession):
    """Makes a connection for each request."""

    def transport(self, options: Options) -> BlockingTransport:
        """Return a transport for one stream."""
        for name in ("verify", "cert", "proxies"):
            if getattr(options, name) is not None:
                raise TypeError(f"{name}: this transport has no such option")
        return HttpClientTransport(options)

    def close(self) -> None:
        """Do nothing."""
        return  # each stream closes its own


class HttpClientTransport(BlockingTransport):
    """Sends one request at a time."""

    def send(self, request: OutgoingRequest, limits: Limits) -> BlockingBody:
        """Send a request; return its response."""
        parts = urlsplit(request.url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=limits.connect)
        try:
            connection.connect()  # an OSError here says that nothing was sent
        except TimeoutError as error:
            raise ConnectionError(str(error)) from error
        try:
            self.watch(connection.sock)
            connection.sock.settimeout(limits.silence)
            fields: Any = dict(request.headers.values())
            chunked = "Transfer-Encoding" in fields
            target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
            connection.request(request.method, target, request.body, fields, encode_chunked=chunked)
            sock = connection.sock  # http.client forgets it where the body ends with the connection
            answer = connection.getresponse()
        except BaseException as error:
            connection.close()
            if isinstance(error, (HTTPException, ConnectionError)):
                raise EOFError(str(error)) from error
            raise
        head = Headers([(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.getheaders()])
        response = Response(answer.status, head, request.url, answer)
        return HttpClientBody(response, limits, self, connection, sock)


class HttpClientBody(BlockingBody):
    """Reads what has arrived, and no more than that."""

    def __init__(self, response: Response, limits: Limits, transport: BlockingTransport, *made: Any) -> None:
        super().__init__(response, limits, transport)
        self._connection, self._sock = made

    def receive(self, timeout: float | None) -> bytes:
        """Return what has arrived."""
        answer = self.response.raw
        if not answer.isclosed():
            self._sock.settimeout(timeout)
        try:
            data: bytes = answer.read1(65536)
        except HTTPException as error:
            raise EOFError(str(error)) from error
        if not data and answer.length:
            raise EOFError("it ended before the body's end")
        return data

    def close(self) -> None:
        """Close the connection."""
        self._transport.release_socket()
        self.response.raw.close()
        self._connection.close()


def main(url: str) -> None:
    """Print three events of a stream."""
    with Client(HttpClientSession()) as client, client.get(url) as events:
        for event in islice(events, 3):
            print(event.id, event.event, event.data)


if __name__ == "__main__":
    with Server() as server:
        main(sys.argv[1] if sys.argv[1:] else f"{server.url}/events")
