"""Chooses the partition of an event by its key, the same on every host."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any, TypeAlias
from zlib import crc32

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client import Event

__all__ = ["Key", "Partitioner"]

Key: TypeAlias = "str | Callable[[Event], object]"
"""What keeps its order: a path such as `user.id` into an event's JSON, or a function of the event."""

_log = logging.getLogger("sse_client.relay")


class Partitioner:
    """Chooses the partition of an event by its key.

    Events without a key, because the path leads nowhere or the function raises, go into partition 0, in their order.

    Args:
        key: a path into an event's JSON, or a function of the event; events with the same key stay in order. None:
            all events stay in one order, whatever the number of partitions.
        partitions: the number of partitions.

    Raises:
        TypeError: the function is async.

    Attributes:
        without_key: the number of events without a key.
    """

    def __init__(self, key: Key | None, partitions: int) -> None:
        if inspect.iscoroutinefunction(key):
            raise TypeError(f"expected a key function that returns the key, and {key!r} is async")
        self._key = _path(key) if isinstance(key, str) else key
        self._partitions = partitions
        self.without_key = 0

    def __call__(self, event: Event) -> int:
        if self._partitions == 1 or self._key is None:
            return 0
        try:
            key = self._key(event)
            text = None if key is None else str(key)
            if text is None and not self.without_key:
                _log.warning("the event %r has no key; it goes into partition 0, as all others without one", event.id)
        except Exception as error:  # noqa: BLE001 - the caller's function; one event must not stop all others
            text = None
            _log.warning("the key function failed for the event %r: %s: %s", event.id, type(error).__name__, error)
        if text is None:
            self.without_key += 1
            return 0
        return crc32(text.encode("utf-8", "surrogatepass")) % self._partitions


def _path(path: str) -> Callable[[Event], object]:
    names = path.split(".")

    def key(event: Event) -> object:
        try:
            value: Any = msgspec.json.decode(event.data)
            for name in names:
                value = value[int(name) if type(value) is list else name]
        except (msgspec.DecodeError, KeyError, IndexError, TypeError, ValueError):
            return None
        return value

    return key
