"""The time limits of a stream, which are public as `options.Timeout`."""

from __future__ import annotations

import threading
from typing import Any

from sse_client._values import Value

__all__ = ["Timeout"]

_LONGEST = threading.TIMEOUT_MAX  # seconds, the longest wait that threading accepts: 292 years


class Timeout(Value):
    """The time limits of a stream, in seconds, each more than 0; None means no limit.

    Attributes:
        connect: the time to make a connection (`ConnectionFailed`).
        read: the silence after which a connection counts as dead (`IdleTimeout`). Any byte ends a silence, even one of
            a comment.
        event: the longest wait for an event, from the request on (`IdleTimeout`). Comments do not end the wait, and
            the time spent in the consumer does not count. In a chat, only a delta ends the wait.
        total: the time for the whole stream, including connecting, headers and delays (`DeadlineExceeded`). It is
            raised at once if the delay before the next connection would exceed the limit.
        first: the longest wait for the first event of each connection, instead of `event`; None: as `event`.

    Raises:
        TypeError: a limit is not a number.
        ValueError: a limit is not more than 0.
    """

    __slots__ = ("connect", "event", "first", "read", "total")

    connect: float | None
    read: float | None
    event: float | None
    total: float | None
    first: float | None

    def __init__(
        self,
        connect: float | None = 10.0,
        read: float | None = 300.0,
        event: float | None = None,
        total: float | None = None,
        first: float | None = None,
    ) -> None:
        given: dict[str, Any] = {"connect": connect, "read": read, "event": event, "total": total, "first": first}
        for name, value in given.items():
            object.__setattr__(self, name, value)
            if value is None:
                continue
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise TypeError(f"timeout: {name} must be a number of seconds, or None, not {type(value).__name__}")
            if not 0 < value <= _LONGEST:
                raise ValueError(f"timeout: {name} must be more than 0 seconds, or None for no limit, not {value!r}")
