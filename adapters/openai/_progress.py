"""Which events of a chat stream are progress, for the clocks of a wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.adapters.openai._reader import ChatReader
from sse_client.adapters.openai.errors import ChatError

if TYPE_CHECKING:
    from sse_client.events import Event

__all__ = ["brings_a_delta"]


def brings_a_delta(event: Event) -> bool:
    """Tell whether `event` gives a delta, or ends the reply; pings and chunks of nothing do neither."""
    reader = ChatReader()
    try:
        return bool(reader.feed(event)) or reader.done
    except ChatError:
        return True
