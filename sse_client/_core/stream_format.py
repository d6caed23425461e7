"""Decides which responses count as a stream: by the standard, or by the rules of an adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sse_client.parser import Parser

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.events import Event

__all__ = ["EVENT_STREAM", "StreamFormat"]


# A struct, like `Options`: a dataclass of five fields takes 0.5 ms to import.
class StreamFormat(msgspec.Struct, frozen=True):
    """Which responses count as a stream, for an adapter whose servers deviate from the standard.

    Attributes:
        parser: the parser's class.
        media_types: content types that are read as event streams.
        body_limit: bytes of a response that is no stream that are kept in the error.
        counts: whether an event ends the wait that `Timeout.first` and `Timeout.event` limit; by default, any does.
        sniff: whether a body of any other content type is an event stream, told by a prefix of it; None from the rule:
            a longer prefix is needed. Without a rule, the content type alone decides.
    """

    parser: type[Parser] = Parser
    media_types: frozenset[str] = frozenset({"text/event-stream"})
    body_limit: int = 64 * 1024
    counts: Callable[[Event], bool] | None = None
    sniff: Callable[[bytes], bool | None] | None = None


EVENT_STREAM = StreamFormat()
