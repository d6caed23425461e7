"""A reply of the Responses API, less what waits: one that is made in the background goes on after a loss."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from sse_client.adapters.openai._dialect import dialect
from sse_client.adapters.openai._reply import Reply
from sse_client.adapters.openai._retries import Retries
from sse_client.adapters.openai.errors import ChatError
from sse_client.adapters.openai.responses._reader import ResponseReader
from sse_client.adapters.openai.responses.events import ResponseEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenacity import RetryCallState

    from sse_client._stream import Stream
    from sse_client.adapters.openai._endpoint import Endpoint
    from sse_client.adapters.openai.responses.response import Response
    from sse_client.errors import ConnectionFailed, SSEError
    from sse_client.request import Attempt, Request

__all__ = ["RESPONSES", "Resuming", "Resumptions"]

RESPONSES = dialect(ResponseReader)

_Events = TypeVar("_Events", bound="Stream[Any]")


class Resumptions(Retries[ResponseReader]):
    """The tries of one response: one that is made in the background is gone on with, behind the last event that came.

    Args:
        most: how many there are in a row without an event in between.
        endpoint: where the response can be asked for by its ID.
    """

    def __init__(self, most: int, endpoint: Endpoint) -> None:
        super().__init__(most, ResponseReader)
        self._endpoint = endpoint
        self._last: tuple[str, int] | None = None

    def rules(self) -> dict[str, Any]:
        """Return the options of the stream underneath: when it ends, and when and how it goes on."""
        return {**super().rules(), "prepare": self._prepared}

    def _may_follow(self, error: ConnectionFailed) -> bool:
        return self.reader.resume is not None or super()._may_follow(error)

    def _begin(self) -> None:
        if self.reader.resume is None:
            super()._begin()
        else:
            self.reader.resumed()

    def _stop(self, _: RetryCallState) -> bool:
        place = self.reader.resume
        if place != self._last:
            self._last, self._count = place, 0
        return super()._stop(_)

    def _prepared(self, request: Request, attempt: Attempt) -> Request:
        """Return the request of an attempt: the caller's own, or one for what comes behind the last event."""
        place = self.reader.resume if attempt.number > 1 else None
        if place is None:
            return request
        response_id, number = place
        query = {"stream": "true", "starting_after": str(number)}
        url = self._endpoint.url(f"/responses/{quote(response_id, safe='')}", query)
        return replace(request, method="GET", url=url, json=None)


class Resuming(Reply[_Events, ResponseEvent]):
    """A reply of the Responses API."""

    _retries: Resumptions

    @property
    def response(self) -> Response:
        """Everything that has arrived, at any time, after an error too."""
        return self._retries.reader.response

    def _refused(self, error: SSEError) -> Iterable[ResponseEvent]:
        try:
            return super()._refused(error)
        except ChatError as refused:
            # Where it was to go on, the response is begun.
            refused.partial = refused.partial or (None if self._reader.empty else self.response)
            raise
