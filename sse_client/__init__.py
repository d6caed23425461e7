"""Server-Sent Events for Python (WHATWG HTML 9.2): any HTTP method, any body, reconnecting, fast."""

from __future__ import annotations

import logging

from sse_client.checkpoint import Checkpoint, FileCheckpoint
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
from sse_client.observer import Closed, Lost, Opened
from sse_client.options import Timeout
from sse_client.parser import Parser
from sse_client.policy import Reconnect
from sse_client.request import Attempt, Request
from sse_client.subscription import Subscription

__all__ = [
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
    "get",
    "post",
    "stream",
    "subscribe",
]

logging.getLogger("sse_client").addHandler(logging.NullHandler())

__version__ = "0.1.0"
