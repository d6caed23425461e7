"""How long an event takes from a server's write to a client's loop: a bare socket's reader beside both clients.

The first event of each stream does not count: it comes with the response's head, and waits until the stream is open.

`python tests/proxies/delays.py` measures, and writes the tables into `docs/behind-a-proxy.md` and `docs/servers.md`.
It is no test: the figures are those of the machine and of the moment.
"""

from __future__ import annotations

import re
import socket
import sys
from pathlib import Path
from statistics import quantiles
from time import monotonic_ns
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from servers.clients import CLIENTS
from servers.frameworks import FRAMEWORKS
from servers.process import running

from proxies.page import table
from proxies.proxies import PROXIES, Proxy
from sse_client.testing import LAST_CHUNK, Pause, Server, chunk, head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from servers.clients import ReadingClient
    from servers.process import Program

    from sse_client.testing import Received, Script, Step

EVENTS = 200
PACE = 0.005
"""Seconds between two events."""

DOCS = Path(__file__).parents[2] / "docs"
_STAMP = re.compile(rb"data: ?(\d+)\r?\n")
_HEAD = ("through", "a bare socket", *(f"the {client.name} client" for client in CLIENTS))


def stamps(request: Received) -> Iterator[Step]:
    """Send the time, again and again."""
    yield head(headers={"Connection": "close", "Cache-Control": "no-cache"})  # or Varnish gives all the first one's
    for _ in range(1 + EVENTS):
        yield chunk(b"data: %d\n\n" % monotonic_ns())
        yield Pause(PACE)
    yield LAST_CHUNK


_SCRIPTS: list[Script] = [stamps] * (1 + len(CLIENTS))


def bare(port: int, path: str, events: int) -> list[int]:
    """Return the delays, in nanoseconds, of the events after the first, of a reader that does nothing but receive."""
    delays: list[int] = []
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        sock.sendall(b"GET %b HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n" % path.encode())
        pending = b""
        while len(delays) <= events and (data := sock.recv(65536)):
            now = monotonic_ns()
            whole, newline, pending = (pending + data).rpartition(b"\n")
            delays += [now - int(stamp) for stamp in _STAMP.findall(whole + newline)]
    return delays[1:]


def client_delays(client: ReadingClient, url: str, events: int) -> list[int]:
    """Return the delays, in nanoseconds, of the events after the first, of a client."""
    headers = {"Accept-Encoding": "identity"}
    outcome = client.read("GET", url, headers=headers, take=1 + events, reconnect=False)
    if outcome.error is not None:
        raise outcome.error
    return [arrived - int(sent) for arrived, sent in zip(outcome.arrivals, outcome.data, strict=True)][1:]


def figures(delays: list[int]) -> str:
    """Return the 50th and the 99th percentile, in milliseconds."""
    percentiles = quantiles(delays, n=100, method="inclusive")
    return f"{percentiles[49] / 1e6:.2f} / {percentiles[98] / 1e6:.2f}"


def row(name: str, program: Program | Server, path: str, events: int, rounds: int = 1) -> list[str]:
    """Measure one server."""
    cells = [figures([each for _ in range(rounds) for each in bare(program.port, path, events)])]
    for client in CLIENTS:
        url = program.url + path
        cells.append(figures([each for _ in range(rounds) for each in client_delays(client, url, events)]))
    print(name, *cells, sep="  ", flush=True)
    return [name, *cells]


def proxies() -> list[list[str]]:
    """Measure every proxy that does not hold events to the end, and no proxy."""
    with Server(*_SCRIPTS) as server:
        rows = [row("no proxy", server, "/", EVENTS)]
    for proxy in PROXIES:
        if proxy.chunked in {"at once", "late"} and not proxy.coding:
            with Server(*_SCRIPTS) as server, running(proxy.name, _arguments(proxy, server)) as program:
                rows.append(row(str(proxy), program, "/", EVENTS))
    return rows


def _arguments(proxy: Proxy, server: Server) -> Callable[[int, Path], list[str]]:
    return lambda port, folder: proxy.command(port, server.port, folder)


def servers() -> list[list[str]]:
    """Measure every server."""
    rows: list[list[str]] = []
    for framework in FRAMEWORKS:
        with framework.running() as program:
            rows.append(row(framework.name, program, "/live", 19, rounds=5))  # of the 20 that each sends
    return rows


def write(page: Path, rows: list[list[str]]) -> None:
    """Replace the table of delays on a page."""
    text = page.read_text(encoding="utf-8")
    between = re.compile(r"(?<=<!-- table: delays -->\n).*?(?=<!-- end of table -->)", re.DOTALL)
    page.write_text(between.sub(lambda _: table(_HEAD, rows), text), encoding="utf-8")


if __name__ == "__main__":
    write(DOCS / "behind-a-proxy.md", proxies())
    write(DOCS / "servers.md", servers())
