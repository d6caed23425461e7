"""What the blocking and the asyncio client share: the requests, and what a refused response means."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sse_client.adapters.anthropic._fields import COMMON, ELSEWHERE, KNOWN
from sse_client.adapters.anthropic._reader import MessageReader
from sse_client.adapters.anthropic.errors import MessagesError
from sse_client.adapters.anthropic.message import Message, MessageDelta
from sse_client.options import Timeout
from sse_client.replies import Adapter, Reply
from sse_client.replies.client_arguments import check_mapping, check_retries, check_timeout, checked_key, merged_headers
from sse_client.replies.named_arguments import check_fields, named_arguments
from sse_client.replies.parsing import tolerant_format
from sse_client.replies.retries import Retries
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sse_client.aio import AsyncClient, AsyncEventStream
    from sse_client.client import Client
    from sse_client.errors import SSEError
    from sse_client.event_stream import EventStream

__all__ = ["MessageReply", "MessagesBase"]

_Client = TypeVar("_Client", bound="Client | AsyncClient")
_Events = TypeVar("_Events", bound="EventStream | AsyncEventStream")
_Reply = TypeVar("_Reply", bound="MessageReply[Any]")

_FORMAT = tolerant_format(lambda event: event.event != "ping")
_VENDOR = "https://api.anthropic.com"
_TIMEOUT = Timeout(connect=10.0, read=600.0)  # a model may think for a long time


class MessageReply(Reply[_Events, MessageDelta]):
    """A reply to a request of the Messages API."""

    _attempts: Retries[MessageReader]

    @property
    def message(self) -> Message:
        """Everything that has arrived so far; also available after an error."""
        return self._attempts.reader.message

    def _error_of(self, body: str, status: int) -> SSEError:
        return MessagesError(body, status)


class MessagesBase(Adapter[_Client, _Events], Generic[_Client, _Events, _Reply]):
    """The part of a client that does no I/O."""

    _reply: type[_Reply]  # the class of what `stream` returns

    @named_arguments
    def __init__(
        self,
        *,
        api_key: str | None = None,
        auth_token: str | None = None,
        base_url: str | None = None,
        client: _Client | None = None,
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
            TypeError: an argument is not of its type; `client` is of another kind.
            ValueError: there is no key for Anthropic, or it looks like a URL; or a number is out of its range.
        """
        super().__init__(client)
        check_retries(max_retries)
        check_timeout(timeout)
        check_mapping("headers", headers)
        if base_url is not None and not isinstance(base_url, str):
            raise TypeError(f"base_url: expected a str, got {type(base_url).__name__}")
        key = checked_key(api_key, variable="ANTHROPIC_API_KEY")
        token = checked_key(auth_token, "auth_token", "ANTHROPIC_AUTH_TOKEN")
        address = (base_url or os.environ.get("ANTHROPIC_BASE_URL") or _VENDOR).rstrip("/")
        address = address.removesuffix("/messages").removesuffix("/v1")
        self._url = f"{address}/v1/messages"
        ours = {"x-api-key": key, "Authorization": token and f"Bearer {token}", "anthropic-version": "2023-06-01"}
        sent = merged_headers({name: value for name, value in ours.items() if value}, headers)
        if self._own and address == _VENDOR and not {"x-api-key", "authorization"} & {name.lower() for name in sent}:
            raise ValueError("expected a key for Anthropic: pass api_key, or set ANTHROPIC_API_KEY")
        self._headers = merged_headers({"Last-Event-ID": None}, sent)
        self._max_retries = max_retries
        self._timeout = _TIMEOUT if timeout is None and self._own else timeout

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {display_url(self._url)}>"

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
    ) -> _Reply:
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
            RuntimeError: the client is closed.
        """
        if isinstance(messages, (str, Mapping)):
            kind = "a text" if isinstance(messages, str) else "one"
            raise TypeError(f"messages must be a list of messages, not {kind}")
        if body.pop("stream", True) is not True:
            raise ValueError("stream: what this returns is a stream; leave it out")
        check_fields(body, KNOWN, ELSEWHERE, COMMON)
        check_mapping("headers", headers)
        sent = {"model": model, "max_tokens": max_tokens, **body, "messages": list(messages), "stream": True}
        options: dict[str, Any] = {"json": sent, "headers": merged_headers(self._headers, headers)}
        timeout = self._timeout if timeout is None else timeout
        if timeout is not None:
            options["timeout"] = timeout
        return self._reply(
            lambda rules: self._open("POST", self._url, {**options, **rules}, _FORMAT),
            Retries(self._max_retries, MessageReader),
        )
