"""Reads response bodies from the sockets of urllib3's connections: bytes as they arrive, with every framing.

urllib3 and http.client return one chunk a call, which costs several times as much as parsing its events; and if a body
has no chunks, they wait for more than has arrived. So this module and `future_state` rely on undocumented parts of
urllib3, and only if `body_of` has found a plain response of a tracked connection; `LibraryBody` is the fallback.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client._http.chunked import ChunkedDecoder
from sse_client._response import Response
from sse_client.transports._requests.response_head import CheckedResponse
from sse_client.transports._requests.socket_body import LengthFraming, SocketBody, UntilClose

if TYPE_CHECKING:
    import requests

    from sse_client._core.response_body import ResponseBody
    from sse_client._http.redirects import RedirectChain
    from sse_client.transports._requests.socket_body import Framing
    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["CheckedBody", "PlainCheckedBody", "body_of"]


class CheckedBody(SocketBody):
    """The body of a `CheckedResponse`, the response of http.client with a checked head.

    Attributes:
        original: the `CheckedResponse`; set as soon as the body is created.
    """

    __slots__ = ("original",)

    original: CheckedResponse

    def _receive_first(self, size: int) -> bytes:
        reader = self.original.reader
        reader.silence = self._timeout
        reader.deadline = None
        data: bytes = self.original.fp.read1(size)
        self._recv = self._sock.recv
        return data

    def _hand_back(self) -> None:
        if self._framing.surplus:
            self._raw.close()
        self.original.close()  # as urllib3 does at the end of a chunked body
        self._raw.release_conn()


class PlainCheckedBody(CheckedBody):
    """A body without content codings: received bytes are returned unchanged."""

    __slots__ = ()

    blocks = True
    read = CheckedBody._receive  # noqa: SLF001  (of its own base)


def body_of(response: requests.Response, chain: RedirectChain, wakeup: Wakeup, silence: float | None) -> ResponseBody:
    """Return the body of a response of requests, unread."""
    raw: Any = response.raw
    head = Response(response.status_code, response.headers, chain.url, response)
    sock = getattr(raw, "sse_client_socket", None)
    coded = bool(response.headers.get("Content-Encoding"))
    original: Any = getattr(raw, "_original_response", None)
    part: Any = getattr(raw, "_fp", None)
    body: ResponseBody | None = None
    if sock is None:
        pass
    elif isinstance(original, CheckedResponse):
        if part is original and not (original.chunked and original.chunk_left is not None):
            length: Any = original.length
            framing: Framing = (
                ChunkedDecoder() if original.chunked else UntilClose() if length is None else LengthFraming(length)
            )
            body = (CheckedBody if coded else PlainCheckedBody)(head, raw, sock, wakeup, silence, framing)
            body.original = original
    else:
        body = _future_body(head, raw, sock, wakeup, silence, coded=coded)
    if body is None:
        # Imported when needed: nearly all responses come from a tracked connection.
        from sse_client.transports._requests.response_body import LibraryBody

        body = LibraryBody(head, raw, wakeup, silence)
    body.method, body.redirected = chain.request.method, chain.followed > 0
    return body


def _future_body(
    head: Response, raw: Any, sock: Any, wakeup: Wakeup, silence: float | None, *, coded: bool
) -> ResponseBody | None:
    """Return the body of a response of urllib3-future; None if the library has to read it."""
    from sse_client.transports._requests.future_body import FutureBody, PlainFutureBody
    from sse_client.transports._requests.future_state import taken_from

    taken = taken_from(raw, sock)
    if taken is None:
        return None
    return (FutureBody if coded else PlainFutureBody)(head, raw, sock, wakeup, silence, taken)
