"""Sends requests to the Messages API and streams their replies (API reference, "Create a message", `stream: true`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client.adapters.anthropic._client import MESSAGES, Endpoint, MessageReply, Once
from sse_client.adapters.anthropic.message import MessageDelta
from sse_client.event_stream import EventStream
from sse_client.extension import open_stream
from sse_client.replies import BlockingAdapter, BlockingReply
from sse_client.replies.named_arguments import named_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sse_client.client import Client
    from sse_client.options import Timeout

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


class MessagesClient(BlockingAdapter):
    """Streams messages from Anthropic, or a server that speaks its API. Threads may share it."""

    @named_arguments
    def __init__(
        self,
        *,
        api_key: str | None = None,
        auth_token: str | None = None,
        base_url: str | None = None,
        client: Client | None = None,
        max_retries: int = 2,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Create a client; nothing is sent yet.

        Args:
            api_key: sent as `x-api-key`; by default the environment's `ANTHROPIC_API_KEY`; "" for none.
            auth_token: sent as a bearer token; by default the environment's `ANTHROPIC_AUTH_TOKEN`; "" for none.
            base_url: the URL to which `/v1/messages` is appended; by default the environment's `ANTHROPIC_BASE_URL`,
                else Anthropic's own. It may already end in `/v1` or `/v1/messages`.
            client: the client whose connections and options are used; it is not closed with this one. By default, a
                new client, which is closed with this one.
            max_retries: how often a request is retried, 0 or more: after a 408, 409, 429 or 5xx (unless
                `x-should-retry` says otherwise), and if no connection could be made. A request that the server may have
                begun to answer is not retried.
            timeout: as for `Client.stream`; by default 10 s to connect and 600 s of silence, or the `client`'s.
            headers: sent with each request; they override the key and `anthropic-version: 2023-06-01`.

        Raises:
            TypeError: an argument is not of its type; `client` is not a `Client`.
            ValueError: there is no key for Anthropic, or it looks like a URL; or a number is out of its range.
        """
        BlockingAdapter.__init__(self, client)
        self._endpoint = Endpoint(api_key, auth_token, base_url, timeout, headers, max_retries, own=client is None)

    def __repr__(self) -> str:
        return f"<MessagesClient of {self._endpoint}>"

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
    ) -> MessageStream:
        """Return the reply to `messages`; the request is sent when it is entered or iterated over.

        Args:
            model: the model's name.
            max_tokens: the most tokens of the answer.
            messages: the conversation, as the API describes it.
            headers: override the client's.
            timeout: overrides the client's.
            **body: any other field of the API: `system`, `tools`, `thinking`, `temperature`, ...

        Raises:
            TypeError: `messages` is a str or a single message; or a field of `body` is, or misspells, an option of this
                package or an argument of the client.
            ValueError: `stream` is not true, or the request is malformed.
        """
        asked = {"model": model, "max_tokens": max_tokens, **body}
        options = self._endpoint.options(asked, messages, headers, timeout)
        return MessageStream(
            lambda rules: open_stream(self._client, "POST", self._endpoint.url, {**options, **rules}, MESSAGES),
            Once(self._endpoint.max_retries),
        )
