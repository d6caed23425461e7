"""Takes over an HTTP/1.1 body from urllib3-future, and reports the end of the body to it.

h11 has already parsed the part of the body that the library has received. None of the parts used here is documented, so
all of them are checked before anything is changed.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

import socket
import ssl
from collections import deque
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from urllib3 import HTTPResponse

from sse_client._http.chunked import ChunkedDecoder
from sse_client.transports._requests.socket_body import LengthFraming, UntilClose

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.transports._requests.socket_body import Framing

__all__ = ["Taken", "taken_from"]

_SOCKETS = {socket.socket, ssl.SSLSocket}  # neither TLS in TLS, nor another TLS engine
_SENT = {"DONE", "MUST_CLOSE"}  # h11's states for a side that has sent everything
_AFTER_DATA = {b"": b"", b"\r\n": b"", b"\n": b"\r"}  # h11's remaining line end: the part received


class Taken(NamedTuple):
    """A body that was taken from the library.

    Attributes:
        framing: finds the body's end.
        first: the part that the library has already received, framed as `framing` expects it.
        end: tells the library that the body has ended, and returns whether it accepts that; None if the connection
            cannot be reused.
    """

    framing: Framing
    first: bytes
    end: Callable[[], bool] | None


class _Malformed:
    """A body in which h11 has already found a flaw.

    Args:
        why: h11's message.
        first: the bytes before the flaw.
    """

    ended = False
    surplus = False

    def __init__(self, why: str, first: bytes) -> None:
        self._why = why
        self.flaw = "" if first else why

    def feed(self, data: bytes) -> bytes:
        """Return `data`, which comes before the flaw."""
        self.flaw = self._why
        return data


class _Unread(NamedTuple):
    """An unread response, and the library's state of it.

    Attributes:
        raw: the response.
        protocol: the library's state of the connection.
        number: the response's number on that connection.
        state: h11's state of the connection.
        events: the library's events for this response, parsed from the bytes received so far.
        others: the library's events for the whole connection.
    """

    raw: Any
    protocol: Any
    number: int
    state: Any
    events: deque[Any]
    others: deque[Any]

    def pieces(self) -> list[bytes]:
        """Return the received pieces of the body before its end."""
        return [bytes(event.data) for event in takewhile(_is_data, self.events)]

    def take(self, count: int) -> bytes:
        """Take this number of pieces; return the bytes that h11 has not parsed yet."""
        for _ in range(count):
            self.protocol.next_event(self.number)
        buffer = self.state._receive_buffer
        return bytes(buffer.maybe_extract_at_most(len(buffer)) or b"")

    def tell(self, data: bytes) -> bool:
        """Pass `data` to the library as received; return whether it can now read without waiting."""
        self.protocol.bytes_received(data)
        return self.is_readable()

    def is_readable(self) -> bool:
        return bool(self.protocol.has_pending_event(stream_id=self.number))


def taken_from(raw: Any, sock: Any) -> Taken | None:
    """Take the body of a response from the library; None if the library has to read it.

    Args:
        raw: the response.
        sock: the socket from which its head was read.
    """
    unread = _unread(raw, sock)
    if unread is None:
        return None
    ours, theirs = (getattr(unread.state, side).__name__ for side in ("our_state", "their_state"))
    reader = getattr(unread.state, "_reader", None)
    if theirs != "SEND_BODY":
        return _received_whole(unread)
    if ours not in _SENT:
        return None
    kind = type(reader).__name__
    if kind == "ChunkedReader":
        return _chunked(unread, reader)
    if kind == "ContentLengthReader":
        return _of_length(unread, reader)
    return _until_close(unread) if kind == "Http10Reader" else None


def _unread(raw: Any, sock: Any) -> _Unread | None:
    """Return the library's state of an HTTP/1.1 response; None if it differs from what is known."""
    if type(raw) is not HTTPResponse or type(sock) not in _SOCKETS:
        return None
    part = getattr(raw, "_fp", None)
    # An upgraded connection belongs to no response, and bytes that were already read must not be read again.
    if [getattr(part, each, "") for each in ("_eot", "_dsa", "data_in_count")] != [False, None, 0]:
        return None
    connection: Any = raw.connection
    protocol = getattr(connection, "_protocol", None)
    state = getattr(protocol, "_connection", None)
    number = getattr(part, "_stream_id", None)
    matrix: Any = getattr(getattr(protocol, "_events", None), "_matrix", None)
    known = (
        getattr(connection, "sock", None) is sock
        and all(hasattr(protocol, each) for each in ("bytes_received", "has_pending_event", "next_event"))
        and all(hasattr(getattr(state, side, None), "__name__") for side in ("our_state", "their_state"))
        and hasattr(getattr(state, "_receive_buffer", None), "maybe_extract_at_most")
    )
    if not known or number is None or not isinstance(matrix, dict):
        return None
    events = cast("dict[int | None, deque[Any]]", matrix)
    return _Unread(raw, protocol, number, state, events.get(number, deque()), events.get(None, deque()))


