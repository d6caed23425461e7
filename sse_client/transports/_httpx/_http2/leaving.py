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
    """Return what h2 raises of a peer that breaks the rules of HTTP/2, if h2 is loaded: httpcore lets it pass."""
    exceptions: Any = sys.modules.get("h2.exceptions")
    return () if exceptions is None else (exceptions.H2Error,)


def adopt_stream(connection: Any, stream_id: int, unavailable: type[Exception]) -> None:
    """Have a stream finish that is open when the server sends a GOAWAY; called before its request is sent.

    Args:
        connection: of httpcore; None if it cannot be told.
        stream_id: of the request.
        unavailable: what tells httpcore's pool to take another connection.

    Raises:
        Exception: `unavailable`, where the server has sent a GOAWAY: it would not process the request.
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
    """Takes a GOAWAY as RFC 9113 6.8 means it: no new streams, and an end for those above the last one alone.

    h2 takes it as the end of the connection, and drops what the server still sends on its other streams.

    Attributes:
        adopted: the streams whose requests are this package's.
        received: whether there was one.
    """

    def __init__(self, connection: weakref.ref[Any], otherwise: Any) -> None:
        self._connection = connection
        self._otherwise = otherwise
        self.adopted: set[int] = set()
        self.received = False

    def __call__(self, frame: Any) -> tuple[list[Any], list[Any]]:
        """Return the frames to send, and the events, of a GOAWAY."""
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
    """Tell the server that a stream is no longer read, unless it has ended; credit what had come of it.

    Args:
        response: of the library.
        part: httpcore's own part of it; None if it cannot be told.

    Returns:
        What an asynchronous client awaits for the frame to be written; None if there is nothing to write, or it is.
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
