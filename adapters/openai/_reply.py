"""A chat reply, whatever brings its events: what has come, and what the end of the stream means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sse_client._session import Dialect
from sse_client.adapters.openai._error_shapes import body_error
from sse_client.adapters.openai._parser import ChatParser
from sse_client.adapters.openai._reader import ChatReader
from sse_client.adapters.openai._retries import Retries
from sse_client.errors import ConnectionFailed, ContentTypeError, SSEError, StatusError, StreamTruncated
from sse_client.events import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sse_client._stream import Stream
    from sse_client.adapters.openai.completion import Completion
    from sse_client.adapters.openai.delta import ChatDelta

__all__ = ["CHAT", "Reply"]

# Some servers name their stream otherwise, or not at all; and a body that is no stream may be a whole completion.
CHAT = Dialect(
    parser=ChatParser, media_types=frozenset({"text/event-stream", "text/plain", ""}), body_limit=16 * 1024 * 1024
)
_DONE = "[DONE]"


class Reply:
    """The part of a reply that does not wait for anything."""

    def __init__(self) -> None:
        self._reader = ChatReader()
        self._cancelled = False
        self._failed = False

    @property
    def completion(self) -> Completion:
        """Everything that has arrived, at any time, after an error too."""
        return self._reader.completion

    @property
    def outcome(self) -> Literal["complete", "truncated", "error", "cancelled"] | None:
        """How it ended; None while it runs.

        `complete`: with `[DONE]`, or with every choice finished; `truncated`: before that, by the connection's end or
        any other failure; `error`: by an error of the server's, or by a failure before the first delta; `cancelled`:
        by its being closed.
        """
        if self._reader.outcome is not None:
            return self._reader.outcome
        if self._failed:
            return "error" if self._reader.empty else "truncated"
        return "cancelled" if self._cancelled else None

    def _with_rules(self, options: Mapping[str, Any], max_retries: int) -> dict[str, Any]:
        """Return `options` with when the stream ends, and when it is begun anew."""
        retries = Retries(max_retries, lambda: not self._reader.empty, self._begin_anew)
        return {**options, "until": _DONE, "reconnect": retries.rules()}

    def _begin_anew(self) -> None:
        # Nothing that the caller has seen; a chunk without a delta may have come, with an id of its own.
        self._reader = ChatReader()

    def _refused(self, error: SSEError) -> Iterable[ChatDelta]:
        """Return the deltas of an answer that is no stream.

        Raises:
            SSEError: it is no completion either; or `error` is of another kind.
        """
        if isinstance(error, StatusError):
            raise body_error(error.body, error.status) from error
        if not isinstance(error, ContentTypeError):
            raise error
        try:
            return self._reader.whole(error.body, error.status)
        except SSEError as reported:
            raise reported from error

    def _broken(self, error: SSEError, events: Stream) -> Iterable[ChatDelta]:
        """Return the deltas that are left when `error` has ended the stream.

        Raises:
            SSEError: when called, or behind the last delta: the reply is not whole.
        """
        if not isinstance(error, ConnectionFailed):
            return self._refused(error)
        # The body ended, or broke off, or nothing came any more. What had come may be all there is to come.
        if self._reader.empty and not isinstance(error, StreamTruncated):
            raise error
        return self._rest(error, events.tail)

    def _rest(self, error: SSEError, tail: str) -> Iterator[ChatDelta]:
        try:
            yield from self._reader.end(tail)
        except StreamTruncated as truncated:
            raise truncated from error

    def _ended(self, events: Stream) -> Iterable[ChatDelta]:
        """Return the deltas that are left when the stream is over.

        Raises:
            StreamTruncated: behind the last delta: the reply is not whole.
        """
        if events.reason == "until":
            self._reader.feed(Event(_DONE))
        elif events.reason == "no content":
            return self._reader.end()
        return ()
