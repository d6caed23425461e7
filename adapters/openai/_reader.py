"""Events to deltas, and how the stream ended: every rule of a chat stream, without I/O.

The verbs of a connection: `feed(event) -> deltas ... -> end(tail) -> the last deltas, or raises`.
"""

from __future__ import annotations

import json
from itertools import chain
from typing import TYPE_CHECKING, Literal

import msgspec

from sse_client.adapters.openai import _irregular
from sse_client.adapters.openai._accumulator import Accumulator
from sse_client.adapters.openai._bursts import Bursts
from sse_client.adapters.openai._data import is_comment, is_done, is_whole
from sse_client.adapters.openai._error_shapes import body_error, error_in, reported
from sse_client.adapters.openai._json import is_mapping, mapping
from sse_client.adapters.openai._parser import ChatParser
from sse_client.adapters.openai._payload import decode
from sse_client.adapters.openai._surrogates import Halves
from sse_client.adapters.openai.errors import ChatError, shortened
from sse_client.errors import StreamTruncated
from sse_client.events import Comment, Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sse_client.adapters.openai.completion import Completion
    from sse_client.adapters.openai.delta import ChatDelta

__all__ = ["ChatReader"]


class ChatReader:
    """One chat stream: events in, deltas out, and what they add up to.

    Args:
        choices: how many were asked for, the request's `n`.

    Attributes:
        outcome: how the stream ended; None while it runs. Nothing that is fed afterwards is interpreted.
    """

    __slots__ = ("_accumulator", "_bursts", "_foreign", "_halves", "outcome")

    def __init__(self, choices: int = 1) -> None:
        self.outcome: Literal["complete", "truncated", "error"] | None = None
        self._accumulator = Accumulator(choices)
        self._bursts = Bursts()
        self._halves = Halves()
        self._foreign = ""

    @property
    def done(self) -> bool:
        """Whether the stream is over."""
        return self.outcome is not None

    @property
    def empty(self) -> bool:
        """Whether nothing has come yet that a delta was made of."""
        return self._accumulator.empty

    @property
    def finished(self) -> bool:
        """Whether every choice that came has a finish reason, and as many came as were asked for."""
        return self._accumulator.finished

    @property
    def completion(self) -> Completion:
        """What has arrived until now; after an error too."""
        return self._accumulator.completion()

    @property
    def partial(self) -> Completion | None:
        """What goes along with an error that is not about what came: all that has arrived; None where nothing has."""
        return None if self.empty else self.completion

    def feed(self, event: Event | Comment) -> Sequence[ChatDelta]:
        """Return the deltas of `event`.

        Raises:
            ChatError: the event reports an error, or its data is no JSON.
        """
        # isinstance() takes 0.1 us with the metaclass of msgspec's structs.
        if type(event) is Comment or self.outcome is not None:
            return ()
        if event.event == "error":
            return self._feed_irregular(event)
        try:
            chunk = decode(event.data)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return self._feed_irregular(event)
        return self._accumulator.add(chunk, event.data)

    def feed_all(self, event: Event, rest: Iterator[Event]) -> Iterator[ChatDelta]:
        """Return the deltas of `event`, and of those that came in the same read, each made when its turn comes.

        Raises:
            ChatError: as in `feed`; when called, or from the iterator.
        """
        deltas = self.feed(event)
        return chain(deltas, self._feed_alike(deltas, rest), chain.from_iterable(map(self.feed, rest)))

    def end(self, tail: str = "") -> Iterator[ChatDelta]:
        """Yield the deltas of `tail`, once the body has ended; then judge how it did.

        `tail` is what the parser has not dispatched. Servers forget the last blank line, so an event in there
        that is whole counts.

        Raises:
            ChatError: as in `feed`.
            StreamTruncated: there was no `[DONE]`, and not every choice has finished.
        """
        parser = ChatParser(max_event_size=None)
        for event in parser.feed(f"{tail}\n\n".encode()):
            if event.event == "error" or is_done(event.data) or is_whole(event.data):
                yield from self.feed(event)
        if self.outcome is not None:
            return
        if self.finished:
            self._complete()
            return
        stray = parser.stray.strip()
        if stray and self.empty:
            # An answer of another kind, whose content type said that it was a stream.
            if stray.startswith(("{", "[", "<")):
                yield from self.whole(stray.encode())
                return
            self._foreign = self._foreign or stray
        self.outcome = "truncated"
        raise StreamTruncated(self._cut(), partial=self.completion)

    def whole(self, body: bytes, status: int = 200) -> Sequence[ChatDelta]:
        """Return the deltas of a response that is no stream but, at best, a whole completion.

        Raises:
            ChatError: it is none; with what the body says.
        """
        text = body.decode(errors="replace").removeprefix("\ufeff")
        if not _is_completion(text):
            raise self._failed(body_error(body, status))
        deltas = self.feed(Event(text))
        self._complete()
        return deltas

    def _feed_alike(self, deltas: Sequence[ChatDelta], rest: Iterator[Event]) -> Iterable[ChatDelta]:
        """Return the deltas of the first of `rest` that differ from the event of `deltas` in a text alone."""
        texts = self._bursts.texts(deltas[0], rest) if len(deltas) == 1 and self.outcome is None else []
        return self._accumulator.repeat(deltas[0], texts, rest) if texts else ()

    def _feed_irregular(self, event: Event) -> Sequence[ChatDelta]:
        raw = event.data
        if is_done(raw):
            self._complete()
            return ()
        reports = event.event == "error"
        if not reports and (event.event == "ping" or is_comment(raw)):
            return ()
        try:
            payload: object = json.loads(raw)
        except (ValueError, RecursionError) as cause:
            if not reports:
                raise self._unexpected("a chunk in JSON", raw) from cause
            payload = raw
        deltas: Sequence[ChatDelta] = ()
        if is_mapping(payload) and _irregular.is_chunk(payload):
            chunk = _irregular.chunk(payload)
            self._halves.mend(chunk)
            deltas = self._accumulator.add(chunk, raw)
        if is_mapping(payload) and not deltas:
            self._foreign = self._foreign or raw
        error = error_in(payload, raw) or (reported(payload, raw) if reports else None)
        if error is not None:
            raise self._failed(error)
        if payload is not None and not is_mapping(payload):
            raise self._unexpected("a chunk, an object", raw)
        return deltas

    def _complete(self) -> None:
        accumulator = self._accumulator
        if accumulator.failed:
            message = f"choice {accumulator.failed[0]} ended with the finish reason 'error'"
            raise self._failed(ChatError(message, code="error"))
        if accumulator.silent:
            # vLLM answers so when it fails before the first token.
            raise self._unexpected("a choice before [DONE]", self._foreign)
        self.outcome = "complete"

    def _cut(self) -> str:
        if self._accumulator.empty:
            came = f"; what came was {shortened(self._foreign)!r}" if self._foreign else ""
            return f"the stream ended before its first chunk{came}"
        choices = ", ".join(map(str, self._accumulator.unfinished))
        return f"the stream ended without [DONE], and without a finish reason of choice {choices}"

    def _unexpected(self, expected: str, raw: str) -> ChatError:
        return self._failed(ChatError(f"expected {expected}, got {repr(shortened(raw)) if raw else 'none'}", raw=raw))

    def _failed(self, error: ChatError) -> ChatError:
        self.outcome = "error"
        error.partial = self.completion
        return error


def _is_completion(text: str) -> bool:
    try:
        payload: object = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return bool(mapping(payload).get("choices")) and error_in(payload, text) is None
