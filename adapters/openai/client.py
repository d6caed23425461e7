"""Sends chat requests and streams their replies (API reference, "Create chat completion", `stream: true`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sse_client.adapters.openai.chat._client import ChatClientBase, CompletionsBase
from sse_client.adapters.openai.chat._reply import CHAT, ChatReply, chat_retries
from sse_client.adapters.openai.delta import ChatDelta
from sse_client.client import Client
from sse_client.event_stream import EventStream
from sse_client.extension import open_stream
from sse_client.replies import BlockingAdapter, BlockingReply

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sse_client.adapters.openai._shared.validator import Validates
    from sse_client.adapters.openai.responses.client import Responses

__all__ = ["ChatClient", "ChatStream", "Completions"]


T = TypeVar("T")


class ChatStream(ChatReply[EventStream], BlockingReply[ChatDelta]):
    """A reply as it arrives: an iterator of deltas, and a context manager; `ChatClient.stream` returns it.

    Attributes:
        events: the underlying event stream.

    Raises:
        ChatError: when entered or iterated over: the server reported an error, or did not send a chat stream.
        StreamTruncated: the reply was cut off; `partial` is what had arrived.
        SSEError: no connection could be made, or it took too long; `partial` is what had arrived.
    """

    def __init__(self, client: Client, url: str, options: Mapping[str, Any], *, max_retries: int, choices: int) -> None:
        super().__init__(
            lambda rules: open_stream(client, "POST", url, {**options, **rules}, CHAT),
            chat_retries(max_retries, choices),
        )

    def text(self) -> Iterator[str]:
        """Yield the pieces of the text of choice 0."""
        for delta in self:
            if delta.index == 0 and delta.content:
                yield delta.content

    def parse(self, type: type[T] | Validates[T], index: int = 0) -> T:  # noqa: A002 - the API's own word
        """Read the rest of the reply, and return a choice as a value of `type`; see `Completion.parse`.

        Raises:
            ChatError: there is no answer, or it is not of that type.
            StreamTruncated: the reply was cut off.
        """
        for _ in self:
            pass
        return self.completion.parse(type, index)


class Completions(CompletionsBase[ChatStream]):
    """Streams completions of a prompt (API reference, "Legacy completions"); see `ChatClient.completions`."""


class ChatClient(ChatClientBase[Client, EventStream, ChatStream], BlockingAdapter):
    """Streams chat completions from OpenAI, or a server that speaks its API. Threads may share it."""

    @property
    def completions(self) -> Completions:
        """The legacy API of completions: `completions.stream(model=..., prompt=...)`."""
        return Completions(self._reply)

    @property
    def responses(self) -> Responses:
        """The Responses API: `responses.stream(model=..., input=...)`."""
        from sse_client.adapters.openai.responses.client import Responses

        return Responses(self._client, self)

    def _open_reply(self, url: str, options: Mapping[str, Any], choices: int) -> ChatStream:
        return ChatStream(self._client, url, options, max_retries=self.max_retries, choices=choices)
