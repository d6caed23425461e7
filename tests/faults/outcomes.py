"""What a fault does to a stream: what is delivered, what is raised, and which requests are sent, and when."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sse_client import Lost
from sse_client.transports._aiohttp.transport import AiohttpTransport
from sse_client.transports._requests.wakeup import Wakeup

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import pytest
    from asynchronous.kit import Client

    from sse_client.testing import Received

    from .catalogue import Fault

USES: dict[str, tuple[str, dict[str, Any]]] = {
    "GET": ("GET", {}),
    "POST": ("POST", {}),
    "POST, reconnect=True": ("POST", {"reconnect": True}),
}
"""How a stream is asked for: the method, and the options."""

LAST = "end"
"""The data of the last event, as `until` names it."""


@dataclass(frozen=True)
class Wait:
    """Seconds before a reconnect, of which a random part may come on top."""

    least: float
    most: float

    def __contains__(self, seconds: float) -> bool:
        return self.least <= seconds <= self.most

    def __str__(self) -> str:
        return f"{self.least:g}" if self.least == self.most else f"{self.least:g} to {self.most:g}"


@dataclass(frozen=True)
class Outcome:
    """What comes of a stream that meets a fault.

    Attributes:
        delivered: the data of its events, before the last one.
        raised: the class of the error that ends it; None: it ends without one.
        requests: how many requests the server has received.
        waits: before each attempt after the first.
        after: the `Last-Event-ID` of the last request; None: it had none.
    """

    delivered: tuple[str, ...] = ()
    raised: str | None = None
    requests: int = 1
    waits: tuple[Wait, ...] = ()
    after: str | None = None


@dataclass
class Place:
    """Where a stream meets its fault.

    Attributes:
        url: where to ask for it.
        options: of the stream, beside those of its use.
        requests: what has been received so far.
        waiting: called with the number of each wait, from 1, in place of sleeping.
    """

    url: str
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    requests: Callable[[], list[Received]] = list
    waiting: Callable[[int], object] = id


@dataclass
class Observed:
    """What came of a stream, beside what was expected of it."""

    delivered: tuple[str, ...]
    error: Exception | None
    requests: list[Received]
    waits: list[float]

    def check(self, expected: Outcome) -> None:
        """Assert that this is what was expected."""
        after = self.requests[-1].last_event_id if self.requests else None
        raised = None if self.error is None else type(self.error).__name__
        found = self.delivered, raised, len(self.requests), after
        assert found == (expected.delivered, expected.raised, expected.requests, expected.after), repr(self.error)
        assert len(self.waits) == len(expected.waits), self.waits
        for seconds, wait in zip(self.waits, expected.waits, strict=True):
            assert seconds in wait, f"{seconds} s, expected {wait}"


@contextlib.contextmanager
def no_sleep(monkeypatch: pytest.MonkeyPatch, waiting: Callable[[int], object]) -> Generator[list[float]]:
    """Sleep before no reconnect, in either client; yield how long each would have slept."""
    slept: list[float] = []

    def pause(_: Wakeup, seconds: float) -> None:
        slept.append(seconds)
        waiting(len(slept))

    async def sleep(_: AiohttpTransport, seconds: float) -> None:
        slept.append(seconds)
        waiting(len(slept))

    with monkeypatch.context() as patched:
        patched.setattr(Wakeup, "pause", pause)
        patched.setattr(AiohttpTransport, "sleep", sleep)
        yield slept


def observe(client: Client, use: str, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> Observed:
    """Read a stream that meets the fault."""
    method, chosen = USES[use]
    announced: list[float] = []

    def observer(news: object) -> None:
        if isinstance(news, Lost):
            announced.append(news.delay)

    with fault.place(monkeypatch) as place, no_sleep(monkeypatch, lambda number: place.waiting(number)) as slept:
        options: dict[str, Any] = {"until": LAST, "observer": observer, **place.options, **chosen}
        reading = client.read(method, place.url, **options)
        requests = place.requests()
    assert slept == announced, "what the observer is told is what is slept"
    return Observed(tuple(reading.data), reading.error, requests, slept)
