"""Events to the response that they add up to, at any time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sse_client.adapters.openai._error_shapes import reported
from sse_client.adapters.openai._json import mapping
from sse_client.adapters.openai.errors import ChatError
from sse_client.adapters.openai.responses._output import Output
from sse_client.adapters.openai.responses.events import (
    ResponseAnnotationEvent,
    ResponseDeltaEvent,
    ResponseItemEvent,
    ResponseLifecycleEvent,
    ResponsePartEvent,
    ResponseTextEvent,
)
from sse_client.adapters.openai.responses.response import Response

if TYPE_CHECKING:
    from sse_client.adapters.openai.responses.events import ResponseEvent

__all__ = ["LAST", "Arrived"]

LAST = frozenset({"response.completed", "response.incomplete", "response.failed"})
"""The types of the events that end a response."""

_NOT_OVER = frozenset({None, "", "queued", "in_progress"})


class Arrived:
    """What has arrived of a response.

    Attributes:
        snapshot: the response as the server last sent it.
        output: what has come of the output since.
        over: whether the server has said that the response is over.
    """

    __slots__ = ("output", "over", "snapshot")

    def __init__(self) -> None:
        self.snapshot = Response()
        self.output = Output()
        self.over = False

    @property
    def response(self) -> Response:
        """The response as it is now."""
        # Some servers leave the output out at the end.
        if self.over and self.snapshot.output:
            return self.snapshot
        return replace(self.snapshot, output=self.output.items())

    def add(self, event: ResponseEvent) -> None:
        """Add what an event brings.

        Raises:
            ChatError: it says that the response failed.
        """
        if isinstance(event, ResponseDeltaEvent):
            self.output.add(event)
        elif isinstance(event, ResponseLifecycleEvent):
            self._follow(event)
        elif isinstance(event, ResponseItemEvent):
            self.output.add_item(event)
        elif isinstance(event, ResponsePartEvent):
            self.output.add_part(event)
        elif isinstance(event, ResponseTextEvent):
            self.output.finish(event)
        elif isinstance(event, ResponseAnnotationEvent):
            self.output.annotate(event)

    def take(self, response: Response, raw: str) -> None:
        """Take `response` for the end.

        Raises:
            ChatError: it has failed, or was cancelled. `raw` is all that the server sent with it.
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
        """Take `response` for how it is now, though it is not over: what has come of its output may be more."""
        self.snapshot = response
        self.output.add_missing(response.output)

    def _follow(self, event: ResponseLifecycleEvent) -> None:
        response, ending = event.response, event.type.removeprefix("response.")
        if event.type in LAST:
            # Some servers say no more than that it is over, or send the response as it was when it began.
            whole = response if response.raw else self.snapshot
            status = ending if ending == "failed" or response.status in _NOT_OVER else response.status
            self.take(replace(whole, status=status), event.raw)
        elif response.raw:
            self.go_on(response)
