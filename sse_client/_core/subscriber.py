"""The part of a subscription that both clients share: a handler, and the events that are passed to it."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Generic, TypeVar

from sse_client._core.status import StreamStatus
from sse_client.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sse_client.events import Comment

__all__ = ["Subscriber"]

_log = logging.getLogger("sse_client")

_Events = TypeVar("_Events", bound=StreamStatus)


def _is_coroutine_function(handler: object) -> bool:
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(handler, "__call__", None))  # noqa: B004


def _no_handler(handler: object) -> TypeError:
    hint = ": pass its put" if hasattr(handler, "put") else ""
    return TypeError(f"handler: expected a callable, got {type(handler).__name__}{hint}")


class Subscriber(Generic[_Events]):
    """A handler of a stream's events.

    Attributes:
        stream: the stream that is being read; its `last_event_id`, `state` and `stats` may be read at any time.
        error: the error that ended the subscription, raised by the stream or by the handler; None if none did. It is
            also logged.

    Raises:
        TypeError: the handler cannot be called, or `events` is a single type instead of several.
    """

    _awaits = False  # whether a handler may be a coroutine function

    def __init__(
        self, stream: _Events, handler: Callable[[Event], object], events: Iterable[str] | None = None
    ) -> None:
        if not callable(handler):
            raise _no_handler(handler)
        if not self._awaits and _is_coroutine_function(handler):
            raise TypeError("handler: expected a function, got a coroutine function: its events would be lost")
        if isinstance(events, str):
            raise TypeError("events: expected an iterable of event types, got one str")
        self.stream = stream
        self.error: BaseException | None = None
        self._handler = handler
        self._types = None if events is None else frozenset(events)
        if other := {type(each).__name__ for each in self._types or ()} - {"str"}:
            raise TypeError(f"events: expected event types, each a str, got {min(other)}")

    def __repr__(self) -> str:
        failed = "" if self.error is None else f", failed with {type(self.error).__name__}"
        return f"<{type(self).__name__} of {self.stream!r}{failed}>"

    def _wants(self, event: Event | Comment) -> bool:
        # A comment has no type; comments arrive here only if the option `comments` is set.
        return self._types is None or type(event) is not Event or event.event in self._types

    def _failed(self, error: BaseException) -> None:
        self.error = error
        name = self.stream._loop.session.name  # noqa: SLF001  (of the same room)
        _log.error("subscription to %s ended: %r", name, error, extra={"sse_request": name, "sse_error": repr(error)})
