"""The attempts of one response; a background response is resumed after the last event that arrived."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from weakref import ref

from sse_client.adapters.openai._shared.reply import OpenAIRetries
from sse_client.adapters.openai.responses._reader import ResponseReader
from sse_client.adapters.openai.responses._response_accumulator import LAST
from sse_client.replies.json_values import json_value, mapping
from sse_client.replies.parsing import undispatched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tenacity import RetryCallState

    from sse_client.adapters.openai._shared.endpoint import Endpoint
    from sse_client.aio import AsyncEventStream
    from sse_client.errors import ConnectionFailed
    from sse_client.event_stream import EventStream
    from sse_client.request import Attempt, Request

__all__ = ["Resumptions"]


class Resumptions(OpenAIRetries[ResponseReader]):
    """The attempts of one response. A background response is resumed after the last event that arrived.

    Args:
        endpoint: builds the requests, also those for a response by its ID.
        body: the body of the first request.
        query: further query parameters, which requests that resume also have.
        prepare: the caller's `prepare`, which has the last word on each request.
    """

    _events: ref[EventStream | AsyncEventStream]

    def __init__(
        self,
        endpoint: Endpoint,
        body: Mapping[str, Any],
        query: Mapping[str, Any] | None,
        prepare: Callable[..., Any] | None,
    ) -> None:
        super().__init__(endpoint.max_retries, partial(ResponseReader, background=body.get("background") is True))
        self._endpoint = endpoint
        self._query = query or {}
        self._again = _asked_again(body)
        self._prepare = prepare
        self._last: tuple[str, int] | None = None

    def follow(self, events: EventStream | AsyncEventStream) -> None:
        """Remember `events`, whose undispatched text is checked when a connection is lost."""
        self._events = ref(events)  # a weak reference, because the stream refers to this object

    def rules(self) -> dict[str, Any]:
        """Return the options of the event stream that decide when it ends, and when and how it is resumed."""
        return {**super().rules(), "prepare": self._prepared}

    def may_follow(self, error: ConnectionFailed) -> bool:
        if self.reader.resume is None:
            return super().may_follow(error)
        # If only the blank line of the last event is missing, the response has ended.
        events = self._events()
        return events is None or not _has_last(events.tail)

    def begin(self) -> None:
        if self.reader.resume is None:
            super().begin()
        else:
            self.reader.resumed()

    def _retry(self, state: RetryCallState) -> bool:
        # Called before the delay is computed, and before the attempts are counted, so a resumed stream starts from 0.
        place = self.reader.resume
        if place != self._last:
            self._last, self._count = place, 0
        return super()._retry(state)

    def _prepared(self, request: Request, attempt: Attempt) -> Any:
        """Return the request of an attempt: the first one, or one for the events after the last that arrived."""
        place = self.reader.resume if attempt.number > 1 else None
        if place is not None:
            request = self._resuming(request, *place)
        return request if self._prepare is None else self._prepare(request, attempt)

    def _resuming(self, request: Request, response_id: str, number: int) -> Request:
        query = {**self._query, "stream": "true", "starting_after": str(number)}
        url = self._endpoint.url(f"/responses/{quote(response_id, safe='')}", query)
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
        return replace(request, method="GET", url=f"{url}{self._again}", headers=headers, json=None)


def _asked_again(body: Mapping[str, Any]) -> str:
    """Return the part of a request's body that selects the events' fields, as further query parameters."""
    query = [("include[]", field) for field in body.get("include") or ()]
    padded = mapping(body.get("stream_options")).get("include_obfuscation")
    if padded is not None:
        query.append(("include_obfuscation", "true" if padded else "false"))
    return f"&{urlencode(query)}" if query else ""


def _has_last(tail: str) -> bool:
    """Return whether `tail` holds the event that ends a response, complete except for its blank line."""
    events, _ = undispatched(tail)
    return any(mapping(json_value(event.data)).get("type") in LAST for event in events)
