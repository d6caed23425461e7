"""`sse-client relay`: an event stream into a Redis Stream, from one of many hosts."""

from __future__ import annotations

import signal
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from sse_client.cli.http.masking import credentials
from sse_client.cli.http.request import asked
from sse_client.cli.options import RequestOptions

__all__ = ["relay"]

REDIS = Group("Redis", sort_key=2)
LAG = Group("Consumers that are behind", sort_key=3)
OUTPUT = Group("Output", sort_key=4)


def relay(
    url: Annotated[str, Parameter(allow_leading_hyphen=False)],
    /,
    *,
    stream: Annotated[str, Parameter("--stream", metavar="NAME", group=REDIS)],
    redis: Annotated[str | None, Parameter("--redis", metavar="URL", group=REDIS)] = None,
    partitions: Annotated[int, Parameter("--partitions", metavar="N", group=REDIS)] = 1,
    key: Annotated[str | None, Parameter("--key", metavar="PATH", group=REDIS)] = None,
    lease: Annotated[float, Parameter("--lease", metavar="SECONDS", group=REDIS)] = 2.0,
    guard: Annotated[int, Parameter("--guard", metavar="N", group=REDIS)] = 10_000,
    host: Annotated[str | None, Parameter("--host", metavar="NAME", group=REDIS)] = None,
    wait_for_redis: Annotated[float, Parameter("--wait-for-redis", metavar="SECONDS", group=REDIS)] = 10.0,
    patience: Annotated[float | None, Parameter("--patience", metavar="SECONDS", group=REDIS)] = None,
    max_lag: Annotated[int | None, Parameter("--max-lag", metavar="N", group=LAG)] = None,
    on_lag: Annotated[Literal["wait", "trim"], Parameter("--on-lag", metavar="WHAT", group=LAG)] = "wait",
    drop_acknowledged: Annotated[
        bool, Parameter("--drop-acknowledged", negative="", show_default=False, group=LAG)
    ] = False,
    metrics: Annotated[str | None, Parameter("--metrics", metavar="[HOST:]PORT", group=OUTPUT)] = None,
    quiet: Annotated[bool, Parameter(("-q", "--quiet"), negative="", show_default=False, group=OUTPUT)] = False,
    request: RequestOptions = RequestOptions(),  # noqa: B008  (frozen; the parser's way to flatten options)
) -> int:
    """Append the events of a stream to a Redis Stream.

    Start it on as many hosts as you like: one reads, the others wait, and replace it when it dies. A line shows who
    leads, the rate, the lag and the last ID. After SIGTERM or Ctrl-C, what was read is written before it ends.

    Args:
        url: where the stream is; http:// may be left out.
        stream: the name of the Redis Stream.
        redis: where Redis is; the environment's REDIS_URL where it is not given, so that its password need not be on
            the command line.
        partitions: spread the events over N streams, NAME:0 and so on.
        key: a path into the JSON of an event, such as user.id; events with equal values stay in one partition.
        lease: replace a host that has been silent for this long.
        guard: look for doubles among the last N events.
        host: the name of this host for the others.
        wait_for_redis: how long to try to reach Redis at the start.
        patience: how long Redis may be away later; without a limit where it is not given.
        max_lag: the most entries that the slowest group of consumers may have before it.
        on_lag: what happens then; wait stops reading, trim removes the oldest entries.
        drop_acknowledged: with wait, remove the entries that every group has acknowledged.
        metrics: serve Prometheus metrics there, under /metrics; on 127.0.0.1 where no host is given.
        quiet: do not show how it is doing; warnings and errors are shown.
        request: what is sent.
    """
    from sse_client.relay import command

    question = asked("GET", url, request, credentials)
    # The relay answers signals itself. It may need longer for that than this command grants the others.
    watched = signal.set_wakeup_fd(-1)
    try:
        return command(
            question.url, stream=stream, redis=redis, method=question.method, header=_lines(question.headers),
            data=question.body, partitions=partitions, key=key, lease=lease, max_lag=max_lag, on_lag=on_lag,
            drop_acknowledged=drop_acknowledged, guard=guard, host=host, metrics=metrics,
            wait_for_redis=wait_for_redis, patience=patience, view=not quiet,
        )  # fmt: skip
    finally:
        signal.set_wakeup_fd(watched)


def _lines(headers: dict[str, str | bytes | None]) -> list[str]:
    texts = {name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in headers.items()}
    return [f"{name}: {value or ''}" for name, value in texts.items()]
