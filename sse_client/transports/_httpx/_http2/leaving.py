"""HTTP/2 behaviour that httpcore lacks: closing a stream early, and finishing a stream after a GOAWAY.

httpcore documents none of the parts that this relies on; if they have changed, its own behaviour remains.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

import sys
import weakref
from typing import Any

__all__ = ["adopt_stream", "http2_errors", "reset_stream"]

_CANCEL = 8  # RFC 9113 7: "the stream is no longer needed"


def http2_errors() -> tuple[type[Exception], ...]:
    """Return h2's exceptions for a peer that breaks the rules of HTTP/2, if h2 is loaded; httpcore passes them on."""
    exceptions: Any = sys.modules.get("h2.exceptions")
    return () if exceptions is None else (exceptions.H2Error,)


def adopt_stream(connection: Any, stream_id: int, unavailable: type[Exception]) -> None:
    """Let a stream finish if it is open when the server sends a GOAWAY; called before its request is sent.

    Args:
        connection: the connection of httpcore; None if it cannot be determined.
        stream_id: the stream ID of the request.
        unavailable: the exception that tells httpcore's pool to use another connection.

    Raises:
        Exception: `unavailable`, if the server has sent a GOAWAY, so that it would not process the request.
    """
    try:
        table: dict[Any, Any] = connection._h2_state._frame_dispatch_table
        kind = next(each for each in table if each.__name__ == "GoAwayFrame")
        goaway = table[kind]
        if not isinstance(goaway, _Goaway):
            weak = weakref.ref(connection)
            goaway = table[kind] = _Goaway(weak, goaway)
    except (AttributeError, StopIteration):
        return
    if goaway.received:
        raise unavailable
    goaway.adopted.add(stream_id)


class _Goaway:
    """Handles a GOAWAY as in RFC 9113 6.8: no new streams, and only those above the last stream end.

    h2 treats it as the end of the connection, and drops what the server still sends on other streams.

    Attributes:
        adopted: the streams whose requests are this package's.
        received: whether a GOAWAY was received.
    """

    def __init__(self, connection: weakref.ref[Any], otherwise: Any) -> None:
        self._connection = connection
        self._otherwise = otherwise
        self.adopted: set[int] = set()
        self.received = False

    def __call__(self, frame: Any) -> tuple[list[Any], list[Any]]:
        """Return the frames to send, and the events, for a GOAWAY."""
        from h2.errors import ErrorCodes
        from h2.events import ConnectionTerminated, StreamReset

        connection = self._connection()
        if connection is None or not self.adopted.issuperset(connection._events):
            answer: tuple[list[Any], list[Any]] = self._otherwise(frame)  # the owner's requests too
            return answer
        self.received = True
        connection._used_all_stream_ids = (
            True  # makes the pool send no more over it, and close it after its last stream
        )
        known = frame.error_code in ErrorCodes.__members__.values()
        code = ErrorCodes(frame.error_code) if known else frame.error_code
        if code != ErrorCodes.NO_ERROR:
            event: Any = ConnectionTerminated()
            event.error_code, event.last_stream_id = code, frame.last_stream_id
            return [], [event]
        ended: list[Any] = []
        for stream_id in connection._events:
            if stream_id > frame.last_stream_id:
                event = StreamReset(stream_id=stream_id, error_code=code)
                event.last_stream_id = frame.last_stream_id
                ended.append(event)
        return [], ended


def reset_stream(response: Any, part: Any) -> Any:
    """Reset a stream that is no longer read, unless it has ended; credit its unread data.

    Args:
        response: the library's response.
        part: httpcore's own part of it; None if it cannot be determined.

    Returns:
        An awaitable that writes the frame, for an asynchronous client; None if there is nothing left to write.
    """
    stream_id = response.extensions.get("stream_id")
    connection, request = getattr(part, "_connection", None), getattr(part, "_request", None)
    state = getattr(connection, "_h2_state", None)
    stream = getattr(state, "streams", {}).get(stream_id)
    if connection is None or state is None or stream is None or stream.closed:
        return None
    gone: tuple[type[Exception], ...] = (AttributeError, ValueError, *http2_errors())  # the connection has ended
    try:
        unread = sum(
            getattr(event, "flow_controlled_length", 0) or 0 for event in connection._events.get(stream_id, ())
        )
        if unread:
            state.acknowledge_received_data(unread, stream_id)
        state.reset_stream(stream_id, _CANCEL)
        return connection._write_outgoing_data(request)
    except gone:
        return None
