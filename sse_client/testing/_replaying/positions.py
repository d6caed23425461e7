"""Finds the positions between a recording's events, where a stream can be resumed or broken."""

from __future__ import annotations

import contextlib
import re
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from sse_client.parser import Parser
from sse_client.testing._recording.format import RecordingTruncated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.testing._recording.reader import Recording

_T = TypeVar("_T")

_REMEMBERED: Final = 1000
_LINE: Final = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class Place(NamedTuple):
    """A place in a recording at which to begin or to break.

    Attributes:
        piece: the position of a piece in the file; in a recording with a content coding, the piece's number.
        offset: the number of bytes into the piece.
        seconds: the time of the piece.
        last_event_id: the last event ID at this place.
    """

    piece: int = 0
    offset: int = 0
    seconds: float = 0.0
    last_event_id: str = ""


class Line(NamedTuple):
    """A line of the event stream, or the part of a line in one piece of the recording.

    Attributes:
        data: the bytes.
        events: how many events it completes.
        end: the place after it.
        sets_id: whether it changes the last event ID.
    """

    data: bytes
    events: int
    end: Place
    sets_id: bool


START: Final = Place()


def lines(recording: Recording, start: Place = START) -> Iterator[Line]:
    """Yield the decoded lines of a recording from a place on; of a truncated recording, those that it has."""
    parser = Parser(last_event_id=start.last_event_id, max_event_size=None)
    last_event_id = start.last_event_id
    for piece, seconds, data in whole(_pieces(recording, start.piece)):
        for found in _LINE.finditer(data, start.offset if piece == start.piece else 0):
            events = len(parser.feed(found[0]))
            end = Place(piece, found.end(), seconds, parser.last_event_id)
            yield Line(found[0], events, end, parser.last_event_id != last_event_id)
            last_event_id = parser.last_event_id


def whole(pieces: Iterator[_T]) -> Iterator[_T]:
    """Yield the pieces of a recording; a truncated one just ends, which a replay shows as a cut connection."""
    with contextlib.suppress(RecordingTruncated):
        yield from pieces


def has_events(recording: Recording, start: Place) -> bool:
    """Return whether an event is left after a place."""
    return any(line.events for line in lines(recording, start))


class Places:
    """The places of event ids. Those passed recently are remembered; others are searched for from the start."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._recent: OrderedDict[str, Place] = OrderedDict()
        self._lock = threading.Lock()

    def passed(self, line: Line) -> None:
        """Remember the position after a line that sets an id."""
        with self._lock:
            self._recent[line.end.last_event_id] = line.end
            self._recent.move_to_end(line.end.last_event_id)
            if len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)

    def after(self, last_event_id: str) -> Place | None:
        """Return the place after the event that has this id; None if no event has it.

        If several events have it, it is the one that was sent last, or else the first.
        """
        with self._lock:
            recent = self._recent.get(last_event_id)
        if recent is not None:
            return recent
        found = (
            line.end for line in lines(self._recording) if line.sets_id and line.end.last_event_id == last_event_id
        )
        return next(found, None)


def _pieces(recording: Recording, start: int) -> Iterator[tuple[int, float, bytes]]:
    if not recording.coded:
        yield from recording.pieces(start)
        return
    for number, (seconds, data) in enumerate(recording.decoded()):
        if number >= start:
            yield number, seconds, data
