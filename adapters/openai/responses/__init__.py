"""Turns streams of the Responses API into typed events and the response (API reference, Responses)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client.adapters.openai.responses.client import Responses, ResponseStream
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

if TYPE_CHECKING:
    from sse_client.adapters.openai.responses.aio import AsyncResponses, AsyncResponseStream

__all__ = [
    "AsyncResponseStream",
    "AsyncResponses",
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
    "ResponseStream",
    "ResponseTextDeltaEvent",
    "ResponseTextEvent",
    "ResponseUsage",
    "Responses",
]

# Imported on first access, because they need aiohttp.
_ASYNCIO = frozenset({"AsyncResponseStream", "AsyncResponses"})


def __getattr__(name: str) -> Any:
    if name not in _ASYNCIO:
        raise AttributeError(f"module 'sse_client.adapters.openai.responses' has no attribute {name!r}")
    from sse_client.adapters.openai.responses import aio

    return getattr(aio, name)
