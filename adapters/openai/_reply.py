"""A chat reply, whatever brings its events: what has come, and what the end of the stream means.

The loop from events to deltas is written once, as coroutines; see `sse_client._stream`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from sse_client.adapters.openai._error_shapes import body_error
from sse_client.errors import ConnectionFailed, ContentTypeError, SSEError, StatusError, StreamTruncated
from sse_client.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sse_client._stream import Stream
    from sse_client.adapters.openai._retries import Retries
    from sse_client.observer import Reason

__all__ = ["Reader", "Reply"]

_DONE = "[DONE]"

_Item = TypeVar("_Item")
_ItemOut = TypeVar("_ItemOut", covariant=True)
_Events = TypeVar("_Events", bound="Stream[Any, Any]")


class Reader(Protocol[_ItemOut]):
    """What makes items of events, and judges how they ended: `ChatReader` is one."""

    outcome: Literal["complete", "truncated", "error"] | None

    @property
    def empty(self) -> bool: ...

    @property
    def partial(self) -> Any: ...

    def feed(self, event: Event) -> Sequence[_ItemOut]: ...

    def feed_all(self, event: Event, rest: Iterator[Event]) -> Iterator[_ItemOut]: ...

    def end(self, tail: str = "") -> Iterator[_ItemOut]: ...

    def whole(self, body: bytes, status: int = 200) -> Sequence[_ItemOut]: ...


class Reply(ABC, Generic[_Events, _Item]):
    """A reply, less what waits.

    Args:
        open_events: makes the stream of events, given the options for when it ends, and when it is begun anew.
        retries: the tries, with the reader of the events.
    """

    def __init__(self, open_events: Callable[[Mapping[str, Any]], _Events], retries: Retries[Any]) -> None:
        self._retries = retries
        self._batch: Iterator[_Item] = iter(())
        self._over = False  # nothing will be read any more; the batch is the last
        self._cancelled = False
        self._failed = False
        self.events = open_events(retries.rules())

    def __repr__(self) -> str:
        outcome = "" if self.outcome is None else f", {self.outcome}"
        return f"<{type(self).__name__} of {self.events!r}{outcome}>"

    @property
    def _reader(self) -> Reader[_Item]:
        reader: Reader[_Item] = self._retries.reader
        return reader

    @property
    def outcome(self) -> Literal["complete", "truncated", "error", "cancelled"] | None:
        """How it ended; None while it runs.

        `complete`: with `[DONE]`, with every choice finished, or with a response's last event; `truncated`: before
        that, by the connection's end or any other failure; `error`: by an error of the server's, or by a failure
        before the first delta; `cancelled`: by its being closed.
        """
        if self._reader.outcome is not None:
            return self._reader.outcome
        if self._failed:
            return "error" if self._reader.empty else "truncated"
        return "cancelled" if self._cancelled else None

    # What a shell adds.

    @abstractmethod
    async def _enter(self) -> None:
        """Connect the stream of events."""

    @abstractmethod
    async def _event(self) -> Event | None:
        """Return the next event, waiting for it; None where there is no more."""

    @abstractmethod
    async def _conclude(self, reason: Reason) -> None:
        """Close the stream of events: it has brought all that was wanted, or nothing more is wanted."""

    # The loop.

    async def _connect(self) -> None:
        try:
            await self._enter()
        except SSEError as error:
            self._over = True
            # What came may be the whole completion; if it is not, the error is raised here and now.
            self._batch = iter(self._refused(error))

    async def _next(self) -> _Item | None:
        """Go on until there is a delta: of the stream, then of its end; None where there is no more."""
        while not self._over:
            if self._reader.outcome is not None:
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
                    # Events that came in the same read.
                    self._batch = self._reader.feed_all(event, self.events._batch)  # noqa: SLF001  (the adapters' way in)
            for item in self._batch:
                if self._cancelled:
                    self._batch = iter(())  # closed in the meantime, from another thread
                    break
                return item
        return None

    def _leave(self) -> None:
        """Have no more deltas: one event may give several, and those left of it go too."""
        self._cancelled = self._over = True
        self._batch = iter(())

    async def _fail(self, error: BaseException) -> None:
        """Close, if that is what the error means that has come out of the loop."""
        if not isinstance(error, Exception):
            self._cancelled = True
            await self._conclude("closed")
        elif self._reader.outcome is not None:
            self._over = True
            await self._conclude("closed")
        else:
            # Where it is not closed, this thread or task has only got in the way of another one, which goes on.
            self._failed = self.events.state == "closed"

    def _refused(self, error: SSEError) -> Iterable[_Item]:
        """Return the deltas of an answer that is no stream.

        Raises:
            SSEError: it is no completion either; or `error` is of another kind.
        """
        if isinstance(error, StatusError):
            raise body_error(error.body, error.status) from error
        if not isinstance(error, ContentTypeError):
            error.partial = self._reader.partial
            raise error
        try:
            return self._reader.whole(error.body, error.status)
        except SSEError as reported:
            raise reported from error

    def _broken(self, error: SSEError) -> Iterable[_Item]:
        """Return the deltas that are left when `error` has ended the stream.

        Raises:
            SSEError: when called, or behind the last delta: the reply is not whole.
        """
        if not isinstance(error, ConnectionFailed):
            return self._refused(error)
        # The body ended, or broke off, or nothing came any more. What had come may be all there is to come.
        if self._reader.empty and not isinstance(error, StreamTruncated):
            raise error
        return self._rest(error, self.events.tail)

    def _rest(self, error: SSEError, tail: str) -> Iterator[_Item]:
        try:
            yield from self._reader.end(tail)
        except StreamTruncated as truncated:
            raise truncated from error

    def _ended(self) -> Iterable[_Item]:
        """Return the deltas that are left when the stream is over.

        Raises:
            StreamTruncated: behind the last delta: the reply is not whole.
        """
        if self.events.reason == "until":
            return self._reader.feed(Event(_DONE))
        if self.events.reason == "no content":
            return self._reader.end()
        self._cancelled = True
        return ()
