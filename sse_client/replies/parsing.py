"""Parses the events of a reply, and the text that its connection leaves undispatched, tolerating servers' faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.events import Event
from sse_client.extension import ExtensibleParser, StreamFormat, looks_like_event_stream
from sse_client.parser import DEFAULT_MAX_EVENT_SIZE
from sse_client.replies.markers import inner_events, is_done, is_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["TolerantParser", "complete_events", "tolerant_format", "undispatched"]

_KEPT = 64 * 1024  # characters of stray lines that are kept; the line that exceeds this is kept whole
_SMALL = 64 * 1024  # characters; a longer tail is searched instead of parsed, which saves copies
_HEAD = 1024  # characters of a longer tail within which its data begins


class TolerantParser(ExtensibleParser):
    """A parser that turns a line `error: {...}` into an event of type `error`, and keeps stray lines.

    By the standard, a parser ignores unknown fields. Until September 2025, llama.cpp reported every error in such a
    field, so its clients saw a stream that ended for no reason.

    A line `data` after a byte order mark, which some writers put before each event, is an event, too; by the standard,
    only the one before the first event is removed.

    Stray lines are all other lines that do not belong to an event stream, such as those of an HTML page or of JSON that
    is sent as an event stream.
    """

    __slots__ = ("_strays", "_strays_size")

    def __init__(
        self,
        *,
        last_event_id: str = "",
        comments: bool = False,
        max_event_size: int | None = DEFAULT_MAX_EVENT_SIZE,
    ) -> None:
        super().__init__(last_event_id=last_event_id, comments=comments, max_event_size=max_event_size)
        self._strays: list[str] | None = None  # most streams have none
        self._strays_size = 0

    @property
    def stray(self) -> str:
        """The first of the stray lines, 64 K characters or a little more."""
        return "\n".join(self._strays or ())

    @property
    def tail(self) -> str:
        """The stray lines, and then the text that has not been dispatched."""
        return "\n".join(filter(None, (self.stray, super().tail)))

    def unknown_field(self, name: str, value: str, line: str) -> Event | None:
        """Return the event of an `error` field, or of `data` after a byte order mark; see `ExtensibleParser`.

        Any other line is kept.
        """
        if name == "error":
            return Event(value, "error")
        if name == "\ufeffdata":
            return Event(value)
        if self._strays_size < _KEPT:
            self._strays = self._strays or []
            self._strays.append(line)
            self._strays_size += len(line) + 1
        return None


def tolerant_format(counts: Callable[[Event], bool]) -> StreamFormat:
    """Return the format of streams that a `TolerantParser` reads, whatever their content type.

    Args:
        counts: returns whether an event is progress, as pings are not; see `StreamFormat`.
    """
    return StreamFormat(
        parser=TolerantParser,
        # Some servers send their stream as plain text, or without a content type; others as JSON or HTML, which is
        # their framework's default.
        media_types=frozenset({"text/event-stream", "text/plain", ""}),
        sniff=looks_like_event_stream,
        body_limit=16 * 1024 * 1024,  # a body that is not a stream may be a complete answer
        counts=counts,
        event_cost=900,  # up to 5 µs: JSON is decoded, and the answer is accumulated
    )


def complete_events(events: Iterable[Event]) -> list[Event]:
    """Return the complete ones among `events`, which a connection left undispatched.

    These are errors, `[DONE]`, and events whose data is a whole JSON object or array, or consists of complete events.
    """
    return [event for event in events if event.event == "error" or _is_complete(event) or _has_complete(event)]


def _is_complete(event: Event) -> bool:
    return is_done(event.data) or is_whole(event.data)


def _has_complete(event: Event) -> bool:
    events = inner_events(event)
    return bool(events) and all(map(_is_complete, events))


def undispatched(tail: str) -> tuple[list[Event], str]:
    """Return the complete events in a parser's `tail`, and the lines in it that do not belong to an event stream.

    The work and the memory are linear in `tail`. More than 64 K characters count as one event, or else as such lines.
    """
    if len(tail) > _SMALL:
        return _undispatched_at_length(tail)
    parser = TolerantParser(max_event_size=None)
    events = parser.feed(f"{tail}\n\n".encode(errors="replace"))
    return complete_events(events), parser.stray.strip()


def _undispatched_at_length(tail: str) -> tuple[list[Event], str]:
    if tail[:_HEAD].lstrip().startswith(("{", "[", "<")):
        return [], tail.strip()
    head, found, _ = f"\n{tail[:_HEAD]}".partition("\ndata:")
    # The last character nearly always shows whether JSON was cut off.
    if not found or not tail[-_HEAD:].rstrip().endswith(("}", "]")):
        return [], ""
    data = tail[len(head) + len("data:") :].replace("\ndata:", "\n")
    *before, last = TolerantParser().feed(f"{head}\ndata: \n\n".encode(errors="replace"))
    return complete_events([*before, Event(data, last.event)]), ""
