"""What the blocking and the asyncio `Responses` share: the requests of the Responses API."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sse_client.adapters.openai._shared.call_options import CallOptions
from sse_client.adapters.openai._shared.fields import check_fields
from sse_client.adapters.openai._shared.json_body import listed
from sse_client.replies.named_arguments import named_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sse_client.adapters.openai._shared.endpoint import Endpoint
    from sse_client.aio import AsyncClient
    from sse_client.client import Client
    from sse_client.options import Timeout

__all__ = ["ResponsesBase"]

_Client = TypeVar("_Client", bound="Client | AsyncClient")
_Stream = TypeVar("_Stream")


class ResponsesBase(ABC, Generic[_Client, _Stream]):
    """Streams responses, over the connections of a client."""

    def __init__(self, client: _Client, endpoint: Endpoint) -> None:
        self._client = client
        self._endpoint = endpoint

    @named_arguments
    def stream(
        self,
        *,
        model: str,
        input: str | Iterable[Mapping[str, Any]],  # noqa: A002  (the API's word)
        headers: Mapping[str, str] | None = None,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, Any] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **body: Any,
    ) -> _Stream:
        """Return the response to `input`; the request is sent when it is entered or iterated over.

        With `background=True`, the server generates the response whether or not anybody listens. If the connection is
        lost, the stream then resumes after the last event that arrived; no event is lost or yielded twice. It is
        resumed up to `max_retries` times in a row without a new event. If the server refuses to resume (OpenAI does so
        five minutes after the response began), its `ChatError` is raised, whose `partial` is what had arrived.

        Args:
            model: the model's name.
            input: a text, or items as the API describes them.
            headers: override the client's.
            timeout: overrides the client's.
            extra_headers: override `headers`, as in OpenAI's own client.
            extra_query: query parameters, which override those of the base URL and of `params`; None removes one.
            extra_body: fields of the request's body, which override all others.
            **body: any other field of the API: `instructions`, `tools`, `background`, ... Values may be pydantic
                models and dataclasses.

        Raises:
            TypeError: `input` is a single item; a field has no JSON form; or its name is that of an option of this
                package, or resembles one of the arguments above.
            ValueError: the request is malformed.
            RuntimeError: the client is closed.
        """
        check_fields(body)
        call = CallOptions(headers, timeout, extra_headers, extra_query, extra_body)
        asked = input if isinstance(input, str) else listed("input", input, "items")
        whole = call.body({"model": model, "input": asked, **body})
        options = self._endpoint.request_options(whole, call.all_headers, call.timeout)
        return self._open_reply(options, call.extra_query)

    @abstractmethod
    def _open_reply(self, options: Mapping[str, Any], query: Mapping[str, Any] | None) -> _Stream:
        """Return the reply to a request with these options, and further query parameters."""
