"""The source of a relay's events: a stream over HTTP, a function of the last event ID, or any iterable."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast
from urllib.parse import urlsplit

from msgspec.structs import replace

from sse_client import Client, Comment, Event, EventStream, Opened
from sse_client.relay._redis.scalar_text import scalar_text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Items", "Source", "source_of"]

Items: TypeAlias = "Iterable[Event] | Iterable[Event | Comment]"
Observer: TypeAlias = Callable[[Any], object]

_log = logging.getLogger("sse_client.relay")


class Source(Protocol):
    """A source that can be read from a given place."""

    description: str

    def open(self, place: str, connected: Callable[[], None]) -> Iterator[Event | Comment]:
        """Return the events after the one with the ID `place`.

        Args:
            place: the last event ID in Redis; empty to start where the source does.
            connected: called before the first event of each connection.
        """
        ...

    def wake(self) -> None:
        """End the iteration from another thread, if possible."""
        ...

    def put_back(self, events: Sequence[Event]) -> None:
        """Keep events that were read but not written, if the source cannot be read again."""
        ...

    def close(self) -> None:
        """Close the connections or the iterator of the source."""
        ...


def source_of(source: object, url: str | None, client: Client | None, options: Mapping[str, Any]) -> Source:
    """Return the source for the arguments of `Relay.run`.

    Raises:
        TypeError: the arguments describe no source.
    """
    if isinstance(source, str):
        if url is None:
            raise TypeError("expected a method and a URL, or events; got one str")
        return _Http(source, url, client, options)
    if url is not None or client is not None or options:
        raise TypeError("a URL, a client and options go with an HTTP method, not with events")
    if isinstance(source, Sequence):
        return _Replayed(cast("Sequence[Event]", source))
    if isinstance(source, Iterable):
        return _Iterated(cast("Iterable[Event]", source))
    if callable(source):
        return _Function(cast("Callable[[str], Items]", source))
    raise TypeError(f"expected events, or a function that returns some, not {type(source).__name__}")


class _Http:
    """A stream of a `Client`, resumed by its last event ID."""

    def __init__(self, method: str, url: str, client: Client | None, options: Mapping[str, Any]) -> None:
        if "checkpoint" in options:
            raise TypeError("a relay's place is in Redis: leave checkpoint out")
        parts = urlsplit(url)
        # Neither credentials nor the query: this is logged, and written to Redis.
        self.description = f"{method.upper()} {parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self._own = client is None
        self._client = Client() if client is None else client
        self._method = method
        self._url = url
        self._options = dict(options)
        self._observer: Observer | None = self._options.pop("observer", None)
        self._stream: EventStream | None = None
        # Mistakes in the options are raised here, before any lease is taken.
        with closing(self._client.stream(method, url, **self._options)) as stream:
            # The last event ID at which the options, or those of the client, let the stream begin; a `Last-Event-ID`
            # header counts.
            self._start = stream.last_event_id
        self._options.pop("last_event_id", None)
        if headers := self._options.get("headers"):
            self._options["headers"] = {name: headers[name] for name in headers if name.lower() != "last-event-id"}

    def open(self, place: str, connected: Callable[[], None]) -> Iterator[Event | Comment]:
        def observe(report: object) -> None:
            if isinstance(report, Opened):
                connected()
            if self._observer is not None:
                self._observer(report)

        self._stream = self._client.stream(
            self._method, self._url, **self._options, observer=observe, last_event_id=place or self._start
        )
        return self._stream

    def wake(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def put_back(self, events: Sequence[Event]) -> None:
        """Drop the events: the server sends them again."""

    def close(self) -> None:
        self.wake()
        if self._own:
            self._client.close()


class _Iterated:
    """An iterable that is read once. Events that one term could not write come first in the next term."""

    def __init__(self, events: Iterable[Event]) -> None:
        self.description = f"the events of a {type(events).__name__}"
        self._events = iter(events)
        self._unwritten: list[Event] = []

    def open(self, place: str, connected: Callable[[], None]) -> Iterator[Event | Comment]:  # noqa: ARG002  (cannot seek)
        connected()
        first, self._unwritten = self._unwritten, []
        return map(_encodable, chain(first, self._events))

    def wake(self) -> None:
        """Do nothing: an iterable that blocks cannot be woken; the relay ends at its next event."""

    def put_back(self, events: Sequence[Event]) -> None:
        self._unwritten = list(events)

    def close(self) -> None:
        """Do nothing: the iterable belongs to the caller."""


class _Replayed(_Iterated):
    """A sequence, read from the event after the place; from its beginning if no event has that ID."""

    def __init__(self, events: Sequence[Event]) -> None:
        super().__init__(events)
        self._all = events

    def open(self, place: str, connected: Callable[[], None]) -> Iterator[Event | Comment]:
        connected()
        start = 0
        if place:
            found = (at for at in range(len(self._all) - 1, -1, -1) if scalar_text(self._all[at].id) == place)
            start = next(found, -1) + 1
        return map(_encodable, self._all[start:])

    def put_back(self, events: Sequence[Event]) -> None:
        """Drop the events: the sequence still has them."""


class _Function:
    """A function that takes the last event ID and returns the events after it."""

    def __init__(self, function: Callable[[str], Items]) -> None:
        self.description = f"the events of {getattr(function, '__qualname__', type(function).__name__)}"
        self._function = function
        self._events: Any = None

    def open(self, place: str, connected: Callable[[], None]) -> Iterator[Event | Comment]:
        connected()
        self._events = self._function(place)
        return map(_encodable, self._events)

    def wake(self) -> None:
        if isinstance(self._events, EventStream):
            self._events.close()

    def put_back(self, events: Sequence[Event]) -> None:
        """Drop the events: called again, the function returns them again."""

    def close(self) -> None:
        self.wake()


def _encodable(event: Event | Comment) -> Event | Comment:
    """Return an event of the caller's with lone surrogates replaced; the event itself if it has none.

    Raises:
        TypeError: its data, type or ID is not a str.
    """
    if not isinstance(event, Event):
        return event  # the relay refuses everything that is not a comment
    given = (event.data, event.event, event.id)
    for name, value in zip(("data", "event", "id"), given, strict=True):
        if not isinstance(value, str):
            raise TypeError(f"expected the {name} of an event to be a str, got {type(value).__name__}")
    data, kind, event_id = sent = tuple(map(scalar_text, given))
    if sent == given:
        return event
    _log.warning("the event %a holds half of a surrogate pair, which is written as U+FFFD", event.id)
    return replace(event, data=data, event=kind, id=event_id)
