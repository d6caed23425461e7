"""Turns streams of Anthropic's Messages API into typed deltas and messages (API reference, "Streaming messages")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client.adapters.anthropic._deltas import deltas
from sse_client.adapters.anthropic.client import MessagesClient, MessageStream
from sse_client.adapters.anthropic.errors import MessagesError
from sse_client.adapters.anthropic.message import ContentBlock, Message, MessageDelta, Usage

if TYPE_CHECKING:
    from sse_client.adapters.anthropic.aio import AsyncMessagesClient, AsyncMessageStream

__all__ = [
    "AsyncMessageStream",
    "AsyncMessagesClient",
    "ContentBlock",
    "Message",
    "MessageDelta",
    "MessageStream",
    "MessagesClient",
    "MessagesError",
    "Usage",
    "deltas",
]


def __getattr__(name: str) -> Any:
    if name not in {"AsyncMessageStream", "AsyncMessagesClient"}:  # imported on first access, because they need aiohttp
        raise AttributeError(f"module 'sse_client.adapters.anthropic' has no attribute {name!r}")
    from sse_client.adapters.anthropic import aio

    return getattr(aio, name)
