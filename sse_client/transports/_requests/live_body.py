"""Reads response bodies from the socket of a connection that urllib3 has made: bytes as they arrive, on every framing.

urllib3 and http.client hand out one chunk a call, which costs several times what parsing its events does, and wait for
more than has arrived where a body has no chunks. So this reaches below what urllib3 documents, in this module alone,
and only where `body_of` has found a plain response of a tracked connection; `LibraryBody` is the fallback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sse_client._core.response_body import ResponseBody
from sse_client._http.chunked import ChunkedDecoder
from sse_client.observer import Response
from sse_client.transports._requests.errors import TRANSPORT_ERRORS, broken
from sse_client.transports._requests.opening import seconds_left
from sse_client.transports._requests.response_body import LibraryBody, close_response
from sse_client.transports._requests.response_head import CheckedResponse

if TYPE_CHECKING:
    import requests

    from sse_client._http.redirects import RedirectChain
    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["PlainSocketBody", "SocketBody", "body_of"]

_RECEIVE = 64 * 1024


class _Framing(Protocol):
    """How a body's end is known.

    Attributes:
        ended: whether the whole body has come.
        surplus: whether bytes came after it: the connection cannot be used again.
        flaw: what is malformed in it; empty if nothing is.
    """

    ended: bool
    surplus: bool
    flaw: str

    def feed(self, data: bytes) -> bytes:
        """Return what of `data` is body."""
        ...


class _Length:
    """A body of so many bytes (RFC 9112 6.2)."""

    def __init__(self, length: int) -> None:
        self._left = length
        self.ended = not length
        self.surplus = False
        self.flaw = ""

    def feed(self, data: bytes) -> bytes:
        body = data[: self._left]
        self._left -= len(body)
        self.ended = not self._left
        self.surplus = len(data) > len(body)
        return body


class _UntilClose:
    """A body that ends with the connection (RFC 9112 6.3)."""

    ended = False
    surplus = False
    flaw = ""

    def feed(self, data: bytes) -> bytes:
        return data


class SocketBody(ResponseBody):
    """A body read off its socket.

    Args:
        head: the response's head.
        raw: urllib3's response.
        original: http.client's.
        sock: the connection's socket.
        wakeup: what wakes the reader.
        silence: seconds without a byte after which the connection counts as dead.
    """

    __slots__ = ("_feed", "_framing", "_original", "_raw", "_recv", "_sock", "_timeout", "_until_close", "_wakeup")

    def __init__(
        self, head: Response, raw: Any, original: CheckedResponse, sock: Any, wakeup: Wakeup, silence: float | None
    ) -> None:
        super().__init__(head, silence)
        self._raw = raw
        self._original = original
        self._sock = sock
        self._wakeup = wakeup
        length: Any = original.length
        self._until_close = not original.chunked and length is None
        self._framing: _Framing = (
            ChunkedDecoder() if original.chunked else _UntilClose() if length is None else _Length(length)
        )
        self._feed = self._framing.feed
        self._timeout: float | None = -1.0  # of the socket, once this has set it
        self._recv = self._receive_first

    async def read(self, deadline: float | None) -> bytes:
        """Return what has arrived, decoded; see `ResponseBody.read`."""
        if self._decoder is not None:
            return await self._read_decoded(self._decoder, deadline)
        return await self._receive(deadline)

    async def _receive(self, deadline: float | None) -> bytes:
        """Return bytes of the body as they are coded; `b""` at its end."""
        return self.read_blocking(deadline)

    def read_blocking(self, deadline: float | None) -> bytes:
        """Return bytes of the body as they are coded; `b""` at its end."""
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
        except TRANSPORT_ERRORS as error:
            failure = broken(error, self.response.url, silence=self.silence)
        else:
            self._hand_back()
            return b""
        try:
            raise failure from failure.__cause__
        finally:
            del failure  # its traceback holds this frame

    def _receive_first(self, size: int) -> bytes:
        """Return what came along with the head, or else what arrives next; from then on, receive from the socket."""
        reader = self._original.reader
        reader.silence = self._timeout
        reader.deadline = None
        data: bytes = self._original.fp.read1(size)
        self._recv = self._sock.recv
        return data

    def _end_early(self) -> None:
        """Accept the end of the connection as the end of the body, if the framing allows it.

        Raises:
            EOFError, OSError: the body was cut off.
        """
        if not self._until_close:
            raise EOFError("it ended before the body's end")
        # On some versions of CPython, TLS takes a reset for an end; the connection is gone then, not half open.
        if not self._wakeup.closed:
            self._sock.getpeername()

    def close(self) -> None:
        """Close the connection, unless its body was read to the end: then its pool has it already."""
        self._recv = self._sock.recv  # the first one is a method of this object, which would refer to itself
        self._wakeup.release_socket()
        close_response(self._raw)

    async def _breathe(self, deadline: float | None) -> None:
        self._wakeup.check(deadline, self.response.url)

    def _hand_back(self) -> None:
        """Give the connection back to its pool, unless there is more to read on it."""
        self._wakeup.release_socket()
        if self._framing.surplus:
            self._raw.close()
        self._original.close()  # as urllib3 does at the end of a chunked body
        self._raw.release_conn()


class PlainSocketBody(SocketBody):
    """A body without content codings: the bytes that are received are those that are read."""

    __slots__ = ()

    blocks = True
    read = SocketBody._receive  # noqa: SLF001  (of its own base)


def body_of(response: requests.Response, chain: RedirectChain, wakeup: Wakeup, silence: float | None) -> ResponseBody:
    """Return the body of a response of requests, unread."""
    raw: Any = response.raw
    head = Response(response.status_code, response.headers, chain.url, response)
    original: Any = getattr(raw, "_original_response", None)
    sock = getattr(raw, "sse_client_socket", None)
    plain = isinstance(original, CheckedResponse) and getattr(raw, "_fp", None) is original
    if sock is None or not plain or (original.chunked and original.chunk_left is not None):
        body: ResponseBody = LibraryBody(head, raw, wakeup, silence)
    else:
        kind = SocketBody if response.headers.get("Content-Encoding") else PlainSocketBody
        body = kind(head, raw, original, sock, wakeup, silence)
    body.method, body.redirected = chain.request.method, chain.followed > 0
    return body
