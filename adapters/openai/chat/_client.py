"""What the blocking and the asyncio chat client share: the endpoint, and the methods that return replies."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from sse_client.adapters.openai._shared.call_options import CallOptions
from sse_client.adapters.openai._shared.endpoint import Endpoint
from sse_client.adapters.openai._shared.json_body import listed
from sse_client.extension import client_options
from sse_client.replies import Adapter
from sse_client.replies.named_arguments import named_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sse_client.aio import AsyncClient, AsyncEventStream
    from sse_client.client import Client
    from sse_client.event_stream import EventStream
    from sse_client.options import Timeout

__all__ = ["ChatClientBase", "CompletionsBase", "check_client"]

_Client = TypeVar("_Client", bound="Client | AsyncClient")
_Events = TypeVar("_Events", bound="EventStream | AsyncEventStream")
_Stream = TypeVar("_Stream")

# The class that accepts each kind of client or session.
_TAKES = {
    "sse_client.client.Client": "ChatClient(client=...)",
    "sse_client.aio.AsyncClient": "AsyncChatClient(client=...)",
    "requests.sessions.Session": "ChatClient(client=Client(session))",
    "aiohttp.client.ClientSession": "AsyncChatClient(client=AsyncClient(session))",
    "httpx2.Client": "ChatClient(client=Client(httpx2_client))",
    "httpx2.AsyncClient": "AsyncChatClient(client=AsyncClient(httpx2_client))",
    "httpx.Client": "ChatClient(client=Client(httpx_client))",
    "httpx.AsyncClient": "AsyncChatClient(client=AsyncClient(httpx_client))",
}


class ChatClientBase(Adapter[_Client, _Events], Endpoint, Generic[_Client, _Events, _Stream]):
    """The part of a chat client that does no I/O."""

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
        """Create a client; nothing is sent yet.

        Args:
            api_key: sent as a bearer token; by default the environment's `OPENAI_API_KEY`; "" for none. Only OpenAI's
                own server requires a key. The key is not sent if there is a header `api-key` or `x-api-key`.
            base_url: the URL to which `/chat/completions` is appended, before its query if it has one; by default the
                environment's `OPENAI_BASE_URL`, else OpenAI's own. It may already end in that path.
            organization: by default the environment's `OPENAI_ORG_ID`.
            project: by default the environment's `OPENAI_PROJECT_ID`.
            client: the client whose connections and options are used; it is not closed with this one. By default, a
                new client, which is closed with this one.
            max_retries: how often a request is retried before its first delta, 0 or more: after a failed connection, a
                408, 409, 429 or 5xx, or as `x-should-retry` says. `Retry-After` and `retry-after-ms` are obeyed.
            timeout: as for `Client.stream`; by default 10 s to connect and 600 s of silence, or the `client`'s.
            headers: sent with each request; they override those above. All requests of a call have the same
                `Idempotency-Key`, a UUID unless these headers contain one.
            params: added to the query of each request, such as `api-version`; they override the base URL's.

        Raises:
            TypeError: an argument is of a wrong type; `client` is of another kind, or is a session.
            ValueError: there is no key for OpenAI, or it looks like a URL; or a number is out of range.
        """
        if client is not None:
            check_client(client, self._kind)
        Endpoint.__init__(
            self,
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
        super().__init__(client)

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
            headers: override the client's.
            timeout: overrides the client's.
            extra_headers: override `headers`, as in OpenAI's own client.
            extra_query: query parameters, which override those of the base URL and of `params`; None removes one.
            extra_body: fields of the request's body, which override all others.
            **body: any other field of the API: `temperature`, `tools`, `stream_options`, ... Values may be pydantic
                models and dataclasses.

        Raises:
            TypeError: `messages` is a str or a single message; a field has no JSON form; or its name is that of an
                option of this package, or resembles one of the arguments above.
            ValueError: the request is malformed.
            RuntimeError: the client is closed.
        """
        if body:
            _check_fields(body)
        call = CallOptions(headers, timeout, extra_headers, extra_query, extra_body)
        return self._reply(
            "/chat/completions", {"model": model, "messages": listed("messages", messages, "messages"), **body}, call
        )

    def _reply(self, path: str, asked: Mapping[str, Any], call: CallOptions) -> _Stream:
        body = call.body(asked)
        options = self.request_options(body, call.all_headers, call.timeout)
        return self._open_reply(self.url(path, call.extra_query), options, _choices_asked(body))

    @abstractmethod
    def _open_reply(self, url: str, options: Mapping[str, Any], choices: int) -> _Stream:
        """Return the reply to a request for `choices` choices."""


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
            prompt: a text, several texts, or tokens.
            headers: override the client's.
            timeout: overrides the client's.
            extra_headers: override `headers`, as in OpenAI's own client.
            extra_query: query parameters, which override those of the base URL and of `params`; None removes one.
            extra_body: fields of the request's body, which override all others.
            **body: any other field of the API: `max_tokens`, `suffix`, ...

        Raises:
            TypeError: see `ChatClient.stream`.
            ValueError: the request is malformed.
            RuntimeError: the client is closed.
        """
        if body:
            _check_fields(body)
        call = CallOptions(headers, timeout, extra_headers, extra_query, extra_body)
        return self._reply("/completions", {"model": model, "prompt": prompt, **body}, call)


def _check_fields(body: Mapping[str, Any]) -> None:
    from sse_client.adapters.openai._shared.fields import check_fields  # many calls have no further fields

    check_fields(body)


def check_client(client: Any, kind: type[Any]) -> None:
    """Refuse a `client` argument that is not an instance of `kind`.

    Raises:
        TypeError: the client is not an instance; the message names the class that accepts it, if there is one.
    """
    if isinstance(client, kind):
        return
    expected = f"client: expected an sse_client.{kind.__name__}"
    if isinstance(client, type):
        raise TypeError(f"{expected}, got the class {client.__name__}: call it")
    kinds = [f"{each.__module__}.{each.__qualname__}" for each in type(client).__mro__]
    takes = next((_TAKES[each] for each in kinds if each in _TAKES), None)
    raise TypeError(f"{expected}, got {kinds[0]}{f': that is for {takes}' if takes else ''}")


def _choices_asked(body: Mapping[str, Any]) -> int:
    """Return how many choices a request asks for: `n`; in the legacy API, `n` for each prompt."""
    n, prompt = body.get("n"), body.get("prompt")
    each = n if isinstance(n, int) and n > 1 else 1
    # A list of numbers is a single prompt, given as tokens.
    prompts: Sequence[Any] = cast("Sequence[Any]", prompt) if isinstance(prompt, (list, tuple)) else ()
    return each * len(prompts) if prompts and not isinstance(prompts[0], int) else each
