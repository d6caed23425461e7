"""A connection of urllib3's that says which socket it uses, to the stream that is connecting in its thread."""

from __future__ import annotations

import threading
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from typing import TYPE_CHECKING, Any, cast
from weakref import ref

from urllib3 import HTTPResponse as PooledResponse

if TYPE_CHECKING:
    import io

    from sse_client._interrupt import Interrupt

__all__ = ["ReportingConnection", "reader", "reporting"]

_JOINED = 64 * 1024  # bytes of a body, or characters, that are copied behind the head


class _Reader(threading.local):
    """The stream that this thread is connecting, for the connection that urllib3 picks for it."""

    interrupt: Interrupt | None = None
    silence: float | None = None  # seconds that a piece of the request may take to be taken
    connected = False


reader = _Reader()


class _Response(HTTPResponse):
    """A response whose head must be whole: http.client takes the end of the connection for the end of the head."""

    def begin(self) -> None:
        head = _Head(self.fp)
        self.fp = cast("io.BufferedReader", head)
        super().begin()
        self.fp = head.file
        if head.last not in {b"\r\n", b"\n"}:
            raise RemoteDisconnected("the connection ended inside the response's head")


class _Head:
    """The lines of a file, and the last of them that was read."""

    def __init__(self, file: io.BufferedReader) -> None:
        self.file = file
        self.last = b""

    def readline(self, most: int) -> bytes:
        self.last = self.file.readline(most)
        return self.last

    def flush(self) -> None:
        self.file.flush()

    def close(self) -> None:
        self.file.close()


def _forget_before_release(response: PooledResponse, interrupt: Interrupt) -> None:
    """Have the socket let go of before urllib3 gives the connection back: from then on it may serve another stream."""
    weakly = ref(response)  # one that nobody holds any more is closed at once
    release = type(response).release_conn

    def release_conn() -> None:
        own = weakly()
        assert own is not None
        if own.connection is not None:  # else it is back already, and the socket may be that of a later response
            interrupt.forget()
        release(own)

    response.release_conn = release_conn  # type: ignore[method-assign]  # of this response alone


class ReportingConnection:
    """A connection of urllib3's that tells which socket it uses."""

    sock: Any
    response_class = _Response
    _joins = False  # whether head and body go through `send`, as http.client has it
    _head: bytes | None = None  # of the request, until its body goes out with it; empty before, None where it does not

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # a mixin: urllib3's connection is behind it
        self._report()
        self._allow_silence()

    def request(self, method: str, url: str, body: Any = None, *args: Any, **kwargs: Any) -> None:
        self._head = None
        if self.sock is not None:  # else sending the head connects, and that may send to a proxy
            self._report()
            small = isinstance(body, (bytes, str)) and 0 < len(body) <= _JOINED
            self._head = b"" if small and self._joins else None
        super().request(method, url, body, *args, **kwargs)  # type: ignore[misc]  # as above

    def send(self, data: Any) -> Any:
        # By itself, urllib3 sends the head alone, which wakes the server for nothing: a tenth of a short chat's time.
        if self._head == b"":
            self._head = data
            return None
        if self._head:
            data, self._head = self._head + data, None
        return super().send(data)  # type: ignore[misc]  # as above

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        super().putrequest(*args, **kwargs)  # type: ignore[misc]  # as above
        self._allow_silence()

    def getresponse(self, *args: Any, **kwargs: Any) -> Any:
        response = super().getresponse(*args, **kwargs)  # type: ignore[misc]  # as above
        if reader.interrupt is not None and isinstance(response, PooledResponse):
            _forget_before_release(response, reader.interrupt)
        return cast("Any", response)

    def _allow_silence(self) -> None:
        # urllib3 would have all of a body sent within the time that there is to connect.
        if reader.interrupt is not None and self.sock is not None:
            self.sock.settimeout(reader.silence)

    def _report(self) -> None:
        reader.connected = True
        if reader.interrupt is not None:
            reader.interrupt.watch(self.sock)


def reporting(base: Any) -> Any:
    """Return a class of connections like `base`, which report."""
    own = {"_joins": getattr(base, "send", None) is HTTPConnection.send}
    return type(f"Reporting{base.__name__}", (ReportingConnection, base), own)
