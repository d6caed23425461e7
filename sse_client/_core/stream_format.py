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
    """The rules for what counts as a stream, for an adapter whose servers deviate from the standard.

    Attributes:
        parser: the class of the parser.
        media_types: the content types that are read as event streams, in lower case and without parameters; "" stands
            for a response without a valid one.
        body_limit: how many bytes of a response that is not a stream are kept in the error.
        counts: returns whether an event ends the wait that `Timeout.first` and `Timeout.event` limit; by default, every
            event does.
        sniff: returns whether a body of another content type is an event stream, given a prefix of it; None if it needs
            a longer prefix. Without such a function, only the content type decides.
        event_cost: what an event costs beyond being parsed, as a number of bytes to inflate and parse, each of which
            takes up to 5 ns. The limit on what a compressed body may inflate to counts it.
    """

    parser: type[Parser] = Parser
    media_types: frozenset[str] = frozenset({"text/event-stream"})
    body_limit: int = 64 * 1024
    counts: Callable[[Event], bool] | None = None
    sniff: Callable[[bytes], bool | None] | None = None
    event_cost: int = 0


EVENT_STREAM = StreamFormat()
