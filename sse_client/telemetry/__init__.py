"""Spans and metrics of streams and chats, by OpenTelemetry's conventions.

    from sse_client.telemetry import Telemetry

    telemetry = Telemetry()                                   # the global providers
    client = telemetry.instrument(sse_client.Client())        # its streams, and those of adapters on it
    chat = telemetry.chat(ChatClient(client=client))

Needs `pip install 'sse-client[otel]'`; the application chooses and installs what exports the spans.
"""

from __future__ import annotations

try:
    import opentelemetry.trace  # noqa: F401  # pyright: ignore[reportUnusedImport]
except ImportError as error:
    raise ImportError("telemetry needs OpenTelemetry's API: pip install 'sse-client[otel]'") from error

from sse_client.telemetry.chat import (
    TracedChat,
    TracedChatStream,
    TracedCompletions,
    TracedResponses,
    TracedResponseStream,
)
from sse_client.telemetry.telemetry import Telemetry

__all__ = [
    "Telemetry",
    "TracedChat",
    "TracedChatStream",
    "TracedCompletions",
    "TracedResponseStream",
    "TracedResponses",
]
