"""What the blocking and the asyncio `Responses` share: the requests of the Responses API."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sse_client.adapters._named_arguments import named_arguments
from sse_client.adapters.openai._shared.call_options import CallOptions
from sse_client.adapters.openai._shared.fields import check_fields
from sse_client.adapters.openai._shared.json_body import listed

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

        With `background=True` the server makes the response whether or not anybody listens. When the connection is
        lost, the stream then resumes after the last event that came, and no event is lost or comes twice. It is
        resumed up to `max_retries` times in a row without a new event. Where the server refuses that (OpenAI does so
        five minutes after the response was begun), its `ChatError` is raised, with what had come as `partial`.

        Args:
            model: the model's name.
            input: a text, or items as the API describes them.
            headers: sent over the client's.
            timeout: in place of the client's.
            extra_headers: sent over `headers`, as in OpenAI's own client.
            extra_query: parameters of the query, over those of the base URL and of `params`; None takes one away.
            extra_body: fields of the request's body, over all others.
            **body: any other field of the API: `instructions`, `tools`, `background`, ... Values may be pydantic
                models and dataclasses.

        Raises:
            TypeError: `input` is one item; a field has no JSON form; or its name is that of an option of this package,
                or much like one of the arguments above.
            ValueError: the request is malformed.
        """
        check_fields(body)
        call = CallOptions(headers, timeout, extra_headers, extra_query, extra_body)
        asked = input if isinstance(input, str) else listed("input", input, "items")
        whole = call.body({"model": model, "input": asked, **body})
        options = self._endpoint.request_options(whole, call.all_headers, call.timeout)
        return self._open_reply(options, call.extra_query)

    @abstractmethod
    def _open_reply(self, options: Mapping[str, Any], query: Mapping[str, Any] | None) -> _Stream:
        """Return the reply to a request with these options, and more parameters of the query."""
