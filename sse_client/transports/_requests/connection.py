"""A urllib3 connection that keeps one stream's deadlines, and gives its socket to the object that wakes the stream."""

from __future__ import annotations

import socket
from functools import cache, partial
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, cast
from weakref import ref

from urllib3 import HTTPResponse as PooledResponse
from urllib3.connection import HTTPConnection as PooledConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import SKIP_HEADER

from sse_client.transports._requests.connecting import connect_socket
from sse_client.transports._requests.opening import opening, seconds_left
from sse_client.transports._requests.response_head import CheckedResponse, TunnelResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["HEADS_IN_TIME", "TrackedConnection", "tracked"]

# Whether a tracked connection reads heads within their deadline. urllib3-future, which may be installed under urllib3's
# name, reads heads itself.
HEADS_IN_TIME = issubclass(PooledConnection, HTTPConnection)

_JOINED = 64 * 1024  # bytes or characters; a smaller body is sent together with the head


class TrackedConnection:
    """Additions to a connection class of urllib3."""

    sock: Any
    timeout: Any
    response_class: type[CheckedResponse] = CheckedResponse
    _connects = False  # whether `_new_conn` is urllib3's own, or its version for SOCKS proxies
    _pysocks: Any = None  # the module PySocks, if `_new_conn` is the version for SOCKS proxies
    _joins = False  # whether http.client's own `send` sends both head and body
    _handle: socket.socket | None = None  # the connection's socket, while TLS is being set up on it
    _head: bytes | None = None  # the head, kept until the body is sent with it; b"" before, None to send at once

    def connect(self) -> None:
        wakeup = opening.wakeup
        opening.connecting = True
        try:
            super().connect()  # type: ignore[misc]  # a mixin: urllib3's connection comes after it
            opening.connecting = False
            opening.connected = True
            if wakeup is not None and (self._handle is not None or not self._connects):
                wakeup.watch(self.sock)  # otherwise it has been watched since it was made
        finally:
            if self._handle is not None:
                if wakeup is not None and not opening.connected:
                    wakeup.release_socket()
                self._handle.close()
                self._handle = None
        if wakeup is not None:
            deadline = opening.deadline
            self.sock.settimeout(opening.silence if deadline is None else seconds_left(opening.silence, deadline))

    def _tunnel(self) -> None:
        self.response_class = TunnelResponse
        opening.at_proxy = True
        try:
            super()._tunnel()  # type: ignore[misc]  # as above
            opening.at_proxy = False
        finally:
            del self.response_class

    def _new_conn(self) -> socket.socket:
        this: Any = self
        wakeup = opening.wakeup
        if wakeup is None or not self._connects:
            made: Any = super()._new_conn()  # type: ignore[misc]  # as above
            return cast("socket.socket", made)
        connect: Callable[..., socket.socket] = connect_socket
        if self._pysocks is not None:
            from sse_client.transports._requests.socks_proxy import connect_by_socks

            connect = partial(connect_by_socks, self._pysocks, this._socks_options)  # noqa: SLF001  (of this object)
        try:
            sock = connect(
                getattr(this, "_dns_host", this.host),  # as urllib3's own `_new_conn` does: with a final dot
                this.port,
                source_address=this.source_address,
                options=this.socket_options or (),
                deadline=opening.connect_deadline,
                wakeup=wakeup,
            )
        except socket.gaierror as error:
            raise NameResolutionError(this.host, this, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(this, "timed out") from error
        except OSError as error:
            raise NewConnectionError(this, str(error)) from error
        if hasattr(this, "ssl_context"):
            # TLS takes over the descriptor, and its new socket object is not visible before the handshake is done.
            self._handle = socket.fromfd(sock.fileno(), sock.family, sock.type)
            wakeup.watch(self._handle)
        return sock

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, *args: Any, **kwargs: Any) -> None:
        self._head = None
        if opening.anonymous and opening.wakeup is not None:
            kept: dict[str, Any] = headers or {}
            headers = {"User-Agent": SKIP_HEADER, **kept}
        if self.sock is not None:  # otherwise sending the head connects, which may write to a proxy first
            opening.connected = True
            if opening.wakeup is not None:
                opening.wakeup.watch(self.sock)
                # urllib3 would apply the connect timeout to sending the whole body.
                self.timeout = seconds_left(opening.silence, opening.deadline)
            small = isinstance(body, (bytes, str)) and 0 < len(body) <= _JOINED
            self._head = b"" if small and self._joins else None
        super().request(method, url, body, headers, *args, **kwargs)  # type: ignore[misc]  # as above

    def send(self, data: Any) -> Any:
        # urllib3 would send the head alone, which wakes the server too early and costs a tenth of a short chat's time.
        if self._head == b"":
            self._head = data
            return None
        if self._head:
            data, self._head = self._head + data, None
        if opening.wakeup is not None and opening.deadline is not None and self.sock is not None:
            self.sock.settimeout(seconds_left(opening.silence, opening.deadline))
        return super().send(data)  # type: ignore[misc]  # as above

    def getresponse(self, *args: Any, **kwargs: Any) -> Any:
        sock = self.sock
        response = super().getresponse(*args, **kwargs)  # type: ignore[misc]  # as above
        if opening.wakeup is not None and isinstance(response, PooledResponse):
            response.release_conn = partial(_release_conn, ref(response), opening.wakeup)  # type: ignore[method-assign]
            response.sse_client_socket = sock  # type: ignore[attr-defined]  # http.client forgets one that it will close
        return cast("Any", response)


def _release_conn(weakly: ref[PooledResponse], wakeup: Wakeup) -> None:
    """Release the socket before urllib3 returns the connection to the pool, where it may serve another stream.

    Args:
        weakly: a weak reference to the response; if nobody holds the response any more, it is closed at once.
        wakeup: the wakeup of the stream that reads it.
    """
    response = weakly()
    assert response is not None
    if response.connection is not None:  # otherwise it is back in the pool, and the socket may serve a later response
        wakeup.release_socket()
    type(response).release_conn(response)


@cache
def tracked(base: Any) -> Any:
    """Return a subclass of the connection class `base` that gives access to its socket."""
    pysocks = None
    if getattr(getattr(base, "_new_conn", None), "__module__", "") == "urllib3.contrib.socks":
        from sse_client.transports._requests.socks_proxy import pysocks_of

        pysocks = pysocks_of(base)
    direct = getattr(base, "_new_conn", None) is getattr(PooledConnection, "_new_conn", None)
    own = {
        "_joins": getattr(base, "send", None) is HTTPConnection.send,
        "_connects": direct or pysocks is not None,
        "_pysocks": pysocks,
    }
    return type(f"Tracked{base.__name__}", (TrackedConnection, base), own)
