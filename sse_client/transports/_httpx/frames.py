"""Bodies of HTTP/2 off their connection: what has come of a stream at once, where httpcore hands out frame by frame.

A wait ends at its own deadline, and harms no other stream: httpcore takes any timeout for the end of the connection,
and what comes for one stream for a sign of life of all. What it does not promise is looked at before anything is
changed: where it looks different, it reads the body.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

from typing import Any

from sse_client.transports._httpx.data_frames import can_take_data, first_frame, take_data
from sse_client.transports._httpx.source import part_of

__all__ = ["Frames", "frames_part", "has_frames"]

_FRAMES = 50  # of 20 to 70 µs each, of which 256 KiB may hold 29,000
_CREDIT = 64 * 1024  # bytes that may be owed to the windows, which httpcore opens to 16 MiB
_PARTS = (
    *("_connection_error", "_connection_terminated", "_events", "_h2_state", "_read_exception", "_read_lock"),
    *("_receive_events", "_receive_remote_settings_change", "_receive_stream_event", "_state_lock"),
    "_write_outgoing_data",
)
_OF_STREAMS = {"DataReceived", "InformationalResponseReceived", "ResponseReceived", "StreamEnded", "StreamReset"}


class Frames:
    """What has come of one stream.

    Args:
        connection: httpcore's.
        request: httpcore's.
        stream_id: of the request.

    Attributes:
        events: what h2 has reported of the stream, and nobody has taken.
        ended: whether the whole body has come.
    """

    __slots__ = (
        "_connection",
        "_credit_due",
        "_owed",
        "_request",
        "_state",
        "_stream_id",
        "_takes_data",
        "ended",
        "events",
    )

    def __init__(self, connection: Any, request: Any, stream_id: int) -> None:
        self._connection = connection
        self._request = request
        self._stream_id = stream_id
        self._state = connection._h2_state
        self.events: list[Any] = connection._events[stream_id]
        self._owed = 0
        self._credit_due = False
        self._takes_data = can_take_data(self._state, stream_id)
        self.ended = False

    def room(self) -> int:
        """Return how many bytes of the request's body may be sent now.

        Raises:
            ConnectionError: the stream was reset; its argument is h2's event.
        """
        for event in self.events:
            if hasattr(event, "error_code"):
                raise ConnectionError(event)
        room: int = min(self._state.local_flow_control_window(self._stream_id), self._state.max_outbound_frame_size)
        return room

    def ready(self) -> bytes:
        """Return what has come already, and credit it.

        Raises:
            ConnectionError: the stream was reset; its argument is h2's event.
        """
        events = self.events
        if not events:
            return b""
        if hasattr(events[0], "error_code"):
            raise ConnectionError(events[0])
        pieces: list[bytes] = []
        taken = 0
        for event in events:
            if hasattr(event, "error_code"):
                break
            taken += 1
            data = getattr(event, "data", None)
            if data is not None:
                pieces.append(data)
                self._owed += event.flow_controlled_length
            elif type(event).__name__ == "StreamEnded":
                self.ended = True
        del events[:taken]
        if self._owed >= _CREDIT or self.ended:
            self._settle()
            self._credit_due = True  # written with the next read: a connection that breaks then loses no event
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _settle(self) -> None:
        """Credit what is owed, to the stream and to the connection; this writes nothing."""
        owed, self._owed = self._owed, 0
        if owed:
            self._state.acknowledge_received_data(owed, self._stream_id)

    def _dispatch(self, data: bytes, touched: set[int], others: list[Any]) -> bytes:
        """Put some frames of what has come where they belong; return what is left of it.

        Args:
            data: what has come.
            touched: gets the streams for which something came; 0 is the connection.
            others: gets the events that are about the connection.
        """
        for _ in range(_FRAMES):
            if not data:
                break
            if self._takes_data:
                data = take_data(self._state, self._connection._events, data, touched)
            frame, data = first_frame(self._state, data) if self._takes_data else (data, b"")
            self._sort(self._state.receive_data(frame) if frame else [], touched, others)
        return data

    def _sort(self, events: list[Any], touched: set[int], others: list[Any]) -> None:
        """Put what h2 reports where it belongs."""
        streams = self._connection._events
        for event in events:
            kind = type(event).__name__
            if kind in _OF_STREAMS:
                touched.add(event.stream_id)
                if event.stream_id in streams:
                    streams[event.stream_id].append(event)
            elif kind == "ConnectionTerminated":
                self._connection._connection_terminated = event
            elif kind == "RemoteSettingsChanged":
                touched.add(0)  # others may open streams, or send more
                others.append(event)
            elif kind == "WindowUpdated":
                touched.add(event.stream_id)

    def _is_over(self) -> bool:
        """Return whether the connection has ended, so that the library has to say why."""
        connection = self._connection
        return connection._connection_terminated is not None or connection._read_exception is not None

    def leave(self) -> None:
        """Credit what is not read any more; the frame that resets the stream is not written here."""
        self._settle()


def frames_part(response: Any) -> tuple[Any, Any, int] | None:
    """Return what `Frames` takes, of a response of HTTP/2; None if it is none, or looks different."""
    part = part_of(response)
    connection: Any = getattr(part, "_connection", None)
    stream_id: Any = getattr(part, "_stream_id", None)
    return (connection, part._request, stream_id) if has_frames(connection, stream_id) else None


def has_frames(connection: Any, stream_id: Any) -> bool:
    """Return whether a connection is one of HTTP/2, with a stream whose frames can be read here."""
    known = all(hasattr(connection, name) for name in _PARTS) and hasattr(connection._h2_state, "_data_to_send")
    return known and stream_id in connection._events