def _is_data(event: Any) -> bool:
    return type(event).__name__ == "DataReceived" and not event.end_stream


def _chunked(unread: _Unread, reader: Any) -> Taken | None:
    left: Any = getattr(reader, "_bytes_in_chunk", None)
    awaited: Any = getattr(reader, "_bytes_to_discard", None)
    pieces = unread.pieces()
    known = type(left) is int and awaited in _AFTER_DATA and getattr(reader, "_reading_trailer", None) is False
    if not known or (awaited and not pieces):
        return None
    # The received bytes of all chunks become one chunk, which ends where the last chunk's bytes end so far.
    body = b"".join(pieces)
    first = b"%x\r\n%b" % (len(body) + left, body) if body or left else b""
    first += _AFTER_DATA[awaited] if awaited or not body or left else b"\r\n"
    return Taken(ChunkedDecoder(), first + unread.take(len(pieces)), partial(_end_chunks, unread, reader))


def _end_chunks(unread: _Unread, reader: Any) -> bool:
    reader._bytes_in_chunk, reader._bytes_to_discard = 0, b""
    return unread.tell(b"0\r\n\r\n")


def _of_length(unread: _Unread, reader: Any) -> Taken | None:
    left = getattr(reader, "_remaining", None)
    if type(left) is not int or type(unread.raw.length_remaining) is not int:
        return None
    pieces = unread.pieces()
    body = b"".join(pieces)
    framing = LengthFraming(len(body) + left)
    return Taken(framing, body + unread.take(len(pieces)), partial(_end_length, unread, reader))


def _end_length(unread: _Unread, reader: Any) -> bool:
    # The library ends a body with its last byte; this byte is read, and dropped.
    reader._remaining = unread.raw.length_remaining = 1
    return unread.tell(b"\n")


def _until_close(unread: _Unread) -> Taken:
    pieces = unread.pieces()
    return Taken(UntilClose(), b"".join((*pieces, unread.take(len(pieces)))), None)


def _received_whole(unread: _Unread) -> Taken | None:
    """Take a body whose end, or malformed part, arrived with its head; close the connection if more bytes followed."""
    pieces = unread.pieces()
    body = b"".join(pieces)
    framing: Framing
    if len(pieces) < len(unread.events):
        if not unread.events[len(pieces)].end_stream:
            return None
        framing = LengthFraming(len(body))
    else:
        flaw = getattr(unread.others[0], "message", None) if unread.others else None
        if not flaw:
            return None
        framing = _Malformed(flaw, body)
    for _ in pieces:
        unread.protocol.next_event(unread.number)
    if unread.raw.length_remaining is not None:
        unread.raw.length_remaining -= len(body)
    is_clean = not unread.others and not len(unread.state._receive_buffer)
    return Taken(framing, body, unread.is_readable if is_clean else None)
