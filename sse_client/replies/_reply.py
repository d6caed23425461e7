"""Turns events into the values of a reply, for both clients, and decides how the reply ended.

The loop that turns events into items is written once, as coroutines. The blocking client runs it with `run_sync`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from sse_client.errors import ConnectionFailed, ContentTypeError, SSEError, StatusError, StreamTruncated
from sse_client.extension import buffered_events, undispatched_events
from sse_client.replies.parsing import complete_events

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

    from sse_client.aio import AsyncEventStream
    from sse_client.event_stream import EventStream
    from sse_client.events import Event
    from sse_client.observer import Reason

__all__ = ["Attempts", "Reader", "Reply"]

_Item = TypeVar("_Item")
_ItemOut = TypeVar("_ItemOut", covariant=True)
_Events = TypeVar("_Events", bound="EventStream | AsyncEventStream")


class Reader(Protocol[_ItemOut]):
    """Turns the events of one response into values, and decides how the stream ended. Does no I/O.

    Attributes:
        outcome: how the stream ended; None while it may continue. The stream is closed after the event that sets it.
    """

    outcome: Literal["complete", "truncated", "error"] | None

    @property
    def empty(self) -> bool:
        """Whether no part of a reply has arrived."""
        ...

    @property
    def partial(self) -> Any:
        """Everything that has arrived, for an error's `partial`."""
        ...

    def feed(self, event: Event) -> Sequence[_ItemOut]:
        """Return the values of an event; none after the outcome is known."""
        ...

    def conclude(self, events: list[Event], stray: str = "") -> Iterator[_ItemOut]:
        """Yield the values of the last `events`, whose blank line is missing; raise if the reply is not complete.

        Args:
            events: those of the last events that look complete.
            stray: text that does not belong to any event.
        """
        ...

    def finish(self, stray: str = "") -> Sequence[_ItemOut]:
        """Return the remaining values after the event that the stream's `until` names.

        Args:
            stray: as in `conclude`, if no part of a reply has arrived.
        """
        ...

    def whole(self, body: str, status: int = 200) -> Sequence[_ItemOut]:
        """Return the values of a response that is a complete answer instead of a stream; raise if it is neither.

        Args:
            body: the body's text.
            status: the response's status.
        """
        ...


class Attempts(Protocol):
    """The attempts of one call: what they share, and the reader of the last one.

    It is an object of its own, because the stream's callbacks refer to it. As a part of the reply, which holds the
    stream, it would make a reference cycle.
    """

    reader: Any

    def rules(self) -> Mapping[str, Any]:
        """Return the stream's options that decide when it ends, and when it is requested again."""
        ...


