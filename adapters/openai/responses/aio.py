"""Sends requests of the Responses API and streams their replies, for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sse_client.adapters.openai.responses._reply import RESPONSES, ResponseReply, response_retries
from sse_client.adapters.openai.responses._requests import ResponsesBase
from sse_client.adapters.openai.responses.events import ResponseEvent
from sse_client.aio import AsyncClient, AsyncEventStream
from sse_client.extension import open_async_stream
from sse_client.replies.aio import AsyncReply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from sse_client.adapters.openai._shared.endpoint import Endpoint
    from sse_client.adapters.openai._shared.validator import Validates

__all__ = ["AsyncResponseStream", "AsyncResponses"]


T = TypeVar("T")


class AsyncResponseStream(ResponseReply[AsyncEventStream], AsyncReply[ResponseEvent]):
    """A response as it arrives: an asynchronous iterator and context manager; `AsyncResponses.stream` returns it.

    Attributes:
        events: the underlying stream of server-sent events.

    Raises:
        ChatError: when entered or iterated over: the response failed, or the server reported an error, or did not send
            a stream of this API.
        StreamTruncated: the response was cut off, and cannot be resumed; `partial` is the `Response` that had arrived.
        SSEError: no connection could be made, or it took too long; `partial` is what had arrived.
    """

    def __init__(
        self, client: AsyncClient, endpoint: Endpoint, options: Mapping[str, Any], query: Mapping[str, Any] | None
    ) -> None:
        url = endpoint.url("/responses", query)
        super().__init__(
            lambda rules: open_async_stream(client, "POST", url, {**options, **rules}, RESPONSES),
            response_retries(client, endpoint, options, query),
        )

    async def text(self) -> AsyncIterator[str]:
        """Yield the pieces of the text, whichever message they belong to."""
        async for event in self:
            if piece := self._text_of(event):
                yield piece

    async def parse(self, type: type[T] | Validates[T]) -> T:  # noqa: A002 - the API's own word
        """Read the rest of the reply, and return the answer as a value of `type`; see `Response.parse`.

        Raises:
            ChatError: there is no answer, or it is not of that type.
            StreamTruncated: the reply was cut off.
        """
        async for _ in self:
            pass
        return self.response.parse(type)


class AsyncResponses(ResponsesBase[AsyncClient, AsyncResponseStream]):
    """Streams responses; see `AsyncChatClient.responses`."""

    def _open_reply(self, options: Mapping[str, Any], query: Mapping[str, Any] | None) -> AsyncResponseStream:
        return AsyncResponseStream(self._client, self._endpoint, options, query)
