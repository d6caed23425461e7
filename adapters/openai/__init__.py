"""Turns chat streams of OpenAI and compatible servers into typed deltas and completions."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from sse_client.adapters.openai.client import ChatClient, ChatStream
from sse_client.adapters.openai.completion import (
    Audio,
    Choice,
    Completion,
    CompletionTokensDetails,
    Message,
    PromptTokensDetails,
    ToolCall,
    Usage,
)
from sse_client.adapters.openai.delta import AudioDelta, ChatDelta, ToolCallDelta
from sse_client.adapters.openai.errors import ChatError

if TYPE_CHECKING:
    from sse_client.adapters.openai.aio import AsyncChatClient, AsyncChatStream
    from sse_client.adapters.openai.chat._deltas import adeltas, deltas

__all__ = [
    "AsyncChatClient",
    "AsyncChatStream",
    "Audio",
    "AudioDelta",
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
    "adeltas",
    "deltas",
]

# Imported on first access: the clients for asyncio need aiohttp, and programs with a client do not need `deltas`.
_LATE = {
    "sse_client.adapters.openai.aio": ("AsyncChatClient", "AsyncChatStream"),
    "sse_client.adapters.openai.chat._deltas": ("adeltas", "deltas"),
}


def __getattr__(name: str) -> Any:
    for module, names in _LATE.items():
        if name in names:
            found = globals()[name] = getattr(importlib.import_module(module), name)
            return found
    raise AttributeError(f"module 'sse_client.adapters.openai' has no attribute {name!r}")
