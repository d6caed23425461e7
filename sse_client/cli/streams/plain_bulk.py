"""Prints the data of bursts in bulk, in the stream's order among the events that are parsed one by one."""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING

from sse_client import Event
from sse_client.cli.streams.bulk import digest, in_bulk
from sse_client.cli.streams.data_lines import data_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import requests

    from sse_client import Comment
    from sse_client.cli.screen.stdout import Stdout

__all__ = ["PlainInBulk"]


class PlainInBulk:
    """Plain output, the data of each event and a line feed, when events need not be counted.

    Received bytes go through `of` before they are parsed. There, a burst is replaced by one event with a mark that no
    server can know, and its output lines are stored. When that event arrives, `write` writes these lines.
    """

    def __init__(self, out: Stdout) -> None:
        self._out = out
        self._mark = os.urandom(16).hex()
        self._kept: deque[bytes] = deque()

    def of(self, response: requests.Response) -> Callable[[bytes], bytes] | None:
        """Return a function that replaces bursts in the body of `response`; None if the body is compressed."""
        coding = response.headers.get("Content-Encoding", "identity").strip().lower()
        return self._replaced if coding in {"", "identity"} else None

    def _replaced(self, data: bytes) -> bytes:
        return in_bulk(data, self._kept_by_mark)

    def _kept_by_mark(self, blocks: bytes) -> bytes | None:
        shown = data_lines(blocks)
        if shown is None:
            return None
        mark = digest(shown.others, self._mark.encode() if shown.values else None)
        if mark is not None and shown.values:
            self._kept.append(shown.values)
        return mark

    def write(self, events: Sequence[Event | Comment]) -> int:
        """Write the data of `events`, which contain no comments."""
        texts = [event.data for event in events if isinstance(event, Event)]
        lines = [self._kept.popleft() if text == self._mark else f"{text}\n".encode() for text in texts]
        self._out.write(*lines)  # not joined: for objects this large, Python asks the system for memory each time
        return len(lines)
