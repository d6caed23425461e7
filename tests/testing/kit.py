"""What the tests of `sse_client.testing` share."""

from __future__ import annotations

import json
import socket
import ssl
from typing import Any

import requests
import trustme

from sse_client.testing import (
    Server,
    reply,
)

OK = reply(200, b"ok")
MESSAGES = [{"role": "user", "content": "Say hi"}]


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def exchange(server: Server, request: bytes = b"GET / HTTP/1.1\r\n\r\n") -> bytes:
    """Send `request` on a connection of its own, and return all that comes until the server closes."""
    with connect(server) as sock:
        sock.sendall(request)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def chat(server: Server, **body: Any) -> requests.Response:
    return requests.post(f"{server.url}/v1/chat/completions", json=body, timeout=10)


def payloads(response: requests.Response) -> list[dict[str, Any]]:
    blocks = response.text.split("\n\n")
    assert blocks[-2:] == ["data: [DONE]", ""]
    return [json.loads(block.removeprefix("data: ")) for block in blocks[:-2]]


def subscription(server: Server, last_event_id: str | None = None) -> requests.Response:
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    return requests.get(f"{server.url}/events", headers=headers, timeout=10)


AUTHORITY: Any = trustme.CA()  # Any, because its types name those of pyOpenSSL
CERTIFICATE = AUTHORITY.issue_cert("127.0.0.1")


def server_context() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    CERTIFICATE.configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context
