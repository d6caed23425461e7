"""What the blocking and the asyncio reply of the Responses API share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sse_client.adapters.openai._shared.reply import OpenAIReply, stream_format
from sse_client.adapters.openai.errors import ChatError
from sse_client.adapters.openai.responses._reader import ResponseReader
from sse_client.adapters.openai.responses._resumption import Resumptions
from sse_client.adapters.openai.responses.events import ResponseEvent, ResponseTextDeltaEvent
from sse_client.extension import buffered_events, client_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sse_client.adapters.openai._shared.endpoint import Endpoint
    from sse_client.adapters.openai.responses.response import Response
    from sse_client.aio import AsyncClient, AsyncEventStream
    from sse_client.client import Client
    from sse_client.errors import SSEError
    from sse_client.event_stream import EventStream

__all__ = ["RESPONSES", "ResponseReply", "response_retries"]

_Events = TypeVar("_Events", bound="EventStream | AsyncEventStream")

RESPONSES = stream_format(ResponseReader)


def response_retries(
    client: Client | AsyncClient, endpoint: Endpoint, options: Mapping[str, Any], query: Mapping[str, Any] | None
) -> Resumptions:
    """Return the attempts of a request with these options, and further query parameters."""
    return Resumptions(endpoint, options["json"], query, client_options(client).prepare)


class ResponseReply(OpenAIReply[_Events, ResponseEvent]):
    """A reply of the Responses API."""

    _attempts: Resumptions

    def __init__(self, open_events: Callable[[Mapping[str, Any]], _Events], retries: Resumptions) -> None:
        super().__init__(open_events, retries)
        retries.follow(self.events)

    @property
    def response(self) -> Response:
        """Everything that has arrived so far; also available after an error."""
        return self._attempts.reader.response

    def _text_of(self, event: ResponseEvent) -> str:
        """Return the piece of the answer's text in `event`, which is the last event."""
        reader = self._attempts.reader
        if not isinstance(event, ResponseTextDeltaEvent):
            return reader.unsent
        return "" if event is reader.late else event.delta

    async def _fail(self, error: BaseException) -> None:
        if isinstance(error, ChatError):
            # OpenAI sends an `error`, and after it the failed response.
            reader = self._attempts.reader
            for event in buffered_events(self.events):
                reader.feed(event)
            error.partial = error.partial and reader.response
        await super()._fail(error)

    def _refused(self, error: SSEError) -> Iterable[ResponseEvent]:
        try:
            return super()._refused(error)
        except ChatError as refused:
            # When a response is resumed, part of it has already arrived.
            refused.partial = refused.partial or self._reader.partial
            raise
