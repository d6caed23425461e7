"""Turns chat streams of OpenAI and compatible servers into typed deltas and completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client.adapters.openai.chat._deltas import adeltas, deltas
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

# Imported on first access, because they need aiohttp.
_ASYNCIO = frozenset({"AsyncChatClient", "AsyncChatStream"})


def __getattr__(name: str) -> Any:
    if name not in _ASYNCIO:
        raise AttributeError(f"module 'sse_client.adapters.openai' has no attribute {name!r}")
    from sse_client.adapters.openai import aio

    return getattr(aio, name)
