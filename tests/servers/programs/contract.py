"""What every program here serves, whatever its framework; the tests beside this folder read it.

`GET /numbers` sends the events after Last-Event-ID, three on each connection, the last one with the data "end".
`/fails` sends two events and fails in the middle; it sends the rest to a request with their id.
`POST /words` sends the words of the request's JSON, then "[DONE]".
`GET /live` sends events that are stamped with the time at which they are sent, then stays silent.
"""

from __future__ import annotations

import json
import time

Item = tuple[str, str]
"""An event's id and its data."""

STAMPS = 20
PACE = 0.005
"""Seconds between two events of `/live`."""
SILENCE = 20.0
"""Seconds for which `/live` stays open after its last event."""


def numbers(last_event_id: str | None) -> list[Item]:
    """Return the events of one connection."""
    first = int(last_event_id or 0) + 1
    items = [(str(n), f"caf\u00e9 {n}\n\u65e5\u672c of 9") for n in range(first, min(first + 3, 10))]
    return items if first < 7 else [*items, ("10", "end")]


def before_failure(last_event_id: str | None) -> list[Item]:
    """Return what `/fails` sends before it fails, or all that is left if it does not fail."""
    return [("3", "three"), ("4", "end")] if last_event_id else [("1", "one"), ("2", "two")]


class Failure(Exception):
    """The failure in the middle of `/fails`."""


def words(asked: list[str]) -> list[str]:
    """Return the data of the events of `/words`."""
    return [*(json.dumps({"word": word}) for word in asked), "[DONE]"]


def stamp() -> str:
    """Return the time, on a clock that all processes of the machine share."""
    return str(time.monotonic_ns())


def block(data: str, event_id: str | None = None) -> bytes:
    """Return the bytes of an event, for frameworks that leave them to the application."""
    lines = [] if event_id is None else [f"id: {event_id}"]
    lines += [f"data: {line}" for line in data.split("\n")]
    return ("\n".join(lines) + "\n\n").encode()
