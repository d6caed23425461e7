"""Chat requests to replies that stream, for asyncio."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sse_client.adapters.openai._aio_reply import AsyncReply
from sse_client.adapters.openai._dialect import CHAT
from sse_client.adapters.openai._endpoint import Endpoint, choices_asked, conversation
from sse_client.adapters.openai._reader import ChatReader
from sse_client.adapters.openai._retries import Retries
from sse_client.adapters.openai.delta import ChatDelta
from sse_client.aio import AsyncClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from types import TracebackType

    from sse_client.adapters.openai._structured import Validates
    from sse_client.adapters.openai.completion import Completion
    from sse_client.adapters.openai.responses.aio import AsyncResponses
    from sse_client.options import Timeout

__all__ = ["AsyncChatClient", "AsyncChatStream", "AsyncCompletions"]


T = TypeVar("T")


class AsyncChatClient(Endpoint):
    """Streams chat completions from OpenAI, or a server that speaks its API. The tasks of one event loop share it.

    Args:
        api_key: sent as a bearer token; the environment's `OPENAI_API_KEY` by default, and "" for none. It may be
            missing where `base_url` is another server's, and is not sent where a header `api-key` or `x-api-key` is.
        base_url: what `/chat/completions` is appended to, before its query if it has one; the environment's
            `OPENAI_BASE_URL` by default, else OpenAI's own.
        organization: the environment's `OPENAI_ORG_ID` by default.
        project: the environment's `OPENAI_PROJECT_ID` by default.
        client: whose connections and options are used; it is not closed with this one. By default, one of its own.
        max_retries: how often a request is sent again before its first delta: after a failed connection, a 408, 409,
            429 or 5xx, or as `x-should-retry` says; `Retry-After` and `retry-after-ms` are kept.
        timeout: as for `AsyncClient.stream`; by default 10 s to connect and 600 s of silence, or the `client`'s.
        headers: sent with each request, over those above. All requests of a call have one `Idempotency-Key`, a
            UUID unless there is one here.
        params: added to the query of each request, over the base URL's of the same name: `api-version`, say.

    Raises:
        TypeError: a parameter is no string.
        ValueError: there is no key for OpenAI, or `max_retries` is negative.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        organization: str | None = None,
        project: str | None = None,
        client: AsyncClient | None = None,
        max_retries: int = 2,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> None:
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
            shared=client._defaults.headers if client is not None else None,  # noqa: SLF001  (the adapters' way in)
        )
        self._client = client or AsyncClient()

    def stream(
        self,
        *,
        model: str,
        messages: Iterable[Mapping[str, Any]],
        headers: Mapping[str, str] | None = None,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
        **body: Any,
    ) -> AsyncChatStream:
        """Return the reply to `messages`; the request is sent when it is entered or iterated over.

        Args:
            model: the model's name.
            messages: the conversation, as the API describes it.
            headers: sent over the client's.
            timeout: in place of the client's.
            **body: any other field of the API: `temperature`, `tools`, `stream_options`, ...

        Raises:
            TypeError: `messages` is a text.
            ValueError: the request is malformed.
        """
        asked = {"model": model, "messages": conversation(messages), **body}
        return self._reply("/chat/completions", asked, headers, timeout)

    @property
    def completions(self) -> AsyncCompletions:
        """The legacy API of completions: `completions.stream(model=..., prompt=...)`."""
        return AsyncCompletions(self._reply)

    @property
    def responses(self) -> AsyncResponses:
        """The Responses API: `responses.stream(model=..., input=...)`."""
        from sse_client.adapters.openai.responses.aio import AsyncResponses

        return AsyncResponses(self._client, self)

    def _reply(
        self,
        path: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str] | None,
        timeout: float | tuple[float | None, float | None] | Timeout | None,
    ) -> AsyncChatStream:
        options = self._asking(body, headers, timeout)
        choices = choices_asked(body)
        return AsyncChatStream(self._client, self.url(path), options, max_retries=self.max_retries, choices=choices)

    async def aclose(self) -> None:
        """Close the connections, if they are its own."""
        if self._own:
            await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class AsyncCompletions:
    """Streams completions of a prompt (API reference, "Legacy completions"). Made by `AsyncChatClient.completions`."""

    def __init__(self, reply: Callable[..., AsyncChatStream]) -> None:
        self._reply = reply

    def stream(
        self,
        *,
        model: str,
        prompt: Any,
        headers: Mapping[str, str] | None = None,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
        **body: Any,
    ) -> AsyncChatStream:
        """Return the reply to `prompt`, whose text is the content of its deltas; see `AsyncChatClient.stream`.

        Args:
            model: the model's name.
            prompt: a text, or several, or tokens.
            headers: sent over the client's.
            timeout: in place of the client's.
            **body: any other field of the API: `max_tokens`, `suffix`, ...

        Raises:
            ValueError: the request is malformed.
        """
        return self._reply("/completions", {"model": model, "prompt": prompt, **body}, headers, timeout)


class AsyncChatStream(AsyncReply[ChatDelta]):
    """A reply, as it arrives: an asynchronous iterator and context manager. Made by `AsyncChatClient.stream`.

    Attributes:
        events: the stream of events underneath.

    Raises:
        ChatError: when entered or iterated over: the server reported an error, or sent no chat stream.
        StreamTruncated: the reply was cut off; `partial` is what had arrived.
        SSEError: no connection could be made, or it took too long; `partial` is what had arrived.
    """

    _retries: Retries[ChatReader]

    def __init__(
        self, client: AsyncClient, url: str, options: Mapping[str, Any], *, max_retries: int, choices: int
    ) -> None:
        super().__init__(
            lambda rules: client._stream("POST", url, {**options, **rules}, CHAT),  # noqa: SLF001  (the adapters' way in)
            Retries(max_retries, partial(ChatReader, choices)),
        )

    @property
    def completion(self) -> Completion:
        """Everything that has arrived, at any time, after an error too."""
        return self._retries.reader.completion

    async def text(self) -> AsyncIterator[str]:
        """Yield the pieces of the text of choice 0."""
        async for delta in self:
            if delta.index == 0 and delta.content:
                yield delta.content

    async def parse(self, type: type[T] | Validates[T], index: int = 0) -> T:  # noqa: A002 - the API's own word
        """Return the answer, when it is whole, as a value of a type of yours; see `Completion.parse`.

        Reads what is left of the stream.

        Args:
            type: a type that msgspec or pydantic decodes.
            index: of the choice.

        Raises:
            ChatError: the answer is none, or not of that type.
            StreamTruncated: the reply was cut off.
        """
        async for _ in self:
            pass
        return self.completion.parse(type, index)
