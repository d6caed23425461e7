"""`sse-client relay`: a relay as a process, with a live view and metrics."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from sse_client import (
    ConnectionFailed,
    ContentTypeError,
    DeadlineExceeded,
    IdleTimeout,
    SSEError,
    StatusError,
)
from sse_client.relay._command.board import Board, BoardLog, SourceNews
from sse_client.relay._command.view import measure, watch
from sse_client.relay._redis.redis_url import completed
from sse_client.relay._signals import on_terminate
from sse_client.relay.errors import RedisUnavailable
from sse_client.relay.metrics import exposition, serve_metrics
from sse_client.relay.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from typing import TextIO

    from sse_client import Client

__all__ = ["command"]

_NO_CONNECTION = 3
_CODES: tuple[tuple[type[Exception], int], ...] = (
    (RedisUnavailable, _NO_CONNECTION),
    (IdleTimeout, 7),
    (DeadlineExceeded, 7),
    (ConnectionFailed, 6),
    (StatusError, 4),
    (ContentTypeError, 5),
    (SSEError, 10),
    (OSError, 9),  # the metrics port cannot be used
    (Exception, 2),  # an argument is wrong
)


def command(
    url: str,
    *,
    stream: str,
    redis: str | None = None,
    redis_password: str | None = None,
    redis_cacert: str | None = None,
    redis_cert: str | None = None,
    redis_cert_key: str | None = None,
    method: str = "GET",
    header: Sequence[str] = (),
    partitions: int = 1,
    key: str | None = None,
    lease: float = 2.0,
    max_lag: int | None = None,
    on_lag: Literal["wait", "trim"] = "wait",
    drop_acknowledged: bool = False,
    guard: int = 10_000,
    host: str | None = None,
    metrics: str | None = None,
    wait_for_redis: float = 10.0,
    patience: float | None = None,
    view: bool = True,
    output: TextIO | None = None,
    report: Callable[[Exception, int], object] | None = None,
    client: Client | None = None,
    **options: Any,
) -> int:
    """Relay the event stream at a URL to a Redis Stream, until it ends or SIGTERM or Ctrl-C comes.

    Start it on as many hosts as you like: one reads, the others wait. On a signal, the events already read are written,
    and the lease is released.

    Args:
        url: the event stream.
        stream: the name of the Redis Stream.
        redis: the URL of Redis, as for `Relay`; by default the environment's `REDIS_URL`, which keeps the password off
            the command line.
        redis_password: the password, instead of one in the URL.
        redis_cacert: a file of CA certificates (PEM) to trust, for a URL with TLS.
        redis_cert: a file with a client certificate (PEM), and its private key unless `redis_cert_key` has it.
        redis_cert_key: a file with that private key (PEM).
        method: the HTTP method.
        header: `Name: value`, any number of them; `Name:` removes a default header.
        partitions: the number of streams over which the events are spread.
        key: a path into an event's JSON, such as `user.id`; events with the same value stay in one partition.
        lease: seconds after which a silent host is replaced.
        max_lag: how many entries the slowest group of consumers may still have to handle.
        on_lag: at that bound, `wait` stops reading and `trim` removes the oldest entries.
        drop_acknowledged: with `wait`, remove the entries that every group has acknowledged.
        guard: among how many of the last events duplicates are recognised.
        host: this host's name in the others' logs.
        metrics: serve Prometheus metrics at `HOST:PORT` or `PORT` (of the loopback interface), under `/metrics`.
        wait_for_redis: seconds to try to reach Redis at the start.
        patience: seconds that Redis may be unreachable later; no limit by default.
        view: show the status, and why the source brings nothing, on `output`.
        output: standard error by default.
        report: called with an error that ends the relay, and with the exit code, instead of writing a sentence to
            `output`.
        client: the client whose connections are used.
        **options: as for `Client.stream`: `headers`, `data`, `timeout`, `verify`, `proxies`, `reconnect`, ...

    Returns:
        The exit code: 0 at the end or after a signal, 2 for a wrong argument, 3 if Redis or the source cannot be
        reached, 4 to 7 if the source fails (status, content type, a connection that breaks, time), 9 if the metrics
        port cannot be used, and 10 if Redis refuses a command.
    """
    board = Board(sys.stderr if output is None else output)
    ended = partial(_ended, board) if report is None else report
    url_of_redis = redis or os.environ.get("REDIS_URL")
    name = host or f"{socket.gethostname()}:{os.getpid()}"
    try:
        if not url_of_redis:
            raise ValueError("expected the URL of Redis: pass --redis, or set REDIS_URL")
        access = completed(url_of_redis, redis_password, redis_cacert, redis_cert, redis_cert_key)
        relay = Relay(
            access, stream, lease=lease, partitions=partitions, key=key, max_lag=max_lag, on_lag=on_lag,
            drop_acknowledged=drop_acknowledged, guard=guard, host=name, patience=patience,
            connect_patience=wait_for_redis,
        )  # fmt: skip
        address = None if metrics is None else _address(metrics)
        if view:
            options.setdefault("observer", SourceNews(board))
        with relay, _surroundings(relay, stream, name, address, board, view=view):
            headers: dict[str, Any] = {**_headers(header), **(options.pop("headers", None) or {})}
            done = relay.run(method, url, client=client, headers=headers, **options)
    except (ValueError, TypeError, ImportError, OSError, SSEError) as error:
        code = _code_of(error)
        ended(error, code)
        return code
    board.say(
        f"{done.written:,} events written, {done.duplicates:,} doubles dropped, {done.count:,} in the stream, "
        f"{_PROMISES[type(done).__name__]}"
    )
    return 0


_PROMISES = {"ExactlyOnce": "each exactly once", "AtLeastOnce": "at least once: not every event had an id of its own"}


@contextmanager
def _surroundings(
    relay: Relay, stream: str, host: str, address: tuple[str, int] | None, board: Board, *, view: bool
) -> Generator[None]:
    """Run the log, the metrics, the view and the signals of a relay while the block runs."""

    def metrics() -> str:
        measure(relay)  # without the view, nothing else updates it
        return exposition(stream, host, relay.status)

    with ExitStack() as stack:
        stack.enter_context(_logged(board))
        if address is not None:
            port = stack.enter_context(serve_metrics(address, metrics))
            board.say(f"metrics at http://{address[0]}:{port}/metrics")
        if view:
            stack.enter_context(watch(relay, host, board))
        stack.enter_context(on_terminate(relay.close, signal.SIGTERM, signal.SIGINT))
        yield


def _code_of(error: Exception) -> int:
    """Return the exit code for an error, the same that the other commands have for it."""
    if isinstance(error, ConnectionFailed) and not isinstance(error, IdleTimeout) and not error.sent:
        return _NO_CONNECTION
    return next(code for kind, code in _CODES if isinstance(error, kind))


def _ended(board: Board, error: Exception, _: int) -> None:
    board.say(f"sse-client: {' '.join(str(error).split()) or type(error).__name__}")


def _headers(lines: Sequence[str]) -> dict[str, str | None]:
    headers: dict[str, str | None] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ValueError("expected a header as 'Name: value'")
        headers[name.strip()] = value.strip() or None
    return headers


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"expected HOST:PORT or PORT for the metrics, not {text!r}")
    return host or "127.0.0.1", int(port)


@contextmanager
def _logged(board: Board) -> Generator[None]:
    """Show the relay's log on `board` while the block runs."""
    handler = BoardLog(board)
    logger = logging.getLogger("sse_client.relay")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
