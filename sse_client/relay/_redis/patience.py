"""Decides, between two attempts, for how much longer Redis may be unreachable."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING

from sse_client.relay._redis.failures import Full
from sse_client.relay.errors import RedisUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.relay._redis.failures import Unreachable

__all__ = ["Patience"]

_log = logging.getLogger("sse_client.relay")
_SHORTEST = 0.05
_LONGEST = 1.0


class Patience:
    """Measures how long Redis has been unreachable, and logs when this begins and ends.

    Args:
        seconds: how long Redis may be unreachable; None for no limit.
        what: the name of the waiting relay or consumer, for the log.
        changed: called with the new state: `ok`, `away` or `full`.
    """

    def __init__(self, seconds: float | None, what: str, changed: Callable[[str], None]) -> None:
        self._seconds = seconds
        self._what = what
        self._changed = changed
        self._since: float | None = None
        self._delay = _SHORTEST

    def failed(self, error: Unreachable) -> float:
        """Return the seconds until the next attempt.

        Raises:
            RedisUnavailable: Redis has been unreachable for too long.
        """
        now = monotonic()
        if self._since is None:
            self._since = now
            _log.warning("%s: %s; trying again", self._what, error)
        else:
            _log.debug("%s: %s", self._what, error)
        self._changed("full" if isinstance(error, Full) else "away")
        left = None if self._seconds is None else self._since + self._seconds - now
        if left is not None and left <= 0:
            raise RedisUnavailable(f"{error} ({now - self._since:.1f} s)") from error
        delay, self._delay = self._delay, min(2 * self._delay, _LONGEST)
        return delay if left is None else min(delay, left)

    def answered(self) -> None:
        """Record that Redis has answered."""
        if self._since is not None:
            _log.warning("%s: Redis answers again, after %.1f s", self._what, monotonic() - self._since)
            self._since = None
            self._delay = _SHORTEST
            self._changed("ok")
