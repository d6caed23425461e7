"""Which bursts of chunks to search for what is alike in them: finding out takes as long as decoding ten chunks."""

from __future__ import annotations

from copy import copy
from operator import length_hint
from typing import TYPE_CHECKING

from sse_client.events import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.adapters.openai.delta import ChatDelta

__all__ = ["BURST", "Bursts"]

BURST = 16  # events behind the first
_MOST_SKIPPED = 63  # bursts


class Bursts:
    """The bursts of one stream. Where nothing was alike, the more often, the more bursts are skipped."""

    __slots__ = ("_skip", "_skipped")

    def __init__(self) -> None:
        self._skip = self._skipped = 0

    def texts(self, sample: ChatDelta, rest: Iterator[Event]) -> list[str]:
        """Return the texts of the first of `rest`, which is left as it is; see `texts_like`."""
        if length_hint(rest) < BURST:
            return []
        if self._skipped < self._skip:
            self._skipped += 1
            return []
        from sse_client.adapters.openai._alike import texts_like  # loaded with the first burst: it takes 1 ms

        events = list(copy(rest))
        raws = [event.data for event in events if type(event) is Event and event.event != "error"]
        texts = texts_like(sample, raws) if len(raws) == len(events) else []
        self._skipped, self._skip = 0, 0 if texts else min(2 * self._skip + 1, _MOST_SKIPPED)
        return texts
