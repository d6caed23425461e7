"""What an upstream does behind a proxy, and what a client sees of it."""

from __future__ import annotations

import zlib
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from sse_client import ConnectionFailed, IdleTimeout, SSEError, StatusError, Timeout
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Pause, chunk, head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.clients import Outcome, ReadingClient

    from sse_client.testing import Received, Step

APART = 0.3
"""Seconds between two events of a live stream: more than any proxy here waits to fill a packet."""

# No connection to the upstream outlives its response, so none is taken from a pool when the next test has its own.
ONCE = {"Connection": "close"}
EVENT = b"id: 1\ndata: 1\n\n"

_BEGUN: list[Step] = [head(headers=ONCE), chunk(EVENT), Pause(0.15)]
_UNFRAMED: list[Step] = [head(framing="close"), EVENT, Pause(0.15)]

FAULTS: dict[str, list[Step]] = {
    "ends": [*_BEGUN, LAST_CHUNK],
    "cut between events": [*_BEGUN, CLOSE],
    "cut inside a chunk": [*_BEGUN, b"40\r\nid: 2\ndata: 2", CLOSE],
    "reset": [*_BEGUN, RESET],
    "reset, unframed": [*_UNFRAMED, RESET],
    "silent": [*_BEGUN, STALL],
    "no answer": [STALL],
}
"""What the upstream does after one event, by name."""

WITHOUT_EVENT = {"no answer", "down"}
"""The faults before which there is no event."""

LIVE = ("chunked", "unframed", "compressed")
"""The forms of a live stream."""


def upstream(request: Received) -> Iterator[Step]:
    """Answer with what the request's path names."""
    name = request.path.strip("/").replace("-", " ")
    if name in LIVE:
        yield from _live(name)
    else:
        yield from FAULTS[name]


def path(name: str) -> str:
    """Return the path that names a fault or a form."""
    return "/" + name.replace(" ", "-")


def _live(form: str) -> Iterator[Step]:
    """Send three events, each with the time at which it is sent."""
    gzip = zlib.compressobj(wbits=31)
    if form == "unframed":
        yield head(framing="close")
    else:
        yield head(headers=ONCE | ({"Content-Encoding": "gzip"} if form == "compressed" else {}))
    for _ in range(3):
        event = b"data: %d\n\n" % monotonic_ns()
        match form:
            case "chunked":
                yield chunk(event)
            case "unframed":
                yield event
            case _:
                yield chunk(gzip.compress(event) + gzip.flush(zlib.Z_SYNC_FLUSH))
        yield Pause(APART)
    if form == "unframed":
        yield CLOSE
    else:
        yield (chunk(gzip.flush()) if form == "compressed" else b"") + LAST_CHUNK


def read(client: ReadingClient, url: str, **options: Any) -> Outcome:
    """Read a stream once."""
    return client.read("POST", url, data=b"", timeout=Timeout(connect=5, read=4), reconnect=False, **options)


def seen(outcome: Outcome, fault: str) -> str:
    """Return in words what a client saw of a stream of one event, where the server sent that."""
    end = _end(outcome.error)
    return end if outcome.data == ["1"] or fault in WITHOUT_EVENT else f"{end}, event lost"


def delivery(outcome: Outcome) -> str:
    """Return in words how the events of a live stream arrived."""
    if len(outcome.data) < 3:
        return f"{_end(outcome.error)}, {3 - len(outcome.data)} events lost"
    delays = _delays(outcome)
    if delays[0] > 2 * APART:
        return "held to the end"
    late = min(delays)
    return "at once" if late < 0.05 else "with the next event" if late > 0.9 * APART else "late"


def held_back(outcome: Outcome) -> bool:
    """Return whether an event of a live stream, or several, came with the next one."""
    return max(_delays(outcome)) > 0.9 * APART


def _delays(outcome: Outcome) -> list[float]:
    return [(arrived - int(sent)) / 1e9 for arrived, sent in zip(outcome.arrivals, outcome.data, strict=True)]


def _end(error: SSEError | None) -> str:
    match error:
        case None:
            return "end"
        case IdleTimeout():
            return "silence"
        case StatusError():
            return f"status {error.status}"
        case ConnectionFailed():
            return "cut"
        case _:
            return f"{type(error).__name__}: {error}"
