"""What the blocking and the asyncio reply to a chat request share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from sse_client.adapters.openai._shared.reply import OpenAIReply, OpenAIRetries, stream_format
from sse_client.adapters.openai.chat._reader import ChatReader
from sse_client.adapters.openai.delta import ChatDelta

if TYPE_CHECKING:
    from sse_client.adapters.openai.completion import Completion
    from sse_client.aio import AsyncEventStream
    from sse_client.event_stream import EventStream

__all__ = ["CHAT", "ChatReply", "chat_retries"]

_Events = TypeVar("_Events", bound="EventStream | AsyncEventStream")

CHAT = stream_format(ChatReader)


def chat_retries(max_retries: int, choices: int) -> OpenAIRetries[ChatReader]:
    """Return the attempts of a request for `choices` choices."""
    return OpenAIRetries(max_retries, partial(ChatReader, choices))


class ChatReply(OpenAIReply[_Events, ChatDelta]):
    """A reply to a chat request."""

    _attempts: OpenAIRetries[ChatReader]

    @property
    def completion(self) -> Completion:
        """Everything that has arrived so far; also available after an error."""
        return self._attempts.reader.completion
