"""Requests of the Responses API to replies that stream (API reference, "Create a model response", `stream: true`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sse_client.adapters.openai._blocking_reply import BlockingReply
from sse_client.adapters.openai.responses._resuming import RESPONSES, Resuming, Resumptions
from sse_client.adapters.openai.responses.events import ResponseEvent, ResponseTextDeltaEvent
from sse_client.event_stream import EventStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sse_client.adapters.openai._endpoint import Endpoint
    from sse_client.adapters.openai._structured import Validates
    from sse_client.client import Client
    from sse_client.options import Timeout

__all__ = ["ResponseStream", "Responses"]


T = TypeVar("T")


class Responses:
    """Streams responses. Made by `ChatClient.responses`."""

    def __init__(self, client: Client, endpoint: Endpoint) -> None:
        self._client = client
        self._endpoint = endpoint

    def stream(
        self,
        *,
        model: str,
        input: str | Iterable[Mapping[str, Any]],  # noqa: A002  (the API's word)
        headers: Mapping[str, str] | None = None,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
        **body: Any,
    ) -> ResponseStream:
        """Return the response to `input`; the request is sent when it is entered or iterated over.

        With `background=True` the server makes the response whether or not anybody listens. The stream then goes on
        after a loss from behind the last event that came, and no event is lost or comes twice. It is asked for again
        up to `max_retries` times in a row without a new event. Where the server refuses that (OpenAI does so five
        minutes after the response was begun), its `ChatError` is raised, with what had come as `partial`.

        Args:
            model: the model's name.
            input: a text, or items as the API describes them.
            headers: sent over the client's.
            timeout: in place of the client's.
            **body: any other field of the API: `instructions`, `tools`, `background`, ...

        Raises:
            ValueError: the request is malformed.
        """
        asked = input if isinstance(input, str) else list(input)
        options = self._endpoint._asking({"model": model, "input": asked, **body}, headers, timeout)  # noqa: SLF001
        return ResponseStream(self._client, self._endpoint, options)


class ResponseStream(Resuming[EventStream], BlockingReply[ResponseEvent]):
    """A response, as it arrives: an iterator of events, and a context manager. Made by `Responses.stream`.

    Attributes:
        events: the stream of server-sent events underneath.

    Raises:
        ChatError: when entered or iterated over: the response failed, or the server reported an error, or sent no
            stream of this API's.
        StreamTruncated: the response was cut off, for good; `partial` is the `Response` that had arrived.
        SSEError: no connection could be made, or it took too long; `partial` is what had arrived.
    """

    def __init__(self, client: Client, endpoint: Endpoint, options: Mapping[str, Any]) -> None:
        super().__init__(
            lambda rules: client._stream(  # noqa: SLF001  (the adapters' way in)
                "POST", endpoint.url("/responses"), {**options, **rules}, RESPONSES
            ),
            Resumptions(endpoint, options["json"], client._defaults.prepare),  # noqa: SLF001
        )

    def text(self) -> Iterator[str]:
        """Yield the pieces of the text, whichever message they belong to."""
        for event in self:
            if isinstance(event, ResponseTextDeltaEvent):
                yield event.delta

    def parse(self, type: type[T] | Validates[T]) -> T:  # noqa: A002 - the API's own word
        """Return the answer, when it is whole, as a value of a type of yours; see `Response.parse`.

        Reads what is left of the stream.

        Args:
            type: a type that msgspec or pydantic decodes.

        Raises:
            ChatError: the answer is none, or not of that type.
            StreamTruncated: the reply was cut off.
        """
        for _ in self:
            pass
        return self.response.parse(type)
