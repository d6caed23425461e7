"""Blocking HTTP clients: a URL to events, each as its own documentation says."""

from __future__ import annotations

import importlib
import socket
import time
from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from benchmarks.bodies import STAMP
from benchmarks.worker import Task

__all__ = ["CLIENTS", "OURS", "PEERS", "SOCKET", "Open", "client", "latencies", "opener"]

OURS = "sse_client"
SOCKET = "a bare socket"
Open = Callable[[str], Iterable[Any]]
_MESSAGES: list[Any] = [{"role": "user", "content": "Say something long."}]


def _ours() -> Open:
    import sse_client

    def events(url: str) -> Iterator[Any]:
        with sse_client.get(url, reconnect=False) as stream:
            yield from stream

    return events


def _our_post() -> Open:
    import sse_client

    def events(url: str) -> Iterator[Any]:
        with sse_client.post(url, json={"stream": True, "messages": _MESSAGES}, until="[DONE]") as stream:
            yield from stream

    return events


def _launchdarkly() -> Open:
    from ld_eventsource import SSEClient  # type: ignore[import-untyped]
    from ld_eventsource.config import ConnectStrategy  # type: ignore[import-untyped]

    def events(url: str) -> Iterator[Any]:
        with SSEClient(ConnectStrategy.http(url)) as stream:
            yield from stream.events

    return events


def _sseclient_py() -> Open:
    import requests
    from sseclient import SSEClient

    def events(url: str) -> Iterator[Any]:
        with requests.get(url, stream=True, headers={"Accept": "text/event-stream"}, timeout=10) as response:
            yield from SSEClient(iter(response)).events()

    return events


def _httpx_sse() -> Open:
    try:
        httpx = importlib.import_module("httpx")
    except ModuleNotFoundError:
        import httpx2

        httpx2.alias_httpx()
        httpx = httpx2
    from httpx_sse import connect_sse

    def events(url: str) -> Iterator[Any]:
        with httpx.Client() as http, connect_sse(http, "GET", url) as source:
            yield from source.iter_sse()

    return events


def _httpx2() -> Open:
    import httpx2

    def events(url: str) -> Iterator[Any]:
        with httpx2.Client() as http, http.sse(url) as source:
            yield from source

    return events


_CLIENTS: dict[str, Callable[[], Open]] = {
    OURS: _ours,
    f"{OURS}, post and until": _our_post,
    "launchdarkly-eventsource": _launchdarkly,
    "requests + sseclient-py": _sseclient_py,
    "httpx-sse": _httpx_sse,
    "httpx2": _httpx2,
}
CLIENTS = tuple(_CLIENTS)
PEERS = tuple(name for name in CLIENTS if not name.startswith(OURS))


def opener(name: str) -> Open:
    """Return what opens a URL and yields its events."""
    return _CLIENTS[name]()


def client(name: str, url: str, count: int) -> Task:
    """Return the task of reading a stream of `count` events from the server, at the base URL of a framing."""
    events = opener(name)
    kind = "chat" if "until" in name else "events"

    def read(count: int) -> int:
        seen = 0
        for _ in events(f"{url}/{kind}/{count}"):
            seen += 1
        return seen

    return Task(lambda: read(count), count, lambda: read(1))


def _received(url: str) -> Iterator[tuple[int, int]]:
    """Yield when each event was received, and the time that it says: what no client can be faster than."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % parts.path.encode())
        data = b""
        while not data.endswith(b"0\r\n\r\n") and (more := connection.recv(65536)):
            now = time.monotonic_ns()
            *events, data = (data + more).split(b"\n\n")
            for event in events:
                yield now, int(event.partition(b"data: ")[2][:STAMP])


def latencies(name: str, url: str) -> array[int]:
    """Return how many nanoseconds each event of a stamped stream took from the server's write to the loop here."""
    late = array("q")
    if name == SOCKET:
        for now, stamp in _received(url):
            late.append(now - stamp)
        return late
    for event in opener(name)(url):
        late.append(time.monotonic_ns() - int(event.data[:STAMP]))
    return late
