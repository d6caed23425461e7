"""Server-Sent Events for Python (WHATWG HTML 9.2): any HTTP method, any body, reconnecting, fast."""

from __future__ import annotations

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
from sse_client.events import Comment, Event
from sse_client.parser import Parser

__all__ = [
    "BodyNotReplayable",
    "Comment",
    "ConnectionFailed",
    "ContentTypeError",
    "DeadlineExceeded",
    "Event",
    "EventTooLarge",
    "IdleTimeout",
    "Parser",
    "RedirectRefused",
    "ResponseError",
    "SSEError",
    "StatusError",
    "StreamTruncated",
]

__version__ = "0.1.0"
