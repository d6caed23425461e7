"""What counts as a stream: the standard's word, and another for an adapter whose servers do not keep to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sse_client.parser import Parser

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.events import Event

__all__ = ["EVENT_STREAM", "Dialect"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What counts as a stream, for an adapter whose servers do not keep to the standard.

    Attributes:
        parser: the parser's class.
        media_types: content types that are read as event streams.
        body_limit: bytes of a response that is no stream that are kept in the error.
        counts: whether an event ends the wait that `Timeout.first` and `Timeout.event` limit; by default, any does.
    """

    parser: type[Parser] = Parser
    media_types: frozenset[str] = frozenset({"text/event-stream"})
    body_limit: int = 64 * 1024
    counts: Callable[[Event], bool] | None = None


EVENT_STREAM = Dialect()
