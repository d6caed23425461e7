"""Sends chat requests and streams their replies, for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sse_client.adapters.openai.chat._client import ChatClientBase, CompletionsBase
from sse_client.adapters.openai.chat._reply import CHAT, ChatReply, chat_retries
from sse_client.adapters.openai.delta import ChatDelta
from sse_client.aio import AsyncClient, AsyncEventStream
from sse_client.extension import open_async_stream
from sse_client.replies.aio import AsyncAdapter, AsyncReply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from sse_client.adapters.openai._shared.validator import Validates
    from sse_client.adapters.openai.responses.aio import AsyncResponses

__all__ = ["AsyncChatClient", "AsyncChatStream", "AsyncCompletions"]


T = TypeVar("T")


class AsyncChatStream(ChatReply[AsyncEventStream], AsyncReply[ChatDelta]):
    """A reply as it arrives: an asynchronous iterator and context manager; `AsyncChatClient.stream` returns it.

    Attributes:
        events: the underlying event stream.

    Raises:
        ChatError: when entered or iterated over: the server reported an error, or did not send a chat stream.
        StreamTruncated: the reply was cut off; `partial` is what had arrived.
        SSEError: no connection could be made, or it took too long; `partial` is what had arrived.
    """

    def __init__(
        self, client: AsyncClient, url: str, options: Mapping[str, Any], *, max_retries: int, choices: int
    ) -> None:
        super().__init__(
            lambda rules: open_async_stream(client, "POST", url, {**options, **rules}, CHAT),
            chat_retries(max_retries, choices),
        )

    async def text(self) -> AsyncIterator[str]:
        """Yield the pieces of the text of choice 0."""
        async for delta in self:
            if delta.index == 0 and delta.content:
                yield delta.content

    async def parse(self, type: type[T] | Validates[T], index: int = 0) -> T:  # noqa: A002 - the API's own word
        """Read the rest of the reply, and return a choice as a value of `type`; see `Completion.parse`.

        Raises:
            ChatError: there is no answer, or it is not of that type.
            StreamTruncated: the reply was cut off.
        """
        async for _ in self:
            pass
        return self.completion.parse(type, index)


class AsyncCompletions(CompletionsBase[AsyncChatStream]):
    """Streams completions of a prompt (API reference, "Legacy completions"); see `AsyncChatClient.completions`."""


class AsyncChatClient(ChatClientBase[AsyncClient, AsyncEventStream, AsyncChatStream], AsyncAdapter):
    """Streams chat completions from OpenAI, or a server that speaks its API. Tasks of one event loop may share it."""

    @property
    def completions(self) -> AsyncCompletions:
        """The legacy API of completions: `completions.stream(model=..., prompt=...)`."""
        return AsyncCompletions(self._reply)

    @property
    def responses(self) -> AsyncResponses:
        """The Responses API: `responses.stream(model=..., input=...)`."""
        from sse_client.adapters.openai.responses.aio import AsyncResponses

        return AsyncResponses(self._client, self)

    def _open_reply(self, url: str, options: Mapping[str, Any], choices: int) -> AsyncChatStream:
        return AsyncChatStream(self._client, url, options, max_retries=self.max_retries, choices=choices)
