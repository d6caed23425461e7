"""The parts of a reader that do not depend on the API, if its events are JSON objects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from sse_client.errors import StreamTruncated
from sse_client.extension import shown
from sse_client.replies.markers import inner_events, is_comment, is_done, is_heartbeat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sse_client.errors import SSEError
    from sse_client.events import Event

__all__ = ["JSONReader"]

_SHOWN = 80  # characters of a foreign payload that an error shows

_Item = TypeVar("_Item")


class JSONReader(ABC, Generic[_Item]):
    """A base of a `Reader` whose events are JSON objects. It does no I/O.

    A subclass defines `feed`, `whole`, `empty` and `partial` of `Reader`, and `_stop` and `_failed`. Its `feed` passes
    events whose data is not an object to `_unstructured`, and calls `_ignored` for those that it does not know. It sets
    the outcome by `_end`: to type checkers, an assignment would declare another attribute, a str.
    """

    def __init__(self) -> None:
        self.outcome: Literal["complete", "truncated", "error"] | None = None
        self._foreign = ""  # the first payload that does not belong to the API

    @property
    @abstractmethod
    def empty(self) -> bool:
        """Whether no part of a reply has arrived."""

    @abstractmethod
    def feed(self, event: Event, *, inner: bool = False) -> Sequence[_Item]:
        """Return the values of an event; none after the outcome is known.

        Args:
            event: an event.
            inner: whether it is one of the `inner_events` of another.
        """

    @abstractmethod
    def whole(self, body: str, status: int = 200) -> Sequence[_Item]:
        """Return the values of a complete reply that was sent instead of a stream; see `Reader.whole`."""

    @abstractmethod
    def _stop(self) -> None:
        """Set the outcome of a stream that has ended before the event that completes a reply, or raise its error."""

    @abstractmethod
    def _failed(self, raw: str, status: int | None = None) -> SSEError:
        """Set the outcome to `error`, and return the error that `raw`, a payload or a body, reports."""

    def conclude(self, events: list[Event], stray: str = "") -> Iterator[_Item]:
        """Yield the values of the last `events`; if nothing else has arrived, `stray` may be a complete reply.

        Raises:
            SSEError: as `feed`, `whole` and `_stop` raise it.
        """
        if self.empty and stray.startswith(("{", "[", "<")):
            yield from self.whole(stray)
            return
        for event in events:
            yield from self.feed(event)
        if self.outcome is None:
            self._ignored(stray)
            self._stop()

    def finish(self, stray: str = "") -> Sequence[_Item]:  # noqa: ARG002
        """Accept the end of the reply, which the stream's `until` has found."""
        self._end("complete")
        return ()

    def _end(self, outcome: Literal["complete", "truncated", "error"]) -> None:
        """Set how the stream ended; no further event is read."""
        self.outcome = outcome

    def _ignored(self, raw: str) -> None:
        """Remember a payload that does not belong to the API, for the error if nothing else arrives."""
        self._foreign = self._foreign or raw

    def _truncated(self, message: str, partial: Any) -> StreamTruncated:
        """Set the outcome to `truncated`, and return the error, which shows what came if it was no reply."""
        self._end("truncated")
        came = f"; what came was {shown(self._foreign, _SHOWN)}" if self.empty and self._foreign else ""
        return StreamTruncated(message + came, partial=partial)

    def _unstructured(self, event: Event, *, inner: bool) -> Sequence[_Item]:
        """Return the values of an event whose data is not a JSON object; `inner` is as for `feed`.

        It is `[DONE]`, a comment or a heartbeat of a gateway, or several events in one, which `inner_events` separates.

        Raises:
            SSEError: it is something else, as `_failed` returns it; or what `feed` and `_stop` raise.
        """
        raw = event.data
        if event.event != "error" and is_done(raw):
            if not self.empty:  # otherwise the stray lines before it may be a complete reply
                self._stop()
            return ()
        if event.event != "error" and (is_comment(raw) or is_heartbeat(event) or raw.strip() == "null"):
            return ()
        if not inner and (events := inner_events(event)):
            return [value for each in events for value in self.feed(each, inner=True)]
        raise self._failed(raw)
