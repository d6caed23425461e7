"""What replies of OpenAI's APIs add to the shared loop: errors, and events whose last blank line is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sse_client.replies import Reply

if TYPE_CHECKING:
    from sse_client.aio import AsyncEventStream
    from sse_client.errors import SSEError
    from sse_client.event_stream import EventStream
    from sse_client.events import Event

__all__ = ["OpenAIReply"]

_Item = TypeVar("_Item")
_Events = TypeVar("_Events", bound="EventStream | AsyncEventStream")


class OpenAIReply(Reply[_Events, _Item]):
    """A reply to a request of a chat, or of the Responses API."""

    def _error_of(self, body: str, status: int) -> SSEError:
        from sse_client.adapters.openai._shared.error_shapes import body_error  # loaded with the first error

        return body_error(body, status)

    def _complete(self, events: list[Event]) -> list[Event]:
        from sse_client.adapters.openai._shared.undispatched import complete_events  # most replies end with [DONE]

        return complete_events(events)
