"""Chat requests to replies that stream, for asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from sse_client.adapters.openai._endpoint import Endpoint
from sse_client.adapters.openai._reply import CHAT, Reply
from sse_client.aio import AsyncClient
from sse_client.errors import SSEError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    from sse_client.adapters.openai.delta import ChatDelta
    from sse_client.aio import AsyncEventStream
    from sse_client.events import Event
    from sse_client.options import Timeout

__all__ = ["AsyncChatClient", "AsyncChatStream"]


class AsyncChatClient(Endpoint):
    """Streams chat completions from OpenAI, or a server that speaks its API. The tasks of one event loop share it.

    Args:
        api_key: sent as a bearer token; the environment's `OPENAI_API_KEY` by default. It may be missing where
            `base_url` is another server's.
        base_url: what `/chat/completions` is appended to; the environment's `OPENAI_BASE_URL` by default, else
            OpenAI's own.
        organization: the environment's `OPENAI_ORG_ID` by default.
        project: the environment's `OPENAI_PROJECT_ID` by default.
        client: whose connections and options are used; it is not closed with this one. By default, one of its own.
        max_retries: how often a request is sent again before its first delta: after a failed connection, a 408, 409,
            429 or 5xx, or as `x-should-retry` says; `Retry-After` and `retry-after-ms` are kept.
        timeout: as for `AsyncClient.stream`; by default 10 s to connect and 600 s of silence, or the `client`'s.
        headers: sent with each request, over those above.

    Raises:
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
            ValueError: the request is malformed.
        """
        options = self._options(model, messages, headers, timeout, body)
        return AsyncChatStream(self._client, self._url, options, self.max_retries)

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


class AsyncChatStream(Reply):
    """A reply, as it arrives: an asynchronous iterator, and context manager. Made by `AsyncChatClient.stream`.

    Attributes:
        events: the stream of events underneath.

    Raises:
        ChatError: when entered or iterated over: the server reported an error, or sent no chat stream.
        StreamTruncated: the reply was cut off; `partial` is what had arrived.
        SSEError: no connection could be made, or took too long.
    """

    def __init__(self, client: AsyncClient, url: str, options: Mapping[str, Any], max_retries: int) -> None:
        super().__init__()
        self.events: AsyncEventStream = client._stream(  # noqa: SLF001  (the adapters' way in)
            "POST", url, self._with_rules(options, max_retries), CHAT
        )
        self._batch: Iterator[ChatDelta] = iter(())
        self._over = False  # nothing will be read any more; the batch is the last

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ChatDelta:
        try:
            for delta in self._batch:
                return delta
            return await self._next()
        except StopAsyncIteration:
            raise
        except Exception:
            # Where it is not closed, this task has only got in the way of another one, which goes on.
            self._failed = self.events.state == "closed"
            raise
        except BaseException:
            self._cancelled = True
            raise

    async def __aenter__(self) -> Self:
        try:
            await self._connect()
        except Exception:
            self._failed = self.events.state == "closed"
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the reply, from any task; see `AsyncEventStream.aclose`."""
        self._cancelled = self._over = True
        # One event may give several deltas; those left of it go too.
        self._batch = iter(())
        await self.events.aclose()

    async def text(self) -> AsyncIterator[str]:
        """Yield the pieces of the text of choice 0."""
        async for delta in self:
            if delta.index == 0 and delta.content:
                yield delta.content

    async def _connect(self) -> None:
        try:
            await self.events.__aenter__()
        except SSEError as error:
            self._over = True
            # What came may be the whole completion; if it is not, the error is raised here and now.
            self._batch = iter(self._refused(error))

    async def _next(self) -> ChatDelta:
        """Go on until there is a delta: of the stream, then of its end."""
        while not self._over:
            try:
                event = await anext(self.events, None)
            except SSEError as error:
                self._over = True
                self._batch = iter(self._broken(error, self.events))
            else:
                if event is None:
                    self._over = True
                    self._batch = iter(self._ended(self.events))
                else:
                    self._batch = iter(await self._take(event))
            for delta in self._batch:
                return delta
        raise StopAsyncIteration

    async def _take(self, event: Event) -> Sequence[ChatDelta]:
        """Return the deltas of `event`; close the stream if the reply ends with it."""
        try:
            return self._reader.feed(event)
        finally:
            if self._reader.done:
                self._over = True
                await self.events.aclose()
