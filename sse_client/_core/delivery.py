"""Turns the body's bytes into the consumer's events, and saves the last event ID once an event has been handled."""

from __future__ import annotations

import time
from operator import length_hint
from typing import TYPE_CHECKING, Any

from sse_client._core.stream_format import EVENT_STREAM, StreamFormat
from sse_client._http.escaped_text import shown
from sse_client.errors import EventTooLarge
from sse_client.events import Event
from sse_client.parser import Parser
from sse_client.request import check_last_event_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sse_client.options import Options

__all__ = ["EXHAUSTED", "Delivery", "named_last"]

EXHAUSTED: Iterator[Event] = iter(())  # shared by all streams: an exhausted iterator stays exhausted

_UNREAD: Parser = Parser()  # shared by all streams that have not begun; it is never fed


def named_last(until: str | Callable[[Event], bool]) -> str:
    """Return a description of `until` for messages."""
    if isinstance(until, str):
        return f"the event that `until` names ({shown(repr(until))})"
    name = getattr(until, "__qualname__", type(until).__name__)
    return f"the event that `until` names ({shown(name)})"


class Delivery:
    """The events of one stream, over all of its connections.

    For each connection, call `begin`; then `feed` with the bytes that arrive, and `consumed` when the consumer has
    handled their events and asks for more. If `attentive` is false, `consumed` may be left out.

    Args:
        options: the stream's options; `until` and the checkpoint are handled here.
        stream_format: provides the parser of each connection.

    Attributes:
        parser: the parser of the current connection, or of the last one.
        place: the last event ID up to which everything has been handled.
        last: the event that `until` names, once it has arrived.
        watched: whether the caller's code runs for each event, so that events must be yielded one by one.
        attentive: whether `consumed` has work to do beyond this connection's last event.
        progressed: whether the last `feed` brought an event that counts.
        events: events received, over all connections.
        bytes: bytes received, decoded.
        last_event_at: when the last event arrived, in seconds since the epoch; None before the first.
    """

    __slots__ = (
        "_batch",
        "_before",
        "_checkpoint",
        "_comments",
        "_counts",
        "_cursor",
        "_format",
        "_include_last",
        "_is_last",
        "_lean",
        "_options",
        "_reconnection_time",
        "_saved",
        "_until",
        "attentive",
        "bytes",
        "events",
        "last",
        "last_event_at",
        "parser",
        "place",
        "progressed",
        "watched",
    )

    def __init__(self, options: Options, stream_format: StreamFormat = EVENT_STREAM) -> None:
        until, timeout = options.until, options.timeout
        self.parser: Parser[Any] = _UNREAD
        self.place = options.last_event_id
        self.last: Event | None = None
        self.watched = self.attentive = callable(until) or options.checkpoint is not None
        self.progressed = False
        self.events = self.bytes = 0
        self.last_event_at: float | None = None
        self._options = options
        self._format = stream_format
        self._until = until if isinstance(until, str) else None
        self._is_last = until if callable(until) else None
        self._include_last = options.include_last
        self._counts = stream_format.counts if timeout.first is not None or timeout.event is not None else None
        self._checkpoint = options.checkpoint
        self._saved: str | None = None
        self._batch: Sequence[Event] = ()
        self._cursor = EXHAUSTED
        self._lean = False  # fast path: events are counted, and only their IDs are examined
        self._before = 0  # events of earlier connections
        self._comments = 0  # comments of earlier connections
        self._reconnection_time: int | None = None  # as set by earlier connections

    @property
    def last_event_id(self) -> str:
        """The last event ID of the last event that was yielded; events that are parsed but buffered do not count."""
        yielded = len(self._batch) - length_hint(self._cursor)
        for event in reversed(self._batch[:yielded]):
            if isinstance(event, Event):
                return event.id
        return self.place

    @property
    def reconnection_time(self) -> int | None:
        """Milliseconds that the server asked for with `retry`; None if it did not."""
        current = self.parser.reconnection_time
        return self._reconnection_time if current is None else current

    @property
    def comments(self) -> int:
        """Comment lines received, over all connections."""
        return self._comments + self.parser.comment_count

    @property
    def received(self) -> int:
        """The number of events received on this connection."""
        return self.events - self._before

    def begin(self) -> None:
        """Prepare for a connection: the first one resumes at the checkpoint's ID, unless the caller passed another one.

        Raises:
            TypeError: the checkpoint did not return a string.
            ValueError: the checkpoint returned a string that is not a valid last event ID.
        """
        if self.parser is not _UNREAD:
            self._settle()
            self._comments = self.comments
            self._reconnection_time = self.reconnection_time
        elif self._checkpoint is not None and not self.place:
            self._saved = self.place = check_last_event_id(self._checkpoint.load())
        options = self._options
        self.parser = self._format.parser(
            last_event_id=self.place, comments=options.comments, max_event_size=options.max_event_size
        )
        self.attentive = self.watched
        self._lean = not (self.watched or options.comments) and self._counts is None
        self._before = self.events

    def feed(self, data: bytes) -> Iterator[Event]:
        """Parse bytes of the body; return an iterator of the events that they complete, up to the one `until` names.

        Raises:
            EventTooLarge: a block is longer than `max_event_size`.
        """
        parser = self.parser
        before = parser.last_event_id
        events = parser.feed(data)
        self.bytes += len(data)
        # A live stream brings one event per read; without this branch, each event costs 0.3 µs more.
        if (
            self._lean
            and len(events) == 1
            and events[0].data != self._until
            and events[0].id == parser.last_event_id
            and not parser.failed
        ):
            self.events += 1
            self.last_event_at = time.time()
            self.progressed = True
            self.attentive = False
            self._batch = events
            self._cursor = iter(events)
            return self._cursor
        return self._account(events, before)

    def _account(self, events: list[Event], before: str) -> Iterator[Event]:
        """Count `events`, and return an iterator of those to yield; `before` is the last event ID before them."""
        parser, counts = self.parser, self._counts
        comments = self._options.comments
        count = sum(isinstance(event, Event) for event in events) if comments else len(events)
        self.progressed = bool(count)
        if count:
            self.events += count
            self.last_event_at = time.time()
            if counts is not None:
                self.progressed = any(type(event) is Event and counts(event) for event in events)
        # A block without data sets the last event ID too. It counts only once the consumer asks for the next event.
        trailing = not events or type(events[-1]) is not Event or events[-1].id != parser.last_event_id
        self.place = before if events else parser.last_event_id
        if self._until is not None:
            events = self._up_to_last(events)
        self._batch = events
        self._cursor = iter(events)
        self.attentive = self.watched or parser.failed or trailing or self.last is not None
        return self._watch(self._cursor) if self.watched else self._cursor

    def consumed(self) -> EventTooLarge | None:
        """Record that the consumer has handled all events of the last `feed`.

        Returns an error if the block after those events is too large, else None.
        """
        self._settle()
        if self.last is None and self.parser.failed:
            try:
                self.parser.feed(b"")
            except EventTooLarge as error:
                return error
        return None

    def _settle(self) -> None:
        """Advance the place to the parser's last event ID, once all parsed events have been handled, and save it."""
        self._batch = ()
        self._cursor = EXHAUSTED
        # The parser's ID, not the last event's, because a block without data sets it, too.
        self.place = self.parser.last_event_id if self.last is None else self.last.id
        # Before anything has arrived, the last event ID is the caller's own, and nothing has been handled.
        if self._checkpoint is not None and (self.events or self.place != self._options.last_event_id):
            self._save(self.place)

    def _up_to_last(self, events: list[Event]) -> list[Event]:
        """Return the events before the one that a string `until` names, and that one if it is to be included."""
        until = self._until
        for number, event in enumerate(events):
            if type(event) is Event and event.data == until:
                self.last = event
                return events[: number + self._include_last]
        return events

    def _watch(self, events: Iterator[Event]) -> Iterator[Event]:
        """Yield events up to the last one; save the ID of each when the consumer asks for the next one."""
        for event in events:
            if type(event) is not Event:
                yield event
                continue
            if self._is_last is not None and self._is_last(event):
                self.last = event
                if self._include_last:
                    yield event
                return
            yield event
            self._save(event.id)

    def _save(self, last_event_id: str) -> None:
        if self._checkpoint is not None and last_event_id != self._saved:
            self._checkpoint.save(last_event_id)
            self._saved = last_event_id
