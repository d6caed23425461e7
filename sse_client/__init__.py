"""Server-Sent Events for Python (WHATWG HTML 9.2): any HTTP method, any body, reconnecting, fast."""

from __future__ import annotations

# Imported first, so that Ctrl-C is quiet while the rest is loaded.
import sse_client._startup  # noqa: F401  # isort: skip  # pyright: ignore[reportUnusedImport]
import importlib
import logging
from typing import TYPE_CHECKING, Any

from sse_client.client import Client, get, post, stream, subscribe
from sse_client.errors import (
    BodyNotReplayable,
    ConnectionFailed,
    ContentTypeError,
    DeadlineExceeded,
    EventTooLarge,
    IdleTimeout,
    RedirectRefused,
    ResponseError,
    SSEError,
    StatusError,
    StreamTruncated,
)
from sse_client.event_stream import EventStream
from sse_client.events import Comment, Event
from sse_client.options import Timeout
from sse_client.parser import Parser
from sse_client.request import Attempt, Request

if TYPE_CHECKING:
    from sse_client.aio import AsyncClient, AsyncEventStream, AsyncSubscription, astream
    from sse_client.checkpoint import Checkpoint, FileCheckpoint
    from sse_client.observer import Closed, Lost, Opened
    from sse_client.policy import Reconnect
    from sse_client.reading import aread, read
    from sse_client.subscription import Subscription

__all__ = [
    "AsyncClient",
    "AsyncEventStream",
    "AsyncSubscription",
    "Attempt",
    "BodyNotReplayable",
    "Checkpoint",
    "Client",
    "Closed",
    "Comment",
    "ConnectionFailed",
    "ContentTypeError",
    "DeadlineExceeded",
    "Event",
    "EventStream",
    "EventTooLarge",
    "FileCheckpoint",
    "IdleTimeout",
    "Lost",
    "Opened",
    "Parser",
    "Reconnect",
    "RedirectRefused",
    "Request",
    "ResponseError",
    "SSEError",
    "StatusError",
    "StreamTruncated",
    "Subscription",
    "Timeout",
    "__version__",
    "aread",
    "astream",
    "get",
    "post",
    "read",
    "stream",
    "subscribe",
]

logging.getLogger("sse_client").addHandler(logging.NullHandler())

__version__ = "0.2.0"

# Loaded on first access: most programs need few of these modules, and blocking programs do not need asyncio.
_LATE = {
    "sse_client.aio": ("AsyncClient", "AsyncEventStream", "AsyncSubscription", "astream"),
    "sse_client.checkpoint": ("Checkpoint", "FileCheckpoint"),
    "sse_client.observer": ("Closed", "Lost", "Opened"),
    "sse_client.policy": ("Reconnect",),
    "sse_client.reading": ("aread", "read"),
    "sse_client.subscription": ("Subscription",),
}


def __getattr__(name: str) -> Any:
    if name == "checkpoint":  # `import sse_client` was enough for `sse_client.checkpoint` in 0.1.0
        return importlib.import_module("sse_client.checkpoint")
    for module, names in _LATE.items():
        if name in names:
            found = globals()[name] = getattr(importlib.import_module(module), name)
            return found
    raise AttributeError(f"module 'sse_client' has no attribute {name!r}")
