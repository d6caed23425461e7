"""The attempts of one call: which failures are retried, and when; and the reader of the last attempt."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from sse_client.errors import ConnectionFailed, StatusError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

    from sse_client.policy import Reconnect

__all__ = ["Retries"]

_STATUSES = frozenset({408, 409, 429})
_DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds; the last one is used for all further retries
_LONGEST_ASKED = 120.0  # seconds; if a server asks for a longer wait, its error is raised at once

_R = TypeVar("_R", bound=Any)


class Retries(Generic[_R]):
    """The attempts of one call; see `Attempts`. It is retried while it is refused, or if the server did not receive it.

    A response refuses it for a while with the status 408, 409, 429 or 5xx, unless its `x-should-retry` is `false`; with
    `true`, any status does. The delay is what the response asks for in `retry-after-ms` or `Retry-After`, and up to a
    tenth longer; if it asks for more than two minutes, its error is raised. Otherwise the delay is 0.5 s, doubled with
    each retry up to 8 s, and up to a quarter shorter.

    Args:
        most: the most retries, 0 or more.
        reader: creates the reader for an attempt's events.

    Attributes:
        reader: the reader of the last attempt.
        until: the data of the event that ends the stream, which a subclass may define; None: the reader finds the end.
    """

    until: ClassVar[str | None] = None

    def __init__(self, most: int, reader: Callable[[], _R]) -> None:
        self.reader = reader()
        self._most = most
        self._new_reader = reader
        self._count = 0

    def rules(self) -> dict[str, Any]:
        """Return the options of the event stream: when it ends, and when it is requested again."""
        # `Reconnect` would reset its count at each event, even a ping, and apply its own limit to a server's
        # Retry-After. Without an end marker, the reader decides whether a stream that has ended is complete.
        marked = self.until is not None
        again = _reconnect()(max_asked=0, retry=self._retry, stop=self._stop, wait=self._wait, on_end=marked)
        return {"until": self.until, "reconnect": again} if marked else {"reconnect": again}

    def may_follow(self, error: ConnectionFailed) -> bool:
        """Return whether another attempt may follow a lost connection: by default, if no connection was made.

        A subclass may allow more if the API keeps a request that is sent twice from being answered twice.
        """
        return not error.sent

    def begin(self) -> None:
        """Begin another attempt, with a new reader: a part of the last reply may have arrived."""
        self.reader = self._new_reader()

    def _retry(self, state: RetryCallState) -> bool:
        error = _error(state)
        if (_asked(error) or 0.0) > _LONGEST_ASKED:
            return False
        if not isinstance(error, StatusError):
            return isinstance(error, ConnectionFailed) and self.may_follow(error)
        said = error.headers.get("x-should-retry")
        if said in {"true", "false"}:
            return said == "true"
        return error.status in _STATUSES or error.status >= 500

    def _stop(self, _: RetryCallState) -> bool:
        self._count += 1
        if self._count > self._most:
            return True
        self.begin()
        return False

    def _wait(self, state: RetryCallState) -> float:
        import random  # imported with `Reconnect`

        asked = _asked(_error(state))
        if asked is not None:
            return asked * random.uniform(1.0, 1.1)
        return _DELAYS[min(self._count, len(_DELAYS) - 1)] * random.uniform(0.75, 1.0)


@cache
def _reconnect() -> type[Reconnect]:
    """Import `Reconnect` with the first call, not with the adapter; cached, because an import statement takes 2 µs."""
    from sse_client.policy import Reconnect

    return Reconnect


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _asked(error: BaseException | None) -> float | None:
    """Return the seconds that the server asked for, in `retry-after-ms` or else in `Retry-After`."""
    if not isinstance(error, StatusError):
        return None
    try:
        seconds = float(error.headers["retry-after-ms"]) / 1000
    except (KeyError, ValueError):
        return error.retry_after
    return seconds if math.isfinite(seconds) and seconds >= 0 else error.retry_after
