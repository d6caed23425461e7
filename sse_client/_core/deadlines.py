"""The time limits of a request, and the deadlines that span several reads: `Timeout.first`, `event` and `total`."""

from __future__ import annotations

import time
from typing import NamedTuple

from sse_client.errors import DeadlineExceeded, IdleTimeout, SSEError
from sse_client.options import Timeout
from sse_client.request import display_url

__all__ = ["NO_DEADLINES", "Deadlines", "Limits"]


class Limits(NamedTuple):
    """The time limits for opening a request and reading its response.

    Attributes:
        connect: seconds to make a connection: name lookup, every address, proxy and TLS together; None: no limit.
        silence: seconds without a byte after which the connection counts as dead; None: no limit.
        deadline: when the response's head must have arrived, by `time.monotonic`; None: no limit.
    """

    connect: float | None
    silence: float | None
    deadline: float | None


class Deadlines:
    """The deadlines of a stream, by `time.monotonic`.

    Args:
        timeout: the limits.
        url: the stream's URL, for the errors.

    Attributes:
        used: whether there is any such limit.
    """

    __slots__ = ("_allowed", "_event", "_first", "_left", "_timeout", "_total", "_url", "used")

    def __init__(self, timeout: Timeout, url: str) -> None:
        self._timeout = timeout
        self._url = url
        self._first = timeout.event if timeout.first is None else timeout.first
        self.used = self._first is not None or timeout.event is not None or timeout.total is not None
        self._total: float | None = None
        self._event: float | None = None
        self._allowed = self._left = self._first  # seconds of the current wait: in all, and remaining

    def start_attempt(self) -> None:
        """Begin an attempt and the wait for its first event; the first attempt also starts the total time."""
        if self._total is None and self._timeout.total is not None:
            self._total = time.monotonic() + self._timeout.total
        self._allowed = self._left = self._first
        self._event = None
        self.start()

    def start(self) -> float | None:
        """Begin or resume the wait for an event; return the nearest deadline."""
        event, total = self._event, self._total
        if event is None and self._left is not None:
            self._event = event = time.monotonic() + self._left
        return total if event is None or (total is not None and total < event) else event

    def stop(self, *, event: bool) -> None:
        """Suspend the wait while the consumer handles an item. After an event, the next wait starts anew."""
        if self._event is None:
            return
        if event:
            self._allowed = self._left = self._timeout.event
        else:
            self._left = self._event - time.monotonic()
        self._event = None

    @property
    def deadline(self) -> float | None:
        """The nearest deadline; None if there is none."""
        total, event = self._total, self._event
        return total if event is None or (total is not None and total < event) else event

    @property
    def to_connect(self) -> float | None:
        """The seconds left to make a connection; None means no limit."""
        deadline = self.deadline
        if deadline is None:
            return self._timeout.connect
        left = max(deadline - time.monotonic(), 0.001)
        return left if self._timeout.connect is None else min(left, self._timeout.connect)

    def check_total(self, seconds: float, lost: SSEError) -> SSEError | None:
        """Return an error if `Timeout.total` passes before a delay ends, so that no connection can follow it.

        Args:
            seconds: the length of the delay.
            lost: the loss before the delay, which becomes the error's cause.
        """
        if self._total is None or time.monotonic() + seconds < self._total:
            return None
        after = f", and the next connection would come only after another {seconds:.3g} s" if seconds else ""
        late = self._outlasted(after)
        late.__cause__ = lost
        return late

    def overdue(self) -> SSEError | None:
        """Return the error for the deadline that has passed; None if none has."""
        now = time.monotonic()
        if self._total is not None and now >= self._total:
            return self._outlasted()
        if self._event is None or now < self._event or self._allowed is None:
            return None
        clock = "first" if self._allowed == self._timeout.first != self._timeout.event else "event"
        where = display_url(self._url)
        return IdleTimeout(f"expected an event from {where} within {self._allowed:g} s (timeout: {clock}), got none")

    def _outlasted(self, after: str = "") -> DeadlineExceeded:
        where, total = display_url(self._url), self._timeout.total
        return DeadlineExceeded(f"expected the whole stream from {where} within {total:g} s (timeout: total){after}")


NO_DEADLINES = Deadlines(Timeout(), "")
"""Shared by all streams without any such limit: nothing is noted in it, and no error comes from it."""
