"""Sends requests to the Messages API and streams their replies (API reference, "Create a message", `stream: true`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.adapters.anthropic._client import MessageReply, MessagesBase
from sse_client.adapters.anthropic.message import MessageDelta
from sse_client.client import Client
from sse_client.event_stream import EventStream
from sse_client.replies import BlockingAdapter, BlockingReply

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MessageStream", "MessagesClient"]


class MessageStream(MessageReply[EventStream], BlockingReply[MessageDelta]):
    """A reply as it arrives: an iterator of deltas, and a context manager; `MessagesClient.stream` returns it.

    Raises:
        MessagesError: when entered or iterated over: the server reported an error, or did not send a message stream.
        StreamTruncated: the reply was cut off; `partial` is what had arrived.
        SSEError: no connection could be made, or it took too long; `partial` is what had arrived.
    """

    def text(self) -> Iterator[str]:
        """Yield the pieces of the text."""
        return (delta.text for delta in self if delta.text)


class MessagesClient(MessagesBase[Client, EventStream, MessageStream], BlockingAdapter):
    """Streams messages from Anthropic, or a server that speaks its API. Threads may share it."""

    _reply = MessageStream
