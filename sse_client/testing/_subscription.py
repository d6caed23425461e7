"""A subscription that is resumed from the last event ID (WHATWG HTML 9.2.3)."""

from __future__ import annotations

from itertools import count, islice
from typing import TYPE_CHECKING, Final

from sse_client.events import Event
from sse_client.testing._messages import LAST_CHUNK, chunk, head, reply
from sse_client.testing._steps import CLOSE, Pause, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sse_client.testing._received import Received


_DIGITS: Final = 18  # of a number of an event; Python converts no number of more than 4,300


class NumberedSubscription:
    """The route of `GET /events`; `Server` documents the arguments."""

    def __init__(
        self, events: int | Sequence[Event] | None, *, pace: float, retry: int | None, drop_after: int | None
    ) -> None:
        self._listed = (
            None
            if events is None or isinstance(events, int)
            else [
                event if event.id else Event(event.data, event.event, str(number), event.retry)
                for number, event in enumerate(events, 1)
            ]
        )
        self._limit = events if isinstance(events, int) else None
        self._pace = pace
        self._retry = retry
        self._drop_after = drop_after

    def __call__(self, request: Received) -> Iterator[Step]:
        events = self._after(request.headers.get("last-event-id", ""))
        first = next(events, None)
        if first is None:
            # "Clients will reconnect if the connection is closed; a client can be told to stop reconnecting
            # using the HTTP 204 No Content response code."
            yield from reply(204)
            return
        yield head()
        if self._retry is not None:
            yield chunk(b"retry: %d\n\n" % self._retry)
        yield chunk(first.encode())
        for number, event in enumerate(events, 1):
            if self._pace:
                yield Pause(self._pace)
            block = chunk(event.encode())
            if number == self._drop_after:
                yield block[: len(block) // 2]
                yield CLOSE  # no step after this one is run
            yield block
        yield LAST_CHUNK

    def _after(self, last_event_id: str) -> Iterator[Event]:
        """Return the events that follow the one with this id; all of them, if there is none."""
        if self._listed is not None:
            ids = [event.id for event in self._listed]
            return iter(self._listed[ids.index(last_event_id) + 1 if last_event_id in ids else 0 :])
        numeric = last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= _DIGITS
        start = int(last_event_id) if numeric else 0
        stop = None if self._limit is None else max(0, self._limit - start)
        return islice((Event(data=f"event {n}", id=str(n)) for n in count(start + 1)), stop)
