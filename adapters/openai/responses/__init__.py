"""Streams of the Responses API: events to typed ones, and to the response (API reference, Responses)."""

from __future__ import annotations

from sse_client.adapters.openai.responses.events import (
    ResponseAnnotationEvent,
    ResponseDeltaEvent,
    ResponseEvent,
    ResponseImageEvent,
    ResponseItemEvent,
    ResponseLifecycleEvent,
    ResponsePartEvent,
    ResponseProgressEvent,
    ResponseShellOutputEvent,
    ResponseTextDeltaEvent,
    ResponseTextEvent,
)
from sse_client.adapters.openai.responses.response import (
    ContentPart,
    CustomToolCall,
    FunctionToolCall,
    IncompleteDetails,
    InputTokensDetails,
    OutputItem,
    OutputMessage,
    OutputTokensDetails,
    ReasoningItem,
    Response,
    ResponseFailure,
    ResponseUsage,
)

__all__ = [
    "ContentPart",
    "CustomToolCall",
    "FunctionToolCall",
    "IncompleteDetails",
    "InputTokensDetails",
    "OutputItem",
    "OutputMessage",
    "OutputTokensDetails",
    "ReasoningItem",
    "Response",
    "ResponseAnnotationEvent",
    "ResponseDeltaEvent",
    "ResponseEvent",
    "ResponseFailure",
    "ResponseImageEvent",
    "ResponseItemEvent",
    "ResponseLifecycleEvent",
    "ResponsePartEvent",
    "ResponseProgressEvent",
    "ResponseShellOutputEvent",
    "ResponseTextDeltaEvent",
    "ResponseTextEvent",
    "ResponseUsage",
]
