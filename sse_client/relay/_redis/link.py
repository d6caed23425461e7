"""Sends scripts to Redis over one connection, and translates redis-py's exceptions into three errors."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

import redis
from redis import exceptions as refusals

from sse_client.relay._redis.connect import seconds_of
from sse_client.relay._redis.failures import Full, Unreachable
from sse_client.relay._redis.one_deadline import operation
from sse_client.relay.errors import RelayError, WrongType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ERRORS", "Link", "Script", "blocking", "refused", "streams", "text"]


class Script:
    """A Lua script, and the SHA-1 that Redis knows it by.

    Args:
        source: the script's source.
        kinds: the types of the values of its first keys, as `TYPE` names them.
        others: the type of the values of all other keys.
    """

    def __init__(self, source: str, kinds: Sequence[str] = (), others: str = "stream") -> None:
        self.source = source
        self.sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
        self._kinds = kinds
        self._others = others

    def check(self, keys: Sequence[str], found: Sequence[Any]) -> None:
        """Check that the keys hold values of the types that the script expects.

        Args:
            keys: the keys of one call.
            found: the answer of `TYPE` for each key.

        Raises:
            WrongType: a key holds a value of another type.
        """
        for place, (key, each) in enumerate(zip(keys, found, strict=True)):
            kind, wanted = text(each), self._kinds[place] if place < len(self._kinds) else self._others
            if kind not in {"none", wanted}:
                raise WrongType(f"expected the key {key!r} to be a {wanted}, but it is a {kind}", key=key)


# In redis-py, AuthenticationError is a subclass of ConnectionError, but a retry does not help.
_FINAL = (refusals.AuthenticationError, refusals.AuthorizationError, refusals.NoPermissionError)
_PASSING = (
    refusals.ConnectionError,
    refusals.TimeoutError,
    refusals.ReadOnlyError,
    refusals.TryAgainError,
    refusals.ClusterDownError,
    refusals.ClusterError,
    refusals.RedisClusterException,
    refusals.AskError,  # the base of MovedError
    OSError,
)
# RedisClusterException is not a subclass of RedisError.
ERRORS = (redis.RedisError, refusals.RedisClusterException, OSError)
_PASSING_WORDS = ("NOREPLICAS", "MASTERDOWN", "BUSY ", "LOADING", "CLUSTERDOWN", "UNBLOCKED", "READONLY", "TRYAGAIN")


@lru_cache(4096)
def _head(sha: str, keys: tuple[str, ...]) -> bytes:
    """Return the part of EVALSHA in RESP that is the same for every call with the same keys."""
    return b"".join(map(_bulk, ("EVALSHA", sha, len(keys), *keys)))


def _bulk(value: Any) -> bytes:
    data = value if isinstance(value, bytes) else str(value).encode()
    return b"$%d\r\n%b\r\n" % (len(data), data)


class Link:
    """Runs scripts in Redis for one thread at a time.

    Args:
        client: a `redis.Redis` (of a Sentinel's master too) or a `redis.RedisCluster`.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        # With a connection of its own, each command costs a third less than with `execute_command`. Only a client of a
        # single server can provide one.
        self._pool: Any = client.connection_pool if isinstance(client, redis.Redis) else None
        self._connection: Any = None
        self._seconds = seconds_of(client)

    def run(self, script: Script, keys: Sequence[str], *arguments: Any) -> Any:
        """Return the answer of `script`.

        Raises:
            Unreachable: Redis did not answer; the script may have run.
            RelayError: Redis refused the script.
        """
        try:
            with operation(self._seconds):
                try:
                    return self._evaluate(script, keys, arguments)
                except refusals.NoScriptError:
                    # After a restart or a fail-over, the server does not have the script.
                    return self._send("EVAL", script.source, len(keys), *keys, *arguments)
        except refusals.ResponseError as error:
            if str(error).startswith("WRONGTYPE"):  # Redis does not say which key
                script.check(keys, self._types(keys))
            refused(error)
        except ERRORS as error:
            refused(error)

    def wait(self, after: Mapping[str, str], milliseconds: int) -> frozenset[str]:
        """Block until one of the streams holds a later entry, or for `milliseconds`; return those that hold one.

        Args:
            after: the ID of the last known entry, by stream.
            milliseconds: the most time to block; at most half of the client's timeout for an answer is used.

        Raises:
            Unreachable, RelayError: as for `run`.
        """
        try:
            with operation(self._seconds):
                return streams(self._send(*blocking(self._client, after, milliseconds)))
        except ERRORS as error:
            refused(error)

    def close(self) -> None:
        """Return the connection to its pool; the client stays open."""
        if self._connection is not None:
            self._pool.release(self._connection)
            self._connection = None

    def _types(self, keys: Sequence[str]) -> list[Any]:
        try:
            with operation(self._seconds):
                return [self._send("TYPE", key) for key in keys]
        except ERRORS as error:
            refused(error)

    def _evaluate(self, script: Script, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        if self._pool is None:
            return self._send("EVALSHA", script.sha, len(keys), *keys, *arguments)
        # Packs the command in a third of redis-py's time: a third of the command is always the same, and redis-py takes
        # five steps for each argument.
        count = b"*%d\r\n" % (3 + len(keys) + len(arguments))
        return self._exchange(b"".join((count, _head(script.sha, tuple(keys)), *map(_bulk, arguments))))

    def _send(self, *command: Any) -> Any:
        if self._pool is None:
            return self._client.execute_command(*command, NEVER_DECODE=True)
        return self._exchange(b"".join((b"*%d\r\n" % len(command), *map(_bulk, command))))

    def _exchange(self, command: bytes) -> Any:
        if self._connection is None:
            self._connection = self._pool.get_connection()
        try:
            self._connection.send_packed_command((command,))
            return self._connection.read_response(disable_decoding=True)
        except refusals.NoScriptError:
            raise
        except BaseException:
            # The next command must not read leftover bytes of this one. And a connection to a Sentinel's master would
            # reconnect to the old master by itself; the pool asks the sentinels first.
            self._connection.disconnect()
            self.close()
            raise


def refused(error: BaseException) -> NoReturn:
    """Raise the error of this package for an exception of redis-py.

    Raises:
        Unreachable, Full, RelayError: chosen by the exception's type, or by the first word of its message.
    """
    message = str(error)
    if isinstance(error, _FINAL):
        raise RelayError(f"Redis refused the connection or a command: {message}") from error
    if isinstance(error, refusals.OutOfMemoryError) or message.startswith("OOM "):
        raise Full(f"Redis is full: {message.partition(' script:')[0]}") from error
    if message.startswith("MISCONF"):
        raise Full(f"Redis takes no writes, because it cannot save: {message}") from error
    if isinstance(error, refusals.MovedError):
        raise Unreachable(
            f"Redis cannot be reached: this is one node of a cluster, and the key is at {message.rpartition(' ')[2]}; "
            "a URL of the cluster begins with redis+cluster://"
        ) from error
    if isinstance(error, _PASSING) or message.startswith(_PASSING_WORDS):
        raise Unreachable(f"Redis cannot be reached: {message}") from error
    if message.startswith("WRONGTYPE"):
        raise WrongType(f"a key of the stream holds another type of value: {message}") from error
    raise RelayError(f"Redis refused a command: {message}") from error


def blocking(client: Any, after: Mapping[str, str], milliseconds: int) -> tuple[Any, ...]:
    """Return an XREAD that ends before the timeout of `client`."""
    pool = getattr(client, "connection_pool", None)
    limit = None if pool is None else pool.connection_kwargs.get("socket_timeout")
    if limit:
        milliseconds = max(1, min(milliseconds, int(limit * 500)))
    return ("XREAD", "COUNT", 1, "BLOCK", milliseconds, "STREAMS", *after, *after.values())


def streams(answer: Any) -> frozenset[str]:
    """Return the streams in an answer to XREAD: pairs in RESP2, a map in RESP3, None if the time ran out."""
    return frozenset(text(each if isinstance(answer, dict) else each[0]) for each in answer or ())


def text(value: Any) -> str:
    """Return a text from an answer as a `str`; the client may have decoded it already."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
