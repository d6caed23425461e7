"""A server that sends numbered events, and goes wrong after some of them at random, by a seed."""

from __future__ import annotations

import gzip
import random
from typing import TYPE_CHECKING, Any

from sse_client import Reconnect, Timeout
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Received, Server, Step, chunk, head, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["OPTIONS", "Chaos"]

AT_ONCE = Reconnect(initial_delay=0, max_delay=0, max_attempts=None, retry=lambda _: True)
OPTIONS: dict[str, Any] = {"reconnect": AT_ONCE, "timeout": Timeout(read=0.25)}
"""Of the stream that reads it: nothing that it does is the end."""

_MOST = 400  # events of a connection


def _event(number: int) -> bytes:
    return b"id: %d\ndata: %d\n\n" % (number, number)


class Chaos:
    """Answers with the events after the request's Last-Event-ID, until something goes wrong.

    Args:
        last: the number of the last event; the first one is 1.
        seed: of what goes wrong, and when.

    Attributes:
        faults: how often each has happened.
    """

    def __init__(self, last: int, seed: int) -> None:
        self.last = last
        self.faults: dict[str, int] = {}
        self._random = random.Random(seed)
        self._whole: list[Callable[[], list[Step]]] = [self.reset_at_once, self.closed_at_once, self.busy, self.garbage]
        self._inside: list[Callable[[bytes, bytes], Iterable[Step]]] = [
            *(self.reset, self.closed, self.ended, self.cut_in_an_event, self.cut_in_a_chunk, self.no_chunk_size),
            *(self.cut_gzip, self.too_short, self.too_long),
        ]

    def server(self) -> Server:
        """Return a server that does so."""
        return Server(default=self._answer)

    def _answer(self, request: Received) -> Iterator[Step]:
        place = int(request.last_event_id or 0)
        if self._random.random() < 0.15:
            yield from self._noted(self._random.choice(self._whole))()
            return
        count = min(self._random.randint(0, _MOST), self.last - place)
        events = b"".join(map(_event, range(place + 1, place + count + 1)))
        if place + count == self.last:
            yield head()
            yield from self._chunks(events)
            yield LAST_CHUNK
            return
        next_one = _event(place + count + 1)
        # Silence takes its time: it is rare.
        fault = self.silence if self._random.random() < 0.02 else self._random.choice(self._inside)
        yield from self._noted(fault)(events, next_one)

    def _noted(self, fault: Any) -> Any:
        self.faults[fault.__name__] = self.faults.get(fault.__name__, 0) + 1
        return fault

    def _chunks(self, data: bytes) -> Iterator[Step]:
        while data:
            size = self._random.choice([1, 7, 100, 2000, 20_000])
            yield chunk(data[:size])
            data = data[size:]

    # Instead of a stream.

    def reset_at_once(self) -> list[Step]:
        return [RESET]

    def closed_at_once(self) -> list[Step]:
        return [head()[: self._random.randint(0, 40)], CLOSE]

    def busy(self) -> list[Step]:
        return reply(self._random.choice([429, 500, 503]), b"busy", {"Retry-After": "0"})

    def garbage(self) -> list[Step]:
        return [b"SSH-2.0-OpenSSH_9.6\r\n", CLOSE]

    # After some events.

    def reset(self, events: bytes, _: bytes) -> Iterable[Step]:
        return [head(), *self._chunks(events), RESET]

    def closed(self, events: bytes, _: bytes) -> Iterable[Step]:
        return [head(), *self._chunks(events), CLOSE]

    def ended(self, events: bytes, _: bytes) -> Iterable[Step]:
        return [head(), *self._chunks(events), LAST_CHUNK]

    def silence(self, events: bytes, _: bytes) -> Iterable[Step]:
        return [head(), *self._chunks(events), STALL]

    def cut_in_an_event(self, events: bytes, following: bytes) -> Iterable[Step]:
        return [head(), *self._chunks(events + following[: self._random.randint(1, len(following) - 1)]), LAST_CHUNK]

    def cut_in_a_chunk(self, events: bytes, following: bytes) -> Iterable[Step]:
        return [head(), *self._chunks(events), chunk(following)[: self._random.randint(1, len(following))], CLOSE]

    def no_chunk_size(self, events: bytes, following: bytes) -> Iterable[Step]:
        return [head(), *self._chunks(events), b"no size\r\n" + following, CLOSE]

    def cut_gzip(self, events: bytes, following: bytes) -> Iterable[Step]:
        data = gzip.compress(events + following)
        return [head(headers={"Content-Encoding": "gzip"}), *self._chunks(data[: -self._random.randint(1, 20)]), CLOSE]

    def too_short(self, events: bytes, following: bytes) -> Iterable[Step]:
        length = len(events) + self._random.randint(0, len(following) - 1)
        return [head(framing="length", length=length), (events + following)[:length], CLOSE]

    def too_long(self, events: bytes, _: bytes) -> Iterable[Step]:
        return [head(framing="length", length=len(events) + 1000), events, CLOSE]