class Reply(ABC, Generic[_Events, _Item]):
    """A reply without its input and output, which `BlockingReply` and `AsyncReply` add.

    A vendor's subclass says what a refused response means (`_error_of`); it may also say which of the last events are
    complete (`_complete`).

    Args:
        open_events: opens the event stream, given the options that decide when it ends and when it is retried.
        attempts: the attempts of this call, with the reader of the last one.

    Attributes:
        events: the underlying event stream.
    """

    def __init__(self, open_events: Callable[[Mapping[str, Any]], _Events], attempts: Attempts) -> None:
        self._attempts = attempts
        self._batch: Iterator[_Item] = iter(())
        self._over = False  # whether nothing more is read: the current batch is the last one
        self._cancelled = False
        self._failed = False
        self.events = open_events(attempts.rules())

    def __repr__(self) -> str:
        outcome = "" if self.outcome is None else f", {self.outcome}"
        return f"<{type(self).__name__} of {self.events!r}{outcome}>"

    @property
    def _reader(self) -> Reader[_Item]:
        reader: Reader[_Item] = self._attempts.reader
        return reader

    @property
    def outcome(self) -> Literal["complete", "truncated", "error", "cancelled"] | None:
        """How the reply ended; None while it runs.

        `complete`: it had everything that the vendor's protocol requires; `truncated`: the connection ended or failed
        before that; `error`: the server reported an error, or there was a failure before anything arrived; `cancelled`:
        the caller closed it.
        """
        if self._reader.outcome is not None:
            return self._reader.outcome
        if self._failed:
            return "error" if self._reader.empty else "truncated"
        return "cancelled" if self._cancelled else None

    # What a vendor's subclass defines, or may define otherwise.

    @abstractmethod
    def _error_of(self, body: str, status: int) -> SSEError:
        """Return the error that the text of a refused response reports."""

    def _complete(self, events: list[Event]) -> list[Event]:
        """Return the complete ones among the last events, whose blank line is missing; see `complete_events`."""
        return complete_events(events)

    # Input and output, which a subclass adds.

    @abstractmethod
    def _enter(self) -> Awaitable[object]:
        """Connect the stream of events."""

    @abstractmethod
    def _event(self) -> Awaitable[Event | None]:
        """Return the next event, waiting for it; None at the end of the stream."""

    @abstractmethod
    async def _conclude(self, reason: Reason) -> None:
        """Close the stream of events, for `reason`."""

    # The loop.

    async def _connect(self) -> None:
        try:
            await self._enter()
        except SSEError as error:
            self._over = True
            # The body may be a complete answer. If it is not, the error is raised at once.
            self._batch = iter(self._refused(error))

    async def _next(self) -> _Item | None:
        """Read until there is an item, and return it; None at the end of the reply."""
        while not self._over:
            if self._attempts.reader.outcome is not None:
                self._over = True
                await self._conclude("until")
                break
            try:
                event = await self._event()
            except SSEError as error:
                self._over = True
                self._batch = iter(self._broken(error))
            else:
                if event is None:
                    self._over = True
                    self._batch = iter(self._ended())
                else:
                    feed = self._attempts.reader.feed
                    # The other events of the same read are fed later, one at a time.
                    self._batch = chain(feed(event), chain.from_iterable(map(feed, buffered_events(self.events))))
            for item in self._batch:
                if self._cancelled:
                    self._batch = iter(())  # closed in the meantime by another thread
                    break
                return item
        return None

    def _leave(self) -> None:
        """Drop the pending items, too: one event may give several."""
        self._cancelled = self._over = True
        self._batch = iter(())

    async def _fail(self, error: BaseException) -> None:
        """Close the stream if `error`, which the loop has raised, ends the reply."""
        if not isinstance(error, Exception):
            self._cancelled = True
            await self._conclude("closed")
        elif self._reader.outcome is not None:
            self._over = True
            await self._conclude("closed")
        else:
            # If the stream is not closed, the error means that another thread or task is reading it; that reader
            # continues.
            self._failed = self.events.state == "closed"

    def _refused(self, error: SSEError) -> Iterable[_Item]:
        """Return the items of a response that is not a stream.

        Raises:
            SSEError: the response is not a complete answer either, or `error` is of another kind.
        """
        if isinstance(error, StatusError):
            raise self._error_of(body_text(error.body), error.status) from error
        if not isinstance(error, ContentTypeError):
            error.partial = self._reader.partial
            raise error
        try:
            return self._reader.whole(body_text(error.body), error.status)
        except SSEError as reported:
            raise reported from error

    def _broken(self, error: SSEError) -> Iterable[_Item]:
        """Return the remaining items after `error` has ended the stream.

        Raises:
            SSEError: when called, or after the last item: the reply is not complete.
        """
        if not isinstance(error, ConnectionFailed):
            return self._refused(error)
        # The body ended, broke off or fell silent. The reply may be complete nevertheless.
        if self._reader.empty and not isinstance(error, StreamTruncated):
            raise error
        return self._rest(error)

    def _rest(self, error: SSEError) -> Iterator[_Item]:
        try:
            yield from self._reader.conclude(*self._undispatched())
        except StreamTruncated as truncated:
            raise truncated from error

    def _ended(self) -> Iterable[_Item]:
        """Return the remaining items after the stream has ended without an error.

        Raises:
            StreamTruncated: after the last item: the reply is not complete.
        """
        if self.events.reason == "until":
            # Lines that do not belong to an event stream matter only if nothing else has arrived.
            reader: Reader[_Item] = self._attempts.reader
            return reader.finish(self._undispatched()[1] if reader.empty else "")
        if self.events.reason in {"end", "no content"}:
            return self._reader.conclude(*self._undispatched())
        self._cancelled = True
        return ()

    def _undispatched(self) -> tuple[list[Event], str]:
        """Return the complete events that the body left undispatched, and the lines that belong to no event stream."""
        events = self._complete(undispatched_events(self.events, _may_be_complete))
        return events, self.events.tail.strip()


def body_text(body: bytes) -> str:
    """Return the text of a response's body."""
    return body.decode(errors="replace").removeprefix("\ufeff")


def _may_be_complete(end: bytes) -> bool:
    """Return whether an event's data may be complete JSON, judging by its last bytes."""
    return end.rstrip().endswith((b"}", b"]"))
