"""What counts as a stream of OpenAI's APIs, and as progress of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client._dialect import Dialect
from sse_client.adapters.openai._parser import ChatParser
from sse_client.adapters.openai._reader import ChatReader
from sse_client.errors import SSEError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.adapters.openai._reply import Reader
    from sse_client.events import Event

__all__ = ["CHAT", "dialect"]


def dialect(reader: Callable[[], Reader[object]]) -> Dialect:
    """Return the dialect of the streams that `reader` makes readers for."""
    # Some servers name their stream otherwise, or not at all; and a body that is no stream may be a whole answer.
    return Dialect(
        parser=ChatParser,
        media_types=frozenset({"text/event-stream", "text/plain", ""}),
        body_limit=16 * 1024 * 1024,
        counts=_progress(reader),
    )


def _progress(reader: Callable[[], Reader[object]]) -> Callable[[Event], bool]:
    """Return what tells whether an event gives something to a reader, or ends the reply; pings do neither."""

    def counts(event: Event) -> bool:
        fresh = reader()
        try:
            return bool(fresh.feed(event)) or fresh.outcome is not None
        except SSEError:
            return True

    return counts


CHAT = dialect(ChatReader)
