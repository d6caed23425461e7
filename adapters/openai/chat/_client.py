"""What the blocking and the asyncio chat client share: the endpoint, and the methods that return replies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sse_client.adapters._client_arguments import check_client
from sse_client.adapters._named_arguments import named_arguments
from sse_client.adapters.openai._shared.call_options import CallOptions
from sse_client.adapters.openai._shared.endpoint import Endpoint
from sse_client.adapters.openai._shared.fields import check_fields
from sse_client.adapters.openai._shared.json_body import listed
from sse_client.adapters.openai.chat._request_body import choices_asked
from sse_client.extension import client_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sse_client.aio import AsyncClient
    from sse_client.client import Client
    from sse_client.options import Timeout

__all__ = ["ChatClientBase", "CompletionsBase"]

_Client = TypeVar("_Client", bound="Client | AsyncClient")
_Stream = TypeVar("_Stream")


class ChatClientBase(Endpoint, ABC, Generic[_Client, _Stream]):
    """A chat client, without what opens and closes connections."""

    _kind: type[_Client]  # the class of the underlying client

    @named_arguments
    def __init__(
        self,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        organization: str | None = None,
        project: str | None = None,
        client: _Client | None = None,
        max_retries: int = 2,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            api_key: sent as a bearer token; the environment's `OPENAI_API_KEY` by default, and "" for none. It may be
                missing where `base_url` is another server's, and is not sent where a header `api-key` or `x-api-key`
                is.
            base_url: what `/chat/completions` is appended to, before its query if it has one, unless it ends so; the
                environment's `OPENAI_BASE_URL` by default, else OpenAI's own.
            organization: the environment's `OPENAI_ORG_ID` by default.
            project: the environment's `OPENAI_PROJECT_ID` by default.
            client: whose connections and options are used; it is not closed with this one. By default, one of its
                own.
            max_retries: how often a request is sent again before its first delta: after a failed connection, a 408,
                409, 429 or 5xx, or as `x-should-retry` says; `Retry-After` and `retry-after-ms` are kept.
            timeout: as for `Client.stream`; by default 10 s to connect and 600 s of silence, or the `client`'s.
            headers: sent with each request, over those above. All requests of a call have one `Idempotency-Key`, a
                UUID unless there is one here.
            params: added to the query of each request, over the base URL's of the same name: `api-version`, say.

        Raises:
            TypeError: an argument is not of its type; `client` is of another kind, or is a session.
            ValueError: there is no key for OpenAI, or it looks like a URL; or a number is out of its range.
        """
        if client is not None:
            check_client(client, self._kind)
        super().__init__(
            api_key,
            base_url,
            organization=organization,
            project=project,
            own=client is None,
            max_retries=max_retries,
            timeout=timeout,
            headers=headers,
            params=params,
            shared=None if client is None else client_options(client).headers,
        )
        self._client = self._kind() if client is None else client

    @named_arguments
    def stream(
        self,
        *,
        model: str,
        messages: Iterable[Mapping[str, Any]],
        headers: Mapping[str, str] | None = None,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **body: Any,
    ) -> _Stream:
        """Return the reply to `messages`; the request is sent when it is entered or iterated over.

        Args:
            model: the model's name.
            messages: the conversation, as the API describes it.
            headers: sent over the client's.
            timeout: in place of the client's.
            extra_headers: sent over `headers`, as in OpenAI's own client.
            extra_query: parameters of the query, over those of the base URL and of `params`; None takes one away.
            extra_body: fields of the request's body, over all others.
            **body: any other field of the API: `temperature`, `tools`, `stream_options`, ... Values may be pydantic
                models and dataclasses.

        Raises:
            TypeError: `messages` is one text or one message; a field has no JSON form; or its name is that of an
                option of this package, or much like one of the arguments above.
            ValueError: the request is malformed.
        """
        check_fields(body)
        call = CallOptions(headers, timeout, extra_headers, extra_query, extra_body)
        return self._reply(
            "/chat/completions", {"model": model, "messages": listed("messages", messages, "messages"), **body}, call
        )

    def _reply(self, path: str, asked: Mapping[str, Any], call: CallOptions) -> _Stream:
        body = call.body(asked)
        options = self.request_options(body, call.all_headers, call.timeout)
        return self._open_reply(self.url(path, call.extra_query), options, choices_asked(body))

    @abstractmethod
    def _open_reply(self, url: str, options: Mapping[str, Any], choices: int) -> _Stream:
        """Return the reply to a request for so many choices."""


class CompletionsBase(Generic[_Stream]):
    """Streams completions of a prompt (API reference, "Legacy completions")."""

    def __init__(self, reply: Callable[..., _Stream]) -> None:
        self._reply = reply

    @named_arguments
    def stream(
        self,
        *,
        model: str,
        prompt: Any,
        headers: Mapping[str, str] | None = None,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **body: Any,
    ) -> _Stream:
        """Return the reply to `prompt`, whose text is the content of its deltas; see `ChatClient.stream`.

        Args:
            model: the model's name.
            prompt: a text, or several, or tokens.
            headers: sent over the client's.
            timeout: in place of the client's.
            extra_headers: sent over `headers`, as in OpenAI's own client.
            extra_query: parameters of the query, over those of the base URL and of `params`; None takes one away.
            extra_body: fields of the request's body, over all others.
            **body: any other field of the API: `max_tokens`, `suffix`, ...

        Raises:
            TypeError: see `ChatClient.stream`.
            ValueError: the request is malformed.
        """
        check_fields(body)
        call = CallOptions(headers, timeout, extra_headers, extra_query, extra_body)
        return self._reply("/completions", {"model": model, "prompt": prompt, **body}, call)
