"""A checkpoint in Redis, for a stream that is read without a relay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client.relay._redis.connect import close, connect, seconds_of
from sse_client.relay._redis.one_deadline import operation
from sse_client.relay._redis.scalar_text import check_scalar
from sse_client.relay.errors import RedisUnavailable, RelayError, WrongType

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RedisCheckpoint"]

_LONGEST_ID = 64 * 1024 * 1024  # bytes, as in `FileCheckpoint`; a value in Redis may have 512 MiB
_AROUND = 64 * 1024  # bytes of answers besides the ID, those to connecting included


class RedisCheckpoint:
    """A checkpoint in a string of Redis: `sse_client.get(url, checkpoint=RedisCheckpoint(redis, "prices:place"))`.

    The effect of an event and the checkpoint are two writes, so an event may come again after a crash although its
    effect was done. If both are in one SQL database, write them in one transaction; see `docs/relay.md`.

    Args:
        redis: a client of redis-py, which stays open, or a URL as for `Relay`.
        key: the Redis key of the last event ID.
        timeout: seconds for `load` and for `save`, from connecting if necessary to the end of the answer; used only
            with a URL.

    Raises:
        ImportError: redis-py is missing.
        ValueError: the URL is of another scheme, or the key has no UTF-8 form.
    """

    def __init__(self, redis: Any, key: str, *, timeout: float = 5.0) -> None:
        check_scalar("key", key)
        self._client, self._own = connect(redis, timeout)
        self._seconds = seconds_of(self._client)
        self.key = key

    def load(self) -> str:
        """Return the last event ID that was saved; an empty string if none was.

        Raises:
            RedisUnavailable: Redis does not answer in time, or answers with more than an ID can have.
            RelayError: Redis refuses the command, the key holds another type of value, or what answers is not Redis.
            ValueError: the value is not a last event ID.
        """
        # GETRANGE includes the end, so this reads one byte more than an ID can have.
        found = self._ask("GETRANGE", self.key, 0, _LONGEST_ID)
        if not isinstance(found, bytes):
            raise RelayError(f"expected a string from Redis, got {type(found).__name__}")
        try:
            place = found.decode() if len(found) <= _LONGEST_ID else "\0"
        except UnicodeDecodeError:
            place = "\0"
        if any(char in place for char in "\r\n\0"):
            raise ValueError(f"expected one last event ID in UTF-8 at the key {self.key!r}, got something else")
        return place

    def save(self, last_event_id: str) -> None:
        """Store `last_event_id`. It is on the server when this returns.

        Raises:
            ValueError: the ID is longer than 64 MiB, or has no UTF-8 form.
            RedisUnavailable: Redis does not answer in time, or has no memory left.
            RelayError: Redis refuses the command, or what answers is not Redis.
        """
        check_scalar("last_event_id", last_event_id)
        content = last_event_id.encode()
        if len(content) > _LONGEST_ID:
            raise ValueError(f"expected a last event ID of at most {_LONGEST_ID:,} bytes, got {len(content):,}")
        done = self._ask("SET", self.key, content)
        if done is not True and done not in (b"OK", "OK"):
            raise RelayError(f"expected OK from Redis, got {type(done).__name__}")

    def close(self) -> None:
        """Close the client, if it was made from a URL."""
        if self._own:
            close(self._client)

    def _ask(self, *command: str | bytes | int) -> Any:
        from sse_client.relay._redis.failures import Unreachable
        from sse_client.relay._redis.link import ERRORS, refused

        call: Callable[..., Any] = self._client.execute_command
        try:
            with operation(self._seconds, _LONGEST_ID + _AROUND):
                return call(*command, NEVER_DECODE=True)
        except ERRORS as error:
            try:
                refused(error)
            except Unreachable as unreachable:
                raise RedisUnavailable(str(unreachable)) from error
            except WrongType as wrong:
                raise WrongType(f"expected the key {self.key!r} to be a string: {error}", key=self.key) from wrong
        except (AttributeError, RecursionError, TypeError, ValueError) as error:
            # redis-py does not check what it reads. What is left of it would be taken for the next answer.
            if self._own:
                self.close()
            raise RelayError(f"expected an answer from Redis, got something else ({type(error).__name__})") from error
