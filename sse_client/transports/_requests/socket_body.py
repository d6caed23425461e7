"""Reads a response's body from its socket, blocking: bytes as they arrive, with every framing of HTTP/1.1."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

from sse_client._core.response_body import ResponseBody
from sse_client.transports._requests.closing import close_response
from sse_client.transports._requests.errors import TRANSPORT_ERRORS, broken
from sse_client.transports._requests.opening import seconds_left

if TYPE_CHECKING:
    from sse_client.observer import Response
    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["Framing", "LengthFraming", "SocketBody", "UntilClose"]

_RECEIVE = 64 * 1024


class Framing(Protocol):
    """Finds the end of a body.

    Attributes:
        ended: whether the whole body has arrived.
        surplus: whether bytes came after the body, so that the connection cannot be reused.
        flaw: the flaw in the framing; empty if there is none.
    """

    ended: bool
    surplus: bool
    flaw: str

    def feed(self, data: bytes) -> bytes:
        """Return what of `data` is body."""
        ...


class LengthFraming:
    """A body of a known number of bytes (RFC 9112 6.2)."""

    def __init__(self, length: int) -> None:
        self._left = length
        self.ended = not length
        self.surplus = False
        self.flaw = ""

    def feed(self, data: bytes) -> bytes:
        """Return what of `data` is body."""
        body = data[: self._left]
        self._left -= len(body)
        self.ended = not self._left
        self.surplus = len(data) > len(body)
        return body


class UntilClose:
    """A body that ends with the connection (RFC 9112 6.3)."""

    ended = False
    surplus = False
    flaw = ""

    def feed(self, data: bytes) -> bytes:
        """Return `data`."""
        return data


class SocketBody(ResponseBody):
    """A body read from its socket.

    A subclass knows which bytes the library has received after the head, and how to return the connection to it.

    Args:
        head: the response's head.
        raw: urllib3's response.
        sock: the connection's socket.
        wakeup: wakes the reader.
        silence: seconds without a byte after which the connection counts as dead.
        framing: finds the body's end.
    """

    __slots__ = ("_feed", "_framing", "_raw", "_recv", "_sock", "_timeout", "_wakeup")

    def __init__(
        self, head: Response, raw: Any, sock: Any, wakeup: Wakeup, silence: float | None, framing: Framing
    ) -> None:
        super().__init__(head, silence)
        self._raw = raw
        self._sock = sock
        self._wakeup = wakeup
        self._framing = framing
        self._feed = framing.feed
        self._timeout: float | None = -1.0  # the socket's timeout, once this object has set it
        self._recv = self._receive_first

    async def read(self, deadline: float | None) -> bytes:
        """Return the decoded bytes that have arrived; see `ResponseBody.read`."""
        if self._decoder is not None:
            return await self._read_decoded(self._decoder, deadline)
        return await self._receive(deadline)

    async def _receive(self, deadline: float | None) -> bytes:
        """Return encoded bytes of the body; `b""` at its end."""
        return self.read_blocking(deadline)

    def read_blocking(self, deadline: float | None) -> bytes:
        """Return encoded bytes of the body; `b""` at its end."""
        framing = self._framing
        try:
            while not framing.ended:
                if framing.flaw:
                    raise ValueError(framing.flaw)
                timeout = self.silence if deadline is None else seconds_left(self.silence, deadline)
                if timeout != self._timeout:
                    self._timeout = timeout
                    self._sock.settimeout(timeout)
                data = self._recv(_RECEIVE)
                if not data:
                    self._end_early()
                    return data
                data = self._feed(data)
                if data:
                    return data
            self._wakeup.release_socket()
            self._hand_back()
        except TRANSPORT_ERRORS as error:
            failure = broken(error, self.response.url, silence=self.silence)
        else:
            return b""
        try:
            raise failure from failure.__cause__
        finally:
            del failure  # its traceback would keep this frame alive

    @abstractmethod
    def _receive_first(self, size: int) -> bytes:
        """Return the bytes that came with the head, or else the next bytes; from then on, receive from the socket."""

    def _end_early(self) -> None:
        """Accept the end of the connection as the end of the body, if the framing allows it.

        Raises:
            EOFError, OSError: the body was cut off.
        """
        if not isinstance(self._framing, UntilClose):
            raise EOFError("it ended before the body's end")
        # On some versions of CPython, TLS reports a reset as an end; then the connection is gone, not half-open.
        if not self._wakeup.closed:
            self._sock.getpeername()

    def close(self) -> None:
        """Close the connection, unless the body was read to its end: then it is back in its pool."""
        self._recv = self._sock.recv  # replaces a method of this object, which would make a reference cycle
        self._wakeup.release_socket()
        close_response(self._raw)

    async def _breathe(self, deadline: float | None) -> None:
        self._wakeup.check(deadline, self.response.url)

    @abstractmethod
    def _hand_back(self) -> None:
        """Return the connection to its pool, or close it if there is more to read on it.

        Raises:
            OSError, HTTPError: the library has found the body to be malformed.
        """
