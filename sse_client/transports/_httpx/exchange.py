"""One request and its response, as the library reports them through its documented `trace` extension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client.transports._httpx._http2.awaited_head import Unanswered
from sse_client.transports._httpx.closing import abort_connection
from sse_client.transports._httpx.head_limit import limit_head

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.transports._httpx._http2.paced_body import AsyncPacedBody

__all__ = ["AsyncExchange", "Exchange"]

_CONNECTED = ("connect_tcp.complete", "connect_unix_socket.complete", "start_tls.complete")
_NOT_CONNECTED = ("setup_socks5_connection.failed", "start_tls.failed")


class Exchange:
    """Tracks one request; the library calls it at each step.

    Attributes:
        sent: whether any part of the request was sent; None if that is not known, because the transport does not report
            it.
        stream_id: the request's stream, over HTTP/2.
        head_sent: whether the whole head was sent.
        at_proxy: whether a proxy was being asked for a connection to the server: by SOCKS, or by CONNECT.
        stream: the last network stream that was made for the request; None if none was.
        request: httpcore's own request, which was sent.
        connection: httpcore's connection over which it was sent, if the transport has found it.
        frames: the source of the response, over HTTP/2; None if the library reads it.
        body: supplies the request's body over HTTP/2, in an asynchronous client.
        initiated: called before the first stream of an HTTP/2 connection, before other threads can use it.
        connected: called with each network stream that is made for the request, and once more before the request is
            sent: with the last of these streams (None if the pool had a connection), and whether it has just been made.
        used_stream: returns the network stream of a connection that the pool had; None if it cannot be determined.
        pace: called with the stream of a request over HTTP/2 before its body is sent.
        wait: called, or awaited, after the request was sent, to wait for the head of its response.
    """

    _awaits = False

    def __init__(self) -> None:
        self.sent: bool | None = None
        self.stream_id: int | None = None
        self.head_sent = False
        self.at_proxy = False
        self.initiated: Callable[[], object] | None = None
        self.connected: Callable[[Any, bool], object] | None = None
        self.used_stream: Callable[[], Any] | None = None
        self.pace: Callable[[int], object] | None = None
        self.wait: Callable[[], Any] | None = None
        self.stream: Any = None
        self.request: Any = None
        self.connection: Any = None
        self.frames: Any = None
        self.body: AsyncPacedBody | None = None
        self._end_limit: Callable[[], None] | None = None

    def __call__(self, name: str, info: dict[str, Any]) -> Any:
        """Record a step."""
        step = name.partition(".")[2]
        self._note(step, info)
        if self.wait is not None and self._awaits_head(step, info):
            self.wait()

    def unanswered(self) -> Unanswered | None:
        """Return an object that resets the stream of a failed request; None if there is none."""
        if self.stream_id is None or self.connection is None:
            return None
        return Unanswered(self.connection, self.request, self.stream_id)

    def forget(self) -> None:
        """Drop what refers to the request, which refers to this."""
        self.initiated = self.connected = self.used_stream = self.pace = self.wait = None
        self.request = self.connection = self.body = None

    def _awaits_head(self, step: str, info: dict[str, Any]) -> bool:
        """Return whether the head of a response over HTTP/2 is waited for from this step on."""
        return step == "receive_response_headers.started" and info.get("stream_id") is not None

    def _note(self, step: str, info: dict[str, Any]) -> None:
        if self.sent is None:
            self.sent = False
        if step in _CONNECTED:
            self.stream = info.get("return_value")
            self._tell(made=True)
        elif step.startswith("setup_socks5_connection."):
            self.at_proxy = not step.endswith(".complete")
        elif step == "send_connection_init.started":
            if self.initiated is not None:
                self.initiated()
        elif step == "send_request_headers.started":
            request = info.get("request")
            self.at_proxy = getattr(request, "method", b"") == b"CONNECT"
            if not self.at_proxy:
                self.stream_id, self.request = info.get("stream_id"), request
                self.connection = self.frames = None
                self.sent = self.head_sent = False
                self._tell(made=False)
                self.sent = True
        elif step == "send_request_headers.complete" and self.sent:
            self.head_sent = True
        elif step == "send_request_body.started" and self.connection is not None and self.pace is not None:
            stream_id = info.get("stream_id")
            if stream_id is not None:
                self.pace(stream_id)
        elif step.startswith("receive_response_headers."):
            self.at_proxy = self.at_proxy and not step.endswith(".complete")
            self._limit_head(step)

    def _limit_head(self, step: str) -> None:
        """Limit the bytes read until the head is complete; over HTTP/2, frames are bounded already."""
        if self._end_limit is not None:
            self._end_limit()
            self._end_limit = None
        if step.endswith(".started") and self.stream_id is None:
            stream = self.stream
            if stream is None and self.used_stream is not None:
                stream = self.used_stream()
            if hasattr(stream, "read"):
                self._end_limit = limit_head(stream, awaits=self._awaits)

    def _tell(self, *, made: bool) -> None:
        if self.connected is not None:
            self.connected(self.stream, made)


class AsyncExchange(Exchange):
    """Follows one request of an asynchronous client."""

    _awaits = True

    async def __call__(self, name: str, info: dict[str, Any]) -> None:
        """Record a step."""
        step = name.partition(".")[2]
        if step in _NOT_CONNECTED and self.stream is not None:
            abort_connection(self.stream)  # cancelled there, the library drops the connection unclosed
        self._note(step, info)
        if self.wait is not None and self._awaits_head(step, info):
            await self.wait()
