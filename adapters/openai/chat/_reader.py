"""Turns events into deltas and decides how the stream ended: every rule of a chat stream, without I/O.

For each connection, call `feed(event)` for each event, which returns deltas, and then `end(tail)`, which returns the
last deltas or raises.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import msgspec

from sse_client.adapters.openai._shared.shown_text import quoted
from sse_client.adapters.openai.chat._chunk import decode
from sse_client.adapters.openai.chat._completion_accumulator import CompletionAccumulator
from sse_client.adapters.openai.errors import ChatError
from sse_client.errors import StreamTruncated
from sse_client.events import Comment, Event
from sse_client.replies.json_values import is_mapping, mapping
from sse_client.replies.markers import inner_events, is_comment, is_done, is_heartbeat, without_done
from sse_client.replies.parsing import undispatched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sse_client.adapters.openai.chat._chunk_halves import ChunkHalves
    from sse_client.adapters.openai.chat._usage_chunk import UsageChunk
    from sse_client.adapters.openai.completion import Completion
    from sse_client.adapters.openai.delta import ChatDelta

__all__ = ["ChatReader"]

_LISTED = 10  # the most choices that an error message names


class ChatReader:
    """Turns the events of one chat stream into deltas, and accumulates them into a completion.

    Args:
        choices: the number of choices that were requested (`n`); None: unknown.

    Attributes:
        outcome: how the stream ended; None while it runs. Events that are fed afterwards are ignored.
    """

    __slots__ = ("_accumulator", "_foreign", "_halves", "_several", "outcome")

    def __init__(self, choices: int | None = None) -> None:
        self.outcome: Literal["complete", "truncated", "error"] | None = None
        self._accumulator = CompletionAccumulator(choices)
        self._several = choices != 1
        self._halves: ChunkHalves | None = None  # made for the first irregular chunk
        self._foreign = ""

    @property
    def done(self) -> bool:
        """Whether the stream has ended."""
        return self.outcome is not None

    @property
    def empty(self) -> bool:
        """Whether nothing that gave a delta has arrived yet."""
        return self._accumulator.empty

    @property
    def finished(self) -> bool:
        """Whether as many choices arrived as were requested, and all have a finish reason."""
        return self._accumulator.finished

    @property
    def completion(self) -> Completion:
        """The completion so far; also available after an error."""
        return self._accumulator.completion()

    @property
    def partial(self) -> Completion | None:
        """Everything that has arrived, for an error's `partial`; None if nothing has."""
        return None if self.empty else self.completion

    def feed(self, event: Event | Comment) -> Sequence[ChatDelta]:
        """Return the deltas of `event`.

        Raises:
            ChatError: the event reports an error, or its data is not JSON.
        """
        # Not isinstance(), which takes 0.1 µs with the metaclass of msgspec's structs.
        if type(event) is Comment or self.outcome is not None:
            return ()
        if event.event == "error":
            return self._feed_irregular(event)
        try:
            chunk = decode(event.data)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            pass
        else:
            # Choices that all have the index 0 may have none, which decoding does not distinguish.
            if not self._several or len(chunk.choices) < 2 or any(choice.index for choice in chunk.choices):
                return self._accumulator.add(chunk, event.data)
        return self._feed_irregular(event)

    def end(self, tail: str = "") -> Iterator[ChatDelta]:
        """Yield the deltas of a parser's `tail` after the end of the body, then conclude; see `conclude`."""
        events, stray = undispatched(tail)
        del tail  # otherwise a delta of its size would take twice the memory
        yield from self.conclude(events, stray)

    def conclude(self, events: list[Event], stray: str = "") -> Iterator[ChatDelta]:
        """Yield the deltas of events that the body left undispatched, then decide how the stream ended.

        Args:
            events: events that are complete except for their blank line, which servers forget.
            stray: the lines that do not belong to an event stream. If nothing else has arrived, they may be a whole
                completion that was sent as an event stream, perhaps with `[DONE]` after it.

        Raises:
            ChatError: as in `feed`.
            StreamTruncated: there was no `[DONE]`, and not every choice has finished.
        """
        if self.empty and stray.startswith(("{", "[", "<")):
            yield from self.whole(stray)
            return
        while events:
            yield from self.feed(events.pop(0))
        if self.outcome is not None:
            return
        if self.finished:
            yield from self._complete()
            return
        self._foreign = self._foreign or stray
        raise self._truncated(self._cut())

    def finish(self, stray: str = "") -> Sequence[ChatDelta]:
        """Accept `[DONE]`; return the deltas of a whole completion before it, with `stray` as in `conclude`.

        Raises:
            ChatError: nothing else arrived; or a choice ended with an error.
            StreamTruncated: the server reports that it has broken a choice off.
        """
        if stray and self.empty:
            return self.whole(stray)
        return self._complete() if self.outcome is None else ()

    def whole(self, body: str, status: int = 200) -> Sequence[ChatDelta]:
        """Return the deltas of a response that is a whole completion instead of a stream.

        Raises:
            ChatError: the response is not a completion; the error quotes its body.
        """
        body = without_done(body)
        if not _is_completion(body):
            from sse_client.adapters.openai._shared.error_shapes import body_error  # loaded with the first error

            raise self._failed(body_error(body, status))
        deltas = self.feed(Event(body))
        return [*deltas, *self._complete()]

    def _feed_irregular(self, event: Event, *, inner: bool = False) -> Sequence[ChatDelta]:
        raw = event.data
        if self.outcome is not None:
            return ()
        if is_done(raw):
            return self._complete()
        reports = event.event == "error"
        if not reports and (chunk := _usage_alone(raw)) is not None:
            return self._accumulator.add(chunk, raw)
        if not reports and (is_heartbeat(event) or is_comment(raw)):
            return ()
        try:
            payload: object = json.loads(raw)
        except (ValueError, RecursionError) as cause:
            if not inner and (events := inner_events(event)):
                return [delta for each in events for delta in self._feed_irregular(each, inner=True)]
            if not reports:
                raise self._unexpected("a chunk in JSON", raw) from cause
            payload = raw
        if payload == {} and not reports:  # without this shortcut, 1 MiB of them takes more than a second
            self._foreign = self._foreign or raw
            return ()
        from sse_client.adapters.openai._shared.error_shapes import error_in, reported  # like `_irregular_chunk`

        try:
            deltas = self._add_irregular(payload, raw)
            error = error_in(payload, raw) or (reported(payload, raw) if reports else None)
        except RecursionError as cause:
            raise self._unexpected("a chunk that is not nested so deep", raw) from cause
        if error is not None:
            raise self._failed(error)
        if payload is not None and not is_mapping(payload):
            raise self._unexpected("a chunk, an object", raw)
        return deltas

    def _add_irregular(self, payload: object, raw: str) -> Sequence[ChatDelta]:
        if not is_mapping(payload):
            return ()
        # Imported with the first irregular chunk, which most servers never send.
        from sse_client.adapters.openai.chat import _irregular_chunk
        from sse_client.adapters.openai.chat._chunk_halves import ChunkHalves

        deltas: Sequence[ChatDelta] = ()
        if _irregular_chunk.is_chunk(payload):
            chunk, complete = _irregular_chunk.parts(payload)
            if self._halves is None:
                self._halves = ChunkHalves()
            self._halves.mend(chunk.choices)
            self._halves.mend(complete)
            deltas = self._accumulator.add_irregular(chunk, complete, raw)
        if not deltas:
            self._foreign = self._foreign or raw
        return deltas

    def _complete(self) -> Sequence[ChatDelta]:
        accumulator = self._accumulator
        if not accumulator.sound:
            self._check_ends(accumulator)
        self.outcome = "complete"
        return accumulator.release()

    def _check_ends(self, accumulator: CompletionAccumulator) -> None:
        """Refuse a completion that the server reports as failed or broken off, or in which no choice has begun."""
        if accumulator.failed:
            message = f"choice {accumulator.failed[0]} ended with the finish reason 'error'"
            raise self._failed(ChatError(message, code="error"))
        if accumulator.silent:
            # vLLM sends this if it fails before the first token.
            raise self._unexpected("a choice before [DONE]", self._foreign)
        if accumulator.broken_off is not None:
            index, reason = accumulator.broken_off
            raise self._truncated(f"the server broke choice {index} off, with the finish reason {reason!r}")

    def _cut(self) -> str:
        if self._accumulator.empty:
            came = f"; what came was {quoted(self._foreign)}" if self._foreign else ""
            return f"the stream ended before its first chunk{came}"
        unfinished = self._accumulator.unfinished
        choices = ", ".join(map(str, unfinished[:_LISTED])) + ", ..." * (len(unfinished) > _LISTED)
        return f"the stream ended without [DONE], and without a finish reason of choice {choices}"

    def _truncated(self, message: str) -> StreamTruncated:
        self.outcome = "truncated"
        return StreamTruncated(message, partial=self.completion)

    def _unexpected(self, expected: str, raw: str) -> ChatError:
        return self._failed(ChatError(f"expected {expected}, got {quoted(raw) if raw else 'none'}", raw=raw))

    def _failed(self, error: ChatError) -> ChatError:
        self.outcome = "error"
        error.partial = self.completion
        return error


def _usage_alone(raw: str) -> UsageChunk | None:
    from sse_client.adapters.openai.chat._usage_chunk import decode_usage  # at the end of a reply, if at all

    try:
        chunk = decode_usage(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return chunk if chunk.usage is not None else None


def _is_completion(text: str) -> bool:
    try:
        payload: object = json.loads(text)
    except (ValueError, RecursionError):
        return False
    from sse_client.adapters.openai._shared.error_shapes import error_in  # a reply is seldom a whole completion

    return bool(mapping(payload).get("choices")) and error_in(payload, text) is None
