"""The attempts of one call: which failures are retried, and when; and the reader of the last attempt."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sse_client.errors import ConnectionFailed, StatusError, StreamTruncated

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

    from sse_client.policy import Reconnect

__all__ = ["Retries"]

_STATUSES = frozenset({408, 409, 429})

_R = TypeVar("_R", bound=Any)


# An object of its own. As a part of the reply, it would make a reference cycle: the event stream's callbacks would
# refer to the reply, which holds the stream.
class Retries(Generic[_R]):
    """The attempts of one call. It is retried before its first delta, and never after it.

    Args:
        most: the most retries.
        reader: creates the reader for an attempt's events.

    Attributes:
        reader: the reader of the last attempt.
    """

    def __init__(self, most: int, reader: Callable[[], _R]) -> None:
        self.reader = reader()
        self._most = most
        self._new_reader = reader
        self._count = 0

    def rules(self) -> dict[str, Any]:
        """Return the options of the event stream: when it ends, and when it is requested again."""
        # `Reconnect` would reset its count at each event, even a ping, and apply its own limit to a server's
        # Retry-After.
        again = _reconnect()(max_asked=0, retry=self._retry, stop=self._stop, wait=self._wait)
        return {"until": "[DONE]", "reconnect": again}

    def _may_follow(self, error: ConnectionFailed) -> bool:
        """Return whether another attempt may follow a lost connection."""
        # Retried only before the first delta. A stream that ended without an event would probably do so again.
        return self.reader.empty and not isinstance(error, StreamTruncated)

    def _begin(self) -> None:
        """Begin another attempt."""
        # A chunk without a delta may have come, with an ID of its own.
        self.reader = self._new_reader()

    def _retry(self, state: RetryCallState) -> bool:
        from sse_client.adapters._retry_delay import LONGEST_ASKED, asked_delay  # loaded for the first failure

        error = _error(state)
        if (asked_delay(error) or 0.0) > LONGEST_ASKED:
            return False
        if not isinstance(error, StatusError):
            return isinstance(error, ConnectionFailed) and self._may_follow(error)
        said = error.headers.get("x-should-retry")
        if said in {"true", "false"}:
            return said == "true"
        return error.status in _STATUSES or error.status >= 500

    def _stop(self, _: RetryCallState) -> bool:
        self._count += 1
        if self._count > self._most:
            return True
        self._begin()
        return False

    def _wait(self, state: RetryCallState) -> float:
        from sse_client.adapters._retry_delay import retry_delay

        return retry_delay(_error(state), self._count)


@cache
def _reconnect() -> type[Reconnect]:
    """Import `Reconnect` with the first call, not with the adapter; cached, because an import statement takes 2 µs."""
    from sse_client.policy import Reconnect

    return Reconnect


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
