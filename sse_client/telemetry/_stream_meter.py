"""The metrics of streams: open streams, events, reconnects, and gaps without a connection."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, TypeAlias

from opentelemetry.metrics import Observation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from opentelemetry.metrics import CallbackOptions, Meter
    from opentelemetry.util.types import AttributeValue

    from sse_client.aio import AsyncEventStream
    from sse_client.event_stream import EventStream

__all__ = ["StreamMeter"]

_Key: TypeAlias = "tuple[tuple[str, AttributeValue], ...]"


class StreamMeter:
    """Counts the streams of one `Telemetry`.

    Events are not counted one by one. Each collection reads the counts that the streams keep anyway.
    """

    def __init__(self, meter: Meter) -> None:
        self.open = meter.create_up_down_counter(
            "sse_client.streams.open", "{stream}", "Streams that have a connection."
        )
        self.reconnects = meter.create_counter(
            "sse_client.reconnects", "{reconnect}", "Connections that were lost, or not made, and are made again."
        )
        self.gaps = meter.create_histogram(
            "sse_client.gap.duration", "s", "How long a stream was without a connection, from a loss to the next one."
        )
        meter.create_observable_counter("sse_client.events", [self._observe], "{event}", "Events received.")
        self._lock = threading.RLock()  # a signal handler may close a stream while the main thread holds it
        self._live: weakref.WeakKeyDictionary[EventStream | AsyncEventStream, _Key] = weakref.WeakKeyDictionary()
        self._ended: dict[_Key, int] = {}

    def watch(self, stream: EventStream | AsyncEventStream, attributes: Mapping[str, AttributeValue]) -> None:
        """Count the events of `stream` from now on."""
        with self._lock:
            self._live[stream] = tuple(attributes.items())

    def ended(self, stream: EventStream | AsyncEventStream) -> None:
        """Store the last count of a stream that has ended."""
        with self._lock:
            key = self._live.pop(stream, None)
            if key is not None:
                self._ended[key] = self._ended.get(key, 0) + stream.stats.events

    def _observe(self, _: CallbackOptions) -> Iterable[Observation]:
        with self._lock:
            totals = dict(self._ended)
            for reference in self._live.keyrefs():  # a list: the same handler may change the dictionary meanwhile
                stream = reference()
                key = None if stream is None else self._live.get(stream)
                if stream is not None and key is not None:
                    totals[key] = totals.get(key, 0) + stream.stats.events
        return [Observation(count, dict(key)) for key, count in totals.items()]
