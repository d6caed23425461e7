"""Answers requests from a recording, with its pauses, and resumes by Last-Event-ID (WHATWG HTML 9.2.3)."""

from __future__ import annotations

from itertools import count, groupby
from threading import TIMEOUT_MAX
from time import monotonic
from typing import TYPE_CHECKING, Final

from sse_client.testing._messages import LAST_CHUNK, chunk, head, reply
from sse_client.testing._recording.credentials import MASK
from sse_client.testing._recording.reader import Recording
from sse_client.testing._replaying.faults import Fault, check_fault, in_stream, instead_of_stream
from sse_client.testing._replaying.positions import START, Place, Places, has_events, lines, whole
from sse_client.testing._server import Server
from sse_client.testing._steps import CLOSE, Pause, Step

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterator

    from sse_client.testing._received import Received

_OF_THE_CONNECTION: Final = frozenset(
    {"connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)


class ReplayServer(Server):
    """A server that answers every request with a recording; `replay_server` returns it.

    Attributes:
        recording: the recording.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        port: int = 0,
        speed: float = 1.0,
        drop_after: int | None = None,
        fault: Fault | None = None,
    ) -> None:
        self.recording = recording
        self._replay = _Replay(recording, speed=speed, drop_after=drop_after, fault=fault)
        super().__init__(port=port, default=self._replay)

    @property
    def position(self) -> float:
        """The time in the recording of the last bytes that were sent, in seconds since the head."""
        return self._replay.position


def replay_server(
    path: str | os.PathLike[str],
    *,
    port: int = 0,
    speed: float = 1.0,
    drop_after: int | None = None,
    fault: Fault | None = None,
) -> ReplayServer:
    """Return a server on 127.0.0.1 that serves a recording again; it answers once it is started or entered.

    Every request, whatever its method and path, gets the recorded status, headers and bytes, in chunks that arrive with
    the recorded pauses. The body ends as recorded: completely, or cut. A request with the Last-Event-ID of a recorded
    event gets the part after that event (if several have the id, the one that was sent last), or 204 if no event
    follows; a request with an unknown id gets everything. Without ids, a client that reconnects begins again. Headers
    about the connection, and those whose value was masked, are left out. If a body with a content coding is resumed or
    broken, it is sent decoded.

    Args:
        path: the recording. Of a truncated one, the complete part is served, and then the connection is cut.
        port: the port to listen on; 0 for a free one.
        speed: the factor by which it is faster than recorded, more than 0; `math.inf` leaves the pauses out.
        drop_after: each connection fails after this many events, 1 or more, if the stream has more.
        fault: the kind of failure, one of `FAULTS`; `cut` if only `drop_after` is given. Without `drop_after`, only the
            first connection fails, after one event. A fault that replaces the stream affects the first request and,
            with `drop_after`, also the request after each drop.

    Raises:
        RecordingError: the file is not a recording.
        ValueError: an argument is out of range.
        TypeError: `speed` is not a number.
        OSError: the file cannot be read, or the port is in use.
    """
    if not isinstance(speed, (int, float)):
        raise TypeError(f"speed: expected a number, got {type(speed).__name__}")
    if not speed > 0:
        raise ValueError(f"expected a speed above 0, got {speed}")
    if drop_after is not None and drop_after < 1:
        raise ValueError(f"expected a drop after 1 event or more, got {drop_after}")
    check_fault(fault)
    return ReplayServer(Recording.open(path), port=port, speed=speed, drop_after=drop_after, fault=fault)


class _Replay:
    """The script of a replay."""

    def __init__(self, recording: Recording, *, speed: float, drop_after: int | None, fault: Fault | None) -> None:
        self.position = 0.0
        self._recording = recording
        self._speed = speed
        self._drop_after = drop_after
        self._instead = instead_of_stream(fault)
        self._fault = fault if fault is not None and self._instead is None else "cut"
        self._breaks = drop_after is not None or self._fault == fault
        self._requests = count()
        self._places = Places(recording)

    def __call__(self, request: Received) -> Iterator[Step]:
        number = next(self._requests)
        if self._instead is not None and (number == 0 or (self._drop_after is not None and number % 2 == 0)):
            yield from self._instead
            return
        start = self._start(request, number)
        if start is None:
            # "Clients will reconnect if the connection is closed; a client can be told to stop reconnecting
            # using the HTTP 204 No Content response code."
            yield from reply(204)
            return
        break_after = self._break_after(number)
        # A coded body can only be sent whole, from its start to its end.
        keeps_coding = self._recording.coded and break_after is None and start == START
        headers = self._headers(without_coding=self._recording.coded and not keeps_coding)
        yield head(self._recording.response.status, headers, content_type=None)
        if request.method == "HEAD" or self._recording.response.status in {204, 304}:
            return
        clock = _Clock(start.seconds, self._speed)
        if keeps_coding:
            yield from self._pieces(clock)
        elif (yield from self._lines(clock, start, break_after)):
            return
        yield from self._end(clock)

    def _start(self, request: Received, number: int) -> Place | None:
        """Return the place at which the answer begins; None if nothing is left to send."""
        last_event_id = request.last_event_id
        if not last_event_id or (self._fault == "forget" and number == 1):
            return START
        place = self._places.after(last_event_id)
        if place is None:
            return START
        return place if has_events(self._recording, place) else None

    def _break_after(self, number: int) -> int | None:
        """Return how many events this connection sends before it fails; None if it does not."""
        always = self._drop_after is not None and self._fault != "forget"
        return (self._drop_after or 1) if self._breaks and (always or number == 0) else None

    def _headers(self, *, without_coding: bool) -> dict[str, str | list[str]]:
        left_out = _OF_THE_CONNECTION | {"content-encoding"} if without_coding else _OF_THE_CONNECTION
        headers: dict[str, str | list[str]] = {}
        for name, value in self._recording.response.headers:
            if name.lower() not in left_out and value != MASK:
                headers[name] = [*headers.get(name, []), value]
        return headers

    def _pieces(self, clock: _Clock) -> Iterator[Step]:
        for seconds, piece in whole(iter(self._recording)):
            yield from clock.until(seconds)
            self.position = seconds
            if piece:  # an empty chunk would end the body
                yield chunk(piece)

    def _lines(self, clock: _Clock, start: Place, break_after: int | None) -> Generator[Step, None, bool]:
        """Send the pieces, breaking off after the given number of events; return whether that ended the response."""
        events = 0
        dribble = False
        for _, of_piece in groupby(lines(self._recording, start), lambda line: line.end.piece):
            data = bytearray()
            for line in of_piece:
                yield from clock.until(line.end.seconds)
                self.position = line.end.seconds
                if events == break_after:
                    break_after = None
                    if data:
                        yield chunk(bytes(data))
                    data.clear()
                    yield from in_stream(self._fault, line.data)
                    if self._fault not in {"noise", "dribble"}:
                        return True
                    dribble = self._fault == "dribble"
                data += line.data
                events += line.events
                if line.sets_id:
                    self._places.passed(line)
            pieces = [data[at : at + 1] for at in range(len(data))] if dribble else [data]
            yield from (chunk(bytes(piece)) for piece in pieces)
        return False

    def _end(self, clock: _Clock) -> Iterator[Step]:
        end = self._recording.end
        if end is None or end.end == "cut":
            yield CLOSE
        else:
            yield from clock.until(end.seconds)
            yield LAST_CHUNK


class _Clock:
    """Turns the times of a recording into pauses from now on."""

    def __init__(self, start: float, speed: float) -> None:
        self._start = start
        self._speed = speed
        self._began = monotonic()

    def until(self, seconds: float) -> Iterator[Step]:
        """Yield the pause until `seconds` of the recording; nothing if a slow client has used it up."""
        left = (seconds - self._start) / self._speed - (monotonic() - self._began)
        if left > 0:
            yield Pause(min(left, TIMEOUT_MAX))
