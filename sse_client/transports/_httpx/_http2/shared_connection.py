"""Lets several threads of a blocking client open and read streams over one HTTP/2 connection.

httpcore takes a stream's number and sends its head in two steps, and checks the windows and sends a piece of a body in
two steps. It calls h2, which is not thread-safe, from all threads. So two threads could take the same number, or send
their heads out of order, which ends the connection. httpcore documents none of the parts that are replaced here; if
they have changed, its own behaviour remains.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

import threading
from contextlib import nullcontext
from functools import cache, wraps
from inspect import isfunction
from typing import TYPE_CHECKING, Any

from sse_client.transports._httpx._http2.stream_limit import Places, name_limit
from sse_client.transports._httpx._http2.waiting import wait_for_room, wait_to

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["share_connection"]

_library: Any = object  # the class of a library that a subclass here is made of

_PARTS = ("_h2_state", "_receive_remote_settings_change")
_SENDING = ("_send_request_headers", "_send_stream_data", "_wait_for_outgoing_flow", "_write_outgoing_data")


def share_connection(connection: Any) -> None:
    """Make a connection of httpcore safe for threads, before its first stream is opened if possible.

    Args:
        connection: an HTTP/2 connection; any other one, and None, is left unchanged.
    """
    kind: Any = connection.__class__
    if not all(hasattr(connection, name) for name in (*_PARTS, *_SENDING)) or hasattr(kind, "shared"):
        return
    state = connection._h2_state
    state.__class__ = _serial(state.__class__)
    state.lock, state.turn = threading.RLock(), _Turn()
    places = getattr(connection, "_max_streams_semaphore", None)
    connection.__class__ = _shared(kind)
    if places is not None:
        connection._max_streams_semaphore = places


class _Turn:
    """Held from the moment a stream has its number until its head is sent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None

    def begin(self) -> None:
        """Wait until no other stream is being opened.

        Raises:
            ConnectionFailed: the stream was closed, or the wait took too long.
        """
        wait_to(self._acquire, "another request is being sent over the same connection, and was not in time")
        self._owner = threading.get_ident()

    def end(self) -> None:
        """Let other threads open streams, if it is this thread's turn."""
        if self._owner == threading.get_ident():
            self._owner = None
            self._lock.release()

    def _acquire(self, seconds: float | None) -> bool:
        return self._lock.acquire(timeout=-1 if seconds is None else seconds)


class _SerialState(_library):  # type: ignore[misc]  # which version's it is, is seen when it runs
    """The method of h2 that gives a stream its number, run by one thread at a time."""

    lock: threading.RLock
    turn: _Turn

    def get_next_available_stream_id(self) -> Any:
        self.turn.begin()
        try:
            with self.lock:
                base: Any = super()
                return base.get_next_available_stream_id()
        except BaseException:
            self.turn.end()
            raise


@cache
def _serial(kind: Hashable) -> Any:
    """Return a subclass of h2's connection state whose methods only one thread at a time runs."""
    library: Any = kind
    methods = {
        name: _one_at_a_time(method)
        for name in dir(library)
        if isfunction(method := getattr(library, name)) and not name.startswith("_") and name not in vars(_SerialState)
    }
    return type("SerialState", (_SerialState, library), methods)


def _one_at_a_time(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def locked(self: Any, *args: Any, **options: Any) -> Any:
        with self.lock:
            return method(self, *args, **options)

    return locked


class _SharedConnection(_library):  # type: ignore[misc]  # which of the two libraries' it is, is seen when it runs
    """The methods of a connection that two threads must not run at once."""

    shared = True

    @property
    def _max_streams_semaphore(self) -> Any:
        return self.__dict__["_places"]

    @_max_streams_semaphore.setter
    def _max_streams_semaphore(self, places: Any) -> None:
        self.__dict__["_places"] = Places(places) if hasattr(places, "_semaphore") else places

    def handle_request(self, request: Any) -> Any:
        try:
            base: Any = super()
            return base.handle_request(request)
        finally:
            self._h2_state.turn.end()

    def _send_request_headers(self, *args: Any, **options: Any) -> None:
        try:
            base: Any = super()
            base._send_request_headers(*args, **options)
        finally:
            self._h2_state.turn.end()

    def _send_stream_data(self, request: Any, stream_id: int, data: bytes) -> None:
        state, position = self._h2_state, 0
        while position < len(data):
            with state.lock:  # other threads' bodies also use up the connection's window
                room = min(state.local_flow_control_window(stream_id), state.max_outbound_frame_size)
                piece = data[position : position + max(0, room)]
                if piece:
                    state.send_data(stream_id, piece)
            if piece:
                position += len(piece)
                self._write_outgoing_data(request)
            elif not wait_for_room():
                self._wait_for_outgoing_flow(request, stream_id)

    def _receive_remote_settings_change(self, event: Any) -> None:
        name_limit(self, event)
        places = self._max_streams_semaphore
        base: Any = super()
        with places.reducing() if isinstance(places, Places) else nullcontext():
            base._receive_remote_settings_change(event)


@cache
def _shared(kind: Hashable) -> Any:
    """Return a subclass of a library's connection class with these methods."""
    library: Any = kind
    return type(f"Shared{library.__name__}", (_SharedConnection, library), {})
