"""The stream that the current thread is opening, for the connection that urllib3 picks or makes."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sse_client._core.deadlines import Limits
    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["Opening", "opening", "seconds_left"]


class Opening(threading.local):
    """The stream that this thread is connecting.

    Attributes:
        wakeup: wakes the stream's reader; None while this thread opens nothing.
        silence: timeout, in seconds, for sending a piece of the request and for receiving a piece of the response.
        deadline: when the response's head must have arrived, by `time.monotonic`.
        connect_deadline: when the connection must have been made.
        connected: whether a connection was made, so that the server may have processed the request.
        connecting: whether a connection is being made, so that nothing of the request has been sent.
        at_proxy: whether a proxy is being asked for the connection, by CONNECT.
        anonymous: whether urllib3 must not add a `User-Agent`.
    """

    wakeup: Wakeup | None = None
    silence: float | None = None
    deadline: float | None = None
    connect_deadline: float | None = None
    connected = False
    connecting = False
    at_proxy = False
    anonymous = False

    def begin(self, wakeup: Wakeup, limits: Limits) -> None:
        """Begin to open a connection for this stream."""
        self.wakeup = wakeup
        self.silence = limits.silence
        self.deadline = limits.deadline
        self.connect_deadline = None if limits.connect is None else time.monotonic() + limits.connect
        self.connected = self.connecting = self.at_proxy = False

    @property
    def nearest_deadline(self) -> float | None:
        """The deadline of the current receive; while a connection is being made, the earlier of its own and this."""
        deadline, connect = self.deadline, self.connect_deadline if self.connecting else None
        return deadline if connect is None or (deadline is not None and deadline < connect) else connect

    def end(self) -> None:
        """Forget the stream: this thread is no longer opening one."""
        self.wakeup = self.silence = self.deadline = self.connect_deadline = None
        self.connecting = False


opening = Opening()


def seconds_left(silence: float | None, deadline: float | None) -> float | None:
    """Return the timeout of the next call to a socket; None for no limit.

    Raises:
        TimeoutError: the deadline has passed.
    """
    if deadline is None:
        return silence
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left if silence is None else min(left, silence)
