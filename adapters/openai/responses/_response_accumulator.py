"""Accumulates the response from events; it can be read at any time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sse_client.adapters.openai._shared.error_shapes import reported
from sse_client.adapters.openai.errors import ChatError
from sse_client.adapters.openai.responses._output_accumulator import OutputAccumulator
from sse_client.adapters.openai.responses.events import (
    ResponseAnnotationEvent,
    ResponseDeltaEvent,
    ResponseItemEvent,
    ResponseLifecycleEvent,
    ResponsePartEvent,
    ResponseProgressEvent,
    ResponseTextEvent,
)
from sse_client.adapters.openai.responses.response import Response, ResponseFailure
from sse_client.replies.json_values import mapping

if TYPE_CHECKING:
    from sse_client.adapters.openai.responses.events import ResponseEvent

__all__ = ["LAST", "ResponseAccumulator"]

LAST = frozenset(
    {"response.completed", "response.incomplete", "response.failed", "response.cancelled", "response.done"}
)
"""The types of the events that end a response."""

_NOT_OVER = frozenset({None, "", "queued", "in_progress"})


class ResponseAccumulator:
    """Accumulates a response.

    Attributes:
        snapshot: the response as the server last sent it.
        output: the output that has arrived since.
        over: whether the server has reported the end of the response.
    """

    __slots__ = ("output", "over", "snapshot")

    def __init__(self) -> None:
        self.snapshot = Response()
        self.output = OutputAccumulator()
        self.over = False

    @property
    def response(self) -> Response:
        """The response so far."""
        # Some servers leave the output out at the end.
        if self.over and self.snapshot.output:
            return self.snapshot
        return replace(self.snapshot, output=self.output.items())

    def add(self, event: ResponseEvent) -> str:
        """Add an event; return the part of the answer's text in it that has not come in pieces.

        Some servers send a text only with its end, with its item, or with the response.

        Raises:
            ChatError: the event reports that the response failed.
        """
        output = self.output
        if isinstance(event, ResponseDeltaEvent):
            output.add(event)
        elif isinstance(event, ResponseLifecycleEvent):
            return self._follow(event)
        elif isinstance(event, ResponseItemEvent):
            return output.add_item(event)
        elif isinstance(event, ResponsePartEvent):
            return output.add_part(event)
        elif isinstance(event, ResponseTextEvent):
            return output.finish(event)
        elif isinstance(event, ResponseAnnotationEvent):
            output.annotate(event)
        elif isinstance(event, ResponseProgressEvent):
            output.move(event)
        return ""

    def fail(self, error: ChatError) -> None:
        """Record that the server has reported an error."""
        self.snapshot = replace(self.snapshot, status="failed", error=ResponseFailure(error.code, error.message))

    def fail_as(self, response: Response) -> None:
        """Accept `response` as the failed one, after its error has been reported separately."""
        self.snapshot = replace(response, status="failed", error=response.error or self.snapshot.error)

    def take(self, response: Response, raw: str) -> None:
        """Accept `response` as the final one.

        Raises:
            ChatError: it has failed, or was cancelled. `raw` is everything that the server sent with it.
        """
        self.snapshot, self.over = response, True
        if response.status not in {"failed", "cancelled"}:
            return
        for said in (response.raw, raw):
            error = mapping(json.loads(said or "null")).get("error")
            if error:
                raise reported({"error": error}, raw)
        how = "failed" if response.status == "failed" else "was cancelled"
        raise ChatError(f"the response {how}, and the server does not say why", code=response.status, raw=raw)

    def go_on(self, response: Response) -> None:
        """Update the state of an unfinished response; output that has arrived and is missing in `response` is kept."""
        self.snapshot = response
        self.output.add_missing(response.output)

    def _follow(self, event: ResponseLifecycleEvent) -> str:
        response, ending = event.response, event.type.removeprefix("response.")
        if event.type not in LAST:
            if response.raw:
                self.go_on(response)
            return ""
        # Some servers only report the end, or send the response in its initial state.
        whole = response if response.raw else self.snapshot
        status = response.status
        if status in _NOT_OVER or ending in ("failed", "cancelled"):
            status = "completed" if ending == "done" else ending
        items, rest = self.output.complete(whole.output)
        self.take(replace(whole, status=status, output=items), event.raw)
        return rest
