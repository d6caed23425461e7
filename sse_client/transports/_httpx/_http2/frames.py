"""Reads HTTP/2 bodies directly from their connection: all that has arrived of a stream, not frame by frame.

Each wait ends at its own deadline, and does not harm other streams. (httpcore treats any timeout as the end of the
connection, and counts data for one stream as a sign of life for all.) The undocumented parts of httpcore are checked
before anything is changed; if they differ, httpcore reads the body.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

from time import perf_counter
from typing import Any

from sse_client.transports._httpx._http2.data_frames import can_take_data, first_frame, take_data
from sse_client.transports._httpx.source import part_of

__all__ = ["Frames", "frames_part", "has_frames"]

_FRAMES = 50  # handled at a time: each takes 20 to 70 µs, and 256 KiB may hold 29,000
_LONG = 0.002  # seconds after which no further frame is begun: one of a thousand fields takes as long as fifty
_PART = 64 * 1024  # bytes: all that is left of them is copied after each frame
_CREDIT = 64 * 1024  # bytes that may be read before the windows are updated; httpcore opens them to 16 MiB
_PARTS = (
    *("_connection_error", "_connection_terminated", "_events", "_h2_state", "_read_exception", "_read_lock"),
    *("_receive_events", "_receive_remote_settings_change", "_receive_stream_event", "_state_lock"),
    "_write_outgoing_data",
)
_OF_STREAMS = {"DataReceived", "InformationalResponseReceived", "ResponseReceived", "StreamEnded", "StreamReset"}


class Frames:
    """The received part of one HTTP/2 stream.

    Args:
        connection: the connection of httpcore.
        request: the request of httpcore.
        stream_id: the stream ID of the request.

    Attributes:
        events: h2's events of the stream that have not been taken yet.
        ended: whether the whole body has arrived.
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
        """Return the data that has arrived, and credit it to the windows.

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
            self._credit_due = True  # written with the next read: no event is lost if the connection breaks then
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _settle(self) -> None:
        """Credit the owed bytes to the windows of the stream and the connection, without writing anything."""
        owed, self._owed = self._owed, 0
        if owed:
            self._state.acknowledge_received_data(owed, self._stream_id)

    def _dispatch(self, data: bytes, touched: set[int], others: list[Any]) -> bytes:
        """Distribute some of the received frames to their streams; return the rest of the bytes.

        Args:
            data: the received bytes.
            touched: the set to which the streams that got something are added; 0 is the connection.
            others: the list to which events about the connection are added.
        """
        began = perf_counter()
        data, later = data[:_PART], data[_PART:]
        for _ in range(_FRAMES):
            if not data:
                break
            if self._takes_data:
                data = take_data(self._state, self._connection._events, data, touched)
            frame, data = first_frame(self._state, data) if self._takes_data else (data, b"")
            self._sort(self._state.receive_data(frame) if frame else [], touched, others)
            if perf_counter() - began > _LONG:
                break
        return data + later if later else data

    def _sort(self, events: list[Any], touched: set[int], others: list[Any]) -> None:
        """Distribute h2's events to their streams."""
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
                touched.add(0)  # other streams may now be opened, or send more
                others.append(event)
            elif kind == "WindowUpdated":
                touched.add(event.stream_id)

    def _is_over(self) -> bool:
        """Return whether the connection has ended, so that the library has to say why."""
        connection = self._connection
        return connection._connection_terminated is not None or connection._read_exception is not None

    def leave(self) -> None:
        """Credit the data that will not be read; the frame that resets the stream is not written here."""
        self._settle()


def frames_part(response: Any) -> tuple[Any, Any, int] | None:
    """Return the arguments of `Frames` for an HTTP/2 response; None without HTTP/2, or if httpcore has changed."""
    part = part_of(response)
    connection: Any = getattr(part, "_connection", None)
    stream_id: Any = getattr(part, "_stream_id", None)
    return (connection, part._request, stream_id) if has_frames(connection, stream_id) else None


def has_frames(connection: Any, stream_id: Any) -> bool:
    """Return whether a connection is HTTP/2, with a stream whose frames can be read here."""
    known = all(hasattr(connection, name) for name in _PARTS) and hasattr(connection._h2_state, "_data_to_send")
    return known and stream_id in connection._events
