"""Checks a consumer's number of partitions against the relay's, and finds entries left in streams of another number."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sse_client.relay._consuming.steps import Ask, Steps
from sse_client.relay._redis.link import text
from sse_client.relay.errors import RelayError

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from sse_client.relay._consuming.lane import Group

__all__ = ["Layout"]

_log = logging.getLogger("sse_client.relay")


class Layout:
    """Compares the partitions of a consumer with those of the relay.

    The stream of a relay with one partition is not among those that it has with several. If a relay has changed from
    one to several, or back, a consumer with the former number handles what is left in the former streams, and then
    ends.

    Args:
        group: the group and the consumer's identity.
        start: where a new group begins.
    """

    def __init__(self, group: Group, start: str) -> None:
        self._group = group
        self._start = start
        self._elsewhere = 0  # the relay's number of partitions, if it writes to none of this consumer's streams

    def begin(self) -> Steps:
        """Compare before anything is created in Redis, and log what is left in streams that are not read.

        Raises:
            RelayError: as `check` does, or the relay writes elsewhere and nothing is left.
        """
        answer = yield Ask(*self._group.asked_of([], "layout"))
        self.check(int(answer[1]))
        yield from self.end_if_done()
        own = set(self._group.keys.streams)
        others = [] if self._elsewhere else sorted(set(map(text, answer[2])) - own)
        for stream, count in zip(others, (yield from self._unfinished(others)), strict=True):
            if count:
                _log.error(
                    "group %r: %d entries of %s are not handled; a consumer that is given partitions=%d handles them",
                    self._group.group, count, stream, self._reader_of(stream, others),
                )  # fmt: skip

    def check(self, written: int) -> None:
        """Compare with the relay's number of partitions, 0 if no relay has run.

        A consumer may have more than the relay, because there may be entries in those that the relay had before.

        Raises:
            RelayError: the relay also writes to streams that this consumer does not read.
        """
        own = self._group.keys.partitions
        if written and (written == 1) != (own == 1):
            if not self._elsewhere:
                _log.warning(
                    "group %r: the relay of %r has partitions=%d, and this consumer was given %d: it handles what is "
                    "left in its own, and ends",
                    self._group.group, self._group.keys.name, written, own,
                )  # fmt: skip
            self._elsewhere = written
            return
        self._elsewhere = 0
        if written > own:
            raise self._mismatch(written)

    def end_if_done(self) -> Steps:
        """Do nothing while the relay writes to streams of this consumer, or entries are left in them.

        Raises:
            RelayError: the relay writes elsewhere, and the group has finished what it wrote here.
        """
        if self._elsewhere and not sum((yield from self._unfinished(self._group.keys.streams))):
            raise self._mismatch(self._elsewhere)

    def _unfinished(self, streams: list[str]) -> Generator[Any, Any, list[int]]:
        if not streams:
            return []
        answer = yield Ask(*self._group.asked_of(streams, "unfinished", self._start))
        return [int(each) for each in answer[1]]

    def _reader_of(self, stream: str, others: list[str]) -> int:
        """Return how many partitions a consumer has that reads `stream`."""
        name = self._group.keys.name
        if stream == name:
            return 1
        return max(2, *(int(each.rpartition(":")[2]) + 1 for each in others if each != name))

    def _mismatch(self, written: int) -> RelayError:
        return RelayError(
            f"expected as many partitions as the relay of {self._group.keys.name!r} has, {written}, but this consumer "
            f"was given {self._group.keys.partitions}; the entries of others would never be handled"
        )
