"""Sends requests to the Messages API and streams their replies, for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.adapters.anthropic._client import MessageReply, MessagesBase
from sse_client.adapters.anthropic.message import MessageDelta
from sse_client.aio import AsyncClient, AsyncEventStream
from sse_client.replies.aio import AsyncAdapter, AsyncReply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["AsyncMessageStream", "AsyncMessagesClient"]


class AsyncMessageStream(MessageReply[AsyncEventStream], AsyncReply[MessageDelta]):
    """A reply as it arrives, for one task at a time; see `MessageStream`.

    Raises:
        MessagesError: the server reported an error, or did not send a message stream.
        StreamTruncated: the reply was cut off.
        SSEError: no connection could be made, or it took too long.
    """

    async def text(self) -> AsyncIterator[str]:
        """Yield the pieces of the text."""
        async for delta in self:
            if delta.text:
                yield delta.text


class AsyncMessagesClient(MessagesBase[AsyncClient, AsyncEventStream, AsyncMessageStream], AsyncAdapter):
    """Streams messages from Anthropic, or a server that speaks its API, on asyncio. Tasks may share it."""

    _reply = AsyncMessageStream
