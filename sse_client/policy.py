"""Decides whether to reconnect and after how many seconds, with `tenacity` strategies stepped without sleeping."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from sse_client._values import Value
from sse_client.errors import ConnectionFailed, SSEError, StatusError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState, Retrying

__all__ = ["DEFAULT_RULES", "Policy", "Reconnect"]

_LONGEST = sys.float_info.max  # seconds
_LEAST_DELAY = 0.1  # seconds, unless the caller's own `initial_delay` is less
_MANY_FLEETING = 5  # connections in a row that end after one event; from then on, waits grow
_ASKS = frozenset({429, 503})  # the statuses whose Retry-After counts
_STATUSES = frozenset({429, 500, 502, 503, 504})


class Reconnect(Value):
    """When to connect again, and how long to wait before it.

    A connection has failed if it was refused, answered with a bad status, or ended without a single event. The delay
    after the n-th failed connection in a row is what the server asked for with `retry:` or Retry-After, else
    `initial_delay`. For n >= 2, a random part of `min(max_delay, max(initial_delay, 0.1) * 2 ** (n - 2))` is added.

    In the `RetryCallState` that the four strategies receive, `attempt_number` is the number of failed connections in a
    row (at least 1), and time counts from the first of them. The name of `fn` is the method and the URL, without query
    and credentials.

    Attributes:
        initial_delay: seconds, 0 or more.
        max_delay: the most seconds of random delay, 0 or more.
        max_attempts: failed connections in a row before the last error is raised, 1 or more; None: never give up.
        max_asked: the most seconds that a server can ask for, 0 or more.
        statuses: HTTP statuses that are retried; all others are final.
        wait: a tenacity wait strategy instead of the delay above; the delay is never less than the server asks for.
        stop: a tenacity stop strategy instead of `max_attempts`.
        retry: a tenacity retry strategy instead of `statuses`.
        before_sleep: called with the `RetryCallState` before each delay.
        on_end: whether the stream also reconnects after a clean end, if the method allows repeating. If False, a clean
            end ends the iteration, or raises `StreamTruncated` before the event that `until` names; only a stream that
            is cut off is resumed.

    Raises:
        TypeError: an argument is of a wrong type.
        ValueError: a number is out of range.
    """

    __slots__ = (
        "before_sleep",
        "initial_delay",
        "max_asked",
        "max_attempts",
        "max_delay",
        "on_end",
        "retry",
        "statuses",
        "stop",
        "wait",
    )

    initial_delay: float
    max_delay: float
    max_attempts: int | None
    max_asked: float
    statuses: Iterable[int]
    wait: Callable[[RetryCallState], float] | None
    stop: Callable[[RetryCallState], bool] | None
    retry: Callable[[RetryCallState], bool] | None
    before_sleep: Callable[[RetryCallState], Any] | None
    on_end: bool

    def __init__(
        self,
        initial_delay: float = 1.0,
        max_delay: float = 30.0,
        max_attempts: int | None = 5,
        max_asked: float = 3600.0,
        statuses: Iterable[int] = _STATUSES,
        wait: Callable[[RetryCallState], float] | None = None,
        stop: Callable[[RetryCallState], bool] | None = None,
        retry: Callable[[RetryCallState], bool] | None = None,
        before_sleep: Callable[[RetryCallState], Any] | None = None,
        on_end: bool = True,
    ) -> None:
        put = object.__setattr__
        put(self, "initial_delay", initial_delay)
        put(self, "max_delay", max_delay)
        put(self, "max_attempts", max_attempts)
        put(self, "max_asked", max_asked)
        put(self, "statuses", statuses if statuses is _STATUSES else _checked_statuses(statuses))
        put(self, "wait", wait)
        put(self, "stop", stop)
        put(self, "retry", retry)
        put(self, "before_sleep", before_sleep)
        put(self, "on_end", on_end)
        self._check()

    def _check(self) -> None:
        for name in ("initial_delay", "max_delay", "max_asked"):
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise TypeError(f"{name}: expected a number of seconds, got {type(value).__name__}")
            if not 0 <= value <= _LONGEST:
                raise ValueError(f"{name} must be 0 or more seconds, not {value!r}")
        most: Any = self.max_attempts
        if most is not None and (not isinstance(most, int) or isinstance(most, bool)):
            raise TypeError(f"max_attempts: expected an int or None, got {type(most).__name__}")
        if most is not None and most < 1:
            raise ValueError(f"max_attempts must be 1 or more, or None for no end, not {most!r}")
        for name in ("wait", "stop", "retry", "before_sleep"):
            strategy = getattr(self, name)
            if strategy is not None and not callable(strategy):
                raise TypeError(f"{name}: expected a strategy of tenacity or None, got {type(strategy).__name__}")
        if not isinstance(self.on_end, bool):
            raise TypeError(f"on_end: expected bool, got {type(self.on_end).__name__}")


def _checked_statuses(statuses: Any) -> frozenset[int]:
    several = cast("Iterable[object]", statuses) if isinstance(statuses, Iterable) else (None,)
    found = frozenset(several)
    if not all(isinstance(status, int) for status in found):
        raise TypeError(f"statuses: expected an iterable of HTTP statuses, each an int, got {statuses!r:.80}")
    return cast("frozenset[int]", found)


DEFAULT_RULES = Reconnect()


class Policy:
    """Decides with the strategies what follows a lost connection.

    Args:
        reconnect: the rules.
        repeat: whether a request that may have been processed may be sent again.
        clock: returns seconds, and never goes back.
    """

    __slots__ = (
        "_asked",
        "_clock",
        "_fleeting",
        "_gives_up",
        "_reconnect",
        "_since",
        "_useless",
        "repeat",
    )

    def __init__(self, reconnect: Reconnect, *, repeat: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._reconnect = reconnect
        self.repeat = repeat
        self._clock = clock
        self._useless = self._fleeting = 0
        self._since = 0.0
        self._asked: float | None = None
        self._gives_up = False

    def delay(
        self, error: SSEError, *, useless: int, reconnection_time: int | None, name: str, fleeting: int = 0
    ) -> float | None:
        """Return the seconds to wait before the next connection; None if `error` is final or was retried often enough.

        Args:
            error: how the last connection was lost.
            useless: connections in a row, this one included, that brought no event; 0 if this one brought some.
            reconnection_time: milliseconds that the stream asked for.
            fleeting: connections in a row, this one included, that brought one event and ended within a second.
            name: the name of the request in tenacity's own logging.
        """
        now = self._clock()
        self._useless = useless
        self._fleeting = fleeting
        if useless <= 1:
            self._since = now
        self._asked = self._asked_for(error, reconnection_time)
        retrying = self._strategies()
        state = _call_state(retrying, name, error, max(1, useless), self._since, now)
        self._gives_up = False
        # Tenacity's block form cannot hold a generator; its steps can be called one at a time.
        retrying.begin()
        traceback = error.__traceback__
        try:
            retrying.iter(state)
        except SSEError as final:
            if final is not error:
                raise
            # Drops the frames of tenacity, which re-raised the error and do not show its origin.
            error.__traceback__ = traceback
            if self._gives_up:
                attempts = f"{state.attempt_number} failed attempt{'s' * (state.attempt_number > 1)}"
                error.add_note(f"Gave up after {attempts} over {now - self._since:.1f} s.")
            return None
        return max(0.0, state.upcoming_sleep)

    def _strategies(self) -> Retrying:
        # Imported at the first loss, because importing it takes a third of the time of importing the package.
        from tenacity import Retrying, retry_if_exception

        rules = self._reconnect
        return Retrying(
            wait=self._wait(),
            stop=self._noted(rules.stop or self._tried_enough),
            retry=rules.retry or retry_if_exception(self._may_follow),
            before_sleep=rules.before_sleep,
            reraise=True,
        )

    def _wait(self) -> Callable[[RetryCallState], float]:
        from tenacity import wait_random_exponential

        rules = self._reconnect
        own = rules.wait
        if own is not None:
            return lambda state: max(self._asked or 0.0, own(state))
        spread = wait_random_exponential(multiplier=max(rules.initial_delay, 0.1) / 2, max=rules.max_delay)

        def wait(state: RetryCallState) -> float:
            # Only the caller may choose less than this: a server's `retry: 0` must not cause a busy loop.
            floor = min(rules.initial_delay, _LEAST_DELAY)
            base = rules.initial_delay if self._asked is None else max(self._asked, floor)
            if self._useless >= 2:
                return base + spread(state)
            if self._fleeting < _MANY_FLEETING or floor < _LEAST_DELAY:
                return base
            state.attempt_number = 2 + self._fleeting - _MANY_FLEETING
            return base + spread(state)

        return wait

    def _noted(self, stop: Callable[[RetryCallState], bool]) -> Callable[[RetryCallState], bool]:
        def noted(state: RetryCallState) -> bool:
            self._gives_up = bool(stop(state))
            return self._gives_up

        return noted

    def _tried_enough(self, _: RetryCallState) -> bool:
        most = self._reconnect.max_attempts
        return most is not None and self._useless >= most

    def _may_follow(self, error: BaseException) -> bool:
        if isinstance(error, ConnectionFailed):
            return self.repeat or not error.sent
        if not isinstance(error, StatusError) or error.status not in frozenset(self._reconnect.statuses):
            return False
        # A server that says when to come back has turned the request away. But if it redirected the request before, it
        # may have processed it.
        return self.repeat or (error.status in _ASKS and error.retry_after is not None and not error.redirected)

    def _asked_for(self, error: SSEError, reconnection_time: int | None) -> float | None:
        """Return the seconds that the server asked for, here or earlier in the stream; None if it did not ask."""
        most = self._reconnect.max_asked
        if isinstance(error, StatusError) and error.status in _ASKS and error.retry_after is not None:
            # All clients that were turned away got the same delay; adding up to a tenth spreads their retries.
            return min(error.retry_after, most) * random.uniform(1.0, 1.1)
        if reconnection_time is None:
            return None
        # Compared as integers, because a reconnection time may exceed the range of a float.
        return most if reconnection_time >= most * 1000 else reconnection_time / 1000


def _call_state(
    retrying: Retrying, name: str, error: SSEError, number: int, since: float, now: float
) -> RetryCallState:
    from tenacity import RetryCallState

    # tenacity expects a function that it retries. Here there is none; only the name is used, by tenacity's logging.
    named: Any = SimpleNamespace(__name__=name, __qualname__=name, __module__=None)
    state = RetryCallState(retrying, fn=named, args=(), kwargs={})
    state.attempt_number = number
    state.set_exception((type(error), error, error.__traceback__))
    state.start_time, state.outcome_timestamp = since, now
    return state


def __getattr__(name: str) -> Any:
    if name != "retry_after":  # a name of 0.1.0, which nothing here uses
        raise AttributeError(f"module 'sse_client.policy' has no attribute {name!r}")
    from sse_client._http.retry_after import retry_after

    return retry_after
