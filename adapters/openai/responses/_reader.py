"""Turns events into typed ones and decides how the response ended: every rule of a response's stream, without I/O.

Call `feed(event)` for each event, which returns typed events, and then `end(tail)`, which returns the last events or
raises. If `resume` says that a lost connection can be resumed, call `resumed()`, and feed the next connection's events.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec.structs import replace

from sse_client.adapters.openai._shared.shown_text import quoted, shown
from sse_client.adapters.openai.errors import ChatError
from sse_client.adapters.openai.responses._complete_body import response_in, told
from sse_client.adapters.openai.responses._event_decoder import decode
from sse_client.adapters.openai.responses._irregular_event import Irregular, unexpected
from sse_client.adapters.openai.responses._response_accumulator import ResponseAccumulator
from sse_client.adapters.openai.responses._sequence_numbers import SequenceNumbers
from sse_client.adapters.openai.responses.events import ResponseLifecycleEvent, ResponseTextDeltaEvent
from sse_client.errors import StreamTruncated
from sse_client.events import Comment, Event
from sse_client.replies.markers import inner_events, is_done, without_done
from sse_client.replies.parsing import undispatched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sse_client.adapters.openai.responses.events import ResponseEvent
    from sse_client.adapters.openai.responses.response import Response

__all__ = ["ResponseReader"]


class ResponseReader:
    """Turns the events of one response, over all of its connections, into typed events, and accumulates the response.

    Args:
        background: whether the response is generated in the background, if the server does not say.

    Attributes:
        outcome: how the stream ended; None while it runs. Events that are fed afterwards are ignored. It is `complete`
            after `response.completed` and `response.incomplete`. The latter is not an error, just as a chat's finish
            reason `length` is none: the stream is complete, and `response.incomplete_details` says why the answer is
            not.
        unsent: the part of the answer's text in the last event that has not come in pieces, if that event is not a
            piece itself. Some servers send no pieces.
        late: the last piece that came after the whole text it belongs to; None if there was none.
    """

    __slots__ = ("_arrived", "_background", "_irregular", "_last", "_numbers", "late", "outcome", "unsent")

    def __init__(self, *, background: bool = False) -> None:
        self.outcome: Literal["complete", "truncated", "error"] | None = None
        self._arrived = ResponseAccumulator()
        self._background = background
        self._irregular = Irregular()
        self._last: ResponseEvent | None = None
        self._numbers = SequenceNumbers()
        self.unsent = ""
        self.late: ResponseTextDeltaEvent | None = None

    @property
    def done(self) -> bool:
        """Whether the stream has ended."""
        return self.outcome is not None

    @property
    def empty(self) -> bool:
        """Whether no event has been returned yet."""
        return self._last is None

    @property
    def skipped(self) -> int:
        """How many sequence numbers the server has left out; 0 unless events are missing."""
        return self._numbers.skipped

    @property
    def response(self) -> Response:
        """The response as the server last sent it; before its end, with the output that has arrived since."""
        return self._arrived.response

    @property
    def partial(self) -> Response | None:
        """Everything that has arrived, for an error's `partial`; None if nothing has."""
        return None if self.empty else self.response

    @property
    def resume(self) -> tuple[str, int] | None:
        """The response's ID, and the sequence number after which to resume; None if that is impossible.

        It is possible while the stream runs, if the response is generated in the background, and the server numbers its
        events in rising order.
        """
        snapshot, last = self._arrived.snapshot, self._numbers.last
        background = self._background if snapshot.background is None else snapshot.background
        if self.outcome is not None or not background or not snapshot.id or last is None:
            return None
        return snapshot.id, last

    def resumed(self) -> None:
        """Expect the events of another connection, which begin after the number in `resume`, or earlier.

        From now on, an event with an earlier sequence number is dropped, and a gap in the numbers is an error.
        """
        self._numbers.resumed()

    def feed(self, event: Event | Comment, *, inner: bool = False) -> Sequence[ResponseEvent]:
        """Return the typed event of `event`; none for a comment, a ping or a repeat.

        Args:
            event: an event or a comment.
            inner: whether it is one of the `inner_events` of another.

        Raises:
            ChatError: the response failed, the event reports an error or does not belong to this API, or events were
                lost between two connections.
            StreamTruncated: the event is `[DONE]`, but the response has not ended.
        """
        # Not isinstance(), which takes 0.1 µs with the metaclass of msgspec's structs.
        if type(event) is Comment or self.outcome is not None:
            if type(event) is Event and self.outcome == "error":
                self._follow_up(event)
            return ()
        try:
            made = decode(event)
        except (KeyError, msgspec.DecodeError, UnicodeError, RecursionError):
            made = None
        if made is None:
            # More than one cannot be returned at once, because `unsent` and `late` are those of the last event.
            if not inner and len(events := inner_events(event)) == 1:
                return self.feed(events[0], inner=True)
            made = self._meant(event)
            if made is None:
                return ()
        order, numbers = made.sequence_number, self._numbers
        if order == numbers.expected and order is not None:
            numbers.expected = order + 1
        elif order is not None and not self._is_new(order, event.data):
            return ()
        self._last = made
        if type(made) is ResponseTextDeltaEvent:
            if not self._arrived.output.add_text(made):
                self.late = made
        else:
            self.unsent = self._add(made)
        return (made,)

    def end(self, tail: str = "") -> Iterator[ResponseEvent]:
        """Yield the events of a parser's `tail` after the last connection has ended, then conclude; see `conclude`."""
        return self.conclude(*undispatched(tail))

    def conclude(self, events: list[Event], stray: str = "") -> Iterator[ResponseEvent]:
        """Yield the typed events that the body left undispatched, then decide how the stream ended.

        Args:
            events: events that are complete except for their blank line, which servers forget.
            stray: the lines that do not belong to an event stream. If nothing else has arrived, they may be a whole
                response that was sent as an event stream, perhaps with `[DONE]` after it.

        Raises:
            ChatError: as in `feed`.
            StreamTruncated: neither `response.completed` nor `response.incomplete` arrived.
        """
        if self.empty and stray.startswith(("{", "[", "<")):
            yield from self.whole(stray)
            return
        while events:
            yield from self.feed(events.pop(0))
        if self.outcome is None:
            raise self._cut("the stream ended")

    def finish(self, stray: str = "") -> Sequence[ResponseEvent]:
        """Accept `[DONE]`; return the events of a whole response before it, with `stray` as in `conclude`.

        Raises:
            ChatError: as in `whole`.
            StreamTruncated: the response has not ended.
        """
        if self.empty and stray:
            return self.whole(stray)
        return self.feed(Event("[DONE]"))

    def whole(self, body: str, status: int = 200) -> Sequence[ResponseEvent]:
        """Return events for an answer that is a whole response instead of a stream.

        The events are synthetic: a `response.output_text.delta` for the missing part of each text, and the event with
        which a stream would have ended. The `raw` of each is the body.

        Raises:
            ChatError: the answer is not a response, or the response failed or was cancelled (the error quotes the
                body), or its text contradicts what has arrived.
            StreamTruncated: the response has not ended yet.
        """
        body = without_done(body)
        try:
            response = response_in(body, status)
            if response.status in {"queued", "in_progress"}:
                self._arrived.go_on(response)
                self.outcome = "truncated"
                message = f"the server answered with a response that is {response.status}, and no stream"
                raise StreamTruncated(message, partial=self.response)
            response = replace(response, status=response.status or "completed")
            events = told(response, body, self.response)
            self._arrived.take(response, body)
        except ChatError as error:
            error.status = error.status or status
            self._failed(error)
            raise
        self.outcome, self.unsent = "complete", ""
        self._last = events[-1]
        return events

    def _follow_up(self, event: Event) -> None:
        """Copy the status and the error of a `response.failed` that arrives after an error."""
        if event.event in ("response.failed", "message"):
            with contextlib.suppress(KeyError, msgspec.DecodeError, UnicodeError, RecursionError):
                made = decode(event)
                if isinstance(made, ResponseLifecycleEvent) and made.type == "response.failed" and made.response.raw:
                    self._arrived.fail_as(made.response)

    def _meant(self, event: Event) -> ResponseEvent | None:
        """Return the typed event of an irregular one; None if it has none."""
        if is_done(event.data):
            # `[DONE]` is not part of this API, and here it came before the end of the response.
            if self.empty and self._irregular.foreign:
                raise self._failed(unexpected("events of the Responses API", self._irregular.foreign))
            raise self._cut("the stream ended with [DONE]")
        try:
            meant = self._irregular.meant(event)
        except ChatError as error:
            self._failed(error)
            raise
        except RecursionError as cause:
            raise self._failed(unexpected("an event that is not nested so deep", event.data)) from cause
        if isinstance(meant, ChatError):
            self._arrived.fail(meant)
            raise self._failed(meant)
        return meant

    def _is_new(self, order: int, raw: str) -> bool:
        try:
            return self._numbers.take(order)
        except ChatError as lost:
            lost.raw = raw
            self._failed(lost)
            raise

    def _add(self, event: ResponseEvent) -> str:
        try:
            unsent = self._arrived.add(event)
        except ChatError as error:
            self._failed(error)
            raise
        except RecursionError as cause:
            raise self._failed(unexpected("an event that is not nested so deep", event.raw)) from cause
        if self._arrived.over:
            self.outcome = "complete"
        return unsent

    def _cut(self, how: str) -> StreamTruncated:
        self.outcome = "truncated"
        last, foreign = self._last, self._irregular.foreign
        if last is not None:
            order = "" if last.sequence_number is None else f" ({last.sequence_number})"
            message = f"{how} without response.completed; the last event was {shown(last.type)}{order}"
        else:
            message = f"{how} before its first event"
            message += f"; what came was {quoted(foreign)}" if foreign else ""
        return StreamTruncated(message, partial=self.response)

    def _failed(self, error: ChatError) -> ChatError:
        self.outcome = "error"
        partial: Any = self.response
        error.partial = partial
        return error
