"""Limits requests and tokens per minute, for one process or for all of them together."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Budget", "ClockedBudget", "Limit", "RateLimit", "check_limit", "check_shared"]


class Limit(Protocol):
    """A limit that a `ChatBatch` asks before each request; pickled with the batch, it must work in any process."""

    async def reserve(self, tokens: int) -> float:
        """Reserve one request of about `tokens` tokens; return the seconds until it may be sent."""
        ...

    async def settle(self, tokens: int) -> None:
        """Correct the budget by the tokens used beyond those reserved; negative if fewer were used."""
        ...


def check_limit(limit: object) -> None:
    """Refuse a limit that cannot be asked.

    Raises:
        TypeError: it is neither None nor a `Limit`.
    """
    if limit is None:
        return
    missing = next((name for name in ("reserve", "settle") if not hasattr(limit, name)), None)
    if isinstance(limit, type) or missing is not None:
        kind = "a class" if isinstance(limit, type) else type(limit).__name__
        raise TypeError(f"limit: expected a RateLimit, or an object with reserve and settle, got {kind}")


class Budget:
    """A budget of requests and tokens per minute, without I/O: each reservation delays the next one accordingly.

    Args:
        requests_per_minute: more than 0; None for no limit.
        tokens_per_minute: more than 0; None for no limit.
        burst: after a pause, the budget of this many seconds may be used at once.

    Raises:
        ValueError: a number is not positive.
    """

    def __init__(
        self, requests_per_minute: float | None = None, tokens_per_minute: float | None = None, burst: float = 1.0
    ) -> None:
        for name, number in (("requests_per_minute", requests_per_minute), ("tokens_per_minute", tokens_per_minute)):
            if number is not None and number <= 0:
                raise ValueError(f"{name} must be more than 0, not {number}")
        if burst < 0:
            raise ValueError(f"burst must be 0 seconds or more, not {burst}")
        self._request = 60 / requests_per_minute if requests_per_minute else 0.0  # seconds that a request takes
        self._token = 60 / tokens_per_minute if tokens_per_minute else 0.0
        self._burst = burst
        self._requests_until = self._tokens_until = float("-inf")

    def reserve(self, tokens: int, now: float) -> float:
        """Reserve one request; return the seconds until it may be sent.

        Args:
            tokens: the estimated number of its tokens.
            now: the time, in seconds, of a clock that never goes back.
        """
        earliest = now - self._burst
        requests, used = max(self._requests_until, earliest), max(self._tokens_until, earliest)
        self._requests_until = requests + self._request
        self._tokens_until = used + self._token * tokens
        return max(0.0, requests - now, used - now)

    def settle(self, tokens: int) -> None:
        """Correct the budget by `tokens`."""
        self._tokens_until += self._token * tokens


class ClockedBudget(Budget):
    """A budget that reads the clock of its own process.

    Args:
        requests_per_minute: more than 0; None for no limit.
        tokens_per_minute: more than 0; None for no limit.
        burst: after a pause, the budget of this many seconds may be used at once.

    Raises:
        ValueError: a number is not positive.
    """

    def __init__(
        self, requests_per_minute: float | None = None, tokens_per_minute: float | None = None, burst: float = 1.0
    ) -> None:
        super().__init__(requests_per_minute, tokens_per_minute, burst)
        self._numbers = (requests_per_minute, tokens_per_minute, burst)

    def numbers(self) -> tuple[float | None, float | None, float]:
        """The requests per minute, the tokens per minute, and the seconds of a burst."""
        return self._numbers

    def take(self, tokens: int) -> float:
        """Reserve one request of `tokens` tokens; return the seconds until it may be sent."""
        return self.reserve(tokens, monotonic())


def check_shared(name: str, wanted: tuple[Any, ...], found: Sequence[Any]) -> None:
    """Refuse numbers that would have no effect because the existing limit called `name` has others.

    Args:
        name: the name of the limit, for the error.
        wanted: `requests_per_minute`, `tokens_per_minute` and `burst`, as passed.
        found: those of the existing limit.

    Raises:
        ValueError: the numbers differ.
    """
    if tuple(found) != wanted:
        parts = ("requests_per_minute", "tokens_per_minute", "burst")
        there = ", ".join(f"{part}={number}" for part, number in zip(parts, found, strict=True))
        raise ValueError(f"the limit {name!r} of this cluster has {there}; give other numbers another name")


class RateLimit:
    """A limit for one process; a copy that is unpickled in another process counts separately.

    Args:
        requests_per_minute: more than 0; None, the default, for no limit.
        tokens_per_minute: tokens of prompts and answers, more than 0; None, the default, for no limit.
        burst: after a pause, the budget of this many seconds may be used at once, 0 or more; 1 by default.

    Raises:
        ValueError: a number is not positive.
    """

    def __init__(
        self,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        *,
        burst: float = 1.0,
    ) -> None:
        self._arguments = (requests_per_minute, tokens_per_minute, burst)
        self._budget = ClockedBudget(*self._arguments)
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        requests, tokens, burst = self._arguments
        return _rate_limit, (requests, tokens, burst)

    async def reserve(self, tokens: int) -> float:
        """Reserve one request of about `tokens` tokens; return the seconds until it may be sent."""
        with self._lock:
            return self._budget.take(tokens)

    async def settle(self, tokens: int) -> None:
        """Correct the budget by the `tokens` used beyond those reserved; negative if fewer were used."""
        with self._lock:
            self._budget.settle(tokens)


def _rate_limit(requests: float | None, tokens: float | None, burst: float) -> RateLimit:
    return RateLimit(requests, tokens, burst=burst)
