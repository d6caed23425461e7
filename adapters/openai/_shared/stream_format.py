"""Says what counts as a stream of OpenAI's APIs, and which events count as progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.adapters._tolerant_parser import TolerantParser
from sse_client.errors import SSEError
from sse_client.extension import StreamFormat, looks_like_event_stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.events import Event
    from sse_client.replies import Reader

__all__ = ["stream_format"]


def stream_format(new_reader: Callable[[], Reader[object]]) -> StreamFormat:
    """Return the format of the streams for which `new_reader` creates readers."""
    return StreamFormat(
        parser=TolerantParser,
        # Some servers send their stream as plain text, or without a content type; others as JSON or HTML, which is
        # their framework's default.
        media_types=frozenset({"text/event-stream", "text/plain", ""}),
        sniff=looks_like_event_stream,
        # A body that is not a stream may be a complete answer.
        body_limit=16 * 1024 * 1024,
        counts=_progress(new_reader),
    )


def _progress(new_reader: Callable[[], Reader[object]]) -> Callable[[Event], bool]:
    """Return the rule for progress: an event counts if it gives an item or ends the reply, which pings do not."""

    def counts(event: Event) -> bool:
        reader = new_reader()
        try:
            return bool(reader.feed(event)) or reader.outcome is not None
        except SSEError:
            return True

    return counts
