"""Chat streams of OpenAI and of the servers that speak its API: events to typed deltas, and to completions."""

from __future__ import annotations

from sse_client.adapters.openai._deltas import deltas
from sse_client.adapters.openai.client import ChatClient, ChatStream
from sse_client.adapters.openai.completion import (
    Choice,
    Completion,
    CompletionTokensDetails,
    Message,
    PromptTokensDetails,
    ToolCall,
    Usage,
)
from sse_client.adapters.openai.delta import ChatDelta, ToolCallDelta
from sse_client.adapters.openai.errors import ChatError

__all__ = [
    "ChatClient",
    "ChatDelta",
    "ChatError",
    "ChatStream",
    "Choice",
    "Completion",
    "CompletionTokensDetails",
    "Message",
    "PromptTokensDetails",
    "ToolCall",
    "ToolCallDelta",
    "Usage",
    "deltas",
]
