"""The clocks that no timeout of a single read can keep: `Timeout.first`, `Timeout.event` and `Timeout.total`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sse_client.errors import DeadlineExceeded, IdleTimeout, SSEError

if TYPE_CHECKING:
    from sse_client.options import Timeout

__all__ = ["Clocks"]


class Clocks:
    """When a stream is too late, by `time.monotonic`.

    Attributes:
        used: whether there is a limit at all.
    """

    __slots__ = ("_allowed", "_event", "_first", "_left", "_missed", "_timeout", "_total", "used")

    def __init__(self, timeout: Timeout) -> None:
        self._timeout = timeout
        self._first = timeout.event if timeout.first is None else timeout.first
        self.used = any(limit is not None for limit in (self._first, timeout.event, timeout.total))
        self._total: float | None = None
        self._event: float | None = None
        self._missed: float | None = None  # seconds of a wait that was too long, whatever came of it
        self._allowed = self._left = self._first  # seconds of the wait that is on, in all and still

    def attempt(self) -> None:
        """Begin with an attempt: the wait for its first event, and with the first one, the stream."""
        now = time.monotonic()
        if self._total is None and self._timeout.total is not None:
            self._total = now + self._timeout.total
        self._allowed = self._left = self._first
        self._event = self._missed = None
        self.wait()

    def wait(self) -> None:
        """Begin, or go on, to wait for an event."""
        if self._event is None and self._left is not None:
            self._event = time.monotonic() + self._left

    def pause(self, *, event: bool) -> None:
        """Stop the clock of the wait while the consumer has something; with an event, the next wait is a new one."""
        if self._event is None:
            return
        if event:
            self._allowed = self._left = self._timeout.event
        else:
            self._left = self._event - time.monotonic()
        self._event = None

    def reached(self) -> None:
        """Take note that the connection was broken off at the deadline.

        An event may have come at the last moment; but behind it, what looks like the end of the body is none.
        """
        self._missed = self._allowed

    @property
    def deadline(self) -> float | None:
        """When the nearest limit is reached; None: never."""
        total, event = self._total, self._event
        return total if event is None or (total is not None and total < event) else event

    @property
    def to_connect(self) -> float | None:
        """The seconds that there are to make a connection; None for no limit."""
        deadline = self.deadline
        if deadline is None:
            return self._timeout.connect
        left = max(deadline - time.monotonic(), 0.001)
        return left if self._timeout.connect is None else min(left, self._timeout.connect)

    def afford(self, seconds: float, lost: SSEError) -> None:
        """Refuse a wait that the whole stream's limit would end, since no connection can follow it.

        Args:
            seconds: how long it is.
            lost: why there is one.

        Raises:
            DeadlineExceeded: it would; caused by `lost`.
        """
        if self._total is not None and time.monotonic() + seconds >= self._total:
            after = f", and the next connection is not to be made for another {seconds:.3g} s" if seconds else ""
            raise DeadlineExceeded(f"expected the whole stream within {self._timeout.total:g} s{after}") from lost

    def overdue(self) -> SSEError | None:
        """Return the error of the limit that is reached, if one is."""
        now = time.monotonic()
        if self._total is not None and now >= self._total:
            return DeadlineExceeded(f"expected the whole stream within {self._timeout.total:g} s")
        late = self._allowed if self._event is not None and now >= self._event else self._missed
        return None if late is None else IdleTimeout(f"expected an event within {late:g} s, got none")
