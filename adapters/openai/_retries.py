"""Which failures of a chat request are tried again, and when: before the first delta, and never after it."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from sse_client.errors import ConnectionFailed, StatusError, StreamTruncated
from sse_client.policy import Reconnect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

__all__ = ["Retries"]

_STATUSES = frozenset({408, 409, 429})
_DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds; the last one stays
_LONGEST_ASKED = 120.0  # whoever asks for more than that is not waited for: the caller hears of it at once


class Retries:
    """The retries of one call.

    Args:
        most: how many.
        begun: whether a delta has come.
        again: called before each retry.
    """

    def __init__(self, most: int, begun: Callable[[], bool], again: Callable[[], object]) -> None:
        self._most = most
        self._begun = begun
        self._again = again
        self._count = 0

    def rules(self) -> Reconnect:
        """Return the rules for the stream underneath."""
        # Its own count begins anew with each event, pings too; and what the server asks for is this one's to weigh.
        return Reconnect(max_asked=0, retry=self._retry, stop=self._stop, wait=self._wait)

    def _retry(self, state: RetryCallState) -> bool:
        error = _error(state)
        if self._begun() or (_asked(error) or 0.0) > _LONGEST_ASKED:
            return False
        if not isinstance(error, StatusError):
            # A stream that ended without a word would do so again.
            return isinstance(error, ConnectionFailed) and not isinstance(error, StreamTruncated)
        said = error.headers.get("x-should-retry")
        if said in {"true", "false"}:
            return said == "true"
        return error.status in _STATUSES or error.status >= 500

    def _stop(self, _: RetryCallState) -> bool:
        self._count += 1
        if self._count > self._most:
            return True
        self._again()
        return False

    def _wait(self, state: RetryCallState) -> float:
        asked = _asked(_error(state))
        if asked is not None:
            return asked * random.uniform(1.0, 1.1)
        return _DELAYS[min(self._count, len(_DELAYS) - 1)] * random.uniform(0.75, 1.0)


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
