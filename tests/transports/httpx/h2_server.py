"""A scripted HTTP/2 server over clear text with prior knowledge: each connection runs a script of the test's own."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, RequestReceived, StreamEnded, StreamReset
from h2.settings import SettingCodes, Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

__all__ = ["H2Server", "Peer"]

LIMIT = 20
"""Seconds after which a script that waits for the client gives up."""

HEAD = [(":status", "200"), ("content-type", "text/event-stream")]


class Hangup(Exception):
    """The client has closed the connection."""


class Peer:
    """One connection, as the server's script sees it.

    Attributes:
        requests: the streams whose requests have come whole, with their methods and bodies, in order.
        events: everything that h2 has reported.
    """

    def __init__(self, sock: socket.socket, streams: int | None) -> None:
        self.sock = sock
        sock.settimeout(LIMIT)
        self.state = H2Connection(H2Configuration(client_side=False))
        if streams is not None:
            values = {SettingCodes.MAX_CONCURRENT_STREAMS: streams} if streams else {}
            self.state.local_settings = Settings(client=False, initial_values=values)
        self.events: list[Any] = []
        self.requests: list[tuple[int, str, bytes]] = []
        self._open: dict[int, tuple[str, list[bytes]]] = {}
        self.state.initiate_connection()
        self.flush()

    def flush(self) -> None:
        """Send what h2 has to send."""
        self.sock.sendall(self.state.data_to_send())

    def receive(self) -> list[Any]:
        """Wait for what the client sends; return the events in it.

        Raises:
            Hangup: it has closed the connection.
        """
        data = self.sock.recv(65536)
        if not data:
            raise Hangup
        events = self.state.receive_data(data)
        self.flush()
        self.events += events
        for event in events:
            if isinstance(event, RequestReceived):
                fields = {bytes(name): bytes(value) for name, value in event.headers}
                self._open[event.stream_id] = fields[b":method"].decode(), []
            elif isinstance(event, DataReceived):
                self._open[event.stream_id][1].append(event.data)
                self.state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                self.flush()
            elif isinstance(event, StreamEnded):
                method, pieces = self._open.pop(event.stream_id)
                self.requests.append((event.stream_id, method, b"".join(pieces)))
        return list(events)

    def request(self, number: int = 1) -> int:
        """Wait until so many requests have come in all; return the stream of that one."""
        while len(self.requests) < number:
            self.receive()
        return self.requests[number - 1][0]

    def until(self, kind: type[Any]) -> Any:
        """Wait for an event of a kind; return the first one."""
        while True:
            for event in self.events:
                if isinstance(event, kind):
                    return event
            self.receive()

    def reset_of(self, stream: int) -> StreamReset:
        """Wait until the client has reset a stream; return the event."""
        while True:
            for event in self.events:
                if isinstance(event, StreamReset) and event.stream_id == stream:
                    return event
            self.receive()

    def head(self, stream: int, *fields: tuple[str, str], end: bool = False) -> None:
        """Send the head of a response that is a stream of events."""
        self.state.send_headers(stream, [*HEAD, *fields], end_stream=end)
        self.flush()

    def data(self, stream: int, data: bytes, *, end: bool = False) -> None:
        """Send a part of a body, in as many frames as it needs; wait for the window where that is closed."""
        while data or end:
            room = min(self.state.local_flow_control_window(stream), self.state.max_outbound_frame_size, len(data))
            if data and not room:
                self.receive()
                continue
            piece, data = data[:room], data[room:]
            self.state.send_data(stream, piece, end_stream=end and not data)
            self.flush()
            if not data:
                return

    def event(self, stream: int, data: str, *, end: bool = False) -> None:
        """Send an event with an id."""
        self.data(stream, f"id: {data}\ndata: {data}\n\n".encode(), end=end)

    def reset(self, stream: int, code: int) -> None:
        """Reset a stream."""
        self.state.reset_stream(stream, code)
        self.flush()

    def goaway(self, code: int = 0, last: int = 2**31 - 1) -> None:
        """Say that no stream above the last one is processed; go on with the others."""
        frame = b"\x00\x00\x08\x07\x00\x00\x00\x00\x00" + last.to_bytes(4, "big") + code.to_bytes(4, "big")
        self.sock.sendall(frame)

    def finish(self) -> None:
        """Answer pings and settings until the client hangs up."""
        with contextlib.suppress(Hangup, ConnectionError, TimeoutError):
            while True:
                if any(isinstance(event, ConnectionTerminated) for event in self.receive()):
                    return


class H2Server:
    """Runs a script for each connection, in a thread; the last script for all that follow, too.

    Args:
        *scripts: called with the connection, one after the other. What one raises fails the test.
        streams: MAX_CONCURRENT_STREAMS; None for h2's own 100, and 0 for a server that does not name any.
    """

    def __init__(self, *scripts: Callable[[Peer], object], streams: int | None = None) -> None:
        self._scripts = list(scripts)
        self._streams = streams
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._socks: list[socket.socket] = []
        self._errors: list[BaseException] = []
        self._closed = False
        self.peers: list[Peer] = []
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"

    @property
    def requests(self) -> list[tuple[int, str, bytes]]:
        """What has come over all connections."""
        return [request for peer in tuple(self.peers) for request in tuple(peer.requests)]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closed = True
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for sock in self._socks:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(LIMIT)
            assert not thread.is_alive()
        if self._errors and error is None:
            raise self._errors[0]

    def _start(self, target: Callable[..., object], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closed:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            self._socks.append(sock)
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
            self._start(self._run, sock, script)

    def _run(self, sock: socket.socket, script: Callable[[Peer], object]) -> None:
        with sock:
            try:
                peer = Peer(sock, self._streams)
                self.peers.append(peer)
                script(peer)
            except (Hangup, ConnectionError):
                return
            except BaseException as error:  # noqa: BLE001 - raised at the end
                if not self._closed:
                    self._errors.append(error)
