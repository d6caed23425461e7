"""Traces the chats, completions and responses of an asyncio client, each as a span."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client.adapters.openai import ChatDelta
from sse_client.adapters.openai.responses import ResponseDeltaEvent, ResponseEvent
from sse_client.telemetry import _answer, _question
from sse_client.telemetry._async_reply import AsyncTracedReply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from sse_client.adapters.openai import AsyncChatClient, AsyncChatStream, Completion
    from sse_client.adapters.openai.responses import AsyncResponseStream, Response
    from sse_client.telemetry._answer import Answer
    from sse_client.telemetry._chat_trace import ChatTrace
    from sse_client.telemetry._question import Question

__all__ = [
    "AsyncTracedChat",
    "AsyncTracedChatStream",
    "AsyncTracedCompletions",
    "AsyncTracedResponseStream",
    "AsyncTracedResponses",
]


class AsyncTracedChat:
    """Streams chats, each as a span; see `Telemetry.achat`."""

    def __init__(self, client: AsyncChatClient, trace: Callable[[Question], ChatTrace]) -> None:
        self._client = client
        self._trace = trace

    def stream(self, *, model: str, messages: Iterable[Mapping[str, Any]], **options: Any) -> AsyncTracedChatStream:
        """Return the reply to `messages`; see `AsyncChatClient.stream`. Its span begins when the request is sent."""
        given: Any = messages  # a text is refused below
        asked: Any = given if isinstance(given, str) else list(given)
        reply = self._client.stream(model=model, messages=asked, **options)
        return AsyncTracedChatStream(
            reply, self._trace(_question.of_chat({"model": model, "messages": asked, **options}))
        )

    @property
    def completions(self) -> AsyncTracedCompletions:
        """Completions of a prompt, each as a span."""
        return AsyncTracedCompletions(self._client, self._trace)

    @property
    def responses(self) -> AsyncTracedResponses:
        """The Responses API, each response as a span."""
        return AsyncTracedResponses(self._client, self._trace)


class AsyncTracedCompletions:
    """Streams completions of a prompt, each as a span; see `AsyncTracedChat.completions`."""

    def __init__(self, client: AsyncChatClient, trace: Callable[[Question], ChatTrace]) -> None:
        self._client = client
        self._trace = trace

    def stream(self, *, model: str, prompt: Any, **options: Any) -> AsyncTracedChatStream:
        """Return the reply to `prompt`; see `Completions.stream`. Its span begins when the request is sent."""
        reply = self._client.completions.stream(model=model, prompt=prompt, **options)
        question = _question.of_completion({"model": model, "prompt": prompt, **options})
        return AsyncTracedChatStream(reply, self._trace(question))


class AsyncTracedResponses:
    """Streams responses, each as a span; see `AsyncTracedChat.responses`."""

    def __init__(self, client: AsyncChatClient, trace: Callable[[Question], ChatTrace]) -> None:
        self._client = client
        self._trace = trace

    def stream(
        self,
        *,
        model: str,
        input: str | Iterable[Mapping[str, Any]],  # noqa: A002  (the API's word)
        **options: Any,
    ) -> AsyncTracedResponseStream:
        """Return the response to `input`; see `Responses.stream`. Its span begins when the request is sent."""
        asked = input if isinstance(input, str) else list(input)
        reply = self._client.responses.stream(model=model, input=asked, **options)
        question = _question.of_response({"model": model, "input": asked, **options})
        return AsyncTracedResponseStream(reply, self._trace(question))


class AsyncTracedChatStream(AsyncTracedReply[ChatDelta]):
    """A reply as it arrives, with a span that ends with it. It has the interface of `AsyncChatStream`."""

    def __init__(self, reply: AsyncChatStream, trace: ChatTrace) -> None:
        super().__init__(reply, trace)
        self._reply = reply

    @property
    def completion(self) -> Completion:
        """Everything that has arrived so far; also available after an error."""
        return self._reply.completion

    async def text(self) -> AsyncIterator[str]:
        """Yield the pieces of the text of choice 0."""
        async for delta in self:
            if delta.index == 0 and delta.content:
                yield delta.content

    async def parse(self, type: Any, index: int = 0) -> Any:  # noqa: A002 - the API's own word
        """Read the rest of the reply, and return a choice as a value of `type`; see `Completion.parse`.

        Raises:
            ChatError: there is no answer, or it is not of that type.
            StreamTruncated: the reply was cut off.
        """
        async for _ in self:
            pass
        return self.completion.parse(type, index)

    def _answer(self) -> Answer:
        return _answer.of_completion(self._reply.completion)


class AsyncTracedResponseStream(AsyncTracedReply[ResponseEvent]):
    """A response as it arrives, with a span that ends with it. It has the interface of `AsyncResponseStream`."""

    def __init__(self, reply: AsyncResponseStream, trace: ChatTrace) -> None:
        super().__init__(reply, trace)
        self._reply = reply

    @property
    def response(self) -> Response:
        """Everything that has arrived so far; also available after an error."""
        return self._reply.response

    def text(self) -> AsyncIterator[str]:
        """Yield the pieces of the text, whichever message they belong to."""
        return self._pieces(self._reply.text())

    async def parse(self, type: Any) -> Any:  # noqa: A002 - the API's own word
        """Read the rest of the reply, and return the answer as a value of `type`; see `Response.parse`.

        Raises:
            ChatError: there is no answer, or it is not of that type.
            StreamTruncated: the reply was cut off.
        """
        async for _ in self:
            pass
        return self.response.parse(type)

    def _answer(self) -> Answer:
        return _answer.of_response(self._reply.response)

    def _is_answer(self, piece: object) -> bool:
        return isinstance(piece, ResponseDeltaEvent)
