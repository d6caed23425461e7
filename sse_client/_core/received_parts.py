"""Divides the decoded bytes of another library into parts, and limits how far a compressed body may inflate."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from sse_client._core.response_body import LONG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sse_client._core.delivery import Delivery
    from sse_client._http.coding_steps import Parts
    from sse_client._http.inflation_limit import Inflation

__all__ = ["ReceivedParts"]

_MOST = 64 * 1024


class ReceivedParts:
    """Divides received bytes into parts, which are parsed one at a time.

    Args:
        delivery: counts the events, on which the limit on inflation depends.
        received: returns how many bytes of a compressed body have been received; None if the body is not compressed, or
            if the number is unknown.
        max_event_size: the most bytes of one event; None also removes the limit on inflation.
        shares_loop: whether other tasks of an event loop wait while a part is parsed.
    """

    __slots__ = ("_asked", "_inflation", "_parts", "_received", "_seen", "_shares_loop")

    def __init__(
        self,
        delivery: Delivery,
        received: Callable[[], int] | None,
        max_event_size: int | None,
        *,
        shares_loop: bool = False,
    ) -> None:
        self._inflation: Inflation | None = None
        self._parts: Parts | None = None
        self._received = received
        self._seen = 0
        self._asked: float | None = None  # when the last part had been handled
        self._shares_loop = shares_loop
        if received is not None and max_event_size is not None:
            from sse_client._http.inflation_limit import Inflation  # loaded with the first coded response

            self._inflation = Inflation(delivery, max_event_size)

    def of(self, data: bytes) -> Iterable[bytes]:
        """Return the parts of the received `data`.

        Raises:
            EventTooLarge: during the iteration: the body inflates too far.
        """
        whole = self._inflation is None and (len(data) <= LONG or not self._shares_loop)
        return (data,) if whole else self._divided(data)

    def _divided(self, data: bytes) -> Iterator[bytes]:
        if self._parts is None and self._shares_loop:
            from sse_client._http.coding_steps import Parts  # loaded with the first long piece

            self._parts = Parts()
        inflation = self._inflation
        if inflation is not None and self._received is not None:
            received = self._received()
            inflation.add_received(received - self._seen, 0.0 if self._asked is None else monotonic() - self._asked)
            self._seen = received
        parts = (data[start : start + _MOST] for start in range(0, len(data), _MOST))
        for part in parts if self._parts is None else self._parts.of(parts):
            if inflation is not None:
                inflation.add_inflated(len(part), None)
            yield part
        self._asked = monotonic()
