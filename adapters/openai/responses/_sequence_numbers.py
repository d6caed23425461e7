"""Tells from sequence numbers which events are repeats, and where the stream can be resumed.

The API numbers the events of a response from 0, and replays the events after a given number. Other servers send no
numbers, or always the same one, so the numbers are not relied on before a stream has been resumed.
"""

from __future__ import annotations

from sse_client.adapters.openai.errors import ChatError

__all__ = ["SequenceNumbers"]


class SequenceNumbers:
    """The sequence numbers of one response, over all of its connections.

    Attributes:
        expected: the next number; None before the first. If an event has this number, add 1 instead of calling `take`.
        skipped: how many numbers were left out. That is not an error, because there may be no events with these
            numbers.
    """

    __slots__ = ("_resumed", "_rising", "expected", "skipped")

    def __init__(self) -> None:
        self.skipped = 0
        self.expected: int | None = None
        self._rising = True
        self._resumed = False

    @property
    def last(self) -> int | None:
        """The number to resume after; None if there is no reliable one."""
        return self.expected - 1 if self.expected is not None and self._rising else None

    def resumed(self) -> None:
        """Record that the stream was resumed; from now on, events with earlier numbers are repeats."""
        self._resumed = True

    def take(self, number: int) -> bool:
        """Return whether the event of this `number` is new.

        Raises:
            ChatError: events were lost on resuming: a number is missing, although none was missing before.
        """
        expected = self.expected
        if expected is None or number == expected:
            self.expected = number + 1
            return True
        if number < expected:
            if self._resumed:
                return False
            self._rising = False
        elif self._resumed and not self.skipped:
            raise ChatError(f"expected the event with the sequence number {expected} after the reconnect, got {number}")
        else:
            self.skipped += number - expected
        self.expected = number + 1
        return True
