"""Streams over `http.client`: a transport of one's own, as docs/writing-a-transport.md explains it."""

from __future__ import annotations

import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sse_client import Client
from sse_client.testing import Server
from sse_client.transports.custom import BlockingBody, BlockingSession, BlockingTransport, Headers, Response

if TYPE_CHECKING:
    from sse_client.options import Options
    from sse_client.transports.custom import Limits, OutgoingRequest


class HttpClientSession(BlockingSession):
    def transport(self, options: Options) -> BlockingTransport:
        return HttpClientTransport(options)


class HttpClientTransport(BlockingTransport):
    errors = (HTTPException,)

    def send(self, request: OutgoingRequest, limits: Limits) -> BlockingBody:
        parts = urlsplit(request.url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=limits.connect)
        with self.connecting(connection.close):  # what fails here has sent nothing
            connection.connect()
        self.watch(connection.sock)
        connection.sock.settimeout(limits.silence)
        fields = dict(request.headers.values())
        target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
        connection.request(request.method, target, request.body, fields, encode_chunked="Transfer-Encoding" in fields)
        answer = connection.getresponse()
        return HttpClientBody(Response(answer.status, Headers(answer.getheaders()), request.url, answer), limits, self)


class HttpClientBody(BlockingBody):
    def receive(self, timeout: float | None) -> bytes:  # noqa: ARG002  (the socket has it)
        data: bytes = self.response.raw.read1(65536)
        if not data and self.response.raw.length:
            raise EOFError("it ended before the body's end")
        return data

    def close(self) -> None:
        self.response.raw.close()
        super().close()


if __name__ == "__main__":
    with Server() as server, Client(HttpClientSession()) as client:
        url = sys.argv[1] if sys.argv[1:] else f"{server.url}/events"
        with client.get(url) as events:
            for event in islice(events, 3):
                print(event.id, event.event, event.data)
