"""Reads a response's head from a socket: within its deadline, bounded in size, skipping 1xx responses."""

from __future__ import annotations

import io
from http.client import (
    BadStatusLine,
    HTTPException,
    HTTPMessage,
    HTTPResponse,
    LineTooLong,
    RemoteDisconnected,
    UnknownProtocol,
)
from typing import TYPE_CHECKING, Any, cast

from sse_client._http.framing import framing
from sse_client._http.response_head import MAX_HEAD, final_head
from sse_client.transports._requests.opening import opening, seconds_left

if TYPE_CHECKING:
    import socket

__all__ = ["CheckedResponse", "TimedReader", "TunnelResponse"]

_BUFFER = 64 * 1024
_MAX_LINE, _MAX_LINES = 64 * 1024, 100  # the limits of http.client; the count includes the blank line


class TimedReader(io.RawIOBase):
    """Reads a socket's bytes, and sets the timeout of each receive so that one deadline covers them all.

    Attributes:
        silence: the most seconds of one receive; None for no limit.
        deadline: when reading must have ended, by `time.monotonic`; None for no limit.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        # A file as well as the socket: http.client closes the socket, and its file keeps the connection open for the
        # body.
        self._file = sock.makefile("rb", buffering=0)
        self.silence = opening.silence
        self.deadline = opening.deadline

    def makefile(self, *_: Any) -> io.BufferedReader:
        """Return this object, which http.client uses as the file from which it reads a response."""
        return io.BufferedReader(self, _BUFFER)

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Receive into `buffer`, and return the number of bytes."""
        self._sock.settimeout(self.silence if self.deadline is None else seconds_left(self.silence, self.deadline))
        return cast("int", self._file.readinto(buffer))

    def close(self) -> None:
        """Close the file, and with it the connection, unless something else holds that."""
        if not self.closed:
            self._file.close()
        super().close()


class _ProxyHead(io.BufferedReader):
    """A proxy's answer to CONNECT; http.client would accept the end of the connection as the end of the head."""

    _left = MAX_HEAD

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the next line.

        Raises:
            HTTPException: the head is too long.
            RemoteDisconnected: the connection ended inside the head.
        """
        line = super().readline(size)
        self._left -= len(line)
        if self._left < 0:
            raise HTTPException(f"the proxy's head is longer than {MAX_HEAD} bytes")
        if not line:
            raise RemoteDisconnected("the connection ended inside the proxy's head")
        return line


class CheckedResponse(HTTPResponse):
    """A response of http.client whose head is complete and well-formed.

    http.client itself treats a 1xx other than 100 as the final response, and the end of the connection as the end of
    the head. At a line that it cannot parse, it drops the rest of the head, framing included. It also parses the fields
    as those of an e-mail, which takes 25 µs: a tenth of opening a stream.
    """

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        self.reader = TimedReader(sock)
        super().__init__(cast("socket.socket", self.reader), *args, **kwargs)  # http.client only asks it for a file

    def begin(self) -> None:
        """Read the head, within http.client's limits for its lines.

        Raises:
            HTTPException: the head is malformed or too long, or the connection ended before its end.
        """
        status_line, lines = final_head(self.fp)
        if len(status_line) > _MAX_LINE:
            raise LineTooLong("status line")
        parts = status_line.decode("latin-1").split(None, 2)
        code = parts[1] if len(parts) > 1 else ""
        if len(code) != 3 or not code.isdecimal() or code < "100" or not parts[0].startswith("HTTP/"):
            raise BadStatusLine(status_line.decode("latin-1"))
        version, self.status = parts[0], int(code)
        old = version in {"HTTP/1.0", "HTTP/0.9"}
        if not old and not version.startswith("HTTP/1."):
            raise UnknownProtocol(version)
        self.version = 10 if old else 11
        self.code = self.status
        self.reason = parts[2].strip() if len(parts) > 2 else ""
        if max(map(len, lines), default=0) > _MAX_LINE:
            raise LineTooLong("header line")
        if len(lines) >= _MAX_LINES:
            raise HTTPException(f"got more than {_MAX_LINES} headers")
        self.headers = self.msg = fields = HTTPMessage()
        for line in lines:
            name, _, value = line.decode("latin-1").partition(":")
            fields.set_raw(name, value.lstrip(" \t").rstrip("\r\n"))
        try:
            found = framing(
                fields.get_all("Transfer-Encoding") or (),
                fields.get_all("Content-Length") or (),
                method=getattr(self, "_method", None) or "GET",
                status=self.status,
            )
        except ValueError as error:
            raise HTTPException(str(error)) from None
        self.chunked = found.kind == "chunked"
        self.chunk_left = None
        self.length = 0 if found.kind == "none" else found.length
        self.will_close = found.kind == "close" or ((old or "Connection" in fields) and _closes(fields, old=old))


class TunnelResponse(CheckedResponse):
    """A proxy's answer to CONNECT, whose head http.client reads line by line from `fp`."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.reader.deadline = opening.nearest_deadline  # the connection is still being made
        self.fp.detach()
        self.fp = _ProxyHead(self.reader, _BUFFER)


def _closes(fields: HTTPMessage, *, old: bool) -> bool:
    """Return whether the server closes the connection after a response (RFC 9112 9.3).

    Args:
        fields: the header fields of the response.
        old: whether it is an HTTP/1.0 response.
    """
    option = (fields.get("Connection") or "").lower()
    if not old:
        return "close" in option
    kept = "keep-alive" in option or "keep-alive" in (fields.get("Proxy-Connection") or "").lower()
    return not kept and not fields.get("Keep-Alive")
