"""Reads HTTP/1.1 bodies from the sockets of urllib3-future, a library installed under urllib3's name.

The library itself reads one chunk a call, each through h11, a state machine and locks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sse_client.transports._requests.socket_body import SocketBody

if TYPE_CHECKING:
    from sse_client.observer import Response
    from sse_client.transports._requests.future_state import Taken
    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["FutureBody", "PlainFutureBody"]

_RECEIVE = 64 * 1024


class FutureBody(SocketBody):
    """A body that was taken from urllib3-future.

    Args:
        head: the response's head.
        raw: the library's response.
        sock: the connection's socket.
        wakeup: wakes the reader.
        silence: seconds without a byte after which the connection counts as dead.
        taken: the body as it was taken over.
    """

    __slots__ = ("_end", "_first")

    def __init__(
        self, head: Response, raw: Any, sock: Any, wakeup: Wakeup, silence: float | None, taken: Taken
    ) -> None:
        super().__init__(head, raw, sock, wakeup, silence, taken.framing)
        self._first = taken.first
        self._end = taken.end

    def _receive_first(self, size: int) -> bytes:
        self._recv = self._sock.recv
        first, self._first = self._first, b""
        return first or cast("bytes", self._sock.recv(size))

    def _hand_back(self) -> None:
        if self._raw.connection is None:
            return  # the connection is back in the pool already, and may serve another stream
        # The library reads the end of the body, and does what it always does there: it closes the connection, changes
        # to another protocol, or keeps the connection for the next request.
        if self._framing.surplus or self._end is None or not self._end():
            self._raw.close()
        else:
            while self._raw.read1(_RECEIVE, decode_content=False):
                pass


class PlainFutureBody(FutureBody):
    """A body without content codings: received bytes are returned unchanged."""

    __slots__ = ()

    blocks = True
    read = FutureBody._receive  # noqa: SLF001  (of its own base)
