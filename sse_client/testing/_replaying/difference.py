"""Finds the differences between two recordings: response, events, ids, order, timing, end."""

from __future__ import annotations

import contextlib
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from sse_client.testing._recording.format import RecordingTruncated
from sse_client.testing._recording.reader import Recording

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from sse_client.events import Event

Kind = Literal["response", "missing", "extra", "moved", "changed", "timing", "end"]

WINDOW: Final = 64
"""How many events ahead are looked at, in either recording, to find where the two agree again."""
_EXCERPT: Final = 80
"""Characters."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; its `str` is a sentence.

    Attributes:
        kind: `response`: status or content type; `missing`: an event of the first is not in the second; `extra`: the
            other way round; `moved`: an event is in both, in another order; `changed`: an event has the same id with
            other content, or the same content with another id; `timing`: the time since the previous event; `end`: how
            the response ended.
        text: the sentence.
        first: the number of the event in the first recording, from 1; None if it is not there.
        second: the number of the event in the second recording, from 1; None if it is not there.
    """

    kind: Kind
    text: str
    first: int | None = None
    second: int | None = None

    def __str__(self) -> str:
        return self.text


class _Entry(NamedTuple):
    number: int
    seconds: float
    event: Event


class _Side:
    """The events of a recording, with a window of the next ones."""

    def __init__(self, recording: Recording) -> None:
        self._events = self._numbered(recording)
        self.window: deque[_Entry] = deque()
        self.matched_at = 0.0

    def fill(self) -> bool:
        """Fill the window with events; return whether there are any."""
        while len(self.window) < WINDOW and (entry := next(self._events, None)) is not None:
            self.window.append(entry)
        return bool(self.window)

    def take(self, count: int) -> list[_Entry]:
        """Remove the next events from the window, and return them."""
        return [self.window.popleft() for _ in range(count)]

    @staticmethod
    def _numbered(recording: Recording) -> Iterator[_Entry]:
        with contextlib.suppress(RecordingTruncated):  # reported as the recording's end
            for number, (seconds, event) in enumerate(recording.events(), 1):
                yield _Entry(number, seconds, event)


def diff(
    first: Recording | str | os.PathLike[str],
    second: Recording | str | os.PathLike[str],
    *,
    tolerance: float | None = 0.1,
) -> Iterator[Difference]:
    """Yield how the second recording differs from the first, in order; nothing if it does not.

    Both are read while they are compared, so they may be larger than memory. Where they disagree, the next `WINDOW`
    events are searched for events that agree. Of a truncated recording, the complete part is compared.

    Args:
        first: a recording, or its path.
        second: the other recording, or its path.
        tolerance: seconds by which the time between two events may differ, 0 or more; None: do not compare times.

    Raises:
        RecordingError: a file is not a recording, or is damaged.
        OSError: a file cannot be read.
    """
    one = first if isinstance(first, Recording) else Recording.open(first)
    other = second if isinstance(second, Recording) else Recording.open(second)
    return _differences(one, other, tolerance)


def _differences(one: Recording, other: Recording, tolerance: float | None) -> Iterator[Difference]:
    yield from _of_responses(one, other)
    unplaced = _Unplaced()
    for difference, event in _of_events(_Side(one), _Side(other), tolerance):
        yield from unplaced.put(difference, event)
    yield from unplaced.rest()
    ends = [each.end.end if each.end is not None else "truncated" for each in (one, other)]
    if ends[0] != ends[1]:
        yield Difference("end", f"the first recording is {ends[0]}, the second {ends[1]}")


def _of_responses(one: Recording, other: Recording) -> Iterator[Difference]:
    for name, a, b in (
        ("status", str(one.response.status), str(other.response.status)),
        ("content type", *(each.headers.get("content-type", "none") for each in (one, other))),
    ):
        if a != b:
            yield Difference("response", f"{name}: {a} in the first recording, {b} in the second")


