"""`sse-client relay`: writes an event stream to a Redis Stream, from one of many hosts."""

from __future__ import annotations

import re
import signal
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  (the parser evaluates the annotations)
from threading import TIMEOUT_MAX
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

from cyclopts import Group, Parameter

from sse_client import Client, SSEError
from sse_client.cli.exits import Exit, Failure, failure_of
from sse_client.cli.files import key as secret
from sse_client.cli.http.certificates import client_certificate, trusted
from sse_client.cli.http.masking import credentials
from sse_client.cli.http.request import asked, connection_arguments, reconnect_arguments, seconds_of
from sse_client.cli.options import ConnectionOptions, ReconnectOptions, RequestOptions

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["RedisOptions", "relay"]

# The options that stand for the argument names in the package's errors.
_ARGUMENT = re.compile(r"^(lease|guard|partitions)\b|\b(max_lag|on_lag|drop_acknowledged)\b")

_ACCESS = re.compile(r"auth|password", re.IGNORECASE)  # in what Redis says

REDIS = Group("Redis", sort_key=0)
LAG = Group("Consumers that are behind", sort_key=4)
OUTPUT = Group("Output", sort_key=5)


@Parameter(name="*", group=REDIS)
@dataclass(frozen=True, slots=True, kw_only=True)
class RedisOptions:
    """The connection to Redis."""

    redis: Annotated[str | None, Parameter("--redis", metavar="URL")] = None
    """The URL of Redis. Default: the environment's REDIS_URL, which keeps the password off the command line."""

    password_env: Annotated[str | None, Parameter("--redis-password-env", metavar="NAME")] = None
    """Read the password of Redis from this environment variable."""

    password_file: Annotated[Path | None, Parameter("--redis-password-file", metavar="FILE")] = None
    """Read the password of Redis from the first line of this file."""

    cacert: Annotated[Path | None, Parameter("--redis-cacert", metavar="FILE")] = None
    """CA certificates (PEM) to trust for Redis (rediss://) instead of the usual ones."""

    cert: Annotated[Path | None, Parameter("--redis-cert", metavar="FILE")] = None
    """Client certificate (PEM) for Redis, with its private key unless --redis-cert-key names another file."""

    cert_key: Annotated[Path | None, Parameter("--redis-cert-key", metavar="FILE")] = None
    """Private key (PEM) of the client certificate for Redis."""


def relay(
    url: Annotated[str, Parameter(allow_leading_hyphen=False)],
    /,
    *,
    stream: Annotated[str, Parameter("--stream", metavar="NAME", group=REDIS)],
    access: RedisOptions = RedisOptions(),
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
    connection: ConnectionOptions = ConnectionOptions(),  # noqa: B008
    resume: ReconnectOptions = ReconnectOptions(),  # noqa: B008
) -> int:
    """Append the events of a stream to a Redis Stream.

    Start it on as many hosts as you like: one reads, the others wait to replace it when it dies. A status line shows
    which host leads, the rate, the lag and the last ID. On SIGTERM or Ctrl-C, the events already read are written
    first.

    Args:
        url: the URL of the stream; http:// may be left out.
        stream: the name of the Redis Stream.
        access: how Redis is reached.
        partitions: spread the events over N streams, NAME:0 and so on.
        key: a path into the JSON of an event, such as user.id; events with equal values stay in one partition.
        lease: replace a host that has been silent for this long.
        guard: look for duplicates among the last N events.
        host: the name under which the other hosts see this one.
        wait_for_redis: how long to try to reach Redis at the start.
        patience: how long Redis may be unreachable later. By default, there is no limit.
        max_lag: the most entries that the slowest group of consumers may still have to handle.
        on_lag: what to do at that limit; wait stops reading, trim removes the oldest entries.
        drop_acknowledged: with wait, remove the entries that every group has acknowledged.
        metrics: serve Prometheus metrics there, under /metrics; on 127.0.0.1 if no host is given.
        quiet: do not show the status line; warnings and errors are still shown.
        request: what is sent.
        connection: how the server is reached.
        resume: where to begin while Redis has no checkpoint, and when to reconnect.
    """
    from sse_client.relay import command

    seconds_of("--patience", patience)
    if not 0 <= wait_for_redis <= TIMEOUT_MAX:
        raise Failure(f"--wait-for-redis: expected seconds, 0 or more, got {wait_for_redis:g}")
    question = asked("GET", url, request, credentials)
    arguments = {
        **question.arguments,
        **connection_arguments(connection),
        **reconnect_arguments(resume, question.method),
        **_redis_arguments(access),
    }
    # The relay handles signals itself, and may need more time for that than the other commands get.
    watched = signal.set_wakeup_fd(-1)
    try:
        with _client(connection.unix_socket) as client:
            return command(
                question.url, stream=stream, method=question.method, client=client, partitions=partitions, key=key,
                lease=lease, max_lag=max_lag, on_lag=on_lag, drop_acknowledged=drop_acknowledged, guard=guard,
                host=host, metrics=metrics, wait_for_redis=wait_for_redis, patience=patience, view=not quiet,
                report=_report, **arguments,
            )  # fmt: skip
    finally:
        signal.set_wakeup_fd(watched)


def _report(error: Exception, code: int) -> NoReturn:
    """Raise an error of the relay as a `Failure`, so that it is reported like those of the other commands.

    Raises:
        Failure: always.
    """
    from sse_client.relay import RelayError

    if isinstance(error, SSEError):
        known = failure_of(error)
        raise Failure(str(known), Exit(code), _hint(error) if isinstance(error, RelayError) else known.hint) from error
    said = error.strerror if isinstance(error, OSError) else ""
    sentence = " ".join((said or str(error)).split()) or type(error).__name__
    raise Failure(_ARGUMENT.sub(_option, sentence), Exit(code)) from error


def _hint(error: Exception) -> str:
    """Return a hint for an error of Redis; an empty string if there is none."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "--redis-cacert FILE trusts the certificates in a file."
    if _ACCESS.search(str(error)):
        return "The password of Redis is given with --redis-password-env or --redis-password-file."
    return ""


def _option(argument: re.Match[str]) -> str:
    return "--" + argument[0].replace("_", "-")


def _client(unix_socket: Path | None) -> AbstractContextManager[Client | None]:
    """Return a client that connects to a Unix socket; None if there is none."""
    if unix_socket is None:
        return nullcontext()
    from sse_client.cli.http.wire import Wire, session_over  # imported only when needed

    return Client(session_over(Wire(unix_socket=unix_socket), follows=False))


def _redis_arguments(access: RedisOptions) -> dict[str, Any]:
    """Return the arguments of the relay for the connection to Redis.

    Raises:
        Failure: two options contradict each other, or a file cannot be read.
    """
    cacert = trusted(access.cacert, "--redis-cacert") if access.cacert else None
    cert, cert_key = client_certificate(access.cert, access.cert_key, "--redis-cert") or (None, None)
    password = secret(access.password_env, access.password_file, "--redis-password", "password")
    if password is not None:
        credentials.learn(password)
    files = {"redis_cacert": cacert, "redis_cert": cert, "redis_cert_key": cert_key}
    return {
        "redis": access.redis,
        "redis_password": password,
        **{name: path for name, path in files.items() if path is not None},
    }
