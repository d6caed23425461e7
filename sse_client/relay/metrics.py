"""Serves a relay's status over HTTP, in the text format of Prometheus."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sse_client.relay.result import RelayStatus

__all__ = ["exposition", "serve_metrics"]

_KINDS = (
    ("written", "counter", "events_written_total", "Events that this host appended to the stream."),
    ("duplicates", "counter", "duplicates_total", "Events that the source sent again and that were not appended."),
    ("terms", "counter", "terms_total", "How often this host began to lead."),
    ("without_key", "counter", "events_without_key_total", "Events that had no key to be partitioned by."),
    ("count", "gauge", "events", "Events that all hosts have appended to the stream."),
    ("pending", "gauge", "pending_events", "Events that were read and wait to be written."),
    ("held_back", "gauge", "held_back", "1 while reading is stopped until consumers have caught up."),
)


def exposition(stream: str, host: str, status: RelayStatus) -> str:
    """Return `status` in the text format of Prometheus (version 0.0.4).

    Args:
        stream: the label `stream`.
        host: the label `host`.
        status: the relay's status.
    """
    labels = f'{{stream="{_escaped(stream)}",host="{_escaped(host)}"}}'
    lines: list[str] = []

    def put(name: str, kind: str, about: str, value: int) -> None:
        lines.extend(
            [f"# HELP sse_relay_{name} {about}", f"# TYPE sse_relay_{name} {kind}", f"sse_relay_{name}{labels} {value}"]
        )

    put("leader", "gauge", "1 on the host that leads.", int(status.role == "leader"))
    put("redis_up", "gauge", "1 while Redis answers and takes writes.", int(status.redis == "ok"))
    for field, kind, name, about in _KINDS:
        put(name, kind, about, int(getattr(status, field)))
    if status.lag is not None:
        put("lag_events", "gauge", "Events that the slowest group has not acknowledged.", status.lag)
    return "\n".join([*lines, ""])


@contextmanager
def serve_metrics(address: tuple[str, int], text: Callable[[], str]) -> Generator[int]:
    """Answer `GET /metrics` with `text()` while the block runs; the block gets the port.

    Args:
        address: the host and the port to listen on; port 0 chooses a free one.
        text: returns the body of an answer.

    Raises:
        OSError: the server cannot listen on the address.
    """

    class Metrics(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            found = self.path.partition("?")[0] == "/metrics"
            body = text().encode() if found else b"see /metrics\n"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
            """Log nothing: Prometheus asks every few seconds."""

    try:
        server = ThreadingHTTPServer(address, Metrics)
    except OSError as error:
        where = f"{address[0]}:{address[1]}"
        raise OSError(error.errno, f"the metrics cannot be served at {where}: {error.strerror}") from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
