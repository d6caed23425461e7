"""Handing events out, up to the last one, and keeping the place: what was parsed, yielded, handled, and saved."""

from __future__ import annotations

from operator import length_hint
from typing import TYPE_CHECKING

from sse_client.events import Event
from sse_client.request import check_last_event_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sse_client.options import Options

__all__ = ["Delivery"]

_NOTHING: Iterator[Event] = iter(())  # of no stream: it is at its end, and stays there


class Delivery:
    """The events of one stream on their way to the consumer.

    Attributes:
        place: the last event ID behind all that was parsed and taken; where the next connection resumes.
        watched: whether taking an event calls the caller's own code: a predicate, or a checkpoint.
        over: whether the event that `until` names has come, and the consumer has come back for it.
    """

    __slots__ = ("_batch", "_checkpoint", "_cursor", "_last", "_saved", "_until", "over", "place", "watched")

    def __init__(self, options: Options) -> None:
        self.place = options.last_event_id
        self.watched = callable(options.until) or options.checkpoint is not None
        self.over = False
        self._until = options.until
        self._checkpoint = options.checkpoint
        self._saved: str | None = None
        self._batch: Sequence[Event] = ()
        self._cursor = _NOTHING
        self._last: Event | None = None  # the one that `until` names

    def begin(self) -> None:
        """Take the place that the checkpoint has kept, unless the caller has named one.

        Raises:
            TypeError: the checkpoint returned something else than a string.
            ValueError: it returned what is no last event ID.
        """
        if self._checkpoint is not None and not self.place:
            self.place = self._checkpoint.load()
            check_last_event_id(self.place)
            self._saved = self.place

    @property
    def last_event_id(self) -> str:
        """The last event ID of the last event that was yielded; not that of events parsed behind it."""
        yielded = len(self._batch) - length_hint(self._cursor)
        for event in reversed(self._batch[:yielded]):
            if isinstance(event, Event):
                return event.id
        return self.place

    def hand_out(self, events: list[Event]) -> Iterator[Event]:
        """Return an iterator of `events`, up to the last one."""
        if isinstance(self._until, str):
            events = self._up_to(self._until, events)
        self._batch = events
        self._cursor = iter(events)
        return self._watch(self._cursor) if self.watched else self._cursor

    def exhausted(self, last_event_id: str) -> None:
        """Take note that the consumer has come back for more than was handed out.

        Args:
            last_event_id: the parser's: a block without data sets it too.
        """
        self.over = self._last is not None
        self._batch = ()
        self._cursor = _NOTHING
        self.place = last_event_id if self._last is None else self._last.id
        self._save(self.place)

    def _up_to(self, until: str, events: list[Event]) -> list[Event]:
        """Return the events before the last one, and keep that in mind."""
        for number, event in enumerate(events):
            if type(event) is Event and event.data == until:
                self._last = event
                return events[:number]
        return events

    def _watch(self, events: Iterator[Event]) -> Iterator[Event]:
        """Yield events up to the last one, and save the ID of each when the consumer comes back for the next."""
        for event in events:
            if type(event) is not Event:
                yield event
                continue
            if callable(self._until) and self._until(event):
                self._last = event
                return
            yield event
            self._save(event.id)

    def _save(self, last_event_id: str) -> None:
        if self._checkpoint is not None and last_event_id != self._saved:
            self._checkpoint.save(last_event_id)
            self._saved = last_event_id
