"""Sends requests to the Messages API and streams their replies, for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client.adapters.anthropic._client import MESSAGES, Endpoint, MessageReply, Once
from sse_client.adapters.anthropic.message import MessageDelta
from sse_client.aio import AsyncEventStream
from sse_client.extension import open_async_stream
from sse_client.replies.aio import AsyncAdapter, AsyncReply
from sse_client.replies.named_arguments import named_arguments

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from sse_client.aio import AsyncClient
    from sse_client.options import Timeout

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


class AsyncMessagesClient(AsyncAdapter):
    """Streams messages from Anthropic, or a server that speaks its API, on asyncio. Tasks may share it."""

    @named_arguments
    def __init__(
        self,
        *,
        api_key: str | None = None,
        auth_token: str | None = None,
        base_url: str | None = None,
        client: AsyncClient | None = None,
        max_retries: int = 2,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Create a client; nothing is sent yet. See `MessagesClient`.

        Raises:
            TypeError: an argument is not of its type; `client` is not an `AsyncClient`.
            ValueError: there is no key for Anthropic, or it looks like a URL; or a number is out of its range.
        """
        AsyncAdapter.__init__(self, client)
        self._endpoint = Endpoint(api_key, auth_token, base_url, timeout, headers, max_retries, own=client is None)

    def __repr__(self) -> str:
        return f"<AsyncMessagesClient of {self._endpoint}>"

    @named_arguments
    def stream(
        self,
        *,
        model: str,
        max_tokens: int,
        messages: Iterable[Mapping[str, Any]],
        headers: Mapping[str, str] | None = None,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
        **body: Any,
    ) -> AsyncMessageStream:
        """Return the reply to `messages`; see `MessagesClient.stream`.

        Raises:
            TypeError: `messages` is a str or a single message; or a field of `body` is, or misspells, an option of this
                package or an argument of the client.
            ValueError: `stream` is not true, or the request is malformed.
        """
        asked = {"model": model, "max_tokens": max_tokens, **body}
        options = self._endpoint.options(asked, messages, headers, timeout)
        return AsyncMessageStream(
            lambda rules: open_async_stream(self._client, "POST", self._endpoint.url, {**options, **rules}, MESSAGES),
            Once(self._endpoint.max_retries),
        )
