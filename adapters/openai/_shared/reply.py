"""What OpenAI's APIs add to the shared loop and its attempts: errors, progress, and requests that may be sent twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sse_client.errors import SSEError, StreamTruncated
from sse_client.replies import Reply
from sse_client.replies.parsing import tolerant_format
from sse_client.replies.retries import Retries

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.aio import AsyncEventStream
    from sse_client.errors import ConnectionFailed
    from sse_client.event_stream import EventStream
    from sse_client.events import Event
    from sse_client.extension import StreamFormat
    from sse_client.replies import Reader

__all__ = ["OpenAIReply", "OpenAIRetries", "stream_format"]

_Item = TypeVar("_Item")
_Events = TypeVar("_Events", bound="EventStream | AsyncEventStream")
_R = TypeVar("_R", bound=Any)


class OpenAIReply(Reply[_Events, _Item]):
    """A reply to a request of a chat, or of the Responses API."""

    def _error_of(self, body: str, status: int) -> SSEError:
        from sse_client.adapters.openai._shared.error_shapes import body_error  # loaded with the first error

        return body_error(body, status)


class OpenAIRetries(Retries[_R]):
    """The attempts of one call. It is retried before its first delta, and never after it."""

    until = "[DONE]"

    def may_follow(self, error: ConnectionFailed) -> bool:
        """Return whether another attempt may follow a lost connection; all have the same idempotency key."""
        # Retried only before the first delta. A stream that ended without an event would probably do so again.
        return self.reader.empty and not isinstance(error, StreamTruncated)


def stream_format(new_reader: Callable[[], Reader[object]]) -> StreamFormat:
    """Return the format of the streams for which `new_reader` creates readers."""

    def counts(event: Event) -> bool:
        # An event counts as progress if it gives an item or ends the reply, which pings do not.
        reader = new_reader()
        try:
            return bool(reader.feed(event)) or reader.outcome is not None
        except SSEError:
            return True

    return tolerant_format(counts)
