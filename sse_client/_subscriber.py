"""What a subscription is made of, whatever reads its stream: a handler, and which events it is called with."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Generic, TypeVar

from sse_client.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sse_client.events import Comment

__all__ = ["Subscriber"]

_log = logging.getLogger("sse_client")

_Events = TypeVar("_Events")


class Subscriber(Generic[_Events]):
    """A handler of a stream's events.

    Attributes:
        stream: the stream that is being read; its `last_event_id`, `state` and `stats` can be looked at.
        error: what ended it, if an error did: the stream's, or the handler's own. It is also logged.

    Raises:
        TypeError: the handler cannot be called, or `events` is one type, not several.
    """

    def __init__(
        self, stream: _Events, handler: Callable[[Event], object], events: Iterable[str] | None = None
    ) -> None:
        if not callable(handler):
            raise TypeError(f"handler: expected a callable, got {type(handler).__name__}")
        if isinstance(events, str):
            raise TypeError("events: expected an iterable of event types, got one str")
        self.stream = stream
        self.error: BaseException | None = None
        self._handler = handler
        self._types = None if events is None else frozenset(events)

    def __repr__(self) -> str:
        failed = "" if self.error is None else f", failed with {type(self.error).__name__}"
        return f"<{type(self).__name__} of {self.stream!r}{failed}>"

    def _wants(self, event: Event | Comment) -> bool:
        return self._types is None or (type(event) is Event and event.event in self._types)

    def _failed(self, error: BaseException) -> None:
        self.error = error
        _log.error("subscription ended: %r", error)
