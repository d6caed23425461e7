"""Limits requests and tokens per minute, for one process or for all of them together."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Budget", "ClockedBudget", "Limit", "RateLimit", "check_shared"]


class Limit(Protocol):
    """What a `ChatBatch` asks before each request. It is pickled with it, and must mean the same everywhere."""

    async def reserve(self, tokens: int) -> float:
        """Take one request of about `tokens` tokens out of the budget; return the seconds until it may be sent."""
        ...

    async def settle(self, tokens: int) -> None:
        """Correct the budget by the tokens that were used more than was reserved; less than 0 for fewer."""
        ...


class Budget:
    """Requests and tokens a minute, without I/O: each reservation puts off the next one by what it takes.

    Args:
        requests_per_minute: None for no limit.
        tokens_per_minute: None for no limit.
        burst: seconds' worth that may be taken at once after a pause.

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
        """Return the seconds until a request of `tokens` may be sent, and take it out of the budget."""
        earliest = now - self._burst
        requests, used = max(self._requests_until, earliest), max(self._tokens_until, earliest)
        self._requests_until = requests + self._request
        self._tokens_until = used + self._token * tokens
        return max(0.0, requests - now, used - now)

    def settle(self, tokens: int) -> None:
        """Correct the budget by `tokens`."""
        self._tokens_until += self._token * tokens


class ClockedBudget(Budget):
    """A budget that looks at the clock itself: of the process that keeps it.

    Args:
        requests_per_minute: None for no limit.
        tokens_per_minute: None for no limit.
        burst: seconds' worth that may be taken at once after a pause.

    Raises:
        ValueError: a number is not positive.
    """

    def __init__(
        self, requests_per_minute: float | None = None, tokens_per_minute: float | None = None, burst: float = 1.0
    ) -> None:
        super().__init__(requests_per_minute, tokens_per_minute, burst)
        self._numbers = (requests_per_minute, tokens_per_minute, burst)

    def numbers(self) -> tuple[float | None, float | None, float]:
        """Return requests a minute, tokens a minute, and the seconds of a burst."""
        return self._numbers

    def take(self, tokens: int) -> float:
        """Return the seconds until a request of `tokens` may be sent, and take it out of the budget."""
        return self.reserve(tokens, monotonic())


def check_shared(name: str, wanted: tuple[Any, ...], found: Sequence[Any]) -> None:
    """Refuse numbers that would not count, because a limit of that name has others.

    Raises:
        ValueError: it has.
    """
    if tuple(found) != wanted:
        parts = ("requests_per_minute", "tokens_per_minute", "burst")
        there = ", ".join(f"{part}={number}" for part, number in zip(parts, found, strict=True))
        raise ValueError(f"the limit {name!r} of this cluster has {there}; give other numbers another name")


class RateLimit:
    """A limit of one process: whoever is unpickled elsewhere counts for himself.

    Args:
        requests_per_minute: None for no limit.
        tokens_per_minute: of prompts and answers; None for no limit.
        burst: seconds' worth that may be taken at once after a pause, 0 or more; 1 by default.

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
        """Take one request of about `tokens` tokens; return the seconds until it may be sent."""
        with self._lock:
            return self._budget.take(tokens)

    async def settle(self, tokens: int) -> None:
        """Correct the budget by `tokens` that were used more than was reserved."""
        with self._lock:
            self._budget.settle(tokens)


def _rate_limit(requests: float | None, tokens: float | None, burst: float) -> RateLimit:
    return RateLimit(requests, tokens, burst=burst)