def _of_events(one: _Side, other: _Side, tolerance: float | None) -> Iterator[tuple[Difference, Event | None]]:
    """Yield the differences of the events, each with the event if that is on one side only."""
    while one.fill() | other.fill():
        # If the next events are equal, as nearly always, no search is needed.
        agree = one.window and other.window and one.window[0].event == other.window[0].event
        skip, skip_other = (0, 0) if agree else _agreement(one.window, other.window)
        yield from _of_disagreement(one, other, one.take(skip), other.take(skip_other))
        if one.window and other.window and one.window[0].event == other.window[0].event:
            (a,), (b,) = one.take(1), other.take(1)
            wait, other_wait = a.seconds - one.matched_at, b.seconds - other.matched_at
            one.matched_at, other.matched_at = a.seconds, b.seconds
            if tolerance is not None and abs(wait - other_wait) > tolerance:
                waits = f"{wait:.3f} s in the first recording, {other_wait:.3f} s in the second"
                text = f"{_numbers(a, b)} came after {waits}"
                yield Difference("timing", text, a.number, b.number), None


def _of_disagreement(
    one: _Side, other: _Side, left: list[_Entry], right: list[_Entry]
) -> list[tuple[Difference, Event | None]]:
    """Return the differences of the events at a place where the recordings disagree."""
    found: list[tuple[Difference, Event | None]] = []
    for a in left:
        b = next((b for b in right if _alike(a.event, b.event)), None)
        if b is None:
            text = f"event {a.number} of the first recording is not in the second: {_shown(a.event)}"
            found.append((Difference("missing", text, first=a.number), a.event))
        else:
            right.remove(b)
            one.matched_at, other.matched_at = a.seconds, b.seconds
            text = f"{_numbers(a, b)}: {_changes(a.event, b.event)}"
            found.append((Difference("changed", text, a.number, b.number), None))
    for b in right:
        text = f"event {b.number} of the second recording is not in the first: {_shown(b.event)}"
        found.append((Difference("extra", text, second=b.number), b.event))
    return sorted(found, key=lambda each: each[0].second or each[0].first or 0)


def _agreement(one: deque[_Entry], other: deque[_Entry]) -> tuple[int, int]:
    """Return how many events to skip on each side until two agree: completely, or else in id or content."""
    for key in (_itself, _id, _content):
        places: dict[object, int] = {}
        for place, entry in enumerate(other):
            places.setdefault(key(entry.event), place)
        found = [
            (place, places[key(entry.event)])
            for place, entry in enumerate(one)
            if key(entry.event) is not None and key(entry.event) in places
        ]
        if found:
            skip, skip_other = min(found, key=sum)
            return (skip, skip_other) if key is _itself else (skip + 1, skip_other + 1)
    return min(1, len(one)), min(1, len(other))


def _itself(event: Event) -> object:
    return event


def _id(event: Event) -> object:
    return event.id or None


def _content(event: Event) -> object:
    return event.event, event.data


def _alike(one: Event, other: Event) -> bool:
    return (one.id == other.id and one.id != "") or _content(one) == _content(other)


class _Unplaced:
    """Differences that are held back for a while, because an event that is missing here may be extra elsewhere."""

    def __init__(self) -> None:
        self._held: deque[tuple[Difference, Event | None]] = deque()

    def put(self, difference: Difference, event: Event | None) -> Iterator[Difference]:
        """Add a difference, and yield those that are no longer held back."""
        for place, (held, its_event) in enumerate(self._held):
            if event is not None and its_event == event and held.kind != difference.kind:
                first, second = held.first or difference.first, held.second or difference.second
                text = f"event {first} of the first recording is event {second} of the second: {_shown(event)}"
                self._held[place] = Difference("moved", text, first, second), None
                return
        self._held.append((difference, event))
        if len(self._held) > WINDOW:
            yield self._held.popleft()[0]

    def rest(self) -> Iterator[Difference]:
        """Yield all differences that are held back."""
        return (difference for difference, _ in self._held)


def _numbers(a: _Entry, b: _Entry) -> str:
    other = "" if a.number == b.number else f" (event {b.number} of the second recording)"
    return f"event {a.number}{other}"


def _changes(a: Event, b: Event) -> str:
    """Name the fields that differ."""
    return "; ".join(
        f"{name} {_excerpt(x)} in the first recording, {_excerpt(y)} in the second"
        for name, x, y in (
            ("type", a.event, b.event),
            ("id", a.id, b.id),
            ("data", a.data, b.data),
            ("retry", a.retry, b.retry),
        )
        if x != y
    )


def _shown(event: Event) -> str:
    kind = "" if event.event == "message" else f"type {_excerpt(event.event)}, "
    return f"{kind}id {_excerpt(event.id)}, data {_excerpt(event.data)}"


def _excerpt(value: str | int | None) -> str:
    text = repr(value)
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"
