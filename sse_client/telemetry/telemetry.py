"""`Telemetry`, which instruments clients and chats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from opentelemetry import metrics, trace

import sse_client
from sse_client.extension import client_options, wrap_streams
from sse_client.telemetry._chat_trace import ChatMeter, ChatTrace
from sse_client.telemetry._stream_meter import StreamMeter
from sse_client.telemetry._stream_trace import StreamTrace
from sse_client.telemetry.chat import TracedChat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from sse_client.adapters.openai import AsyncChatClient, ChatClient
    from sse_client.aio import AsyncClient
    from sse_client.client import Client
    from sse_client.telemetry._question import Question
    from sse_client.telemetry.aio import AsyncTracedChat

__all__ = ["Telemetry"]

_METHODS = {
    "Client": "instrument",
    "AsyncClient": "instrument",
    "ChatClient": "chat",
    "AsyncChatClient": "achat",
}

_Client = TypeVar("_Client", bound="Client | AsyncClient")


class Telemetry:
    """Records spans and metrics of streams and chats. A process needs only one.

    Args:
        tracer_provider: provides the tracer; the global one by default.
        meter_provider: provides the meter; the global one by default.
        content: whether the spans of chats contain the messages, which may be private, and are long.
    """

    def __init__(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        content: bool = False,
    ) -> None:
        self._tracer = trace.get_tracer("sse_client", sse_client.__version__, tracer_provider)
        meter = metrics.get_meter("sse_client", sse_client.__version__, meter_provider)
        self._streams = StreamMeter(meter)
        self._chats = ChatMeter(meter)
        self._content = content

    def instrument(self, client: _Client) -> _Client:
        """Trace all streams that `client` creates from now on, and return the client.

        Each stream is a span from its first request to its end, with an event for each reconnect. Its requests carry
        the span's context (`traceparent`, unless the caller sends one). Streams of adapters that use the client are
        traced, too.

        Raises:
            RuntimeError: the client is already instrumented.
            TypeError: it is no `Client` or `AsyncClient`, but a chat client, for example.
        """

        def traced(make: Callable[[Mapping[str, Any]], Any], method: str, url: str, options: Mapping[str, Any]) -> Any:
            defaults = client_options(client)
            own = StreamTrace(
                self._tracer,
                self._streams,
                method,
                url,
                prepare=options.get("prepare", defaults.prepare),
                observer=options.get("observer", defaults.observer),
            )
            stream = make({**options, "prepare": own.prepare, "observer": own.observe})
            own.follow(stream)
            return stream

        wrap_streams(cast("Any", client), traced)
        return client

    def chat(self, client: ChatClient, *, provider: str = "openai") -> TracedChat:
        """Return a wrapper of `client` that records a span for each chat, completion and response.

        Args:
            client: a chat client. If it uses an instrumented client, its requests are recorded as child spans.
            provider: `gen_ai.provider.name`, for servers other than OpenAI's.

        Raises:
            TypeError: `client` is no `ChatClient`.
        """
        from sse_client.adapters.openai import ChatClient

        if not isinstance(client, ChatClient):
            raise TypeError(f"client: expected a ChatClient, got {type(client).__name__}{_meant(client)}")
        return TracedChat(client, self._trace_of(client, provider))

    def achat(self, client: AsyncChatClient, *, provider: str = "openai") -> AsyncTracedChat:
        """Return a wrapper of an asyncio `client` that records a span for each chat, completion and response.

        Args:
            client: as for `chat`.
            provider: as for `chat`.

        Raises:
            TypeError: `client` is no `AsyncChatClient`.
        """
        from sse_client.adapters.openai import AsyncChatClient
        from sse_client.telemetry.aio import AsyncTracedChat

        if not isinstance(client, AsyncChatClient):
            raise TypeError(f"client: expected an AsyncChatClient, got {type(client).__name__}{_meant(client)}")
        return AsyncTracedChat(client, self._trace_of(client, provider))

    def _trace_of(self, client: ChatClient | AsyncChatClient, provider: str) -> Callable[[Question], ChatTrace]:
        def trace_of(question: Question) -> ChatTrace:
            url = client.base_url
            return ChatTrace(self._tracer, self._chats, url, question, provider=provider, content=self._content)

        return trace_of


def _meant(client: object) -> str:
    """Return a hint at the method that takes this client."""
    method = _METHODS.get(type(client).__name__)
    return f"; pass it to {method}" if method else ""
