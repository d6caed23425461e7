"""Parses HTTP/2 frames that hold only data (RFC 9113 6.1) into h2's events, without running h2 for each of them.

h2 takes 6 µs to read and report such a frame, several times the cost of parsing the event in it; here it takes 1 µs. A
frame that is not simply the next part of an open stream, within its windows, is left to h2. The windows that h2 then
sees are the same as if it had read all frames itself.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

from typing import Any

__all__ = ["can_take_data", "first_frame", "take_data"]

_HEAD = 9  # bytes of a frame's head
_MOST = 1000  # frames at a time, about a microsecond each


def can_take_data(state: Any, stream_id: int) -> bool:
    """Return whether h2's states of a connection and of a stream have the parts that are read and changed here."""
    stream = getattr(state, "streams", {}).get(stream_id)
    return (
        all(hasattr(getattr(state, "incoming_buffer", None), name) for name in ("_data", "_headers_buffer"))
        and all(hasattr(stream, name) for name in ("_expected_content_length", "_actual_content_length"))
        and hasattr(getattr(stream, "state_machine", None), "headers_received")
        and hasattr(getattr(stream, "_inbound_window_manager", None), "current_window_size")
        and hasattr(getattr(state, "_inbound_flow_control_window_manager", None), "current_window_size")
    )


def first_frame(state: Any, data: bytes) -> tuple[bytes, bytes]:
    """Split `data` after the frame that h2 has begun to read, or after the next frame.

    Raises:
        FrameTooLargeError: the frame is too large. h2 would first wait for all of it, even from an HTTP/1.1 server.
    """
    begun = state.incoming_buffer._data
    head = bytes(begun[:_HEAD]) + data[: max(0, _HEAD - len(begun))]
    if len(head) < _HEAD:
        return data, b""
    length = int.from_bytes(head[:3], "big")
    if length > state.max_inbound_frame_size:
        from h2.exceptions import FrameTooLargeError

        raise FrameTooLargeError(f"expected a frame of {state.max_inbound_frame_size} bytes at most, got {length}")
    missing = _HEAD + length - len(begun)
    return data[:missing], data[missing:]


def take_data(state: Any, queues: dict[int, list[Any]], data: bytes, touched: set[int]) -> bytes:
    """Put the data of plain DATA frames, 1,000 at most, into their streams' queues; return the bytes that are left.

    Args:
        state: h2's state of the connection.
        queues: the events of each stream that have not been taken yet.
        data: the received bytes.
        touched: the set to which the streams that got data are added.
    """
    buffer = state.incoming_buffer
    if buffer._data or buffer._headers_buffer or state.state_machine.state.name != "CLIENT_OPEN":
        return data
    start, size, left = 0, len(data), _MOST
    window = state._inbound_flow_control_window_manager
    while start + _HEAD <= size and data[start + 3 : start + 5] == b"\0\0":  # a DATA frame without flags
        head = data[start : start + _HEAD]
        stream = _open_stream(state, queues, head)
        if stream is None:
            break
        # Consecutive frames of one stream become one event.
        pieces: list[bytes] = []
        total, own = 0, stream._inbound_window_manager
        most = min(window.current_window_size, own.current_window_size)
        while data[start + 3 : start + _HEAD] == head[3:]:
            length = int.from_bytes(data[start : start + 3], "big")
            end = start + _HEAD + length
            if end > size or total + length > most or length > state.max_inbound_frame_size or not left:
                break
            left -= 1
            pieces.append(data[start + _HEAD : end])
            total += length
            start = end
        if not pieces:
            break  # h2 decides about the next frame
        own.window_consumed(total)
        window.window_consumed(total)
        stream._actual_content_length += total
        queues[stream.stream_id].append(_received(stream.stream_id, pieces, total))
        touched.add(stream.stream_id)
    return data[start:]


def _open_stream(state: Any, queues: dict[int, list[Any]], head: bytes) -> Any:
    """Return the stream of a frame if it may receive more data; None if h2 has to decide."""
    stream_id = int.from_bytes(head[5:], "big")
    stream = state.streams.get(stream_id)
    if stream is None or stream_id not in queues or stream._expected_content_length is not None:
        return None
    machine = stream.state_machine
    return stream if machine.headers_received and machine.state.name in {"OPEN", "HALF_CLOSED_LOCAL"} else None


def _received(stream_id: int, pieces: list[bytes], total: int) -> Any:
    from h2.events import DataReceived

    event = DataReceived.__new__(DataReceived)  # the constructor differs between versions
    event.stream_id = stream_id
    event.data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    event.flow_controlled_length = total
    event.stream_ended = None
    return event
